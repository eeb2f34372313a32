/**
 * A small WebDriver client (W3C WebDriver, and ChromeDriver's own door to the Chrome DevTools Protocol) over `fetch`:
 * only what these tests need. One ChromeDriver process serves all browsers of a test file.
 */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { until } from "./wait.mjs";

/** Where WebDriver puts an element's reference. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
/** Between two keys; a hand is slower than any scanner. */
const HAND_MS = 90;
/** Headless, silent, and as root: nothing here is reached from outside. */
const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--mute-audio", "--no-proxy-server"];

async function ask(address, method, body) {
  const answer = await fetch(address, { method, body: body && JSON.stringify(body), headers: { "content-type": "application/json" }, signal: AbortSignal.timeout(90_000) });
  const { value } = await answer.json();
  if (answer.ok) return value;
  throw Object.assign(new Error(`${value.error}: ${value.message.split("\n")[0]}`), { code: value.error });
}

/** A running ChromeDriver. */
export class Driver {
  static async start() {
    const driver = new Driver();
    driver.process = spawn("chromedriver", ["--port=0", "--log-level=SEVERE"], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    driver.process.on("error", (error) => { said = `chromedriver: ${error.message}; install it with \`apt-get install chromium-driver\``; });
    for (const stream of [driver.process.stdout, driver.process.stderr]) stream?.on("data", (part) => { said = (said + part).slice(-4000); });
    const port = await until("ChromeDriver to start", () => {
      if (said.includes("apt-get")) throw new Error(said);
      return /successfully on port (\d+)/.exec(said)?.[1];
    });
    driver.address = `http://127.0.0.1:${port}`;
    return driver;
  }

  /**
   * Opens a browser.
   * @param {{profile: string, args?: string[], language?: string, emulate?: object, log?: boolean}} options
   *   `profile`: folder of its user data; `emulate`: ChromeDriver's mobileEmulation; `log`: keep the network's events
   * @returns {Promise<Browser>}
   */
  async open({ profile, args = [], language = "zh-CN", emulate, log = false }) {
    const options = { binary: "/usr/bin/chromium", args: [...FLAGS, `--user-data-dir=${profile}`, `--lang=${language}`, `--accept-lang=${language}`, ...args], ...(emulate && { mobileEmulation: emulate }) };
    const wanted = { browserName: "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": { browser: "ALL", ...(log && { performance: "ALL" }) } };
    const opened = await ask(`${this.address}/session`, "POST", { capabilities: { alwaysMatch: wanted } });
    const browser = new Browser(`${this.address}/session/${opened.sessionId}`, opened.capabilities);
    await browser.command("POST", "timeouts", { script: 60_000, pageLoad: 60_000 });
    return browser;
  }

  stop() {
    this.process.kill();
  }
}

/** One browser with one page. */
export class Browser {
  constructor(address, capabilities) {
    this.address = address;
    this.pid = capabilities["goog:processID"];
  }

  command(method, path, body) {
    return ask(`${this.address}/${path}`, method, body ?? (method === "POST" ? {} : undefined));
  }

  /** A command of the Chrome DevTools Protocol. */
  cdp(cmd, params = {}) {
    return this.command("POST", "goog/cdp/execute", { cmd, params });
  }

  go(url) {
    return this.command("POST", "url", { url });
  }

  addressShown() {
    return this.command("GET", "url");
  }

  /** Runs a function in the page, without anything from here but its arguments; waits when it gives a promise. */
  async run(work, ...args) {
    const script = `const done = arguments[arguments.length - 1]; const args = Array.prototype.slice.call(arguments, 0, -1);
      (async () => (${work})(...args))().then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const { value, error } = await this.command("POST", "execute/async", { script, args });
    if (error) throw new Error(`in the page: ${error}`);
    return value;
  }

  /** What a selector's first shown element says, or null. */
  text(css) {
    return this.run((selector) => {
      const node = [...document.querySelectorAll(selector)].find((one) => one.checkVisibility());
      return node ? node.textContent.trim() : null;
    }, css);
  }

  /** Waits until something of this selector is shown, and says these words if any are given. */
  shown(css, words = "", patienceMs) {
    return until(`${css} ${words} on ${this.name ?? "the page"}`, () => this.#find(css, words), patienceMs);
  }

  async #find(css, words) {
    const script = `const [css, words] = arguments; const wanted = new RegExp(words);
      return [...document.querySelectorAll(css)].find((one) => one.checkVisibility() && !one.disabled && !one.closest("[inert]") && wanted.test(one.textContent)) ?? null;`;
    const found = await this.command("POST", "execute/sync", { script, args: [css, words instanceof RegExp ? words.source : words] });
    return found?.[ELEMENT] ?? null;
  }

  /** Presses what a selector and words name, as a finger does: it has to be shown, free and not covered. */
  press(css, words = "", patienceMs) {
    return until(`a press on ${css} ${words} on ${this.name ?? "the page"}`, async () => {
      const id = await this.#find(css, words);
      if (!id) return false;
      await this.command("POST", "execute/sync", { script: "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })", args: [{ [ELEMENT]: id }] });
      await this.command("POST", `element/${id}/click`);
      return true;
    }, patienceMs);
  }

  /** Types into a field, after what is in it was taken out. */
  async type(css, text) {
    const id = await this.shown(css);
    await this.command("POST", `element/${id}/clear`);
    await this.command("POST", `element/${id}/value`, { text });
  }

  /** Types into a field at the pace of a hand, for pages that tell a scanner by its speed. */
  async typeByHand(css, text) {
    await this.press(css);
    const keys = [...text].flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }, { type: "pause", duration: HAND_MS }]);
    await this.command("POST", "actions", { actions: [{ type: "key", id: "hand", actions: keys }] });
  }

  /** Key presses on the page as a bar-code scanner makes them: as fast as they go, and Enter. */
  async burst(text) {
    const keys = [...text, "\uE007"].flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]);
    await this.command("POST", "actions", { actions: [{ type: "key", id: "scanner", actions: keys }] });
  }

  /** The page as a picture: PNG bytes. */
  async picture() {
    return Buffer.from(await this.command("GET", "screenshot"), "base64");
  }

  async save(file) {
    await writeFile(file, await this.picture());
  }

  /** Entries of a log that came since the last call: `browser` or `performance`. */
  log(type) {
    return this.command("POST", "se/log", { type });
  }

  /** Closes the browser as its user would. */
  async quit() {
    await ask(this.address, "DELETE").catch(() => undefined);
  }

  /** Ends the browser as a power cut would: no page is told. */
  async crash() {
    process.kill(this.pid, "SIGKILL");
    await ask(this.address, "DELETE").catch(() => undefined);
  }
}
