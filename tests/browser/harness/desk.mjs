/** A counter or gate: a browser with a camera, a scanner that types, and staff who press buttons. */
import { join } from "node:path";
import { pause, until } from "./wait.mjs";

/** Keys that lie further apart come from a hand, for the desk. */
const SCANNER_GAP_MS = 45;
/** After so long the desk takes the same text for another scan. */
const FORGOTTEN_MS = 2500;
const SCANS = 6;

/** Remembers every result that fills the screen, since some go away sooner than a busy machine looks, and the pace of keys. */
const REMEMBER = `globalThis.shownResults = [];
  globalThis.keyTimes = [];
  addEventListener("keydown", ({ timeStamp }) => keyTimes.push(timeStamp), true);
  addEventListener("DOMContentLoaded", () => {
    const place = document.querySelector("#result");
    if (!place) return;
    const text = (css) => place.querySelector(css)?.textContent ?? "";
    new MutationObserver(() => {
      const say = place.querySelector(".word");
      if (place.hidden || !say || say.remembered) return;
      say.remembered = true;
      shownResults.push({ look: place.className.split(" ")[1], word: text(".word"), message: text(".message"), next: text(".next"), human: text(".human"), code: text(".code"), all: place.textContent });
      if (globalThis.staffPressStay !== false) place.querySelector(".keep")?.click();
    }).observe(place, { attributes: true, childList: true, subtree: true });
  });`;

export class Desk {
  constructor(stage, label, camera, { width = 1180, height = 820, language = "zh-CN" } = {}) {
    Object.assign(this, { stage, label, camera, language, size: `${width},${height}`, seen: 0 });
  }

  /** Starts the desk's browser; a second time it has all that it kept. */
  async start() {
    const { stage, label, camera, language, size } = this;
    const args = [`--window-size=${size}`, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${camera.file}`];
    this.browser = await stage.driver.open({ profile: join(stage.folder, label), args, language });
    this.browser.name = label;
    await this.browser.cdp("Page.enable");
    await this.browser.cdp("Page.addScriptToEvaluateOnNewDocument", { source: REMEMBER });
  }

  async open() {
    await this.browser.go(`${this.stage.server.address}/desk`);
    await until(`the desk on ${this.label}`, () => this.view());
    this.seen = 0;
  }

  view() {
    return this.browser.run(() => document.querySelector("#main").dataset.view ?? "");
  }

  async waitView(...wanted) {
    await until(`the view ${wanted.join(" or ")} on ${this.label}`, async () => wanted.includes(await this.view()));
  }

  /** Pairs with the code that the server printed, and starts a shift. */
  async pair(scenario, kind, operator, code = this.stage.server.pairingCode(scenario, kind)) {
    await this.open();
    await this.waitView("pair");
    await this.browser.typeByHand("#pair-code", code);
    await this.browser.press("form button[type=submit]");
    await this.waitView("shift");
    await this.browser.type("#shift-name", operator);
    await this.browser.press(`input[name=scenario][value=${scenario}]`);
    await this.browser.press("form button[type=submit]");
    await this.waitView("ready", "gate");
    await this.cameraOn();
  }

  /** Waits until the browser holds everything that the page and its camera reader need without the platform. */
  installed() {
    return until(`what ${this.label} needs to be kept`, () => this.browser.run(async () => {
      const scopes = ["/desk", "/assets/shared/qr-worker.js"];
      const all = await Promise.all(scopes.map((scope) => navigator.serviceWorker.getRegistration(scope)));
      return all.every((one, place) => one?.active?.state === "activated" && new URL(one.scope).pathname === scopes[place]);
    }));
  }

  cameraOn() {
    return this.browser.shown(".camera[data-state=on]");
  }

  /** Holds a screen before the camera until `seen` comes true, then takes it away. */
  async hold(picture, seen) {
    await this.camera.hold(picture);
    try {
      return await seen();
    } finally {
      await this.camera.clear();
    }
  }

  /** The next result that fills the screen. */
  async result() {
    const result = await until(`a result on ${this.label}`, () => this.browser.run((place) => shownResults[place], this.seen));
    this.seen += 1;
    return result;
  }

  /** Puts the result away, as a hand does. */
  async dismiss() {
    await this.browser.press("#result .go");
    await until("the result to go", () => this.browser.run(() => document.querySelector("#result").hidden));
  }

  /**
   * Types as a scanner does. A machine too busy to type that fast was no scanner: then what came of it is put away, and the
   * code is scanned again.
   * @param {string} text
   * @param {() => Promise<any>} taken tells that it has arrived
   */
  async wedge(text, taken) {
    if (this.lastScan?.text === text) await pause(Math.max(0, this.lastScan.at + FORGOTTEN_MS - Date.now()));
    for (let attempt = 1; attempt <= SCANS; attempt += 1) {
      this.lastScan = { text, at: Date.now() };
      await this.browser.run(() => { globalThis.keyTimes = []; });
      await this.browser.burst(text);
      const slowest = await this.browser.run(() => Math.max(0, ...keyTimes.slice(1).map((at, place) => at - keyTimes[place])));
      if (slowest < SCANNER_GAP_MS) return until(`what was scanned on ${this.label}`, taken);
      await pause(FORGOTTEN_MS);
      await this.#putAway(text);
      if (await taken()) return true;
    }
    throw new Error(`this machine types too slowly for a scanner, also at the ${SCANS}th time`);
  }

  /** Takes out what a scan in pieces has left: a result on the screen, pieces in a form. */
  async #putAway(text) {
    if (await this.resultCame()) {
      await this.dismiss();
      this.seen = await this.browser.run(() => shownResults.length);
    }
    await this.browser.run((whole) => {
      const isPiece = (part) => part !== "" && part !== whole && whole.includes(part);
      for (const line of document.querySelectorAll(".codes li")) if (isPiece(line.querySelector(".digits").textContent)) line.querySelector("button").click();
      for (const field of document.querySelectorAll("form input")) {
        if (!isPiece(field.value)) continue;
        field.value = "";
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }, text);
  }

  /** Whether a result has come that nobody has looked at yet. */
  resultCame() {
    return this.browser.run((place) => shownResults.length > place, this.seen);
  }
}
