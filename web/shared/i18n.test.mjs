import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { filled, formats, pick, translator } from "./i18n.js";
import { ZH } from "./i18n-zh.js";
import { EN } from "./i18n-en.js";

const folder = new URL("../citizen/", import.meta.url);

test("both languages have the same keys, no empty words and the same values in them", () => {
  assert.deepEqual(Object.keys(ZH), Object.keys(EN));
  const values = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const key of Object.keys(ZH)) {
    assert.ok(ZH[key].trim() && EN[key].trim(), key);
    assert.deepEqual(values(ZH[key]), values(EN[key]), key);
  }
});

test("English words hold no Chinese, and Chinese words some", () => {
  for (const [key, text] of Object.entries(EN)) if (key !== "other_language") assert.doesNotMatch(text, /[\u4e00-\u9fff]/, key);
  for (const [key, text] of Object.entries(ZH))
    if (key !== "other_language" && key !== "used_at" && !/^\{\w+\}$/.test(text)) assert.match(text, /[\u4e00-\u9fff]/, key);
});

test("every key that the pages ask for is there", () => {
  let asked = 0;
  for (const file of readdirSync(folder).filter((name) => /\.(js|html)$/.test(name))) {
    const text = readFileSync(new URL(file, folder), "utf8");
    for (const [, one, two, three] of text.matchAll(/\bt\("(\w+)"|\bword\("(\w+)"|data-(?:t|label)="(\w+)"/g)) {
      const key = one ?? two ?? three;
      assert.ok(key in ZH, `${key} in ${file}`);
      asked += 1;
    }
  }
  assert.ok(asked > 100);
});

test("values are filled in, a missing one is seen, missing words throw", () => {
  assert.equal(filled("{a} and {b}", { a: 1 }), "1 and {b}");
  assert.throws(() => translator({})("nothing"), /nothing/);
  assert.equal(pick({ zh: "书", en: "" }, "en"), "书");
  assert.equal(pick(null, "en"), "");
});

test("dates are those of Beijing and money is in yuan", () => {
  const at = Date.UTC(2026, 10, 23, 17, 30); // 01:30 on the 24th in Beijing
  assert.equal(formats("zh").time(at), "01:30");
  assert.match(formats("zh").day(at), /11月24日/);
  assert.match(formats("en").day(at), /24 Nov/);
  assert.equal(formats("zh").isoDay(at), "2026-11-24");
  assert.match(formats("zh").money(1205), /12\.05/);
  assert.match(formats("en").date("2026-11-24"), /24 Nov/);
});
