// Messages, and what of them is texted.
import { fill, h, icon } from "../shared/dom.js";
import { logWords } from "./words-log.js";

const words = (app) => logWords(app.shell.language);
const [EVENING, MORNING] = [21 * 60, 8 * 60];

/** The inbox, a page of it at a time. What is seen here counts as read. */
export async function messages(app, page, _rest, stale) {
  const [w, { t, f }] = [words(app), app];
  const list = h("ul.stack");
  const more = h("button.wide", { type: "button", hidden: true }, t("more"));
  const state = h("p", { role: "status" }, t("loading"));
  fill(
    page,
    h(
      "div.stack",
      {},
      h("p", {}, h("a.back", { href: "#/account" }, icon("M15 5l-7 7 7 7"), t("account_title"))),
      h("h1", {}, w("messages")),
      state,
      list,
      more,
      h("a.link.row", { href: "#/texts" }, h("span.grow", {}, w("texts")), icon("M9 5l7 7-7 7")),
    ),
  );
  let after = null;
  const one = (message) =>
    h(
      "li.card.stack.tight.message",
      {},
      h(
        "div.row",
        {},
        h("span.chip", { class: message.read ? "" : "ask" }, message.read ? app.words(message.topic_name) : `${w("new")} · ${app.words(message.topic_name)}`),
        h("time.quiet.digits", { datetime: new Date(message.at_ms).toISOString() }, f.moment(message.at_ms)),
      ),
      h("p.strong", {}, app.words(message.text)),
      h(
        "p.small.quiet",
        {},
        [app.words(message.venue), ["sent", "waiting", "failed"].includes(message.texted) && w(`texted_${message.texted}`)].filter(Boolean).join(" · "),
      ),
    );
  const next = async () => {
    const found = await app.api.get(`/v1/me/messages?limit=20${after ? `&after=${after}` : ""}`);
    if (stale()) return;
    list.append(...found.items.map(one));
    state.textContent = found.items.length || after ? (found.unread ? w("messages_unread", { n: found.unread }) : "") : w("messages_none");
    after = found.next;
    more.hidden = !after;
    if (found.unread) await app.api.post("/v1/me/messages/read", { ids: found.items.filter(({ read }) => !read).map(({ id }) => id) });
  };
  more.onclick = () => next().catch(app.trouble);
  await next();
}

/** Which topics are texted, and when not. */
export async function texts(app, page, _rest, stale) {
  const [w, { t }] = [words(app), app];
  fill(page, h("div.stack", {}, h("h1", {}, w("texts")), h("p", { role: "status" }, t("loading"))));
  const found = await app.api.get("/v1/me/messages/settings");
  if (stale()) return;
  const boxes = new Map();
  const quiet = h("input", { type: "checkbox", checked: found.quiet_from_minute !== found.quiet_until_minute });
  const save = async () => {
    const off = [...boxes].filter(([, box]) => !box.checked).map(([id]) => id);
    const [from, until] = quiet.checked ? [EVENING, MORNING] : [0, 0];
    try {
      await app.api.post("/v1/me/messages/settings", {
        off,
        quiet_from_minute: from,
        quiet_until_minute: until,
        language: app.shell.language === "zh" ? "zh" : "en",
      });
      app.toast(w("saved"));
    } catch (problem) {
      app.trouble(problem);
    }
  };
  quiet.onchange = save;
  const topic = (one) => {
    const box = h("input", { type: "checkbox", checked: one.on, disabled: one.statutory, onchange: save });
    if (!one.statutory) boxes.set(one.id, box);
    const notes = [one.statutory && w("statutory"), one.urgent && w("urgent")].filter(Boolean).join(" · ");
    return h(
      "li.card.stack.tight",
      {},
      h("label.pick", {}, box, h("span.strong", {}, app.words(one.name))),
      h("p.quiet", {}, app.words(one.text)),
      notes && h("p.small.quiet", {}, notes),
    );
  };
  fill(
    page,
    h(
      "div.stack",
      {},
      h("p", {}, h("a.back", { href: "#/messages" }, icon("M15 5l-7 7 7 7"), w("messages"))),
      h("h1", {}, w("texts")),
      h("p.quiet", {}, w("texts_lead")),
      h("section.card", {}, h("label.pick", {}, quiet, h("span", {}, h("b", {}, w("texts_quiet")), h("br"), w("quiet_on")))),
      h("ul.stack", {}, found.topics.map(topic)),
    ),
  );
}
