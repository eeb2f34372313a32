/** Looks at screens one after the other and gathers what is wrong with them: axe's faults, and what sticks out. */
import { audit } from "./axe.mjs";

export class Looks {
  /** @param {import("./stage.mjs").Stage} stage @param {string} source axe-core's text */
  constructor(stage, source) {
    Object.assign(this, { stage, source, faults: [], seen: 0 });
  }

  /** Gives a browser's page this size. */
  fit(one, width, height) {
    // A phone has its size from the beginning; ChromeDriver would set it back.
    if (one.screen) return undefined;
    return one.browser.cdp("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
  }

  /** Each size in each language. */
  async each(one, sizes, work) {
    for (const [width, height] of sizes) {
      await this.fit(one, width, height);
      for (const language of ["zh", "en"]) await work(language, width);
    }
  }

  /** Looks at what is shown now, and keeps a picture of it. */
  async see(one, name, picture = true) {
    this.seen += 1;
    const { grave, slight } = await audit(one.browser, this.source);
    this.faults.push(...[...grave, ...slight].map((line) => `${name}: ${line}`));
    const [wide, who] = await one.browser.run(() => {
      const room = document.documentElement.clientWidth;
      // What scrolls inside a part of its own may be wider than that part.
      const scrolls = (node) => node && node !== document.body && (/auto|scroll/.test(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
      const shown = (node) => node.checkVisibility() && !node.closest("svg, .hush, .skip") && getComputedStyle(node).clip === "auto";
      const over = [...document.querySelectorAll("body *")].filter((node) => shown(node) && node.getBoundingClientRect().right > room + 1 && !scrolls(node));
      return [Math.max(document.scrollingElement.scrollWidth - room, over.length && 1), over.slice(0, 3).map((node) => `${node.tagName}.${node.className}`).join(" ")];
    });
    if (wide > 0) this.faults.push(`${name}: ${wide} pixels too wide, ${who}`);
    if (picture) await this.stage.shot(one, name);
  }
}
