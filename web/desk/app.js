/**
 * The frame around every screen of the desk: who this point is, what it knows of the network, the two switches, and the
 * one place where scanned texts arrive. A view is `{element, title, onScan?, leave?}`; one is shown at a time.
 */
import { $, fill, h, icon, say } from "../shared/dom.js";
import { formats, pick, translator } from "../shared/i18n.js";
import { EN } from "./i18n-en.js";
import { ZH } from "./i18n-zh.js";
import { holdMs } from "./screens.js";
import { play, wakeSound } from "./tones.js";
import { ICONS, resultElement } from "./views/result.js";

/** A choice of this browser, or null. */
export const remembered = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
/** Keeps a choice of this browser. */
export const remember = (name, value) => { try { localStorage.setItem(name, value); } catch { /* a private window forgets it with the page */ } };
const SIZES = ["", "large", "largest"];

export class App {
  constructor() {
    this.language = remembered("tongma.language") ?? "zh";
    this.size = remembered("tongma.size") ?? "";
    this.view = null;
    this.make = null;
    this.result = null;
    this.net = { reached: null, sinceMs: 0 };
    this.left = 0;
    this.#words();
    // Opening the sound takes a tenth of a second: not between two keys of a scanner.
    for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => setTimeout(wakeSound), { capture: true, passive: true });
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.result?.dismiss());
  }

  #words() {
    this.t = translator(this.language === "en" ? EN : ZH);
    this.formats = formats(this.language);
    document.documentElement.lang = this.language === "en" ? "en" : "zh-CN";
    if (this.size) document.documentElement.dataset.size = this.size;
    else delete document.documentElement.dataset.size;
  }

  /** Words of a pair, or of a key. @param {any} say @returns {string} */
  say(words) {
    if (!words) return "";
    return words.key ? this.t(words.key, words.values) : pick(words, this.language);
  }

  setLanguage(language) {
    this.language = language;
    remember("tongma.language", language);
    this.#words();
    this.redraw();
  }

  /** The next of three sizes of text. */
  nextSize() {
    this.size = SIZES[(SIZES.indexOf(this.size) + 1) % SIZES.length];
    remember("tongma.size", this.size);
    this.#words();
    this.redraw();
  }

  /** Draws the view that is shown once more, in another language. What was typed is the view's own to keep. */
  redraw() {
    this.#header();
    if (this.view?.redraw) this.view.redraw();
    else if (this.make) this.show(this.make);
    this.#title();
  }

  /**
   * Shows a view in place of the last.
   * @param {(app: App) => {element: HTMLElement, title: string, onScan?: (text: string, source: string) => void, leave?: () => void}} make
   */
  show(make) {
    this.view?.leave?.();
    this.make = make;
    this.view = make(this);
    const main = $("#main");
    main.dataset.view = this.view.name ?? "";
    fill(main, this.view.element);
    this.#header();
    this.#title();
    scrollTo(0, 0);
    const first = $("[data-focus]", main) ?? $("h1", main);
    if (first) {
      if (first.tagName === "H1") first.tabIndex = -1;
      first.focus({ preventScroll: true });
    }
  }

  #title() {
    document.title = `${this.view?.title ?? ""} · ${this.t("app")}`;
  }

  #header() {
    const point = this.info ? pick(this.info.name, this.language) : this.t("app_desk");
    const venue = this.info ? pick(this.info.venue, this.language) : "";
    const size = SIZES.indexOf(this.size);
    fill($("#top"),
      h("a.skip", { href: "#main", onclick: (event) => { event.preventDefault(); $("h1, [data-focus]", $("#main"))?.focus(); } }, this.t("skip")),
      h("div.where", {}, h("b", {}, point), venue && h("span.small.quiet", {}, venue)),
      h("div.lights#lights", { role: "status", "aria-live": "polite" }),
      h("div.switches", {},
        h("button.pill", { type: "button", onclick: () => this.nextSize(), "aria-label": this.t("size_said", { n: size + 1 }), title: this.t("size_said", { n: size + 1 }) }, h("span", { "aria-hidden": "true", class: `aa aa${size}` }, this.language === "en" ? "Aa" : "字")),
        h("button.pill", { type: "button", lang: this.language === "en" ? "zh-CN" : "en", onclick: () => this.setLanguage(this.language === "en" ? "zh" : "en") }, this.t("other_language")),
        this.info && this.openMenu && h("button.pill", { type: "button", onclick: () => this.openMenu(), "aria-label": this.t("menu"), title: this.t("menu") }, icon("M4 7h16M4 12h16M4 17h16"))));
    this.lights();
  }

  /** Network and age of the key list, each by colour, sign and word. */
  lights() {
    const place = $("#lights");
    if (!place || !this.info) return;
    const { reached } = this.net;
    const age = this.listsMs ? this.clock.now() - this.listsMs : null;
    const light = (state, sign, words) => h("span.chip", { class: state }, h("span.dot", { "aria-hidden": "true" }, sign), words);
    const items = [reached === null ? light("", "…", this.t("net_unknown")) : reached ? light("good", "●", this.t("net_on")) : light("bad", "×", this.t("net_off"))];
    if (age !== null) items.push(light(age < 3600_000 ? "good" : age < 86_400_000 ? "ask" : "bad", age < 3600_000 ? "✓" : "!", this.t("keys_age", { age: this.age(age) })));
    if (this.clock && !this.clock.trusted() && reached === false) items.push(light("ask", "!", this.t("clock_doubt")));
    if (this.left > 0) items.push(light("ask", "↑", this.t("to_hand_over", { n: this.left })));
    const words = items.map((item) => item.textContent).join();
    if (place.dataset.words === words) return;
    place.dataset.words = words;
    fill(place, items);
  }

  /** A length of time in whole minutes, hours or days. */
  age(ms) {
    const minutes = Math.max(0, Math.floor(ms / 60_000));
    if (minutes < 1) return this.t("age_now");
    if (minutes < 90) return this.t("age_minutes", { n: minutes });
    if (minutes < 48 * 60) return this.t("age_hours", { n: Math.round(minutes / 60) });
    return this.t("age_days", { n: Math.round(minutes / 1440) });
  }

  /** A text was read. What a view does not want is a result as well: it has to be said, not swallowed. */
  scan(text, source) {
    if (this.result && !this.result.sticky) this.result.dismiss();
    if (this.result) return;
    this.view?.onScan?.(text, source);
  }

  /**
   * Fills the screen with a result, sounds its tone, and goes on by itself.
   * @param {import("./screens.js").Screen} screen
   * @param {{then?: () => void, sticky?: boolean, extra?: any, retry?: () => void}} [options] `sticky` waits for a hand
   */
  showResult(screen, { then = () => undefined, sticky = false, extra = null, retry, go } = {}) {
    this.result?.dismiss();
    play(screen.look);
    const opener = document.activeElement;
    const place = $("#result");
    let timer = 0;
    const dismiss = () => {
      clearTimeout(timer);
      if (this.result !== shown) return;
      this.result = null;
      place.hidden = true;
      fill(place);
      $("#main").inert = $("#top").inert = false;
      if (opener?.isConnected) opener.focus({ preventScroll: true });
      this.lastResult = { screen, at: performance.now() };
      then();
    };
    const shown = { dismiss, sticky };
    this.result = shown;
    const keep = () => {
      clearTimeout(timer);
      place.classList.add("kept");
    };
    const retryThen = retry && (() => { then = () => undefined; dismiss(); retry(); });
    fill(place, resultElement(this, screen, { dismiss, keep: sticky ? null : keep, extra, retry: retryThen, go }));
    place.className = `result ${screen.look}`;
    place.setAttribute("aria-label", this.say(screen.word));
    place.hidden = false;
    place.style.setProperty("--hold", `${holdMs(screen, this.size !== "")}ms`);
    place.classList.toggle("kept", sticky);
    $("#main").inert = $("#top").inert = true;
    $("[data-focus]", place)?.focus({ preventScroll: true });
    if (!sticky) timer = setTimeout(dismiss, holdMs(screen, this.size !== ""));
  }

  /** A short line at the bottom for what is no result. */
  toast(words, look = "") {
    const place = $("#toast");
    say(place, words);
    place.className = `toast ${look}`;
    place.hidden = false;
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => { place.hidden = true; }, 4000);
  }

  icon(name) {
    return icon(ICONS[name]);
  }
}
