/** A citizen with a phone: what they press and what they read. */
import { join } from "node:path";
import { until } from "./wait.mjs";

/** A common phone: CSS pixels, and two of the screen's for each. */
const SCREEN = { width: 390, height: 844, pixelRatio: 2, mobile: true, touch: true };

export class Phone {
  constructor(stage, label, { width = SCREEN.width, height = SCREEN.height, language = "zh-CN", log = false, camera = null } = {}) {
    Object.assign(this, { stage, label, language, log, camera, screen: { ...SCREEN, width, height } });
  }

  /** Starts the phone's browser; a second time it has all that it kept. */
  async start() {
    const { stage, label, language, log, camera, screen } = this;
    const seeing = camera ? ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${camera.file}`] : [];
    this.browser = await stage.driver.open({ profile: join(stage.folder, label), args: [`--window-size=${screen.width},${screen.height}`, ...seeing], language, log, emulate: { deviceMetrics: screen } });
    this.browser.name = label;
  }

  /** Closes the browser and opens it again on the same profile. */
  async restart() {
    await this.browser.quit();
    await this.start();
  }

  open(route = "") {
    return this.browser.go(`${this.stage.server.address}/me${route}`);
  }

  /** Goes to another page of the app as a press on its tab does. */
  async turnTo(route) {
    await this.browser.run((hash) => { location.hash = hash; }, `#/${route}`);
    await until(`the page ${route}`, () => this.browser.run((wanted) => location.hash === wanted && (wanted === "#/" ? !document.querySelector("#home").hidden : document.querySelector("#page h1") !== null), `#/${route}`));
  }

  state() {
    return this.browser.run(() => document.documentElement.dataset.state ?? "");
  }

  waitState(...wanted) {
    return until(`the state ${wanted.join(" or ")} on ${this.label}`, async () => wanted.includes(await this.state()));
  }

  /** Signs in at the demo's provider and waits for the code; takes the code over where another phone has it. */
  async signIn(subject) {
    await this.open();
    await this.waitState("welcome");
    await this.browser.press("#cover_do a");
    await this.browser.press(`button[name=subject][value=${subject}]`);
    await until("the way back from the provider", async () => (await this.browser.addressShown()).startsWith(`${this.stage.server.address}/me`));
    await this.waitState("ready", "elsewhere");
    if ((await this.state()) === "elsewhere") await this.browser.press("#cover_do button");
    await this.codeShown();
    await this.waitState("ready");
  }

  /** Waits until a code is on the screen; gives how long after the page's start it was drawn, in milliseconds. */
  codeShown() {
    return until(`a code on ${this.label}`, () => this.browser.run(() => {
      const drawn = document.querySelector("#qr").checkVisibility() && document.querySelector("#qr").width > 0;
      return drawn ? (performance.getEntriesByName("tongma-code")[0]?.startTime ?? 0) : 0;
    }));
  }

  /** The short number under the code, without its gaps. */
  shortNumber() {
    return until("the short number", async () => (await this.browser.text("#digits"))?.replace(/\D/g, ""));
  }

  /**
   * A picture of the screen with the code, early in a step, so that it stays good while it is read. Never the same code twice: it is
   * good once, and without network the phone cannot know that it was taken.
   */
  async photograph(leastSeconds = 4) {
    await this.turnTo("");
    await this.codeShown();
    await until("a code that was not shown yet, early in its step", async () => {
      const [number, left] = await this.browser.run(() => [document.querySelector("#digits").textContent, Number(document.querySelector("#count").textContent)]);
      if ((await this.state()) === "used" || number === this.photographed || left < leastSeconds) return false;
      this.photographed = number;
      return true;
    });
    return this.browser.picture();
  }

  /** Asks the platform as this citizen's page does. */
  ask(path) {
    return this.browser.run(async (what) => (await fetch(what)).json(), path);
  }
}
