import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import { CounterTaken, acknowledgedBy, batchOf, handOver, signedFact } from "./facts.js";
import { Crash, MemoryStore } from "./memory_store.mjs";
import { factText, makeKey } from "./sign.js";

const POINT = "ab".repeat(16);
const key = await makeKey();
const device = { point: POINT, signer: key };
const factOf = (counter) => signedFact(device, { counter, happened_at_ms: 1000 + counter, scenario: "museum_entry", action: "admit", evidence: { people: counter, text: "8".repeat(254) } });
const recordOf = (counter) => ({ counter, at_ms: 1000 + counter, ends_ms: 0, bytes: new Uint8Array([counter & 255]) });

/** A platform that keeps each counter once, checks its signature, and can lose its answer or stop half-way. */
function platform() {
  const publicKey = createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x: key.publicKey } });
  const booked = new Map();
  const state = { booked, calls: 0, loseAnswer: 0, takeAtMost: Infinity };
  state.take = async (facts) => {
    state.calls += 1;
    for (const fact of facts.slice(0, state.takeAtMost)) {
      const good = verify(null, Buffer.from(factText({ point: POINT, ...fact })), publicKey, Buffer.from(fact.signature, "base64"));
      assert.ok(good, "each fact carries its own signature");
      booked.set(fact.counter, (booked.get(fact.counter) ?? 0) + (booked.has(fact.counter) ? 0 : 1));
    }
    if (state.loseAnswer-- > 0) throw new Error("no answer");
    let through = 0;
    while (booked.has(through + 1)) through += 1;
    return { accepted_through: through, gaps: [], results: facts.slice(0, state.takeAtMost).map(({ counter }) => ({ counter, shade: "green", word: {} })) };
  };
  return state;
}

async function storeWith(count) {
  const store = new MemoryStore();
  for (let counter = 1; counter <= count; counter += 1) await store.keep({ fact: await factOf(counter), record: recordOf(counter) });
  return store;
}

test("everything is handed over in order, once, and then deleted here", async () => {
  const [store, server] = [await storeWith(450), platform()];
  const result = await handOver(store, server.take);
  assert.deepEqual([result.handed, result.left, result.through], [450, 0, 450]);
  assert.deepEqual([...server.booked.keys()], Array.from({ length: 450 }, (_, i) => i + 1));
  assert.equal(result.results.length, 450);
  assert.ok(server.calls > 2, "in several requests");
});

test("a batch fits under the server's limit of 64 KiB, and one large fact still goes", async () => {
  const facts = (await (await storeWith(200)).pending(200));
  const batch = batchOf(facts);
  assert.ok(batch.length > 10 && batch.length < 200);
  assert.ok(JSON.stringify({ events: batch }).length < 64 * 1024);
  assert.equal(batchOf([{ evidence_text: "x".repeat(60_000) }, facts[0]]).length, 1);
  assert.deepEqual(batchOf([]), []);
});

test("an answer that is lost deletes nothing; the same facts again are booked once", async () => {
  const [store, server] = [await storeWith(5), platform()];
  server.loseAnswer = 1;
  await assert.rejects(handOver(store, server.take), /no answer/);
  assert.equal(await store.pendingCount(), 5);
  assert.equal((await handOver(store, server.take)).left, 0);
  assert.ok([...server.booked.values()].every((times) => times === 1));
});

test("what the platform did not take stays, and it is not asked for ever", async () => {
  const [store, server] = [await storeWith(5), platform()];
  server.takeAtMost = 3;
  const result = await handOver(store, server.take);
  assert.deepEqual([result.handed, result.left], [3, 2]);
  assert.equal(server.calls, 1);
});

test("a counter that the platform calls a gap is not deleted", () => {
  const sent = [1, 2, 3, 4].map((counter) => ({ counter }));
  assert.deepEqual(acknowledgedBy(sent, { accepted_through: 3, gaps: [[2, 2]] }), [1, 3]);
  assert.deepEqual(acknowledgedBy(sent, { accepted_through: 9 }), [1, 2, 3, 4]);
  assert.deepEqual(acknowledgedBy(sent, { accepted_through: 0, gaps: [[1, 2]], results: [{ counter: 3 }] }), [3], "an older hole does not keep newer facts for ever");
});

test("a counter is used once: a second page of the same point cannot keep another fact under it", async () => {
  const store = await storeWith(2);
  await assert.rejects(store.keep({ fact: await factOf(2), record: recordOf(2) }), CounterTaken);
  assert.equal(store.records.length, 2, "neither fact nor record");
});

for (const moment of ["before_acknowledged", "after_acknowledged"]) {
  test(`a crash ${moment.replace("_", " ")}: nothing is lost and nothing is booked twice`, async () => {
    const [store, server] = [await storeWith(7), platform()];
    store.crash = moment;
    await assert.rejects(handOver(store, server.take), Crash);
    await handOver(store, server.take);
    assert.equal(await store.pendingCount(), 0);
    assert.equal(server.booked.size, 7);
    assert.ok([...server.booked.values()].every((times) => times === 1));
  });
}
