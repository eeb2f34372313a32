/** axe-core, as published, beside the build's other outputs: a screen's faults of access that a machine can find. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { SHOTS } from "./shots.mjs";

const VERSION = "4.14.1";
/** What keeps somebody from using a page at all, or makes it very hard. */
const GRAVE = new Set(["serious", "critical"]);

/** The text of axe-core, fetched once from the npm registry. */
export async function axe() {
  const folder = join(dirname(SHOTS), "axe");
  const file = join(folder, "node_modules/axe-core/axe.min.js");
  try {
    return await readFile(file, "utf8");
  } catch {
    await promisify(execFile)("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "--no-save", `axe-core@${VERSION}`]);
    return readFile(file, "utf8");
  }
}

/**
 * Looks at a page as it is now.
 * @param {import("./webdriver.mjs").Browser} browser
 * @param {string} source axe-core's text
 * @returns {Promise<{grave: string[], slight: string[]}>} one line for each fault: its rule, and where
 */
export async function audit(browser, source) {
  // The page's own policy forbids foreign scripts; this one is the tester's and comes past it.
  await browser.cdp("Runtime.evaluate", { expression: `${source};undefined` });
  const found = await browser.run(async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map(({ target }) => target.join(" ")).slice(0, 4) })));
  const line = ({ id, impact, where }) => `${impact} ${id}: ${where.join(", ")}`;
  return { grave: found.filter(({ impact }) => GRAVE.has(impact)).map(line), slight: found.filter(({ impact }) => !GRAVE.has(impact)).map(line) };
}
