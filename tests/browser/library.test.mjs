/** A citizen borrows a book at a desk and renews it on the phone: camera, scanner, consent, record. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage } from "./harness/stage.mjs";
import { until } from "./harness/wait.mjs";

const BOOK = "GD10000002";

test("borrowing a book", { timeout: 240_000 }, async (t) => {
  const stage = await Stage.open(t, "library");
  const [phone, desk] = await Promise.all([stage.phone(), stage.desk()]);

  await stage.step("the citizen signs in and the code is there", async () => {
    await phone.signIn("demo-adult");
    assert.match(await phone.shortNumber(), /^86\d{22}$/);
    await stage.shot(phone, "code");
  });

  await stage.step("the desk pairs and starts a shift", async () => {
    await desk.pair("library_loan", "Desk", "周敏");
    await stage.shot(desk, "ready");
  });

  await stage.step("the camera reads the code off the phone", async () => {
    await desk.hold(await phone.photograph(), () => desk.waitView("serve"));
    assert.match(await desk.browser.text(".person h1"), /^陈/);
    await stage.shot(desk, "person");
  });

  await stage.step("a book's bar code is scanned, and the holder is asked", async () => {
    await desk.wedge(BOOK, async () => (await desk.browser.text(".codes"))?.includes(BOOK));
    await stage.shot(desk, "book-scanned");
    await desk.browser.press("form.form button[type=submit]");
    await desk.waitView("waiting");
    await stage.shot(desk, "waits-for-consent");
  });

  await stage.step("the phone says who asks for what, and the holder agrees", async () => {
    await phone.browser.shown("#request_title");
    const asked = await phone.browser.text("#sheet");
    for (const part of ["广东省立中山图书馆", "周敏"]) assert.ok(asked.includes(part), `${part} is missing in: ${asked}`);
    await stage.shot(phone, "consent");
    await phone.browser.press("#decide button.main");
    await phone.browser.shown("#sheet .verdict.good");
    await stage.shot(phone, "agreed");
    await phone.browser.press("#sheet button.main");
  });

  await stage.step("the desk shows green by itself", async () => {
    const result = await desk.result();
    await stage.shot(desk, "lent");
    assert.equal(result.look, "green", JSON.stringify(result));
    assert.match(result.all, new RegExp(BOOK));
    await desk.dismiss();
    await desk.browser.press("button", "办完");
    await desk.waitView("ready");
  });

  await stage.step("the phone lists the loan, and says that renewing it today would give no more time", async () => {
    await phone.turnTo("things/loan");
    await phone.browser.shown("#page li.card", "广东新语");
    const [before] = (await phone.ask("/v1/me/things?kind=loan")).items;
    assert.equal(before.body.barcode, BOOK);
    await stage.shot(phone, "loan");
    await phone.browser.press("#page li.card button", "续借");
    await phone.browser.press("#sheet .pair button:last-child");
    await phone.browser.shown("#sheet", "不会更晚还");
    await stage.shot(phone, "renewed-too-early");
    await phone.browser.press("#sheet button.main");
    const [after] = (await phone.ask("/v1/me/things?kind=loan")).items;
    assert.equal(after.body.renewals_left, before.body.renewals_left, "no renewal was used");
  });

  await stage.step("another reader asks for the book by its number, and the first cannot keep it longer", async () => {
    const other = await stage.phone("other");
    await other.signIn("demo-elder");
    await other.turnTo("things");
    const venues = (await other.ask("/v1/me/venues?limit=100")).items;
    const venue = venues.find(({ zh }) => zh === "广东省立中山图书馆");
    await other.turnTo(`do/${venue.id}/library_loan/hold`);
    await other.browser.shown("#page form");
    await other.browser.type("#field_item", BOOK);
    await stage.shot(other, "asks-for-a-book");
    await other.browser.press("#page form button[type=submit]");
    await until("the hold on the phone", async () => (await other.ask("/v1/me/things?kind=hold")).items.length === 1);
    await other.turnTo("things/loan");
    await other.browser.shown("#page li.card", "排队中");
    await stage.shot(other, "waits-for-a-book");
    const buttons = await other.browser.text("#page li.card .pair");
    assert.match(buttons, /取消图书预约/);
    await phone.turnTo("things/loan");
    await phone.browser.press("#page li.card button", "续借");
    await phone.browser.press("#sheet .pair button:last-child");
    await phone.browser.shown("#sheet", "有读者在等");
    await stage.shot(phone, "another-waits");
    await phone.browser.press("#sheet button.main");
  });

  await stage.step("the log tells all of it", async () => {
    await phone.turnTo("log");
    await until("the log's entries", async () => (await phone.browser.run(() => document.querySelectorAll("#page .entry").length)) >= 3);
    await stage.shot(phone, "log");
    const { items } = await phone.ask("/v1/me/log?limit=20");
    const kinds = new Set(items.map(({ kind }) => kind));
    for (const kind of ["presented", "done"]) assert.ok(kinds.has(kind), `no ${kind} in ${[...kinds]}`);
    assert.ok(items.some(({ operator }) => operator === "周敏"), "the log names who served");
  });
});
