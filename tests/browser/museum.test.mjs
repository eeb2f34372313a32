/**
 * A museum visit with the platform gone: the phone shows its code and the gate decides from its signed list, both after
 * their browsers were closed and opened again; a crash loses nothing, and what was kept is handed over once.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage } from "./harness/stage.mjs";
import { pause, until } from "./harness/wait.mjs";

const PARTY = 3;

test("entering the museum while the platform is away", { timeout: 300_000 }, async (t) => {
  const stage = await Stage.open(t, "museum");
  const [phone, gate] = await Promise.all([stage.phone(), stage.desk("gate", { width: 1080, height: 1400 })]);
  const booking = async () => (await phone.ask("/v1/me/things?kind=booking")).items[0]?.body;
  let photographed;
  let number;

  await stage.step("the visitor books a session with two companions", async () => {
    await phone.signIn("demo-parent");
    await book(stage, phone);
    assert.equal((await booking()).people, PARTY);
  });

  await stage.step("the gate pairs and fetches its list with the booking in it", async () => {
    await gate.pair("museum_entry", "Gate", "正门一号");
    number = await phone.turnTo("").then(() => phone.shortNumber());
    await until("the list", async () => !/还没有/.test(await gate.browser.text(".tally")));
    await gate.installed();
    await stage.shot(gate, "gate-ready");
  });

  await stage.step("the platform stops; the phone's browser starts again and shows the code", async (step) => {
    await appIsKept(phone);
    await stage.server.stop("SIGKILL");
    await phone.restart();
    await phone.open();
    const ms = await phone.codeShown();
    await phone.waitState("offline");
    await stage.shot(phone, "offline-code");
    assert.match(await phone.browser.text("#live"), /没有网络也能用/);
    step.diagnostic(`code drawn ${ms.toFixed(0)} ms after the start of the page, server stopped`);
    assert.ok(ms < 3000, `${ms} ms`);
  });

  await stage.step("the gate's browser starts again too, and lets one in by its list", async () => {
    await gate.browser.quit();
    await gate.start();
    await gate.open();
    await gate.waitView("gate");
    await gate.cameraOn();
    await gate.browser.press(".people button", "^1$");
    await stage.shot(gate, "gate-offline");
    // A gate that was new a moment ago takes no code that may have been shown before it could remember.
    await nextCode(phone, number);
    photographed = await phone.photograph();
    number = await phone.shortNumber();
    const result = await gate.hold(photographed, () => gate.result());
    await stage.shot(gate, "admitted-offline");
    assert.equal(result.look, "green", JSON.stringify(result));
    assert.match(result.all, /离线判断/);
    await gate.dismiss();
  });

  await stage.step("the same code again is refused as used", async () => {
    await pause(2500); // the camera must have seen nothing for a while to take it for a new visitor
    const result = await gate.hold(photographed, () => gate.result());
    await stage.shot(gate, "used-twice");
    assert.equal(result.look, "duplicate", JSON.stringify(result));
    await gate.dismiss();
  });

  await stage.step("the gate's browser crashes; started again it lets the rest of the party in", async () => {
    await gate.browser.crash();
    await gate.start();
    await gate.open();
    await gate.waitView("gate");
    await gate.cameraOn();
    const kept = await gate.browser.text("#lights");
    assert.match(kept, /待上传 1 条/, kept);
    await nextCode(phone, number);
    const result = await gate.hold(await phone.photograph(), () => gate.result());
    await stage.shot(gate, "rest-admitted-offline");
    assert.equal(result.look, "green", JSON.stringify(result));
    assert.match(result.all, /本次 2 人/);
    await gate.dismiss();
  });

  await stage.step("the platform is back: everything is handed over, none twice, none lost", async () => {
    await stage.server.again();
    await until("the gate to hand over", async () => !/待上传/.test(await gate.browser.text("#lights")) && /已联网/.test(await gate.browser.text("#lights")), 60_000);
    await until("the tally to say so", async () => /已全部上传/.test(await gate.browser.text(".tally")));
    await stage.shot(gate, "handed-over");
    const inside = await until("the booking to know who is inside", async () => (await booking())?.admitted >= PARTY && booking());
    assert.equal(inside.admitted, PARTY);
    const passages = (await phone.ask("/v1/me/log?limit=50")).items.filter(({ kind, text }) => kind === "done" && /^进入/.test(text.zh));
    assert.equal(passages.length, 2, `two passages, each once: ${JSON.stringify(passages.map(({ text }) => text.zh))}`);
    await phone.waitState("ready");
    await phone.turnTo("things/booking");
    await phone.browser.shown("#page li.card", `${PARTY}.*${PARTY}`);
    await stage.shot(phone, "booking-inside");
  });

  await stage.step("nobody of the party is left to come in, now that the platform decides", async () => {
    const result = await gate.hold(await phone.photograph(), () => gate.result());
    await stage.shot(gate, "nobody-left");
    assert.notEqual(result.look, "green", JSON.stringify(result));
    assert.equal((await booking()).admitted, PARTY);
  });
});

/** From the list of places to a session that is on now, an adult and a child beside the holder. */
async function book(stage, phone) {
  await phone.turnTo("things");
  await phone.browser.press("a.link[href*='museum_entry/book']");
  await phone.browser.press(".sessions button:not([disabled])");
  const more = "fieldset .stepper button:last-child";
  await phone.browser.shown(more);
  for (const place of [0, 1]) {
    await phone.browser.run((css, which) => document.querySelectorAll(css)[which].setAttribute("data-wanted", String(which)), more, place);
    await phone.browser.press(`button[data-wanted='${place}']`);
  }
  await stage.shot(phone, "booking");
  await phone.browser.press("form button[type=submit]");
  await phone.browser.shown("#sheet .verdict.good");
  await stage.shot(phone, "booked");
  await phone.browser.press("#sheet button.main");
}

const nextCode = (phone, last) => until("the phone's next code", async () => (await phone.shortNumber()) !== last);

/** Waits until the worker holds the app and the phone holds tickets. */
async function appIsKept(phone) {
  await until("the app to be kept", () => phone.browser.run(async () => Boolean((await navigator.serviceWorker.ready).active)));
}
