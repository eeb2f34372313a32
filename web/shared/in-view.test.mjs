import assert from "node:assert/strict";
import { test } from "node:test";
import { InView } from "./in-view.js";

/** As the desk asks: the outer form of a ticket. */
const isPersonal = (text) => /^860\d{251}$/.test(text);

test("a code held before the camera is one read, however long it is held", () => {
  const view = new InView(isPersonal);
  assert.ok(view.isNew("a", 0));
  for (let now = 60; now < 20_000; now += 60) assert.ok(!view.isNew("a", now), `${now}`);
  assert.ok(!view.isNew("a", 21_900), "1.9 s out of sight is a shaking hand");
  assert.ok(view.isNew("a", 24_000), "taken away and shown again");
});

test("another code in between is read, and the first is still in view", () => {
  const view = new InView(isPersonal);
  assert.ok(view.isNew("a", 0));
  assert.ok(view.isNew("b", 100));
  assert.ok(!view.isNew("a", 200));
  assert.ok(!view.isNew("b", 300));
});

test("what is long gone is forgotten", () => {
  const view = new InView(isPersonal);
  for (let i = 0; i < 1000; i += 1) view.isNew(String(i), i * 100);
  assert.ok(view.seen.size < 30);
});

test("after somebody went through, the next code on the same phone is not the next visitor", () => {
  const view = new InView(isPersonal);
  const code = (n) => `860${String(n).padStart(251, "0")}`;
  assert.ok(view.isNew(code(1), 0));
  view.accepted();
  assert.ok(!view.isNew(code(2), 100), "their phone shows the next ticket at once");
  assert.ok(!view.isNew(code(2), 600));
  assert.ok(!view.isNew(null, 900));
  assert.ok(!view.isNew(code(2), 1100), "half a second of blur is not taking it away");
  assert.ok(!view.isNew(null, 1200));
  assert.ok(view.isNew(code(3), 1800), "the next visitor");
});

test("after a refusal the next code on the same phone is read, and a book is never held back", () => {
  const view = new InView(isPersonal);
  const code = (n) => `860${String(n).padStart(251, "0")}`;
  assert.ok(view.isNew(code(1), 0));
  assert.ok(view.isNew(code(2), 15_000), "the step has changed");
  view.accepted();
  assert.ok(view.isNew("B000123", 15_050));
});
