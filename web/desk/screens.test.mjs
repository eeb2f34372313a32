import assert from "node:assert/strict";
import { test } from "node:test";
import { formats } from "../shared/i18n.js";
import { ZH } from "./i18n-zh.js";
import { EN } from "./i18n-en.js";
import { detailRows, holdMs, isSheet, ofGate, ofOutcome, ofProblem, ofSilence, ofVerdict } from "./screens.js";

const problem = (code, more = {}) => ({ code, title_words: { zh: "题", en: "title" }, next: { zh: "做", en: "do" }, human: { zh: "人", en: "human" }, ask: false, ...more });

test("a code shown twice is a result of its own, with its own word", () => {
  for (const code of ["code.used", "code.step_used"]) assert.deepEqual([ofProblem(problem(code)).look, ofProblem(problem(code)).word.key], ["duplicate", "word_used"]);
  assert.equal(ofGate({ by: "list", shade: "red", reason: "step_used", word: {}, words: {} }).look, "duplicate");
  assert.equal(ofProblem(problem("loan.item_used")).look, "red", "only codes are shown twice");
});

test("the word tells the kind of refusal apart, the sentence is the platform's", () => {
  const table = [["code.expired", "word_expired"], ["code.too_early", "word_early"], ["code.frozen", "word_frozen"], ["code.denied", "word_frozen"], ["code.unknown_key", "word_not_valid"], ["code.not_ours", "word_other_code"], ["code.stale", "word_expired"], ["code.future", "word_early"], ["code.forged", "word_not_valid"], ["code.unproved", "word_not_valid"], ["code.unreadable", "word_not_valid"], ["bill.expired", "word_refused"], ["library.limit_reached", "word_refused"], ["something", "word_refused"]];
  for (const [code, key] of table) assert.equal(ofProblem(problem(code)).word.key, key, code);
  assert.deepEqual(ofProblem(problem("museum.early", { ask: true })).look, "amber");
  assert.deepEqual(ofProblem(problem("code.expired")).message, { zh: "题", en: "title" });
  assert.equal(ofProblem({ title: "Bad gateway" }).message.en, "Bad gateway", "also for a problem that is not ours");
});

test("silence while changing something is said to be uncertain, never to have failed", () => {
  assert.equal(ofSilence(new Error(), true).word.key, "word_uncertain");
  assert.equal(ofSilence(new Error(), false).word.key, "word_no_network");
  assert.equal(ofSilence({ problem: problem("rail.silent") }, true).message.en, "title");
  assert.equal(ofSilence({ problem: problem("platform.slow") }, true).word.key, "word_uncertain");
});

test("without network the verifier still names what was shown", () => {
  const words = { zh: "这是支付宝付款码", en: "This is an Alipay payment code" };
  const verdict = (reason, kind = "ticket", outcome = "refused") => ofVerdict({ outcome, reason, kind, words });
  assert.deepEqual([verdict("alipay", "alipay").word.key, verdict("alipay", "alipay").message], ["word_other_code", words]);
  assert.equal(verdict("code_stale").word.key, "word_expired");
  assert.equal(verdict("code_used").look, "duplicate");
  assert.equal(verdict("key_list_expired").look, "amber", "that is this point's fault, not the holder's");
  assert.equal(verdict("good", "ticket", "good").look, "amber", "genuine, and yet nothing can be done");
  assert.equal(verdict("short_number", "short_number").message.key, "offline_n1");
});

test("every key a screen can name has words in both languages, and both tables have the same keys", () => {
  assert.deepEqual(Object.keys(EN).sort(), Object.keys(ZH).sort());
  for (const table of [ZH, EN]) for (const [key, words] of Object.entries(table)) assert.ok(words.trim(), key);
  for (const key of Object.keys(ZH)) {
    const names = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
    assert.deepEqual(names(EN[key]), names(ZH[key]), `values of ${key}`);
  }
  const screens = [];
  for (const reason of ["code_damaged", "code_version_unknown", "code_window_wrong", "key_unknown", "key_list_expired", "deny_list_expired", "code_not_yet", "code_expired", "code_ahead", "code_stale", "code_used", "code_forged", "code_denied", "number_unproved", "whatever"]) screens.push(ofVerdict({ outcome: "refused", reason, kind: "ticket" }), ofProblem(problem(`code.${reason}`)));
  for (const kind of ["alipay", "short_number", "unknown", "ticket"]) for (const outcome of ["good", "amber", "refused"]) screens.push(ofVerdict({ outcome, reason: kind, kind }));
  screens.push(ofSilence({}, true), ofSilence({}, false), ofGate({ by: "none", reason: "not_loaded" }), ofProblem(problem("x.y", { ask: true })));
  for (const screen of screens) for (const part of [screen.word, screen.message, screen.next, screen.human]) if (part?.key) assert.ok(ZH[part.key], part.key);
});

test("a result stays 2 to 4 seconds, longer for large text", () => {
  for (const look of ["green", "amber", "red", "duplicate"]) {
    assert.ok(holdMs({ look }) >= 2000 && holdMs({ look }) <= 4000);
    assert.ok(holdMs({ look }, true) > holdMs({ look }));
  }
});

test("a detail is read by the units in its names; ids are left out, nothing else is", () => {
  const words = { formats: formats("en"), label: (key) => key, value: (key, text) => text, language: "en" };
  const due = Date.parse("2026-12-23T20:00:00+08:00");
  const rows = detailRows({ id: "0".repeat(32), payer: `p${"0".repeat(32)}`, total_fen: 1250, loans: [{ title: "三体", due, due_date: "2026-12-23" }], name: { zh: "甲", en: "A" }, first: true, none: null, fine_fen: 0, late_days: 0, codes: ["B1"], at: due, left: 3 }, words);
  assert.deepEqual(rows.map(({ label }) => label), ["name", "total_fen", "first", "at", "left", "loans", "codes"]);
  assert.match(rows[1].value, /12\.50/);
  assert.match(rows[3].value, /2026/);
  assert.deepEqual(rows[5].rows[0].map(({ label }) => label), ["title", "due_date"], "a date says it better than its moment");
  assert.match(rows[5].rows[0][1].value, /23 Dec/);
  assert.equal(rows[0].value, "A");
  assert.deepEqual([isSheet({ more: false, stays: [] }), isSheet({ loans: [] }), isSheet(null)], [true, false, false]);
  assert.deepEqual(detailRows({ more: false, alarms: 1 }, words).map(({ label }) => label), ["alarms"]);
  assert.deepEqual(detailRows(null, words), []);
  assert.deepEqual(detailRows("text", words), []);
  assert.equal(ofOutcome({ shade: "green", word: {}, message: {}, detail: null }).detail, undefined);
});

test("every key that a page names has words", async () => {
  const { readFile, readdir } = await import("node:fs/promises");
  const here = new URL(".", import.meta.url);
  const files = [...(await readdir(here)), ...(await readdir(new URL("views/", here))).map((name) => `views/${name}`)].filter((name) => name.endsWith(".js") && !name.startsWith("i18n-"));
  let seen = 0;
  for (const file of files) {
    const text = await readFile(new URL(file, here), "utf8");
    const fixed = [...text.matchAll(/(?:\bt\(|key: )(?:[^"`()]*\? )?"(\w+)"(?: : "(\w+)")?/g)].flatMap(([, one, other]) => [one, other]).filter(Boolean);
    for (const key of fixed) assert.ok(ZH[key], `${file}: ${key}`);
    seen += fixed.length;
  }
  assert.ok(seen > 100, `${seen} keys`);
});
