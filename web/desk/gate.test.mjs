import assert from "node:assert/strict";
import { test } from "node:test";
import { Gate, Unreachable, evidenceOf } from "./gate.js";
import { Crash, MemoryStore } from "./memory_store.mjs";

/**
 * Edge rules small enough to read: a text is "booking/step"; a step counts once and must grow; "x/…" is not in the list.
 * What it shares with the real ones is the contract: decide changes nothing, apply does, records carry the next counter.
 */
function smallEdge(kept = []) {
  const state = { counter: 0, steps: new Map(), requests: new Map() };
  const edge = {
    state,
    decide(read) {
      const [booking, step] = (read.text ?? `${read.number}/0`).split("/");
      const before = state.steps.get(booking) ?? -1;
      const answer = (shade, reason, more = {}) => ({ shade, reason, opens: false, again: false, booking, people: read.people, version: 9, listMs: 500, record: null, ...more });
      if (state.requests.get(booking) === read.request) return answer("green", "admitted", { opens: true, again: true });
      if (read.text && Number(step) <= before) return answer("red", "step_used");
      const record = recordOf(state.counter + 1, read);
      if (booking === "x" || read.number) return answer("amber", booking === "x" ? "unknown_booking" : "number_typed", { record });
      return answer("green", "admitted", { opens: true, record });
    },
    noted: (read) => recordOf(0, read),
    apply(bytes) {
      const { counter, read } = JSON.parse(new TextDecoder().decode(bytes));
      if (counter !== 0 && counter !== state.counter + 1) return false;
      state.counter = Math.max(state.counter, counter);
      const [booking, step] = (read.text ?? `${read.number}/0`).split("/");
      state.steps.set(booking, Math.max(Number(step), state.steps.get(booking) ?? -1));
      state.requests.set(booking, read.request);
      return true;
    },
  };
  for (const record of kept) assert.ok(edge.apply(record.bytes), "records come back in order");
  return edge;
}
const recordOf = (counter, read) => ({ counter, at_ms: 7000, ends_ms: 9000, bytes: new TextEncoder().encode(JSON.stringify({ counter, read })) });

function gateOn(store, { online = () => Promise.reject(new Unreachable()), reachable = () => true, edge = smallEdge(store.records) } = {}) {
  const signed = [];
  const sign = async (what) => {
    signed.push(what);
    return { ...what, evidence_text: JSON.stringify(what.evidence), signature: "s" };
  };
  const gate = new Gate({ edge, online, store, sign, nowMs: () => 7000, reachable, scenario: "museum_entry" });
  return { gate, edge, signed };
}
let reads = 0;
const read = (text, more = {}) => ({ text, people: 1, direction: "in", request: String((reads += 1)).padStart(32, "0"), ...more });

test("with the platform reachable, the platform decides and nothing is left to hand over", async () => {
  const store = new MemoryStore();
  const { gate } = gateOn(store, { online: async () => ({ opens: true, word: "ok" }) });
  const result = await gate.decide(read("a/3"));
  assert.equal(result.by, "platform");
  assert.equal(await store.pendingCount(), 0);
});

test("a step the platform let through is used here too when the network goes", async () => {
  const store = new MemoryStore();
  let up = true;
  const { gate } = gateOn(store, { online: async () => { if (up) return { opens: true }; throw new Unreachable(); } });
  await gate.decide(read("a/3"));
  up = false;
  assert.equal((await gate.decide(read("a/3"))).reason, "step_used");
  const restarted = gateOn(store, { reachable: () => false });
  assert.equal((await restarted.gate.decide(read("a/3"))).reason, "step_used", "also after the page was closed");
  assert.equal((await gate.decide(read("a/4"))).shade, "green");
});

test("what the platform refused is not remembered as used, and its refusal is shown as it is", async () => {
  const store = new MemoryStore();
  const { gate } = gateOn(store, { online: async () => ({ opens: false, problem: { code: "code.used" } }) });
  assert.equal((await gate.decide(read("a/3"))).answer.problem.code, "code.used");
  assert.equal(store.records.length, 0);
});

test("no answer: the list decides, and the fact is kept before anything opens", async () => {
  const store = new MemoryStore();
  const { gate, signed } = gateOn(store);
  const result = await gate.decide(read("a/3", { people: 2 }));
  assert.deepEqual([result.by, result.shade, result.opens], ["list", "green", true]);
  assert.equal(await store.pendingCount(), 1);
  assert.deepEqual([signed[0].counter, signed[0].action, signed[0].evidence.people, signed[0].evidence.verdict], [1, "admit", 2, "green"]);
});

test("a read the platform was asked about and did not answer in time says so, so that it is booked once", async () => {
  const sign = async (what) => ({ ...what, evidence_text: JSON.stringify(what.evidence), signature: "s" });
  const store = new MemoryStore();
  let up = true;
  const parts = { edge: smallEdge(), store, sign, nowMs: () => 7000, reachable: () => up, scenario: "museum_entry", online: () => Promise.reject(new Unreachable()), inputOf: (what) => (what.people > 0 ? { people: what.people } : {}) };
  const gate = new Gate(parts);
  const late = read("a/3", { people: 2 });
  await gate.decide(late);
  up = false;
  await gate.decide(read("b/3", { people: 2 }));
  const [asked, alone] = (await store.pending(9)).map(({ evidence_text }) => JSON.parse(evidence_text));
  assert.deepEqual([asked.asked_input, asked.request_id], [{ people: 2 }, late.request]);
  assert.ok(!("asked_input" in alone));
});

test("an error that is no silence of the network is not taken for one", async () => {
  const { gate } = gateOn(new MemoryStore(), { online: async () => { throw new TypeError("a bug"); } });
  await assert.rejects(gate.decide(read("a/3")), TypeError);
});

test("known to be away: the platform is not waited for", async () => {
  let asked = 0;
  const { gate } = gateOn(new MemoryStore(), { reachable: () => false, online: async () => { asked += 1; throw new Unreachable(); } });
  await gate.decide(read("a/3"));
  assert.equal(asked, 0);
});

test("a crash before keeping: nothing opened, nothing to hand over, the same step still works", async () => {
  const store = new MemoryStore();
  const first = gateOn(store);
  store.crash = "before_keep";
  await assert.rejects(first.gate.decide(read("a/3")), Crash);
  const again = gateOn(store);
  assert.equal((await again.gate.decide(read("a/3"))).shade, "green");
  assert.equal(await store.pendingCount(), 1);
});

test("a crash after keeping, before opening: it is handed over once, and the step does not open a second time", async () => {
  const store = new MemoryStore();
  const first = gateOn(store);
  store.crash = "after_keep";
  await assert.rejects(first.gate.decide(read("a/3")), Crash);
  const again = gateOn(store);
  assert.equal((await again.gate.decide(read("a/3"))).reason, "step_used");
  assert.equal((await again.gate.decide(read("b/1"))).shade, "green");
  assert.deepEqual([...store.facts.keys()], [1, 2]);
});

test("a failed keep does not open the gate, nor stop the next visitor", async () => {
  const store = new MemoryStore();
  const { gate, edge } = gateOn(store);
  store.crash = "before_keep";
  await assert.rejects(gate.decide(read("a/3")), Crash);
  assert.equal(edge.state.counter, 0, "the memory did not move ahead of the store");
  assert.equal((await gate.decide(read("b/1"))).opens, true);
});

test("a hundred visitors at once: every counter once, without a gap", async () => {
  const store = new MemoryStore();
  const { gate } = gateOn(store);
  await Promise.all(Array.from({ length: 100 }, (_, i) => gate.decide(read(`p${i}/1`))));
  assert.deepEqual([...store.facts.keys()], Array.from({ length: 100 }, (_, i) => i + 1));
});

test("a retry of the same read gives the same answer and keeps nothing more", async () => {
  const store = new MemoryStore();
  const { gate } = gateOn(store);
  const first = read("a/3");
  await gate.decide(first);
  const second = await gate.decide(first);
  assert.deepEqual([second.shade, second.again], ["green", true]);
  assert.equal(await store.pendingCount(), 1);
});

test("not in the list: nothing is kept until staff say so, and then exactly once", async () => {
  const store = new MemoryStore();
  const { gate, signed } = gateOn(store);
  const result = await gate.decide(read("x/1"));
  assert.deepEqual([result.shade, result.opens, await store.pendingCount()], ["amber", false, 0]);
  const [one, two] = await Promise.all([result.confirm(), result.confirm()]);
  assert.ok(one.opens && two.opens);
  assert.equal(await store.pendingCount(), 1);
  assert.deepEqual([signed[0].evidence.verdict, signed[0].evidence.confirmed_by, signed[0].evidence.reason], ["amber", "staff", "unknown_booking"]);
});

test("a typed booking number is asked online, and offline waits for staff", async () => {
  const number = "0123456789";
  const up = gateOn(new MemoryStore(), { online: async (what) => ({ opens: what.number === number }) });
  assert.equal((await up.gate.decide(read(undefined, { number }))).by, "platform");
  const store = new MemoryStore();
  const { gate } = gateOn(store);
  const result = await gate.decide(read(undefined, { number }));
  assert.equal(typeof result.confirm, "function");
  assert.equal(await store.pendingCount(), 0);
});

test("all of a party: the list says how many that is, and so does the record", async () => {
  const edge = smallEdge();
  const decide = edge.decide.bind(edge);
  edge.decide = (what) => ({ ...decide(what), left: 4 - what.people });
  const { gate, signed } = gateOn(new MemoryStore(), { edge });
  const result = await gate.decide(read("a/3", { people: 0 }));
  assert.deepEqual([result.people, signed[0].evidence.people], [4, 4]);
  const out = await gate.decide(read("b/3", { people: 0, direction: "out" }));
  assert.equal(out.people, 1, "nobody is counted out who has not been seen");
});

test("without a list nothing opens and nothing is invented", async () => {
  const store = new MemoryStore();
  const edge = { decide: () => { throw Object.assign(new Error(), { code: "not_loaded" }); }, noted: () => { throw new Error(); }, apply: () => true };
  const { gate } = gateOn(store, { edge });
  assert.deepEqual(await gate.decide(read("a/3")), { by: "none", shade: "amber", reason: "not_loaded" });
  assert.equal(await store.pendingCount(), 0);
});

test("the way out is a fact of its own", async () => {
  const store = new MemoryStore();
  const { gate, signed } = gateOn(store);
  await gate.decide(read("a/3", { direction: "out" }));
  assert.equal(signed[0].action, "exit");
  assert.equal(evidenceOf(read("a/3"), { record: {} }, null).confirmed_by, null);
});
