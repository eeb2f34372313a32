/** A patient pays a bill in the app from the purse, and another at the window by short number and payment code. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage } from "./harness/stage.mjs";
import { until } from "./harness/wait.mjs";

/** The demo's file and bills of `demo-adult`. */
const [IN_APP, AT_WINDOW] = ["B20260001", "B20260002"];
/** A payment code of the demo's rail: thirteen, fourteen digits, and an ending that says how the rail is to behave; 00 pays. */
const PAYS = "00";

/** How long the desk follows a payment that a rail is slow to decide. */
const RAIL_MS = 75_000;

const paymentCode = () => `13${String(Date.now()).padStart(14, "7").slice(-14)}${PAYS}`;
const bills = async (phone) => new Map((await phone.ask("/v1/me/things?kind=bill&limit=50")).items.map(({ body }) => [body.bill_number, body]));

test("paying hospital bills", { timeout: 240_000 }, async (t) => {
  const stage = await Stage.open(t, "hospital");
  const [phone, desk] = await Promise.all([stage.phone(), stage.desk()]);
  let before;

  await stage.step("the patient sees the bills in the app", async () => {
    await phone.signIn("demo-adult");
    await phone.turnTo("things/bill");
    await phone.browser.shown("#page li.card", "门诊费");
    await phone.browser.shown("#page li.card", "检查费");
    before = { purse: (await phone.ask("/v1/me")).purse_fen, bills: await bills(phone) };
    assert.equal(before.bills.get(IN_APP).paid, false);
    await stage.shot(phone, "bills");
  });

  await stage.step("the price comes before the payment, and the purse pays", async () => {
    await pressBill(phone, "门诊费", "缴费");
    await phone.browser.shown("#sheet .sum");
    const priced = await phone.browser.text("#sheet");
    await stage.shot(phone, "quoted");
    await phone.browser.press("#sheet .pair button.main");
    await phone.browser.shown("#sheet .verdict.good");
    await stage.shot(phone, "paid");
    await phone.browser.press("#sheet button.main");
    const me = await phone.ask("/v1/me");
    const own = before.purse - me.purse_fen;
    assert.ok(own > 0, "the purse paid");
    assert.ok(priced.includes((own / 100).toFixed(2)), `the price that was told, in ${priced}, is what was paid: ${own} fen`);
    assert.equal((await bills(phone)).get(IN_APP).paid, true);
  });

  await stage.step("the window pairs", async () => {
    await desk.pair("hospital_bill", "Desk", "何静");
    await stage.shot(desk, "ready");
  });

  await stage.step("the short number comes by scanner and opens the patient", async () => {
    await phone.turnTo("");
    await desk.wedge(await freshNumber(phone), async () => (await desk.view()) === "serve");
    await stage.shot(desk, "patient");
  });

  await stage.step("the bill is scanned and its price told", async () => {
    await desk.browser.press(".actions button", "核价");
    await desk.wedge(AT_WINDOW, () => fieldHolds(desk, "field-bill_number", AT_WINDOW));
    await desk.browser.press("form.form button[type=submit]");
    await agreeIfAsked(stage, phone, desk);
    const result = await desk.result();
    await stage.shot(desk, "priced");
    assert.equal(result.look, "green", JSON.stringify(result));
    await desk.dismiss();
  });

  await stage.step("the payment code is scanned, and the rail pays", async () => {
    await desk.browser.press(".actions button", "缴费");
    await desk.wedge(AT_WINDOW, () => fieldHolds(desk, "field-bill_number", AT_WINDOW));
    const code = paymentCode();
    await desk.wedge(code, () => fieldHolds(desk, "field-payment_code", code));
    await stage.shot(desk, "form");
    await desk.browser.press("form.form button[type=submit]");
    await agreeIfAsked(stage, phone, desk);
    const result = await desk.result();
    await stage.shot(desk, "paid");
    assert.equal(result.look, "green", JSON.stringify(result));
    await desk.dismiss();
  });

  await stage.step("the app shows both as paid, and money moved once", async () => {
    await until("the bill to be paid", async () => (await bills(phone)).get(AT_WINDOW).paid);
    await phone.turnTo("things/bill");
    await phone.browser.shown("#page li.card", "检查费");
    await stage.shot(phone, "both-paid");
    const orders = await (await fetch(`http://127.0.0.1:${stage.server.ports[2]}/orders`)).json();
    const list = orders.items ?? orders;
    assert.equal(list.length, 1, `the rail has one order: ${JSON.stringify(list)}`);
  });
});

/** Presses a button on the card of the bill with this title. */
async function pressBill(phone, title, words) {
  await until(`${words} on ${title}`, () => phone.browser.run((name, wanted) => {
    const card = [...document.querySelectorAll("#page li.card")].find((one) => one.textContent.includes(name));
    const button = [...(card?.querySelectorAll("button") ?? [])].find((one) => one.textContent.includes(wanted));
    button?.setAttribute("data-wanted", "");
    return Boolean(button);
  }, title, words));
  await phone.browser.press("#page button[data-wanted]");
}

/** The short number with enough of its step left to be scanned. */
async function freshNumber(phone) {
  await phone.photograph();
  return phone.shortNumber();
}

const fieldHolds = (desk, id, text) => desk.browser.run((field, wanted) => document.getElementById(field)?.value === wanted, id, text);

/** The first use at this hospital asks the patient; a result may also come at once. */
async function agreeIfAsked(stage, phone, desk) {
  await until("a result or a question", async () => (await desk.view()) === "waiting" || (await desk.resultCame()), RAIL_MS);
  if (await desk.resultCame()) return;
  await phone.browser.shown("#request_title");
  await stage.shot(phone, "consent");
  await phone.browser.press("#decide button.main");
}
