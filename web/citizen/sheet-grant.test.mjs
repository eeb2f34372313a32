import assert from "node:assert/strict";
import { test } from "node:test";
import { agreeWords, firstChoice, grouped, needsPin, pinFault } from "./sheet-grant.js";
import { EN, ZH } from "./words-grant.js";
import { sameWords } from "../shared/tables.mjs";

const CARD = { zh: "居民身份证", en: "Resident identity card" };
const ITEMS = [
  { id: "resident_id_card.name", certificate: CARD, required: true, sensitive: true },
  { id: "claim.phone", required: false, sensitive: false },
  { id: "student_card.school", certificate: { zh: "学生证", en: "Student card" }, required: true, sensitive: false },
  { id: "resident_id_card.address", certificate: CARD, required: false, sensitive: true },
];

test("both tables have the same keys and the same values in them", () => sameWords(ZH, EN));

test("items stand by certificate, and what is of none comes last", () => {
  const groups = grouped(ITEMS);
  assert.deepEqual(groups.map(({ certificate }) => certificate?.en ?? null), ["Resident identity card", "Student card", null]);
  assert.deepEqual(groups[0].items.map(({ id }) => id), ["resident_id_card.name", "resident_id_card.address"]);
});

test("an optional field of a certificate that is not in force is not ticked at first", () => {
  const lapsed = { id: "residence_permit.city", required: false, standing: "not_in_force" };
  const needed = { id: "residence_permit.id_number", required: true, standing: "none" };
  assert.deepEqual([...firstChoice([...ITEMS, lapsed, needed])], [...ITEMS.map(({ id }) => id), needed.id]);
});

test("the PIN is asked only when something sensitive is ticked", () => {
  assert.equal(needsPin(ITEMS, firstChoice(ITEMS)), true);
  assert.equal(needsPin(ITEMS, new Set(["claim.phone", "student_card.school"])), false);
});

test("digits that will not do are named", () => {
  assert.equal(pinFault("135246"), null);
  assert.equal(pinFault("13524"), "pin_missing");
  assert.equal(pinFault("13524x"), "pin_missing");
  assert.equal(pinFault("135246", "135247"), "pin_differ");
});

test("the button says whether all or some is given", () => {
  const app = { shell: { language: "en" } };
  assert.equal(agreeWords(app, { items: ITEMS }, firstChoice(ITEMS)), "Give all");
  assert.equal(agreeWords(app, { items: ITEMS }, new Set(["claim.phone"])), "Give these");
});
