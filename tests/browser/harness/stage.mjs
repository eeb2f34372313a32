/** What a test file stands on: one server, one ChromeDriver, browsers, a folder that is removed, and pictures that stay. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Camera } from "./picture.mjs";
import { Driver } from "./webdriver.mjs";
import { Server } from "./server.mjs";
import { Desk } from "./desk.mjs";
import { Phone } from "./phone.mjs";
import { SHOTS } from "./shots.mjs";

export class Stage {
  /**
   * @param {import("node:test").TestContext} test whose end clears everything away
   * @param {string} name begins the name of every picture
   * @param {string} [host] what people call the server
   */
  static async open(test, name, host) {
    const stage = new Stage();
    Object.assign(stage, { test, name, browsers: new Set(), shots: 0, failed: null });
    await mkdir(SHOTS, { recursive: true });
    stage.folder = await mkdtemp(join(tmpdir(), "tongma-browser-"));
    test.after(() => stage.close());
    // What has begun is known before what failed is told, so that nothing is left running.
    const begun = await Promise.allSettled([Server.start(stage.folder, host), Driver.start()]);
    [stage.server, stage.driver] = begun.map(({ value }) => value);
    const failed = begun.find(({ reason }) => reason);
    if (failed) throw failed.reason;
    return stage;
  }

  /** One step: named in the report; after a failure the rest is not tried, and every screen is kept as it was. */
  async step(name, work) {
    await this.test.test(name, async (step) => {
      try {
        await work(step);
      } catch (error) {
        this.failed = error;
        for (const one of this.browsers) await this.#keepTrace(step, one).catch(() => undefined);
        step.diagnostic(`the server said: ${this.server.said.slice(-1500)}`);
        throw error;
      }
    });
    if (this.failed) throw new Error(`${name}: ${this.failed.message}`, { cause: this.failed });
  }

  /** What a browser shows and said when a step failed. */
  async #keepTrace(step, one) {
    await one.browser.save(join(SHOTS, `${this.name}-failed-${one.label}.png`));
    const said = (await one.browser.log("browser")).map(({ level, message }) => `${level} ${message}`).slice(-10);
    step.diagnostic([`${one.label} is at ${await one.browser.addressShown()}`, ...said].join("\n"));
  }

  /** Keeps what a screen shows, numbered in order. */
  async shot(one, name) {
    this.shots += 1;
    await one.browser.save(join(SHOTS, `${this.name}-${String(this.shots).padStart(2, "0")}-${name}.png`));
  }

  async phone(label = "phone", options = {}) {
    const phone = new Phone(this, label, options);
    await phone.start();
    this.browsers.add(phone);
    return phone;
  }

  async desk(label = "desk", options = {}) {
    const camera = new Camera(join(this.folder, `${label}.y4m`));
    await camera.clear();
    const desk = new Desk(this, label, camera, options);
    await desk.start();
    this.browsers.add(desk);
    return desk;
  }

  async close() {
    await Promise.all([...this.browsers].map(({ browser }) => browser?.quit()));
    this.driver?.stop();
    await this.server?.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
