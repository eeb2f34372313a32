/** The frame around kiosk and board: who this device is, what it knows of the network, the language, one view at a time. */
import { $, fill, h } from "../shared/dom.js";
import { formats, pick, translator } from "../shared/i18n.js";
import { EN } from "./i18n-en.js";
import { ZH } from "./i18n-zh.js";

export const remembered = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
export const remember = (name, value) => { try { localStorage.setItem(name, value); } catch { /* a private window forgets it with the page */ } };

export class Frame {
  constructor() {
    this.language = remembered("tongma.language") ?? "zh";
    this.online = null;
    this.left = 0;
    this.#words();
  }

  #words() {
    this.t = translator(this.language === "en" ? EN : ZH);
    this.formats = formats(this.language);
    document.documentElement.lang = this.language === "en" ? "en" : "zh-CN";
  }

  say = (words) => pick(words, this.language);

  setLanguage(language) {
    this.language = language;
    remember("tongma.language", language);
    this.#words();
    this.show(this.make);
  }

  /** @param {(frame: Frame) => {name: string, title: string, element: HTMLElement, onScan?: (text: string) => void, leave?: () => void}} make */
  show(make) {
    this.view?.leave?.();
    this.make = make;
    this.view = make(this);
    const main = $("#main");
    main.dataset.view = this.view.name;
    fill(main, this.view.element);
    this.head();
    document.title = `${this.view.title} · ${this.t("app")}`;
    scrollTo(0, 0);
    const first = $("[data-focus]", main) ?? $("h1", main);
    if (first?.tagName === "H1") first.tabIndex = -1;
    first?.focus({ preventScroll: true });
  }

  head() {
    const other = this.language === "en" ? "zh" : "en";
    fill($("#top"),
      h("a.skip", { href: "#main", onclick: (event) => { event.preventDefault(); $("h1", $("#main"))?.focus(); } }, this.t("skip")),
      h("div.where", {}, h("b", {}, this.info ? this.say(this.info.venue) : this.t("app")), this.info && h("span.small.quiet", {}, this.say(this.info.name))),
      h("div.lights#lights", { role: "status", "aria-live": "polite" }),
      h("button.pill", { type: "button", lang: other === "en" ? "en" : "zh-CN", onclick: () => this.setLanguage(other) }, this.t("other_language")));
    this.lights();
  }

  lights() {
    const place = $("#lights");
    if (!place || !this.info) return;
    const chips = [this.online === false ? h("span.chip.ask", {}, "! ", this.t("net_off")) : this.online && h("span.chip.good", {}, "● ", this.t("net_on")), this.left > 0 && h("span.chip.ask", {}, "↑ ", this.t("to_hand_over", { n: this.left }))].filter(Boolean);
    const words = chips.map((chip) => chip.textContent).join();
    if (place.dataset.words === words) return;
    place.dataset.words = words;
    fill(place, chips);
  }

  scan(text) {
    this.view?.onScan?.(text);
  }
}
