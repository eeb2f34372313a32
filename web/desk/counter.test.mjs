import assert from "node:assert/strict";
import { test } from "node:test";
import { Counter } from "./counter.js";
import { Unreachable } from "./gate.js";

const OUTCOME = { shade: "green", word: { zh: "已借出", en: "Lent" }, message: { zh: "", en: "" }, detail: null };
const PROBLEM = { code: "library.limit_reached", status: 409, title_words: { zh: "满", en: "full" }, next: {}, human: {} };
const silent = () => { throw new Unreachable("silent"); };

/** A platform that answers from a script, one entry a call, and writes down what it was asked. */
function scripted(...answers) {
  const asked = [];
  const answer = async (call) => {
    asked.push(call);
    const next = answers.length > 1 ? answers.shift() : answers[0];
    return typeof next === "function" ? next() : next;
  };
  const api = { post: (path, body, options) => answer({ path, body, ...options }), get: (path) => answer({ path }) };
  const verify = () => ({ outcome: "good", reason: "good", kind: "t1" });
  return { asked, counter: new Counter({ api, verify, point: () => "p", operator: () => "王", scenario: () => "library_loan" }) };
}
const ok = (body, status = 200) => ({ ok: true, status, body });
const shown = { id: "f".repeat(32) };

test("a read that got no answer is asked again as the same read", async () => {
  const { asked, counter } = scripted(silent, ok({ presentation: shown }));
  assert.deepEqual(await counter.present("860"), { kind: "presented", presentation: shown });
  assert.equal(asked.length, 2);
  assert.deepEqual(asked[0], asked[1]);
  assert.equal(asked[0].key, asked[0].body.request_id);
  const other = scripted(ok({ presentation: shown }));
  await other.counter.present("860");
  assert.notEqual(other.asked[0].key, asked[0].key, "another read has another key");
});

test("no answer at all: the verifier names the code, nothing is pretended", async () => {
  const { counter } = scripted(silent);
  const next = await counter.present("860");
  assert.deepEqual([next.kind, next.screen.look, next.screen.message.key, next.settled], ["result", "amber", "offline_genuine", false]);
});

test("an action without an answer is uncertain, and its retry is the same request", async () => {
  const { asked, counter } = scripted(silent, silent, silent, ok({ outcome: OUTCOME }));
  const next = await counter.act(shown, "borrow", { items: ["B1"] });
  assert.equal(next.screen.word.key, "word_uncertain");
  const again = await next.retry();
  assert.deepEqual([again.settled, again.screen.look], [true, "green"]);
  assert.equal(new Set(asked.map(({ key }) => key)).size, 1);
});

test("a refusal keeps the presentation, unless it is the presentation that is over", async () => {
  assert.equal((await scripted({ ok: false, problem: PROBLEM }).counter.act(shown, "borrow", {})).alive, true);
  assert.equal((await scripted({ ok: false, problem: { ...PROBLEM, code: "presentation.over" } }).counter.act(shown, "borrow", {})).alive, false);
});

test("a fault in the form goes back to the form", async () => {
  assert.equal((await scripted({ ok: false, problem: { ...PROBLEM, code: "input.malformed", status: 422 } }).counter.act(shown, "borrow", {})).kind, "field");
});

test("what is pending is followed until it ends", async () => {
  const pending = { ...OUTCOME, shade: "amber", pending: "a" };
  const { counter, asked } = scripted(ok({ outcome: pending }, 202), ok({ presentation: shown, waiting: null, last: { outcome: pending } }), ok({ presentation: shown, waiting: null, last: { outcome: OUTCOME } }));
  const next = await counter.act(shown, "pay", {});
  assert.deepEqual([next.settled, next.screen.look, asked.length], [true, "green", 3]);
});

test("waiting for the holder: time left is told, then the platform's own result is shown", async () => {
  const times = [];
  const { counter } = scripted(ok({ waiting: { request: "r", expires_ms: 9000 }, last: null }), silent, ok({ waiting: null, last: { outcome: OUTCOME } }));
  const next = await counter.awaitHolder(shown, { onTime: (ms) => times.push(ms), stopped: () => false, nowMs: () => 1000 });
  assert.deepEqual([times, next.screen.look], [[9000], "green"]);
});

test("the holder refused, or never answered: both are results", async () => {
  const refused = scripted(ok({ waiting: null, last: { refusal: { ...PROBLEM, code: "consent.refused" } } }));
  assert.equal((await refused.counter.awaitHolder(shown, { stopped: () => false, nowMs: () => 0 })).screen.message.en, "full");
  const silentHolder = scripted(ok({ waiting: { expires_ms: 1000 }, last: null }), ok({ waiting: null, last: null }));
  assert.equal((await silentHolder.counter.awaitHolder(shown, { stopped: () => false, nowMs: () => 9000 })).screen.word.key, "word_no_answer");
});

test("consent needed is no refusal", async () => {
  const next = await scripted({ ok: false, problem: { ...PROBLEM, code: "consent.needed", request: "r1" } }).counter.act(shown, "show", {});
  assert.deepEqual([next.kind, next.request], ["consent", "r1"]);
});
