// The log of uses: every presentation, also refused ones, with what was released, never its values.
import { fill, h } from "../shared/dom.js";
import { demand } from "./page-rights.js";
import { claimWords } from "./sheet-consent.js";
import { logWords } from "./words-log.js";

const SHADES = {
  done: "good",
  released: "good",
  presented: "",
  refused: "bad",
  asked: "ask",
  reported: "",
  staff_read: "ask",
  consent: "",
  device: "",
  money: "",
};

/** Shows the log, a page of it at a time. */
export async function log(app, page, _rest, stale) {
  const { t } = app;
  const list = h("ul.stack");
  const more = h("button.wide", { type: "button", hidden: true }, t("more"));
  fill(
    page,
    h(
      "div.stack",
      {},
      h("h1", {}, t("log_title")),
      h("p.quiet", {}, t("log_lead")),
      h("p", { id: "log_wait", role: "status" }, t("loading")),
      list,
      more,
    ),
  );
  const w = logWords(app.shell.language);
  const seen = { day: "" };
  let after = null;
  let kind = "";
  const choose = (one) => {
    [kind, after, seen.day] = [one, null, ""];
    fill(list);
    for (const filter of filters) filter.setAttribute("aria-pressed", String(filter.dataset.kind === one));
    next().catch(app.trouble);
  };
  const filters = ["", "presented", "done", "refused", "staff_read", "request"].map((one) =>
    h(
      "button.tab",
      { type: "button", "aria-pressed": String(one === ""), dataset: { kind: one }, onclick: () => choose(one) },
      one ? kindWords(app, one) : w("all"),
    ),
  );
  list.before(h("div.kinds", { role: "group", "aria-label": w("filter") }, filters));
  const next = async () => {
    more.disabled = true;
    const { items, next: cursor } = await app.api.get(`/v1/me/log?limit=20${kind && `&kind=${kind}`}${after ? `&after=${encodeURIComponent(after)}` : ""}`);
    if (stale()) return;
    page.querySelector("#log_wait")?.remove();
    if (!items.length && !after) list.append(h("li.card", {}, t("log_none")));
    for (const item of items) list.append(...entry(app, item, seen));
    after = cursor;
    more.hidden = !cursor;
    more.disabled = false;
  };
  more.onclick = () => next().catch(app.trouble);
  await next();
}

function entry(app, item, seen) {
  const { t, f } = app;
  const day = f.day(item.at_ms);
  const lines = day === seen.day ? [] : [h("li", {}, h("h2.day", {}, day))];
  seen.day = day;
  const label = kindWords(app, item.kind);
  const where = [app.words(item.venue), app.words(item.point), item.operator && t("log_operator", { name: item.operator })]
    .filter(Boolean)
    .join(" · ");
  const [colon, comma] = app.shell.language === "zh" ? ["：", "、"] : [": ", ", "];
  lines.push(
    h(
      "li.card.stack.tight.entry",
      {},
      h(
        "div.row",
        {},
        h("span.chip", { class: SHADES[item.kind] ?? "" }, label),
        h("time.quiet.digits", { datetime: new Date(item.at_ms).toISOString() }, f.time(item.at_ms)),
      ),
      h("p.strong", {}, app.words(item.text)),
      where && h("p.quiet", {}, where),
      item.released?.length > 0 &&
        h("p", {}, `${t("log_released")}${colon}`, item.released.map((claim) => claimWords(t, claim)).join(comma)),
      item.receipt && receipt(app, item),
      about(app, item),
    ),
  );
  return lines;
}

/** The receipt as it was signed: anyone with the platform's key list can check it. */
function receipt(app, item) {
  const { t } = app;
  const { text, signature, key_index: key } = item.receipt;
  const w = logWords(app.shell.language);
  return h(
    "details.receipt",
    {},
    h("summary.small", {}, t("receipt")),
    h("p.small.quiet", {}, t("receipt_lead")),
    h("pre.small.digits", {}, `${text}\n\n${t("receipt_key", { n: key })}\n${signature}`),
    h("p.small.quiet", {}, w("proof_lead")),
    h("button.wide", { type: "button", onclick: () => saveProof(app, item) }, w("save_proof")),
  );
}

/** Saves the receipt with everything that is needed to check it without a network. */
async function saveProof(app, item) {
  try {
    const proved = await app.api.get(`/v1/me/log/proof?number=${item.number}`);
    const href = URL.createObjectURL(new Blob([JSON.stringify(proved, null, 2)], { type: "application/json" }));
    const link = h("a", { href, download: `tongma-receipt-${item.number}.json` });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  } catch (problem) {
    if (problem.code === "log.unsealed") app.toast(logWords(app.shell.language)("proof_wait"));
    else app.trouble(problem);
  }
}

/** What can be demanded about a line. */
function about(app, item) {
  const w = logWords(app.shell.language);
  const button = (kind) => h("button.wide", { type: "button", dataset: { kind }, onclick: () => demand(app, item, kind) }, w(kind));
  return h("details.about", {}, h("summary.small", {}, w("about")), ["delete", "correct", "complain", "explain"].map(button));
}

/** What a kind of line is called. */
function kindWords(app, kind) {
  if (kind === "request") return logWords(app.shell.language)("cases");
  return app.t(kind in SHADES ? `log_${kind}` : "log_other");
}
