import assert from "node:assert/strict";
import { test } from "node:test";
import { standingShade } from "./views/copies.js";
import { aboutListed, offeredBy } from "./views/listed.js";

const reference = { id: "grant", kind: { type: "reference" } };
const CARD = [
  { id: "acknowledge", by: ["point"], form: [reference] },
  { id: "close", by: ["point"], form: [reference] },
  { id: "add", by: ["point"], form: [{ id: "title", kind: { type: "text" } }] },
  { id: "withdraw", by: ["holder"], form: [reference] },
];
const ID = "0123456789abcdef0123456789abcdef";

test("an action about a listed row has references alone in its form", () => {
  assert.deepEqual(CARD.map(aboutListed), [true, true, false, true]);
});

test("a row offers what it names, what a point may start, and what it can fill in", () => {
  const offered = (row) => offeredBy(row, CARD).map(({ action, input }) => [action.id, input]);
  assert.deepEqual(offered({ grant: ID, actions: ["acknowledge", "withdraw"] }), [["acknowledge", { grant: ID }]]);
  assert.deepEqual(offered({ grant: ID }), []);
  assert.deepEqual(offered({ grant: "no id", actions: ["acknowledge"] }), []);
});

test("only a certificate in force is green", () => {
  assert.deepEqual(["good", "revoked", "none"].map(standingShade), ["good", "bad", ""]);
});
