import assert from "node:assert/strict";
import { test } from "node:test";
import { Unreachable } from "./gate.js";
import { documentNumber, lookUp, lookUpFault, paperFor, paperLost, pinFits } from "./people.js";
import { EN, ZH } from "./words-people.js";
import { sameWords } from "../shared/tables.mjs";

test("both tables have the same keys and the same values in them", () => sameWords(ZH, EN));

test("a look-up needs a whole number, another person as witness, and the original seen", () => {
  const good = { number: "11010519491231002x", witness: "李四", seen: true };
  assert.equal(lookUpFault(good, "王五"), null);
  assert.equal(lookUpFault({ ...good, number: "1101" }, "王五"), "fault_number");
  for (const witness of ["", "李", " 王五 "]) assert.equal(lookUpFault({ ...good, witness }, "王五"), "fault_witness", witness);
  assert.equal(lookUpFault({ ...good, seen: false }, "王五"), "fault_seen");
  assert.equal(documentNumber(" １１０１０５ 1949-1231 002x "), "11010519491231002X");
  assert.ok(pinFits("") && pinFits("2580") && !pinFits("258") && !pinFits("25801234 "));
});

test("what is asked, what a refusal shows, and what silence shows", async () => {
  const sent = [];
  const answering = (answer) => ({ post: async (path, body, { key }) => (sent.push({ path, body, key }), answer()) });
  const desk = { api: answering(() => ({ ok: true, body: { presentation: { id: "f" } } })), point: "p", operator: "王五", purpose: "hall_queue" };
  const found = await lookUp(desk, { kind: "resident_id", number: "1101 05", reason: "没有手机", witness: " 李四 " });
  assert.deepEqual(found, { body: { presentation: { id: "f" } } });
  assert.deepEqual(sent[0].body, { point: "p", purpose: "hall_queue", document_kind: "resident_id", document_number: "110105", operator: "王五", reason: "没有手机", witness: "李四" });
  const problem = { code: "paper.days", title_words: { zh: "天数", en: "days" } };
  const refused = await paperFor(answering(() => ({ ok: false, problem })), { id: "f" }, { days: 999, pin: "" });
  assert.deepEqual([refused.screen.look, refused.screen.code], ["red", "paper.days"]);
  const silent = await paperLost(answering(() => { throw new Unreachable("silent"); }), { id: "f" });
  assert.deepEqual([silent.screen.look, silent.screen.word.key], ["amber", "word_uncertain"]);
  assert.deepEqual(sent.slice(1).map(({ path }) => path), ["/v1/presentations/f/paper", "/v1/presentations/f/paper/end"]);
});
