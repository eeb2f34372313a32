import assert from "node:assert/strict";
import { test } from "node:test";
import { everything, partAfter } from "./pages.js";

/** A platform with a list of so many, in parts of three. */
const platform = (count, asked = []) => async (path) => {
  asked.push(path);
  const from = Number(new URL(path, "http://x").searchParams.get("after")?.slice(1) ?? 0);
  const items = Array.from({ length: Math.min(3, count - from) }, (_, place) => from + place);
  return { items, next: from + 3 < count ? `c${from + 3}` : null };
};

test("every part is asked for, once, and put together in order", async () => {
  for (const count of [0, 1, 3, 4, 10]) {
    const asked = [];
    assert.deepEqual(await everything(platform(count, asked), "/v1/list?limit=3"), Array.from({ length: count }, (_, place) => place));
    assert.equal(asked.length, Math.max(1, Math.ceil(count / 3)));
  }
});

test("a list without end is left off", async () => {
  let asked = 0;
  const items = await everything(async () => ({ items: [(asked += 1)], next: "again" }), "/v1/list");
  assert.ok(asked === items.length && asked <= 100);
});

test("a cursor joins whatever the address says already", () => {
  assert.equal(partAfter("/v1/a", null), "/v1/a");
  assert.equal(partAfter("/v1/a", "3-ab"), "/v1/a?after=3-ab");
  assert.equal(partAfter("/v1/a?limit=2", "a b"), "/v1/a?limit=2&after=a%20b");
});

test("a part that does not come is told, not swallowed", async () => {
  await assert.rejects(everything(async () => { throw new Error("gone"); }, "/v1/list"), /gone/);
});
