/** A family at a hotel: the child cannot be registered without what the law asks, and the police have each of them once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { audit, axe } from "./harness/axe.mjs";
import { Stage } from "./harness/stage.mjs";
import { until } from "./harness/wait.mjs";

const ROOM = "801";

test("a hotel, a father and a child", { timeout: 300_000 }, async (t) => {
  const stage = await Stage.open(t, "lodging");
  const [father, child, desk] = await Promise.all([stage.phone("father"), stage.phone("child"), stage.desk()]);
  const source = await axe();
  const book = async () => (await (await fetch(`http://127.0.0.1:${stage.server.ports[4]}/reports`)).json()).items;

  await stage.step("both sign in and the front desk opens", async () => {
    await Promise.all([father.signIn("demo-parent"), child.signIn("demo-child")]);
    await desk.pair("hotel_stay", "Desk", "黎敏仪");
    await stage.shot(desk, "ready");
    assert.deepEqual((await audit(desk.browser, source)).grave, [], "the open desk");
  });

  await stage.step("the child's code opens the child, who is not registered like an adult", async () => {
    await show(desk, child);
    await stage.shot(desk, "child");
    await fill(desk, "入住登记", { room: ROOM, compared: "same" });
    const result = await refused(desk, () => stage.shot(desk, "minor-refused"));
    assert.match(result.all, /未满 18 岁/);
    assert.match(result.next, /五必须/);
  });

  await stage.step("nor with a part of the form, nor before the father is there", async () => {
    await fill(desk, "未成年人登记", { room: ROOM, compared: "same", company: "guardian" });
    assert.match((await refused(desk)).all, /监护人的联系方式/);
    await fill(desk, "未成年人登记", { ...MINOR, company: "guardian" });
    assert.match((await refused(desk)).all, /同住的成年人/);
    await stage.shot(desk, "minor-form");
    assert.equal((await book()).length, 0, "nothing was reported");
    await desk.browser.press("button", "办完");
    await desk.waitView("ready");
  });

  await stage.step("the father registers", async () => {
    await show(desk, father);
    await fill(desk, "入住登记", { room: ROOM, compared: "same" });
    const result = await desk.result();
    await stage.shot(desk, "registered");
    assert.equal(result.look, "green", JSON.stringify(result));
    await desk.dismiss();
    await desk.browser.press("button", "办完");
    await desk.waitView("ready");
  });

  await stage.step("then the child, with the whole form", async () => {
    await show(desk, child);
    await open(desk, "未成年人登记");
    await put(desk, { ...MINOR, company: "guardian", relation: "child" });
    await stage.shot(desk, "minor-whole");
    assert.deepEqual((await audit(desk.browser, source)).grave, [], "the form for minors");
    await desk.browser.press("form.form button[type=submit]");
    const result = await desk.result();
    await stage.shot(desk, "child-registered");
    assert.equal(result.look, "green", JSON.stringify(result));
    assert.ok(!result.all.includes(MINOR.guardian_phone), "the telephone number is not shown again");
    await desk.dismiss();
    await desk.browser.press("button", "办完");
    await desk.waitView("ready");
  });

  await stage.step("the police have both, once, with the guardian", async () => {
    const reports = await until("two reports", async () => ((await book()).length === 2 ? book() : null));
    assert.deepEqual(reports.map(({ state, submissions }) => [state, submissions]), [["accepted", 1], ["accepted", 1]]);
    const minor = reports.find(({ request }) => request.minor);
    assert.equal(minor.request.minor.guardian_phone, MINOR.guardian_phone);
    assert.equal(minor.identity.full_name, "林小满");
    assert.ok(minor.identity.document_number.length === 18 && minor.identity.address.length > 0);
  });

  await stage.step("the sheet shows them, masked", async () => {
    await desk.browser.press("button", "在住与报送");
    await desk.browser.press("form.form button[type=submit]");
    const result = await desk.result();
    await stage.shot(desk, "sheet");
    assert.match(result.all, /林\*\*/);
    assert.match(result.all, /已收到/);
    assert.ok(!result.all.includes("林小满"), "the sheet is masked");
    assert.deepEqual((await audit(desk.browser, source)).grave, [], "the sheet");
    await desk.dismiss();
  });

  await stage.step("the child's app has the stay, and its log says what the police were told", async () => {
    await until("the stay in the app", async () => (await child.ask("/v1/me/things?kind=stay&limit=10")).items.length === 1);
    await child.turnTo("log");
    await until("the log's entries", async () => (await child.browser.run(() => document.querySelectorAll("#page .entry").length)) >= 3);
    await stage.shot(child, "log");
    const { items } = await child.ask("/v1/me/log?limit=30");
    const reported = items.find(({ kind }) => kind === "reported");
    assert.ok(reported?.released.includes("document_number") && reported.receipt, "what was reported, with a receipt");
  });
});

const MINOR = { room: ROOM, compared: "same", guardian_phone: "10012345678", guardian_is: "father" };

/** A person's short number is read by the desk's scanner. */
async function show(desk, phone) {
  await phone.photograph();
  const number = await phone.shortNumber();
  await desk.wedge(number, async () => (await desk.view()) === "serve");
}

const open = async (desk, action) => {
  await desk.browser.press(".actions button", action);
  await desk.browser.shown("form.form");
};

/** Fills an open form: radios by value, the rest by hand. */
async function put(desk, values) {
  for (const [field, value] of Object.entries(values)) {
    const isRadio = await desk.browser.run((name) => document.querySelector(`input[type=radio][name=field-${name}]`) !== null, field);
    if (isRadio) await desk.browser.press(`input[type=radio][name=field-${field}][value=${value}]`);
    else await desk.browser.typeByHand(`#field-${field}`, value);
  }
}

async function fill(desk, action, values) {
  await open(desk, action);
  await put(desk, values);
  await desk.browser.press("form.form button[type=submit]");
}

/** A refusal: read, put away, and the form is left. */
async function refused(desk, look = () => undefined) {
  const result = await desk.result();
  await look();
  assert.equal(result.look, "red", JSON.stringify(result));
  await desk.dismiss();
  await desk.waitView("serve");
  await desk.browser.press("form.form button", "取消");
  await desk.browser.shown(".actions");
  return result;
}
