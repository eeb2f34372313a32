import assert from "node:assert/strict";
import { test } from "node:test";
import { fourteenFrom, inFours, invitationDigits, paperPlaces, pinFits, scenariosOpen, stageOf, stillGranted } from "./people.js";
import * as sheet from "../shared/words-paper.js";
import * as pages from "./words-people.js";

const beijing = (text) => Date.parse(`${text}T00:00:00+08:00`);

test("both tables have the same keys and the same values in them", () => {
  for (const { ZH, EN } of [pages, sheet]) same(ZH, EN);
});

const same = (ZH, EN) => {
  assert.deepEqual(Object.keys(ZH), Object.keys(EN));
  const values = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const key of Object.keys(ZH)) {
    assert.deepEqual(values(ZH[key]), values(EN[key]), key);
    assert.match(ZH[key], /[\u4e00-\u9fff]/, key);
    assert.doesNotMatch(EN[key], /[\u4e00-\u9fff]/, key);
  }
};

test("an invitation is twelve digits, however they are typed", () => {
  assert.equal(invitationDigits("1234 5678 9012"), "123456789012");
  assert.equal(invitationDigits("１２３４-5678-9012"), "123456789012");
  for (const typed of ["", "12345678901", "1234567890123", "12345678901a"]) assert.equal(invitationDigits(typed), null, typed);
  assert.equal(inFours("123456789012"), "1234 5678 9012");
});

test("a ward is a child until the fourteenth birthday and a youth from its first moment", () => {
  const grant = { kind: "guardian", until_ms: beijing("2034-09-08") };
  assert.equal(fourteenFrom(grant.until_ms), beijing("2030-09-08"));
  assert.equal(stageOf(grant, beijing("2030-09-08") - 1), "child");
  assert.equal(stageOf(grant, beijing("2030-09-08")), "youth");
  assert.equal(stageOf({ kind: "delegate", until_ms: 1 }, 0), null);
  assert.equal(fourteenFrom(beijing("2026-03-01")), beijing("2022-03-01"), "born on a 29 February: 2022 has none either");
});

test("only one's own tickets and those of people one acts for stay on the phone", () => {
  const tickets = [{ actor: 0 }, { actor: 1 }, { actor: 2 }];
  assert.deepEqual(stillGranted(tickets, [{ actor: 2 }]), [{ actor: 0 }, { actor: 2 }]);
  assert.deepEqual(stillGranted(tickets, []), [{ actor: 0 }]);
});

test("paper is offered where an open place takes it, and for that alone", () => {
  const library = { id: "library_loan", name: { zh: "借书", en: "Loan" }, paper: true };
  const bill = { id: "hospital_bill", name: { zh: "缴费", en: "Bill" }, paper: false };
  const venues = [
    { id: "1", state: "open", scenarios: [library, bill] },
    { id: "2", state: "open", scenarios: [bill] },
    { id: "3", state: "coming", scenarios: [library] },
  ];
  assert.deepEqual(paperPlaces(venues), [{ ...venues[0], scenarios: [library] }]);
  assert.deepEqual(scenariosOpen(venues).map(({ id }) => id), ["library_loan", "hospital_bill"]);
  assert.ok(pinFits("") && pinFits("1234") && pinFits("12345678"));
  for (const pin of ["123", "123456789", "12a4"]) assert.ok(!pinFits(pin), pin);
});
