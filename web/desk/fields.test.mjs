import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyValues, fenOf, takeScan, toInput, yuan } from "./fields.js";

const field = (id, kind, required = true) => ({ id, kind, required, name: { zh: id, en: id } });
const check = (kind, value) => toInput([field("x", kind)], { x: value });

test("yuan are typed, fen are sent, and no fraction is ever lost", () => {
  const table = [["12", 1200], ["12.5", 1250], ["0.01", 1], ["19.99", 1999], ["¥1,200.00", 120000], ["１２．５", 1250], ["100000000", 10_000_000_000]];
  for (const [typed, fen] of table) assert.equal(fenOf(typed), fen, typed);
  for (const typed of ["", "0", "0.00", "-1", "1.234", "1e3", "abc", "1..2", "100000000.01", "12.5.5"]) assert.equal(fenOf(typed), null, typed);
  for (let fen = 1; fen < 3000; fen += 7) assert.equal(fenOf(yuan(fen)), fen);
});

test("each kind takes what the server takes and names what it does not", () => {
  const table = [
    [{ type: "text", most: 3 }, " 书架一 ", "书架一"], [{ type: "text", most: 3 }, "abcd", "too_long"],
    [{ type: "number", least: 1, most: 5 }, "5", 5], [{ type: "number", least: 1, most: 5 }, "6", "out_of_range"],
    [{ type: "number", least: 1, most: 5 }, "1.5", "not_a_number"],
    [{ type: "barcode" }, "B000123", "B000123"], [{ type: "barcode" }, "书", "not_a_barcode"], [{ type: "barcode" }, "x".repeat(33), "not_a_barcode"],
    [{ type: "barcodes", most: 2 }, ["A", "B"], ["A", "B"]], [{ type: "barcodes", most: 2 }, ["A", "B", "C"], "too_many"],
    [{ type: "amount" }, "3.20", 320], [{ type: "amount" }, "0", "not_an_amount"],
    [{ type: "date" }, "2026-11-23", "2026-11-23"], [{ type: "date" }, "2026-02-30", "not_a_date"],
    [{ type: "choice", of: [["am", {}], ["pm", {}]] }, "pm", "pm"], [{ type: "choice", of: [["am", {}]] }, "pm", "not_offered"],
    [{ type: "payment_code" }, "1345 6789 0123 4567 89", "134567890123456789"], [{ type: "payment_code" }, "13456", "not_a_payment_code"],
    [{ type: "payment_code" }, "860123456789012345678942", "not_a_payment_code"],
    [{ type: "reference" }, "0192ABCD-0000-7000-8000-0123456789ab", "0192abcd0000700080000123456789ab"], [{ type: "reference" }, "77", "not_a_reference"],
    [{ type: "companions", most: 4 }, { adults: "2", children: 1 }, { adults: 2, children: 1 }], [{ type: "companions", most: 4 }, { adults: 4, children: 1 }, "too_many"],
    [{ type: "hologram" }, "x", "unknown_kind"],
  ];
  for (const [kind, value, expected] of table) {
    const { input, faults } = check(kind, value);
    assert.deepEqual(input.x ?? faults.x, expected, `${JSON.stringify(kind)} ${JSON.stringify(value)}`);
  }
});

test("missing is said of required fields only, and an optional empty field is not sent", () => {
  const fields = [field("a", { type: "barcodes", most: 9 }), field("b", { type: "text", most: 9 }, false)];
  assert.deepEqual(toInput(fields, emptyValues(fields)), { input: {}, faults: { a: "missing" } });
  assert.deepEqual(toInput(fields, { a: ["K1"], b: " " }), { input: { a: ["K1"] }, faults: {} });
});

test("what the platform prefilled goes back unchanged", () => {
  const fields = [field("bill", { type: "reference" }), field("sum", { type: "amount" }), field("who", { type: "companions", most: 5 }), field("n", { type: "number", least: 0, most: 9 })];
  const known = { bill: "0".repeat(32), sum: 1999, who: { adults: 1, children: 2 }, n: 3 };
  assert.deepEqual(toInput(fields, emptyValues(fields, known)), { input: known, faults: {} });
});

test("a scan finds its field: payment code, books one after the other, never a person's code", () => {
  const fields = [field("books", { type: "barcodes", most: 2 }), field("pay", { type: "payment_code" })];
  let step = takeScan(fields, emptyValues(fields), "134567890123456789");
  assert.deepEqual([step.result, step.field], ["added", "pay"]);
  step = takeScan(fields, step.values, "B1");
  assert.deepEqual([step.result, step.field], ["added", "books"]);
  assert.equal(takeScan(fields, step.values, "B1").result, "twice");
  step = takeScan(fields, step.values, "B2");
  assert.deepEqual(step.values, { books: ["B1", "B2"], pay: "134567890123456789" });
  assert.equal(takeScan(fields, step.values, "B3").result, "full");
  assert.equal(takeScan(fields, step.values, `860${"1".repeat(251)}`).result, "person");
  assert.equal(takeScan([field("t", { type: "text", most: 9 })], {}, "B1").result, "nowhere");
});
