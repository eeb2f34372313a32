import assert from "node:assert/strict";
import { test } from "node:test";
import { dueIn } from "./moving.js";

test("the next code is fetched soon after the step turns, never at once, never late", () => {
  assert.equal(dueIn(15_000, 10_000), 5250);
  assert.equal(dueIn(15_000, 15_100), 500); // a clock that is ahead
  assert.equal(dueIn(15_000, 900_000), 500);
  assert.equal(dueIn(900_000, 0), 16_000); // a clock that is far behind
});
