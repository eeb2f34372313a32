// A paper code as it is printed: the same sheet at a counter and from the citizen's own printer.
import { h } from "./dom.js";
import { pick, translator } from "./i18n.js";
import { EN, ZH } from "./words-paper.js";

/**
 * The sheet.
 * @param {{svg: string, organisation: object, masked_name: string, until_ms: number}} paper as issued
 * @param {{language: string, day: string, names: string[]}} words `language`: `zh` or `en`; `day`: until when; `names`: for what
 */
export function paperSheet(paper, { language, day, names }) {
  const w = translator(language === "zh" ? ZH : EN);
  const line = (key, text) => [h("dt", {}, w(key)), h("dd", {}, text)];
  return h(
    "section.paper-sheet",
    {},
    h("p.paper-brand", {}, w("paper_title")),
    h("img", { src: `data:image/svg+xml,${encodeURIComponent(paper.svg)}`, alt: w("paper_qr"), width: "420", height: "420" }),
    h("dl", {}, line("paper_name", paper.masked_name), line("paper_place", pick(paper.organisation, language)), line("paper_for", names.join(" · ")), line("paper_valid", day)),
    h("p", {}, w("paper_manners")),
    h("p", {}, w("paper_lost")),
  );
}

/** Prints the sheet and nothing else of the page. */
export function printPaper() {
  const page = document.documentElement;
  page.classList.add("printing-paper");
  addEventListener("afterprint", () => page.classList.remove("printing-paper"), { once: true });
  print();
}

/** Loads the sheet's style once. */
export function paperStyle() {
  const href = "/assets/shared/paper.css";
  if (!document.querySelector(`link[href="${href}"]`)) document.head.append(h("link", { rel: "stylesheet", href }));
}
