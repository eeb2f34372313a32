/** Codes that are no good, or no longer: each is named kindly, at the desk and on the phone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage } from "./harness/stage.mjs";
import { pause } from "./harness/wait.mjs";

/** A picture of a code lives for its step of 15 s and 20 s of clock error; counted from a moment after it was taken. */
const PICTURE_DIES_MS = 37_000;
/** What is scanned at a counter by mistake, and a word that the refusal has to hold. */
const FOREIGN = [
  ["a web address", "https://example.com/menu?table=12", /网址|链接/],
  ["a payment code like WeChat's", "134567890123456789", /付款码|微信/],
  ["digits of no kind", "55501234567890", /通码/],
  ["our length and brand, but never issued", "860000000000000000000024", /短码|通码|码/],
];

test("codes that are no good", { timeout: 300_000 }, async (t) => {
  const stage = await Stage.open(t, "refusals");
  const [phone, desk] = await Promise.all([stage.phone(), stage.desk()]);
  let picture;
  let takenMs;

  await stage.step("a citizen, a desk, and a picture of a code that somebody keeps", async () => {
    await Promise.all([phone.signIn("demo-elder"), desk.pair("library_loan", "Desk", "周敏")]);
    picture = await phone.photograph();
    takenMs = Date.now();
  });

  for (const [name, text, says] of FOREIGN) {
    await stage.step(`${name} is named for what it is`, async () => {
      await desk.wedge(text, () => desk.resultCame());
      const result = await desk.result();
      await stage.shot(desk, name.replace(/[^a-z]+/gi, "-"));
      kind(result);
      assert.match(result.word + result.message, says, JSON.stringify(result));
      await desk.dismiss();
    });
  }

  await stage.step("the phone without network shows a code that the desk reads by scanner", async () => {
    await offline(phone, true);
    await phone.waitState("offline");
    await stage.shot(phone, "without-network");
    await desk.wedge(await freshNumber(phone), async () => (await desk.view()) === "serve");
    await stage.shot(desk, "served-though-phone-is-offline");
    await desk.browser.press("button", "办完");
    await desk.waitView("ready");
    await offline(phone, false);
    await phone.waitState("ready");
  });

  await stage.step("the picture is refused once its time is over", async () => {
    await pause(Math.max(0, takenMs + PICTURE_DIES_MS - Date.now()));
    const result = await desk.hold(picture, () => desk.result());
    await stage.shot(desk, "old-picture");
    kind(result);
    assert.match(result.code, /stale|expired/, JSON.stringify(result));
    await desk.dismiss();
  });

  await stage.step("a frozen code is refused, and unfreezing brings it back", async () => {
    const number = await freshNumber(phone);
    await freeze(stage, phone);
    await desk.wedge(number, () => desk.resultCame());
    const result = await desk.result();
    await stage.shot(desk, "frozen");
    kind(result);
    assert.match(result.code, /frozen/, JSON.stringify(result));
    await desk.dismiss();
    await phone.turnTo("devices");
    await phone.browser.press("#page button.main", "解除?冻");
    await phone.turnTo("");
    await phone.waitState("ready");
  });

  await stage.step("a new phone takes over, and the old one's code is refused", async () => {
    await takeOver(stage, phone, desk);
  });
});

/** A refusal that a person can use: what it is, what to do, who helps. Never green, never silent. */
function kind(result) {
  assert.ok(["red", "amber", "duplicate"].includes(result.look), JSON.stringify(result));
  for (const part of ["word", "message", "next", "human"]) assert.ok(result[part].trim().length > 0, `no ${part} in ${JSON.stringify(result)}`);
}

async function freshNumber(phone) {
  await phone.photograph(8);
  return phone.shortNumber();
}

/** Cuts the phone off, or joins it again, as a basement does. */
async function offline(phone, cut) {
  await phone.browser.command("POST", "chromium/network_conditions", { network_conditions: { offline: cut, latency: 0, throughput: cut ? 0 : 10_000_000 } });
  if (!cut) await phone.browser.command("DELETE", "chromium/network_conditions");
  await phone.turnTo("");
  await phone.browser.press("#refresh");
}

async function freeze(stage, phone) {
  await phone.turnTo("devices");
  await stage.shot(phone, "devices");
  await phone.browser.press("#page button.stop");
  await stage.shot(phone, "freeze-asked");
  await phone.browser.press("#sheet button.stop");
  await phone.browser.shown("#page .band.bad");
  await phone.turnTo("");
  await phone.waitState("frozen");
  await stage.shot(phone, "phone-frozen");
}

async function takeOver(stage, phone, desk) {
  const newer = await stage.phone("newer");
  await newer.open();
  const old = await phone.photograph(12);
  const since = Date.now();
  await newer.signIn("demo-elder");
  assert.ok(Date.now() - since < 60_000, "a new phone takes over within a minute");
  await stage.shot(newer, "new-phone");
  const result = await desk.hold(old, () => desk.result());
  await stage.shot(desk, "old-phone-refused");
  kind(result);
  assert.equal(result.code, "code.denied", JSON.stringify(result));
  await desk.dismiss();
  await phone.open();
  await phone.waitState("elsewhere");
  await stage.shot(phone, "old-phone");
  await desk.wedge(await freshNumber(newer), async () => (await desk.view()) === "serve");
}
