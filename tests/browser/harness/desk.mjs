/** A counter or gate: a browser with a camera, a scanner that types, and staff who press buttons. */
import { join } from "node:path";
import { pause, until } from "./wait.mjs";

/** Remembers every result that fills the screen: some go away by themselves sooner than a busy machine looks. */
const REMEMBER = `globalThis.shownResults = [];
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
  async pair(scenario, kind, operator) {
    await this.open();
    await this.waitView("pair");
    await this.browser.typeByHand("#pair-code", this.stage.server.pairingCode(scenario, kind));
    await this.browser.press("form button[type=submit]");
    await this.waitView("shift");
    await this.browser.type("#shift-name", operator);
    await this.browser.press(`input[name=scenario][value=${scenario}]`);
    await this.browser.press("form button[type=submit]");
    await this.waitView("ready", "gate");
    await this.cameraOn();
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

  /** Types as a scanner does; on a machine too busy to be that fast, scans again, as staff do. */
  async wedge(text, taken) {
    for (let attempt = 1; ; attempt += 1) {
      await this.browser.burst(text);
      try {
        return await until(`what was scanned on ${this.label}`, taken, attempt < 4 ? 6000 : 30_000);
      } catch (error) {
        if (attempt === 4) throw error;
        await pause(2200);
      }
    }
  }

  /** Whether a result has come that nobody has looked at yet. */
  resultCame() {
    return this.browser.run((place) => shownResults.length > place, this.seen);
  }
}
