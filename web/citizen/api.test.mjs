import assert from "node:assert/strict";
import { test } from "node:test";
import { makeApi } from "./api.js";
import { makeIntents, settles } from "./intents.js";
import { toldOf } from "./problem.js";
import { translator } from "../shared/i18n.js";
import { ZH } from "../shared/i18n-zh.js";

let made = 0;
function storage() {
  const kept = new Map();
  return { getItem: (name) => kept.get(name) ?? null, setItem: (name, text) => kept.set(name, text) };
}
const answer = (status, data) => ({ status, json: async () => data });

/** An API whose platform answers with `script`, one entry a request; an `Error` is no answer. */
function rig(script, kept = storage(), pauses = []) {
  const asked = [];
  const heard = [];
  const before = made;
  const api = makeApi({
    fetch: async (path, options) => {
      asked.push({ path, ...options });
      const next = script[Math.min(asked.length - 1, script.length - 1)];
      if (next instanceof Error) throw next;
      return next;
    },
    clock: { learn: () => true },
    run: () => 0,
    language: () => "zh",
    intents: makeIntents(kept, () => `fresh-${(made += 1)}`),
    heard: (alive) => heard.push(alive),
    pause: async (ms) => void pauses.push(ms),
    luck: () => 0,
  });
  return { api, asked, heard, keys: () => asked.map(({ headers }) => headers["Idempotency-Key"].replace(/\d+/, (n) => n - before)) };
}

test("a retry without an answer carries the same key; after an answer the next press has another", async () => {
  const { api, keys, heard } = rig([new Error("gone"), answer(503, null), answer(200, { ok: 1 }), answer(200, { ok: 2 })]);
  assert.equal((await api.post("/x", { a: 1 })).data.ok, 1);
  await api.post("/x", { a: 1 });
  assert.deepEqual(keys(), ["fresh-1", "fresh-1", "fresh-1", "fresh-2"]);
  assert.deepEqual(heard, [false, false, true, true]);
});

test("when no answer came at all it is uncertain, and the key outlives the page", async () => {
  const kept = storage();
  const first = rig([new Error("gone")], kept);
  await assert.rejects(first.api.post("/x", { a: 1 }), { code: "uncertain" });
  const second = rig([answer(200, {})], kept);
  await second.api.post("/x", { a: 1 });
  assert.equal(second.asked[0].headers["Idempotency-Key"], first.asked[0].headers["Idempotency-Key"]);
});

test("a refusal is thrown with its words and is not tried again", async () => {
  const { api, asked } = rig([
    answer(409, { code: "loan.limit", title_words: { zh: "超过可借册数", en: "Too many" }, next: { zh: "先还一本", en: "Return one" } }),
  ]);
  const problem = await api.post("/x", {}).catch((thrown) => thrown);
  assert.equal(problem.code, "loan.limit");
  assert.equal(asked.length, 1);
  const told = toldOf(problem, translator(ZH), "zh");
  assert.deepEqual([told.title, told.next, told.shade], ["超过可借册数", "先还一本", "bad"]);
  assert.equal(told.human, ZH.problem_human);
});

test("too many and server faults keep the intention; answers, refusals among them, end it", () => {
  assert.deepEqual([200, 202, 404, 409, 422, 408, 425, 429, 500, 503].map(settles), [
    true,
    true,
    true,
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});

test("after a busy platform the next press carries the same key, after a refusal a new one", async () => {
  const { api, keys } = rig([answer(429, null), answer(409, { code: "purse.short" }), answer(200, {})]);
  for (let press = 0; press < 3; press += 1) await api.post("/x", {}).catch(() => {});
  assert.deepEqual(keys(), ["fresh-1", "fresh-1", "fresh-2"]);
});

test("a platform that says when to come back is not asked before", async () => {
  const pauses = [];
  const busy = { ...answer(503, null), headers: new Map([["Retry-After", "3"]]) };
  const { api } = rig([busy, answer(200, {})], storage(), pauses);
  await api.post("/x", {});
  assert.deepEqual(pauses, [3000]);
});

test("an action that is still running is followed to its end", async () => {
  const { api, asked } = rig([
    answer(202, { outcome: { pending: "p1" } }),
    new Error("gone"),
    answer(202, { outcome: { pending: "p1" } }),
    answer(200, { outcome: { shade: "green" } }),
  ]);
  assert.deepEqual(await api.act({ action: "pay" }), { outcome: { shade: "green" }, pending: false });
  assert.equal(asked[3].path, "/v1/me/attempts/p1");
});

test("one that never ends is said to be still running", async () => {
  const { api } = rig([answer(202, { outcome: { pending: "p1" } })]);
  assert.equal((await api.act({ action: "pay" }, 3)).pending, true);
});
