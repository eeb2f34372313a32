/**
 * A government hall: a number by showing the code at the kiosk, called on the board, served and rated; and the kiosk with the
 * platform gone gives numbers of its own block, hands them over once, and they wait in the order they were taken.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { audit, axe } from "./harness/axe.mjs";
import { Stage } from "./harness/stage.mjs";
import { until } from "./harness/wait.mjs";

/** A hall of the test's own, open at any hour of any day, with a kiosk, a board and a counter. */
async function openHall(server) {
  const name = { name_zh: "演练政务服务中心", name_en: "Drill Service Centre" };
  const { id: organisation } = await server.administer("organisations", name);
  const settings = { "hall_queue.opens_min": 0, "hall_queue.last_number_min": 1440 };
  const { id: venue } = await server.administer("venues", { organisation, ...name, scenarios: ["hall_queue"], settings, things: {}, state: "open" });
  const point = async (name_zh, name_en, kind) => (await server.administer("points", { venue, name_zh, name_en, kind, scenarios: ["hall_queue"] })).pairing_code;
  return { kiosk: await point("自助取号机", "Kiosk", "kiosk"), board: await point("叫号屏", "Queue board", "kiosk"), counter: await point("1 号窗口", "Counter 1", "desk") };
}

test("taking a number at a hall, both with and without the platform", { timeout: 400_000 }, async (t) => {
  const stage = await Stage.open(t, "hall");
  const [phone, kiosk, board, counter] = await Promise.all([stage.phone(), stage.desk("kiosk", { width: 1080, height: 1400 }), stage.desk("board", { width: 1600, height: 900 }), stage.desk("counter")]);
  const ticket = async () => (await phone.ask("/v1/me/things?kind=ticket")).items[0]?.body;
  const source = await axe();
  const look = async (one, name) => {
    await stage.shot(one, name);
    const { grave } = await audit(one.browser, source);
    assert.deepEqual(grave, [], name);
  };

  await stage.step("kiosk, board and counter are paired", async () => {
    await phone.signIn("demo-adult");
    const codes = await openHall(stage.server);
    await pairKiosk(stage, kiosk, codes.kiosk, "自助取号");
    await look(kiosk, "kiosk-idle");
    await pairKiosk(stage, board, codes.board, "叫号屏");
    await look(board, "board-empty");
    await pairCounter(counter, codes.counter);
    await kiosk.browser.shown(".camera[data-state=on]");
  });

  await stage.step("the code is shown to the kiosk, the matter chosen, a number given", async () => {
    await kiosk.hold(await phone.photograph(), () => kiosk.browser.shown(".matters button"));
    await look(kiosk, "kiosk-choose");
    assert.match(await kiosk.browser.text("h1"), /陈\*\*/);
    await kiosk.browser.press(".matters button", "办税服务");
    await kiosk.browser.shown(".ticket .no");
    assert.equal(await kiosk.browser.text(".ticket .no"), "G001");
    await look(kiosk, "kiosk-number");
    assert.equal((await until("the number on the phone", ticket)).number, "G001");
    await phone.turnTo("things");
    await phone.browser.shown("#page li.card", "G001");
    await look(phone, "phone-number");
    await kiosk.browser.press(".ticket button.main");
  });

  await stage.step("the counter calls; the board shows number, counter and masked name, and says it once", async () => {
    await deed(counter, "叫下一位");
    const row = await until("the call on the board", () => board.browser.text(".calls li.called"));
    assert.match(row, /G001/);
    assert.match(row, /1 号窗口/);
    assert.match(row, /陈\*\*/);
    assert.doesNotMatch(row, /陈晓岚/);
    assert.match(await board.browser.run(() => document.querySelector("#spoken").textContent), /G 0 0 1/);
    await look(board, "board-called");
    await board.browser.press("#top .pill", "English");
    await look(board, "board-called-en");
    await until("the phone to say where", async () => (await ticket())?.counter?.zh === "1 号窗口");
  });

  await stage.step("served, done, and rated without a name", async () => {
    await deed(counter, "开始办理");
    await deed(counter, "办结");
    await until("the phone to ask for a rating", async () => (await ticket())?.state === "done");
    await phone.turnTo("");
    await phone.turnTo("things");
    await phone.browser.press("#page li.card button", "评价");
    await phone.browser.type("#field_stars", "5");
    await look(phone, "phone-rate");
    await phone.browser.press("#sheet .pair button:last-child");
    await phone.browser.shown("#sheet .verdict.good");
    await until("the ticket to go", async () => (await ticket()) === undefined);
  });

  await stage.step("the platform stops: the kiosk goes on giving numbers, also after its browser was started again", async () => {
    await until("the kiosk's worker", () => kiosk.browser.run(async () => Boolean((await navigator.serviceWorker.ready).active)));
    await stage.server.stop("SIGKILL");
    await kiosk.browser.quit();
    await kiosk.start();
    await kiosk.browser.go(`${stage.server.address}/kiosk`);
    await offlineNumber(stage, kiosk, "GK1-001", look);
    await offlineNumber(stage, kiosk, "GK1-002", look);
    assert.match(await until("the light", () => kiosk.browser.text("#lights")), /待上传 2/);
  });

  await stage.step("the platform is back: both numbers join the queue, once, and are called in order", async () => {
    await stage.server.again();
    await until("the kiosk to hand over", async () => !/待上传/.test((await kiosk.browser.text("#lights")) ?? ""), 60_000);
    await until("two to wait", async () => /2/.test((await board.browser.text(".lines li b")) ?? ""), 60_000);
    await stage.shot(board, "board-merged");
    await deed(counter, "叫下一位");
    await until("the paper number on the board", async () => /GK1-001/.test((await board.browser.text(".calls li.called")) ?? ""));
    await stage.shot(board, "board-paper");
  });

  await stage.step("a narrow screen holds kiosk and board", async () => {
    for (const [one, name] of [[kiosk, "kiosk"], [board, "board"]]) {
      await one.browser.cdp("Emulation.setDeviceMetricsOverride", { width: 320, height: 640, deviceScaleFactor: 1, mobile: false });
      const wide = await one.browser.run(() => document.scrollingElement.scrollWidth);
      await stage.shot(one, `320-${name}`);
      assert.ok(wide <= 320, `${name}: ${wide} pixels`);
    }
  });
});

async function pairKiosk(stage, one, code, use) {
  await one.browser.go(`${stage.server.address}/kiosk`);
  await one.browser.shown("#pair-code");
  await one.browser.press(".choices button", use);
  await one.browser.typeByHand("#pair-code", code);
  await one.browser.press("form button[type=submit]");
  await until(`the ${use} to be paired`, () => one.browser.run(() => ["idle", "board"].includes(document.querySelector("#main").dataset.view)));
}

async function pairCounter(desk, code) {
  await desk.open();
  await desk.waitView("pair");
  await desk.browser.typeByHand("#pair-code", code);
  await desk.browser.press("form button[type=submit]");
  await desk.waitView("shift");
  await desk.browser.type("#shift-name", "周小红");
  await desk.browser.press("form button[type=submit]");
  await desk.waitView("ready");
}

/** An action of the counter that needs nobody's code. */
async function deed(desk, name) {
  await desk.browser.press(".actions button", `^${name}$`);
  await desk.browser.press("form.form button[type=submit]");
  const result = await desk.result();
  assert.equal(result.look, "green", JSON.stringify(result));
  await desk.dismiss();
  await desk.browser.press("form.form button:not([type=submit])");
}

async function offlineNumber(stage, kiosk, expected, look) {
  await kiosk.browser.press("button.huge", "没有手机");
  await kiosk.browser.press(".matters button", "办税服务");
  await kiosk.browser.shown(".ticket .no", "", 30_000);
  assert.equal(await kiosk.browser.text(".ticket .no"), expected);
  await look(kiosk, `kiosk-offline-${expected}`);
  await kiosk.browser.press(".ticket button.main");
}
