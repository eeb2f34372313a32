import assert from "node:assert/strict";
import { test } from "node:test";
import { valueOf } from "./form.js";
import { issuerKeys } from "./keylist.js";
import { fetchTickets, partsOf } from "./refill.js";
import { hexOf } from "./tickets.js";
import { remembering } from "./kept.js";
import { StillThere, fitted, startable } from "./page-scan.js";
import { claimWords, secondsLeft } from "./sheet-consent.js";
import { chosenInput, daysFrom, sessionOf } from "./sessions.js";
import { actionsAbout, describe, openFields, quoteBefore, withoutReceipted } from "./things.js";
import { newsIn, nextAsk } from "./watch.js";
import { formats, translator } from "../shared/i18n.js";
import { EN } from "../shared/i18n-en.js";

test("what is typed becomes the input that the field expects", () => {
  assert.equal(valueOf({ type: "amount" }, "12.5"), 1250);
  assert.equal(valueOf({ type: "amount" }, "0.07"), 7);
  assert.equal(valueOf({ type: "number", least: 1, most: 9 }, "9"), 9);
  assert.deepEqual(valueOf({ type: "barcodes", most: 2 }, " A1，B2\nC3"), ["A1", "B2"]);
  assert.equal(valueOf({ type: "payment_code" }, "28 7654 3210"), "2876543210");
  assert.equal(valueOf({ type: "text", most: 3 }, "  "), undefined);
  for (const [kind, text] of [
    [{ type: "amount" }, "1.234"],
    [{ type: "amount" }, "-1"],
    [{ type: "number", least: 1, most: 9 }, "10"],
    [{ type: "text", most: 2 }, "abc"],
  ]) {
    assert.throws(() => valueOf(kind, text), RangeError);
  }
});

test("the platform is asked seldom after failures and often while someone is at it", () => {
  assert.equal(nextAsk({ failures: 0, sinceTouchMs: 0, luck: 0.5 }), 2000);
  assert.equal(nextAsk({ failures: 0, sinceTouchMs: 200_000, luck: 0.5 }), 6000);
  assert.ok(nextAsk({ failures: 0, sinceTouchMs: 0, luck: 0.5, told: true }) > 6000, "who is told need not ask");
  assert.ok(nextAsk({ failures: 1, sinceTouchMs: 0, luck: 0.5, told: true }) < 6000, "a connection that lies is not trusted");
  assert.ok(nextAsk({ failures: 1, sinceTouchMs: 0, luck: 0.5 }) > 2000);
  assert.ok(nextAsk({ failures: 50, sinceTouchMs: 0, luck: 1 }) <= 37_500);
});

test("a presentation after the last look means that the code was taken; a deed is shown before it", () => {
  const items = [
    { kind: "done", at_ms: 30 },
    { kind: "presented", at_ms: 20 },
    { kind: "presented", at_ms: 10 },
  ];
  assert.deepEqual(newsIn(items, 15), { claimed: 20, mine: false, latest: items[0], newestMs: 30 });
  assert.deepEqual(newsIn(items, 20), { claimed: 0, mine: false, latest: items[0], newestMs: 30 });
  assert.deepEqual(newsIn(items, 30), { claimed: 0, mine: false, latest: null, newestMs: 30 });
  assert.equal(newsIn([{ kind: "device", at_ms: 40 }], 30).mine, true, "another phone took over");
});

test("a request's time never runs below nothing, and an unknown claim is named as it is", () => {
  assert.equal(secondsLeft(10_001, 9000), 2);
  assert.equal(secondsLeft(1, 9000), 0);
  assert.equal(claimWords(translator(EN), "full_name"), "Name");
  assert.equal(claimWords(translator(EN), "shoe_size"), "Other: shoe_size");
});

test("a thing says its title, when, how many and how much", () => {
  const tools = { t: translator(EN), f: formats("en"), language: "en", nowMs: Date.UTC(2026, 10, 23) };
  const loan = describe({ kind: "loan", body: { title: { zh: "书", en: "A book" }, due: Date.UTC(2026, 10, 1), renewals_left: 1 } }, tools);
  assert.equal(loan.title, "A book");
  assert.deepEqual(loan.state, { words: "Overdue", shade: "bad" });
  assert.match(loan.lines.join(" "), /1 Nov.*Renewals left: 1/);
  const booking = describe(
    {
      kind: "booking",
      body: {
        date: "2026-11-24",
        session: "09:00",
        start: Date.UTC(2026, 10, 24, 1),
        end: Date.UTC(2026, 10, 24, 5),
        people: 3,
        admitted: 0,
        number: "12345678",
      },
    },
    tools,
  );
  assert.match(booking.lines.join(" "), /24 Nov,? 09:00–13:00 Party of 3 Booking 12345678/);
  const receipt = describe(
    { kind: "receipt", body: { receipt: { at: Date.UTC(2026, 10, 20), bill: { title: "X-ray", own_fen: 5000, paid: true } } } },
    tools,
  );
  assert.match(receipt.lines[0], /Paid 20 November 2026/);
  const bill = describe(
    { kind: "bill", body: { title: "X-ray", total_fen: 20000, fund_fen: 15000, personal_fen: 0, own_fen: 5000, paid: false } },
    tools,
  );
  assert.match(bill.amount, /50\.00/);
  assert.deepEqual(
    bill.lines.map((line) => line.replace(/[^\w .]/g, "")),
    ["Total 200.00", "Insurance fund 150.00"],
  );
  assert.equal(bill.state.words, "To pay");
  assert.deepEqual(describe({ kind: "new", body: null }, tools), { title: "", lines: [], amount: null, state: null });
});

test("what can be done about a thing: what it answers, nothing that is over, the price before the money", () => {
  const field = (id, type, required) => ({ id, kind: { type }, required });
  const library = [
    { id: "renew", form: [field("item", "barcode", true)] },
    { id: "pay_fine", form: [field("payment_code", "payment_code", false)], moves_money: true },
  ];
  const loan = { body: { barcode: "B1", renewals_left: 1 }, actions: [] };
  assert.deepEqual(
    actionsAbout(loan, library).map(({ id, input }) => [id, input]),
    [["renew", { item: "B1" }]],
  );
  assert.deepEqual(actionsAbout({ ...loan, body: { ...loan.body, renewals_left: 0 } }, library), []);
  const reader = { body: { number: "R1", fine_fen: 120 }, actions: [] };
  assert.deepEqual(
    actionsAbout(reader, library).map(({ id }) => id),
    ["pay_fine"],
    "what is owed can be paid",
  );
  assert.deepEqual(actionsAbout({ body: { number: "R1", fine_fen: 0 }, actions: [] }, library), []);
  const hospital = [
    { id: "quote", form: [field("bill_number", "barcode", false)] },
    { id: "pay", moves_money: true, form: [field("bill_number", "barcode", false), field("payment_code", "payment_code", false)] },
  ];
  const actions = actionsAbout({ body: { bill_number: "Z9", paid: false }, actions: [] }, hospital);
  assert.deepEqual(
    actions.map(({ id, input }) => [id, input.bill_number]),
    [
      ["quote", "Z9"],
      ["pay", "Z9"],
    ],
  );
  assert.equal(quoteBefore(actions[1], actions).id, "quote");
  assert.equal(quoteBefore(actions[0], actions), undefined);
  assert.deepEqual(openFields(actions[1]), [], "the purse pays: no payment code is asked for here");
  assert.deepEqual(actionsAbout({ body: { bill_number: "Z9", paid: true }, actions: [] }, hospital), []);
  assert.deepEqual(actionsAbout({ body: {}, actions: [{ id: "cancel" }] }, hospital), [{ id: "cancel" }], "the platform's own list stands");
});

test("a booking can be cancelled or moved, not booked again, and not once somebody is in", () => {
  const field = (id, type, required = true) => ({ id, kind: { type }, required });
  const museum = [
    { id: "book", form: [field("date", "date"), field("session", "text")] },
    { id: "cancel", form: [field("date", "date")] },
    { id: "move", form: [field("date", "date"), field("to_date", "date", false), field("session", "text")] },
  ];
  const booking = { body: { date: "2026-11-24", session: "09:00", people: 2, admitted: 0 }, actions: [] };
  assert.deepEqual(
    actionsAbout(booking, museum).map(({ id }) => id),
    ["cancel", "move"],
  );
  assert.deepEqual(actionsAbout({ ...booking, body: { ...booking.body, admitted: 1 } }, museum), []);
});

test("a paid bill stands once: as its receipt, or as itself when the receipt was withdrawn", () => {
  const venue = { id: "v" };
  const bill = { kind: "bill", venue, body: { bill_number: "B1", paid: true } };
  const receipt = {
    kind: "receipt",
    venue,
    body: { bill_number: "B1", withdrawn: false, receipt: { bill: { paid: true, bill_number: "B1" } } },
    actions: [],
  };
  assert.deepEqual(withoutReceipted([bill, receipt]), [receipt]);
  assert.deepEqual(withoutReceipted([bill, { ...receipt, body: { bill_number: "B1", withdrawn: true } }]), [bill]);
  assert.deepEqual(withoutReceipted([bill, { ...receipt, venue: { id: "w" } }]).length, 2);
  assert.deepEqual(actionsAbout(receipt, [{ id: "pay", form: [{ id: "bill_number", kind: { type: "barcode" } }] }]), []);
});

test("a session says when it is and whether it can be had; a choice becomes input", () => {
  const at = (hour) => Date.UTC(2026, 10, 24, hour);
  const f = formats("zh");
  assert.deepEqual(sessionOf({ session: "09:00", start: at(1), end: at(5), left: 3, open: true }, f.time, at(2)), {
    name: "09:00",
    hours: "09:00–13:00",
    left: 3,
    open: true,
  });
  assert.equal(sessionOf({ session: "09:00", left: 0, open: true }, f.time).open, false);
  assert.equal(sessionOf({ session: "09:00", left: 9, open: false }, f.time).open, false);
  assert.equal(sessionOf({ kind: "booking" }, f.time, 0), null);
  assert.equal(sessionOf({ session: "09:00", start: at(1), end: at(5), left: 3, open: true }, f.time, at(5)), null, "it is over");
  assert.deepEqual(chosenInput([{ id: "date" }, { id: "session" }], {}, "2026-11-24", "09:00"), { date: "2026-11-24", session: "09:00" });
  assert.deepEqual(chosenInput([{ id: "date" }, { id: "to_date" }], { date: "2026-11-23" }, "2026-11-24", "09:00"), {
    date: "2026-11-23",
    to_date: "2026-11-24",
    session: "09:00",
  });
  const days = daysFrom(Date.UTC(2026, 10, 23, 17), f.isoDay);
  assert.deepEqual([days.length, days[0], days[7]], [8, "2026-11-24", "2026-12-01"], "days are those of Beijing");
});

test("issuer keys come out of the signed list; killed ones do not; a list that is cut off throws", () => {
  const bytes = (length, fill) => [0x58, length, ...Array(length).fill(fill)];
  const key = (index, fill, killed) => [0x87, index, 0, 1, ...bytes(65, fill), 0, 0x1a, 0x7f, 0, 0, 0, killed ? 0xf5 : 0xf4];
  const payload = [0x85, 7, 0x1a, 0x65, 0, 0, 0, 0x19, 0x0e, 0x10, 0x1a, 0x65, 0, 1, 0, 0x82, ...key(1, 9, false), ...key(2, 8, true)];
  const list = Uint8Array.from([0xd2, 0x84, 0x41, 0xa0, 0xa0, 0x58, payload.length, ...payload, ...bytes(64, 1)]);
  const keys = issuerKeys(list);
  assert.deepEqual([...keys.keys()], [1]);
  assert.deepEqual(keys.get(1), new Uint8Array(65).fill(9));
  assert.throws(() => issuerKeys(list.slice(0, 60)), /cut off/);
});

test("without network the page that came last is given, with its age; other things and refusals are not", async () => {
  const kept = new Map();
  const ages = [];
  let answer = async () => ({ items: [1] });
  const tools = {
    keep: async (name, value) => void kept.set(name, value),
    recall: async (name) => [kept.get(name)],
    now: () => 77,
    told: (at) => ages.push(at),
  };
  const get = remembering((path) => answer(path), tools);
  await get("/v1/me/things?kind=loan");
  await get("/v1/me/requests");
  answer = async () => {
    throw Object.assign(new Error(), { code: "network" });
  };
  assert.deepEqual(await get("/v1/me/things?kind=loan"), { items: [1] });
  assert.deepEqual(ages, [77]);
  await assert.rejects(get("/v1/me/requests"), { code: "network" });
  await assert.rejects(get("/v1/me/things?kind=bill"), { code: "network" });
  answer = async () => {
    throw Object.assign(new Error(), { code: "session.none" });
  };
  await assert.rejects(get("/v1/me/things?kind=loan"), { code: "session.none" });
});

test("tickets come in parts, a few first; what does not verify under the named key is not kept", async () => {
  assert.deepEqual(
    partsOf([...Array(140).keys()]).map((part) => part.length),
    [4, 64, 64, 8],
  );
  assert.deepEqual(partsOf([]), []);
  const header = (index, number) => `00${hexOf([index, number])}${"00".repeat(23)}`;
  const prepared = [9, 3, 5, 4, 8, 6, 7].map((number) => ({
    header: header(number === 8 ? 2 : 1, number),
    kind: "ordinary",
    number,
    start_ms: number,
    end_ms: number + 1,
  }));
  const asked = [];
  const api = {
    post: async (path, body) => {
      if (path.endsWith("prepare")) return { data: { tickets: prepared } };
      asked.push(body.tickets.length);
      return {
        data: { tickets: body.tickets.map((ticket) => ({ header: ticket.header, signature: "5a", short: { alias: "1", key: "00" } })) },
      };
    },
  };
  const phone = {
    anchor: () => new Uint8Array(12),
    verifyTicket: (bytes) => {
      if (bytes[2] === 6) throw new Error("bad_signature");
    },
  };
  const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const parts = [];
  for await (const part of fetchTickets({
    api,
    phone,
    key,
    issuers: new Map([[1, new Uint8Array(65)]]),
    held: [{ header: header(1, 5) }],
    actor: 0,
  }))
    parts.push(part);
  assert.deepEqual(asked, [4, 2], "one was held already");
  assert.deepEqual(
    parts.map(({ tickets, dropped }) => [tickets.map(({ number }) => number), dropped]),
    [
      [[3, 4, 7], 1],
      [[9], 1],
    ],
    "6 does not verify, 8 names a key that is not listed",
  );
});

test("a code that is still there is read once, a new one at once", () => {
  const view = new StillThere();
  assert.equal(view.isNew(null, 0), false);
  assert.equal(view.isNew("a", 0), true);
  assert.equal(view.isNew("a", 3000), false);
  assert.equal(view.isNew("a", 6900), false, "it never left");
  assert.equal(view.isNew("b", 7000), true);
  assert.equal(view.isNew("b", 11_001), true, "it was away");
});

test("a picture keeps its shape and never grows", () => {
  assert.deepEqual(fitted(4000, 3000), [1600, 1200]);
  assert.deepEqual(fitted(300, 200), [300, 200]);
  assert.deepEqual(fitted(0, 0), [1, 1]);
  assert.deepEqual(fitted(16_000, 2), [1600, 1]);
});

test("everything that can be started stands in the platform's order", () => {
  const scenarios = [
    { id: "a", actions: [{ id: "1" }, { id: "2" }] },
    { id: "b", actions: [] },
  ];
  assert.deepEqual(
    startable(scenarios).map(({ scenario, action }) => scenario.id + action.id),
    ["a1", "a2"],
  );
});
