import assert from "node:assert/strict";
import { test } from "node:test";
import { EN } from "./i18n-en.js";
import { ZH } from "./i18n-zh.js";
import { LETTERS, boardOf, callName, evidenceOf, newCalls, nextNumber, spokenWords } from "./numbers.js";

test("a block counts each matter for itself and begins anew each day", () => {
  const wanted = { block: "K2", matter: "tax", day: "2026-11-24" };
  const first = nextNumber(undefined, wanted);
  assert.equal(first.number, "GK2-001");
  const second = nextNumber(first.kept, wanted);
  assert.equal(second.number, "GK2-002");
  assert.equal(nextNumber(second.kept, { ...wanted, matter: "id_card" }).number, "AK2-001");
  assert.equal(nextNumber(second.kept, { ...wanted, day: "2026-11-25" }).number, "GK2-001");
  assert.deepEqual(first.kept.counts, { tax: 1 }, "what was kept is not changed behind its back");
});

test("evidence says only what was given", () => {
  assert.deepEqual(evidenceOf({ number: "GK1-001", matter: "tax", text: null, priority: "" }), { number: "GK1-001", matter: "tax" });
  assert.deepEqual(evidenceOf({ number: "GK1-001", matter: "tax", text: "86", priority: "elder" }), { number: "GK1-001", matter: "tax", priority: "elder", text: "86" });
});

test("a call is spoken once, the next call of the same number again, and none at the first look", () => {
  const call = (number, calls, state = "called") => ({ number, calls, state, counter: { zh: "1号窗口", en: "Counter 1" } });
  const first = newCalls(null, [call("A001", 1)]);
  assert.deepEqual(first.fresh, []);
  const second = newCalls(first.spoken, [call("A002", 1), call("A001", 1)]);
  assert.deepEqual(second.fresh.map(callName), ["A002/1/1号窗口"]);
  const third = newCalls(second.spoken, [call("A002", 2), call("A001", 1, "serving")]);
  assert.deepEqual(third.fresh.map(callName), ["A002/2/1号窗口"]);
});

test("spoken words are numbers and places in both languages, and no name", () => {
  const words = spokenWords({ number: "GK1-007", masked_name: "陈**", counter: { zh: "3号窗口", en: "Counter 3" } });
  assert.equal(words.zh, "请 G K 1 0 0 7 号，到3号窗口");
  assert.equal(words.en, "Number G K 1 0 0 7, please go to Counter 3");
});

test("the board leaves out lines in which nobody waits and nobody serves", () => {
  const { called, lines } = boardOf([{ kind: "called", number: "A001" }, { kind: "line", waiting: 0, counters: 0 }, { kind: "line", waiting: 2, counters: 0 }]);
  assert.deepEqual([called.length, lines.length], [1, 1]);
});

test("both languages have the same keys and words, and one for every matter", () => {
  assert.deepEqual(Object.keys(ZH), Object.keys(EN));
  const values = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const key of Object.keys(ZH)) {
    assert.ok(ZH[key].trim() && EN[key].trim(), key);
    assert.deepEqual(values(ZH[key]), values(EN[key]), key);
    if (key !== "other_language") assert.doesNotMatch(EN[key], /[\u4e00-\u9fff]/, key);
  }
  for (const matter of Object.keys(LETTERS)) assert.ok(ZH[`matter_${matter}`], matter);
});
