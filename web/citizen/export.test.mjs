import assert from "node:assert/strict";
import { test } from "node:test";
import { caseShade, wholeCopy } from "./export.js";
import { EN, ZH } from "./words-log.js";

test("a copy is put together from all its pages, in order, once each", async () => {
  const pages = { "": { lines: [3, 2], next: "2", profile: "me" }, 2: { lines: [1], next: "1", profile: null }, 1: { lines: [], next: null } };
  const asked = [];
  const whole = await wholeCopy(async (path) => {
    const after = /after=(\w+)/.exec(path)?.[1] ?? "";
    asked.push(after);
    return structuredClone(pages[after]);
  });
  assert.deepEqual(asked, ["", "2", "1"]);
  assert.deepEqual(whole, { lines: [3, 2, 1], next: null, profile: "me" });
});

test("a late case is red whatever its state", () => {
  assert.equal(caseShade({ state: "open", overdue: true }), "bad");
  assert.equal(caseShade({ state: "done", overdue: false }), "good");
  assert.equal(caseShade({ state: "withdrawn", overdue: false }), "");
});

test("both languages have the same words", () => {
  assert.deepEqual(Object.keys(EN), Object.keys(ZH));
});
