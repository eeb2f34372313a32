/** Bookings in the citizen's own calendar app: made on the phone, read by another program, moved along, and taken away. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { audit, axe } from "./harness/axe.mjs";
import { CalendarApp } from "./harness/caldav.mjs";
import { Stage } from "./harness/stage.mjs";
import { until } from "./harness/wait.mjs";

test("a booking at a hall in a calendar app", { timeout: 300_000 }, async (t) => {
  const stage = await Stage.open(t, "calendar");
  const phone = await stage.phone();
  const calendar = CalendarApp.open(t);
  const booking = async () => (await phone.ask("/v1/me/things?kind=booking")).items[0]?.body;
  let url;
  let first;

  await stage.step("the citizen books matter, day and slot", async () => {
    await phone.signIn("demo-adult");
    await phone.turnTo("things");
    await phone.browser.press("a.link[href*='hall_booking/book']");
    await phone.browser.shown(".days button");
    await phone.browser.run(() => document.querySelectorAll(".days button")[1].setAttribute("data-wanted", "day"));
    await phone.browser.press("button[data-wanted='day']");
    await phone.browser.press(".sessions button:not([disabled])", "^09:30");
    await phone.browser.run(() => {
      const field = document.querySelector("#field_matter");
      field.value = "social_security";
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await stage.shot(phone, "booking");
    await phone.browser.press("form button[type=submit]");
    await phone.browser.shown("#sheet .verdict.good");
    await stage.shot(phone, "booked");
    await phone.browser.press("#sheet button.main");
    assert.equal((await until("the booking", booking)).session, "09:30");
  });

  await stage.step("a secret address is made on the phone, and another program reads the booking", async () => {
    await phone.turnTo("calendar");
    await phone.browser.press("#page button.main", "生成");
    url = await until("the address", () => phone.browser.run(() => document.querySelector("#calendar_url")?.value));
    await stage.shot(phone, "address");
    assert.deepEqual((await audit(phone.browser, await axe())).grave, []);
    const answer = await fetch(url);
    assert.match(answer.headers.get("content-type"), /^text\/calendar/);
    const events = await calendar.take(await answer.text());
    const body = await booking();
    assert.equal(events.length, 1);
    [first] = events;
    assert.deepEqual([first.start, first.end, first.status, first.alarms], [body.start, body.end, "CONFIRMED", 1]);
    assert.match(first.summary, /社保医保/);
    assert.match(first.location, /政务服务中心/);
    const [english] = await calendar.take(await (await fetch(`${url}?lang=en`)).text());
    assert.match(english.summary, /Social and medical insurance/);
    for (const secret of ["陈晓岚", "demo-adult"]) assert.ok(!JSON.stringify(events).includes(secret), secret);
  });

  await stage.step("moved, it is the same event at another time; cancelled, it is gone", async () => {
    const body = await booking();
    const [{ venue }] = (await phone.ask("/v1/me/things?kind=booking")).items;
    const act = (action, input) => phone.browser.run(async (what) => {
      const headers = { "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
      return (await fetch("/v1/me/actions", { method: "POST", headers, body: JSON.stringify(what) })).status;
    }, { scenario: "hall_booking", venue: venue.id, action, input });
    assert.equal(await act("move", { date: body.date, session: "15:00" }), 200);
    const moved = await until("the event to move", async () => {
      const [event] = await calendar.take(await (await fetch(url)).text());
      return event.start !== first.start && event;
    });
    assert.equal(moved.uid, first.uid);
    assert.ok(moved.sequence > first.sequence, `${moved.sequence} after ${first.sequence}`);
    assert.equal(await act("cancel", { date: body.date }), 200);
    await until("the event to go", async () => (await calendar.take(await (await fetch(url)).text())).length === 0);
  });

  await stage.step("taken away, the address opens no more; the next one is another", async () => {
    await phone.turnTo("");
    await phone.turnTo("calendar");
    await phone.browser.press("#page button.stop", "收回");
    await phone.browser.shown("#page button.main", "生成");
    assert.equal((await fetch(url)).status, 404);
    await phone.browser.press("#page button.main", "生成");
    const next = await until("the next address", () => phone.browser.run(() => document.querySelector("#calendar_url")?.value));
    assert.notEqual(next, url);
    assert.equal((await fetch(next)).status, 200);
    assert.equal((await fetch(url)).status, 404);
  });
});
