/** For tests: two tables of words say the same things, each in its own language. */
import assert from "node:assert/strict";

const values = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

/** Fails unless both have the same keys, the same `{values}` in them, and no words of the other language. */
export function sameWords(zh, en) {
  assert.deepEqual(Object.keys(zh), Object.keys(en));
  for (const key of Object.keys(zh)) {
    assert.deepEqual(values(zh[key]), values(en[key]), key);
    assert.match(zh[key], /[\u4e00-\u9fff]/, key);
    assert.doesNotMatch(en[key], /[\u4e00-\u9fff]/, key);
  }
}
