/** The full-screen result: a symbol, one word, one sentence, what to do next, who helps. */
import { h, icon } from "../../shared/dom.js";
import { detailRows } from "../screens.js";

export const ICONS = Object.freeze({
  green: "M4.5 12.8l5 5L19.5 7",
  amber: "M12 8.5v5M12 17h0M12 3.2l9.3 16.3H2.7z",
  red: "M6 6l12 12M18 6L6 18",
  duplicate: "M8.5 8.5V4.500h11v11h-4M4.500 8.500h11v11h-11z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500a7.500 7.500 0 0 1 15 0",
  scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M4 12h16",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 16.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7z",
  clock: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  remove: "M6 6l12 12M18 6L6 18",
});

/** Rows of a detail as a list of terms; tables of rows inside it as lines. */
export function detailElement(app, detail) {
  const known = (key, otherwise) => { try { return app.t(key); } catch { return otherwise; } };
  const label = (key) => known(`label_${key}`, key.replace(/_(ms|s|fen|date)$/, "").replace(/_/g, " "));
  const rows = detailRows(detail, { formats: app.formats, label, value: (key, text) => known(`${key}_${text}`, text), language: app.language });
  if (rows.length === 0) return null;
  return h("dl.detail", {}, rows.map((row) => [
    h("dt", {}, row.label),
    row.rows
      ? h("dd", {}, h("ul", {}, row.rows.map((line) => h("li", {}, line.map(({ label: name, value }) => h("span", {}, name && h("small", {}, name, " "), value))))))
      : h("dd", {}, row.value),
  ]));
}

/**
 * @param {import("../app.js").App} app
 * @param {import("../screens.js").Screen} screen
 * @param {{dismiss: () => void, keep: (() => void)|null, extra?: any, retry?: () => void, go?: string}} hands
 */
export function resultElement(app, screen, { dismiss, keep, extra, retry, go = "result_go" }) {
  const keepButton = keep && h("button.keep", { type: "button", onclick: (event) => { keep(); event.currentTarget.remove(); } }, app.t("result_keep"));
  return h("div.result-in", {},
    h("div.result-say", { role: "alert" },
      h("div.symbol", {}, icon(ICONS[screen.look])),
      h("h1.word", {}, app.say(screen.word)),
      h("p.message", {}, app.say(screen.message)),
      screen.next && h("p.next", {}, h("b", {}, app.t("result_next")), " ", app.say(screen.next)),
      screen.human && h("p.human", {}, app.say(screen.human))),
    screen.detail && detailElement(app, screen.detail),
    extra,
    h("div.result-do", {},
      retry && screen.again && h("button", { type: "button", onclick: retry }, app.t("retry")),
      keepButton,
      h("button.go", { type: "button", onclick: dismiss, "data-focus": keep !== null }, app.t(go))),
    screen.code && h("p.code", {}, screen.code),
    keep && h("div.bar", { "aria-hidden": "true" }));
}
