/** The board's code moves: what it shows now opens the hall on a phone, a picture of it from before does not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { audit, axe } from "./harness/axe.mjs";
import { Stage } from "./harness/stage.mjs";
import { until } from "./harness/wait.mjs";

test("a code that moves", { timeout: 240_000 }, async (t) => {
  const stage = await Stage.open(t, "moving");
  const [phone, board] = await Promise.all([stage.phone(), stage.desk("board", { width: 1600, height: 900 })]);
  const shown = () => board.browser.run(() => document.querySelector(".moving:not([hidden])")?.dataset.code);
  const scan = async (text) => {
    await phone.turnTo("");
    await phone.turnTo("scan");
    await phone.browser.press("#page summary");
    await phone.browser.type("#typed", text);
    await phone.browser.press("#page form button[type=submit]");
  };
  let first;

  await stage.step("the board shows a code, and a phone that reads it is at the hall", async () => {
    const name = { name_zh: "演练政务服务中心", name_en: "Drill Service Centre" };
    const { id: organisation } = await stage.server.administer("organisations", name);
    const settings = { "hall_queue.opens_min": 0, "hall_queue.last_number_min": 1440 };
    const { id: venue } = await stage.server.administer("venues", { organisation, ...name, scenarios: ["hall_queue"], settings, things: {}, state: "open" });
    const { pairing_code: code } = await stage.server.administer("points", { venue, name_zh: "叫号屏", name_en: "Queue board", kind: "kiosk", scenarios: ["hall_queue"] });
    await board.browser.go(`${stage.server.address}/kiosk`);
    await board.browser.press(".choices button", "叫号屏");
    await board.browser.typeByHand("#pair-code", code);
    await board.browser.press("form button[type=submit]");
    first = await until("the code", shown);
    await stage.shot(board, "board");
    await phone.signIn("demo-adult");
    await scan(await shown());
    await phone.browser.shown("#sheet button.wide", "取号");
    assert.match(await phone.browser.text("#sheet"), /演练政务服务中心/);
    await stage.shot(phone, "scanned");
  });

  await stage.step("it moves by itself, and the one from before opens nothing any more", async () => {
    const second = await until("another code", async () => (await shown()) !== first && shown(), 40_000);
    assert.notEqual(second.slice(second.indexOf("&c=")), first.slice(first.indexOf("&c=")));
    await until("the first to be too old", async () => {
      const answer = await phone.browser.run(async (text) => {
        const headers = { "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
        return (await fetch("/v1/me/scans", { method: "POST", headers, body: JSON.stringify({ text }) })).json();
      }, first);
      return ["scan.stale", "scan.expired"].includes(answer.code);
    }, 60_000);
    assert.deepEqual((await audit(board.browser, await axe())).grave, []);
  });

  await stage.step("with the platform gone it goes away, and comes back with it", async () => {
    await stage.server.stop("SIGKILL");
    await until("no code", async () => !(await shown()), 60_000);
    await stage.server.again();
    await until("a code again", shown, 60_000);
  });
});
