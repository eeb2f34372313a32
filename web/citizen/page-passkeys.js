// The passkeys of the account: what there is, adding one on this phone, taking one away.
import { $, fill, h, icon } from "../shared/dom.js";
import { deviceName } from "./app.js";
import { head } from "./page-account.js";
import { able, make, passkeyWords } from "./passkeys.js";

/** The list, and what can be done about it. */
export async function passkeys(app, page, _rest, stale) {
  const w = passkeyWords(app);
  fill(page, h("div.stack", {}, head(app, w("title"), w("lead")), h("p", { role: "status" }, app.t("loading"))));
  const [{ items }, pin] = await Promise.all([app.api.get("/v1/me/passkeys"), app.api.get("/v1/me/pin")]);
  if (!stale()) draw(app, page, { items, pin });
}

function draw(app, page, { items, pin, done }) {
  const w = passkeyWords(app);
  const typed = () => $("#pin-vouch", page)?.value || undefined;
  const fault = (problem) => {
    $("#passkey-fault", page).textContent = problem.code === "passkey.stopped" ? w("stopped") : [problem.title_words, problem.next].map((words) => app.words(words)).filter(Boolean).join(" ") || app.t("problem_unknown");
    $("#pin-vouch", page)?.focus();
  };
  const attempt = async (event, work, words) => {
    const button = event.currentTarget;
    $("#passkey-fault", page).textContent = "";
    button.setAttribute("aria-busy", "true");
    try {
      draw(app, page, { items: await work(), pin, done: words });
    } catch (problem) {
      fault(problem);
    } finally {
      button.removeAttribute("aria-busy");
    }
  };
  const add = (event) => attempt(event, () => make(app, deviceName(), typed()), w("added"));
  const end = (one) => async (event) => {
    const [button, pin] = [event.currentTarget, typed()];
    if (!(await app.confirm({ title: w("end"), text: w("end_sure"), yes: w("end"), stop: true }))) return;
    await attempt({ currentTarget: button }, async () => (await app.api.post(`/v1/me/passkeys/${one.id}/end`, pin ? { pin } : {})).data.items, w("ended"));
  };
  fill(
    page,
    h(
      "div.stack",
      {},
      head(app, w("title"), w("lead")),
      done && h("p.band.good", { role: "status" }, icon(app.shell.icons.ready), done),
      items.length ? h("ul.stack", {}, items.map((one) => h("li.card.stack.tight", {}, passkeyElement(app, one, end(one))))) : h("p.card", {}, w("none")),
      h(
        "section.card.stack.tight",
        {},
        pin.set && (items.length > 0 || able(globalThis)) && h("label.pin", { for: "pin-vouch" }, w("pin"), h("input", { id: "pin-vouch", type: "password", inputmode: "numeric", autocomplete: "off", maxlength: "6", "aria-describedby": "passkey-fault" })),
        h("p.fault", { id: "passkey-fault", role: "alert" }),
        able(globalThis) ? h("button.main.wide#passkey-add", { type: "button", onclick: add }, w("add")) : h("p.band.ask", {}, w("unable")),
      ),
    ),
  );
}

function passkeyElement(app, one, end) {
  const w = passkeyWords(app);
  const { f } = app;
  return [
    h("p.strong", {}, one.name || w("unnamed")),
    h("p.quiet", {}, [w("since", { date: f.day(one.since_ms) }), one.used_ms ? w("used", { date: f.moment(one.used_ms) }) : w("unused")].join(" · ")),
    h("button.wide.stop", { type: "button", onclick: end }, w("end")),
  ];
}
