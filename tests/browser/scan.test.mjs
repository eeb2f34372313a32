/**
 * A citizen scans what hangs at a place: the printed page of a venue's code is photographed into the phone's camera. Only a
 * good code opens a sheet; a look-alike, an unsigned one, a foreign one and a replaced one are named.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { audit, axe } from "./harness/axe.mjs";
import { Camera } from "./harness/picture.mjs";
import { Stage } from "./harness/stage.mjs";
import { until } from "./harness/wait.mjs";

test("scanning a venue's code", { timeout: 300_000 }, async (t) => {
  const stage = await Stage.open(t, "scan");
  const camera = new Camera(join(stage.folder, "eye.y4m"));
  await camera.clear();
  const phone = await stage.phone("phone", { camera });
  const wall = await stage.phone("wall", { width: 420, height: 900 });
  const page = await axe();
  let code;

  const told = () => until("what the page says", async () => (await phone.browser.text("[role=alert] .band"))?.trim());
  const typed = async (text) => {
    await phone.browser.run(() => { document.querySelector("#page [role=status]").replaceChildren(); document.querySelector("#page details").open = true; document.querySelector("#typed").value = ""; });
    await phone.browser.type("#typed", text);
    await phone.browser.press("#page form button[type=submit]");
    return told();
  };

  await stage.step("the page behind a code can be printed, and says whose it is", async () => {
    code = stage.server.said.split("\n").find((line) => line.includes("/p?v=0"))?.trim();
    assert.ok(code, "the demo prints codes");
    await wall.browser.go(code);
    await wall.browser.shown(".symbol");
    await stage.shot(wall, "sheet");
  });

  await stage.step("the camera reads it, and the registry's names are on the sheet", async () => {
    await phone.signIn("demo-adult");
    await phone.browser.press("#below a[href='#/scan']");
    await phone.browser.shown("#page h1", "扫一扫");
    await stage.shot(phone, "page");
    assert.deepEqual((await audit(phone.browser, page)).grave, [], "scan");
    await phone.browser.press("#page button.main");
    await phone.browser.shown(".lens video");
    await camera.hold(await wall.browser.picture());
    await phone.browser.shown("#sheet h2");
    await stage.shot(phone, "sheet-good");
    assert.deepEqual((await audit(phone.browser, page)).grave, [], "scan sheet");
    const venue = (await wall.browser.text("h1")).split("\n")[0].trim();
    assert.ok((await phone.browser.text("#sheet h2")).length > 0 && venue.includes((await phone.browser.text("#sheet h2")).trim()), venue);
    const log = (await phone.ask("/v1/me/log?limit=50")).items;
    assert.ok(log.some(({ kind }) => kind === "scanned"));
  });

  await stage.step("everything else is named and opens nothing", async () => {
    await camera.clear();
    await phone.browser.run(() => document.querySelector("#sheet").close());
    await phone.turnTo("");
    await phone.turnTo("scan");
    for (const [text, words] of [
      [code.replace("://", "://x"), /假冒/],
      [`${code.split("&sig=")[0]}&sig=${"0".repeat(128)}`, /没有本平台的有效签名/],
      ["130123456789012345", /微信付款码/],
      ["https://example.com/pay", /网址/],
    ]) {
      const said = await typed(text);
      assert.match(said, words);
      assert.equal(await phone.browser.run(() => document.querySelector("#sheet").open), false);
    }
    await stage.shot(phone, "named");
    assert.deepEqual((await audit(phone.browser, page)).grave, [], "scan refused");
  });

  await stage.step("on a small screen and in English it still fits", async () => {
    const small = await stage.phone("small", { width: 320, height: 640, language: "en", camera });
    await small.signIn("demo-elder");
    await small.turnTo("scan");
    await small.browser.shown("#page h1", "Scan");
    await stage.shot(small, "small");
    const wide = await small.browser.run(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${wide} pixels too wide`);
    assert.deepEqual((await audit(small.browser, page)).grave, [], "scan, small");
  });
});
