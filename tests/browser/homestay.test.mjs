/** A homestay on the host's phone: a sticker of another house is found out, the right one lets the guest in with a PIN. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { audit, axe } from "./harness/axe.mjs";
import { Stage } from "./harness/stage.mjs";
import { until } from "./harness/wait.mjs";

const day = (ahead) => new Date(Date.now() + 8 * 3_600_000 + ahead * 86_400_000).toISOString().slice(0, 10);
const ORDER = "A7788";

/** Registers a homestay in order with one point, and gives the point's pairing code and the signed code that hangs there. */
async function house(stage, name) {
  const organisation = (await stage.server.administer("organisations", { name_zh: name, name_en: name })).id;
  const good = (number) => ({ number, from: day(-10), until: day(300) });
  const venue = await stage.server.administer("venues", {
    organisation, name_zh: name, name_en: name, scenarios: ["homestay_stay"], state: "open",
    facts: { rooms: 3, floors: 2, area_m2: 200 },
    certifications: { registration: good("粤民宿备-1"), yueshangtong: good("YST-1") },
  });
  const point = await stage.server.administer("points", { venue: venue.id, name_zh: `${name}大门`, name_en: "Front door", kind: "desk", scenarios: ["homestay_stay"] });
  const { text } = await stage.server.administer("points/codes", { point: point.id });
  return { name, pairing: point.pairing_code, code: text };
}

test("a homestay and a swapped sticker", { timeout: 300_000 }, async (t) => {
  const stage = await Stage.open(t, "homestay");
  const [guest, host] = await Promise.all([stage.phone(), stage.desk("host", { width: 320, height: 720 })]);
  const source = await axe();
  const [booked, other] = [await house(stage, "榕树下民宿"), await house(stage, "隔壁民宿")];
  const book = async () => (await (await fetch(`http://127.0.0.1:${stage.server.ports[4]}/reports`)).json()).items;
  await host.browser.cdp("Emulation.setDeviceMetricsOverride", { width: 320, height: 720, deviceScaleFactor: 2, mobile: true });

  await stage.step("the host's phone is paired, a room registered, a booking written down", async () => {
    await host.pair("homestay_stay", "Desk", "罗房东", booked.pairing);
    await alone(host, "登记客房", { room: "1", beds: "2" });
    await alone(host, "记下预订", { order: ORDER, date: day(0) });
    await stage.shot(host, "ready");
    assert.deepEqual((await audit(host.browser, source)).grave, [], "the host's phone");
    const wide = await host.browser.run(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `nothing is wider than 320 px: ${wide}`);
  });

  await stage.step("the sticker at the door is another house's: the phone names that house, and the booking is not known", async () => {
    await guest.signIn("demo-adult");
    await scan(guest, other.code);
    await guest.browser.shown("#sheet h2", other.name);
    await stage.shot(guest, "other-house");
    await arrive(guest);
    await guest.browser.shown("#sheet .verdict, #sheet .band.bad, #sheet [role=alert]");
    const said = await until("the refusal", async () => { const text = await guest.browser.text("#sheet"); return /不是您预订的那一家/.test(text) ? text : null; });
    await stage.shot(guest, "swapped");
    assert.match(said, /调换/);
    await guest.browser.press("#sheet button.main");
    await until("the sheet to close", () => guest.browser.run(() => !document.querySelector("#sheet").open));
    assert.equal((await book()).length, 0, "nothing was reported");
    assert.deepEqual((await guest.ask("/v1/me/things?kind=stay&limit=10")).items, []);
  });

  await stage.step("the right code asks the host", async () => {
    await scan(guest, booked.code);
    await guest.browser.shown("#sheet h2", booked.name);
    await arrive(guest);
    await until("the stay at the door", async () => (await guest.ask("/v1/me/things?kind=stay&limit=10")).items.length === 1);
    await stage.shot(guest, "at-door");
    await guest.browser.press("#sheet button.main");
  });

  await stage.step("the host looks, and lets the guest in", async () => {
    await host.browser.press("button", "在住与报送");
    await host.browser.press("form.form button[type=submit]");
    const sheet = await host.result();
    await stage.shot(host, "sheet");
    assert.match(sheet.all, /门口等候/);
    const number = /S\d{7}/.exec(sheet.all)[0];
    await host.dismiss();
    await host.browser.press("form.form button", "取消");
    await alone(host, "确认到店客人", { number, room: "1", compared: "same" });
    await stage.shot(host, "approved");
  });

  await stage.step("the guest has the PIN, and the police the report", async () => {
    const [stay] = await until("the PIN", async () => { const { items } = await guest.ask("/v1/me/things?kind=stay&limit=10"); return items[0]?.body.pin ? items : null; });
    assert.match(stay.body.pin, /^\d{6}$/);
    await until("the report", async () => (await book()).length === 1);
    const [report] = await book();
    assert.deepEqual([report.state, report.request.house], ["accepted", booked.name]);
    await guest.turnTo("things/booking");
    await guest.browser.shown("#page li.card", `门锁密码 ${stay.body.pin}`);
    await stage.shot(guest, "stay");
    assert.deepEqual((await audit(guest.browser, source)).grave, [], "the guest's things");
  });
});

/** Reads a venue's code as text, as from the camera. */
async function scan(phone, text) {
  await phone.turnTo("");
  await phone.turnTo("scan");
  await phone.browser.press("#page details summary");
  await phone.browser.type("#typed", text);
  await phone.browser.press("#page details form button[type=submit]");
}

/** Chooses to register at the door and gives the booking's number. */
async function arrive(phone) {
  await phone.browser.press("#sheet button.wide", "到店扫码登记");
  await phone.browser.shown("#field_order");
  await phone.browser.type("#field_order", ORDER);
  await phone.browser.press("#sheet .pair button:last-child, #sheet button.main");
}

/** Something the host does with nobody's code. */
async function alone(host, action, values) {
  await host.browser.press(".actions button", action);
  await host.browser.shown("form.form");
  for (const [field, value] of Object.entries(values)) {
    const isRadio = await host.browser.run((name) => document.querySelector(`input[type=radio][name=field-${name}]`) !== null, field);
    if (isRadio) await host.browser.press(`input[type=radio][name=field-${field}][value=${value}]`);
    else if (field === "date") await host.browser.run((id, text) => { const input = document.getElementById(id); input.value = text; input.dispatchEvent(new Event("input", { bubbles: true })); }, `field-${field}`, value);
    else await host.browser.typeByHand(`#field-${field}`, value);
  }
  await host.browser.press("form.form button[type=submit]");
  const result = await host.result();
  assert.equal(result.look, "green", JSON.stringify(result));
  await host.dismiss();
  await host.waitView("ready");
  await host.browser.press("form.form button", "取消").catch(() => undefined);
}
