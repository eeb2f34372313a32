// The log of uses: every presentation, also refused ones, with what was released, never its values.
import { fill, h } from "../shared/dom.js";
import { claimWords } from "./sheet-consent.js";

const SHADES = {
  done: "good",
  released: "good",
  presented: "",
  refused: "bad",
  asked: "ask",
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
  const seen = { day: "" };
  let after = null;
  const next = async () => {
    more.disabled = true;
    const { items, next: cursor } = await app.api.get(`/v1/me/log?limit=20${after ? `&after=${encodeURIComponent(after)}` : ""}`);
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
  const label = t(item.kind in SHADES ? `log_${item.kind}` : "log_other");
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
      item.receipt && receipt(app, item.receipt),
    ),
  );
  return lines;
}

/** The receipt as it was signed: anyone with the platform's key list can check it. */
function receipt({ t }, { text, signature, key_index: key }) {
  return h(
    "details",
    {},
    h("summary.small", {}, t("receipt")),
    h("p.small.quiet", {}, t("receipt_lead")),
    h("pre.small.digits", {}, `${text}\n\n${t("receipt_key", { n: key })}\n${signature}`),
  );
}
