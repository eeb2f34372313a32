import assert from "node:assert/strict";
import { test } from "node:test";
import { Wedge, characterOf } from "./wedge.js";
import { looksLike } from "./number.js";

const SHORT = "860123456789012345678942";
const isWhole = (text) => looksLike(text) !== "other";

/** Types a text key by key and ends with Enter; returns what came out and whether each key was kept from the page. */
function typist(options = {}) {
  const codes = [];
  const wedge = new Wedge({ onCode: (text) => codes.push(text), isWhole, ...options });
  let now = 1000;
  return {
    codes,
    wedge,
    wait: (ms) => { now += ms; },
    now: () => now,
    type(text, { gap = 10, end = "Enter", keyed = (c) => ({ key: c, code: /[0-9]/.test(c) ? `Digit${c}` : `Key${c.toUpperCase()}` }) } = {}) {
      const kept = [...text].map((c) => wedge.down({ ...keyed(c), timeStamp: (now += gap) }));
      if (end) kept.push(wedge.down({ key: end, code: end, timeStamp: (now += gap) }));
      return kept;
    },
  };
}

test("a short number and a whole ticket come through, ended by Enter or Tab", () => {
  const hand = typist();
  hand.type(SHORT);
  hand.type(`860${"7".repeat(251)}`, { end: "Tab", gap: 8 });
  assert.deepEqual(hand.codes, [SHORT, `860${"7".repeat(251)}`]);
});

test("a hand is never a scanner, however long it types", () => {
  const hand = typist();
  const kept = hand.type(SHORT, { gap: 60 });
  assert.deepEqual(hand.codes, []);
  assert.ok(kept.every((keep) => !keep), "the page still sees every key");
});

test("a gap of exactly 50 ms ends a burst, 49 ms does not", () => {
  const slow = typist();
  slow.type("12345", { gap: 50 });
  assert.deepEqual(slow.codes, []);
  const quick = typist();
  quick.type("12345", { gap: 49 });
  assert.deepEqual(quick.codes, ["12345"]);
});

test("a radio link that stutters does not cut a long code in two", () => {
  const hand = typist();
  hand.type(SHORT.slice(0, 12), { end: null });
  hand.wait(150);
  hand.type(SHORT.slice(12));
  assert.deepEqual(hand.codes, [SHORT]);
  const slow = typist();
  slow.type("1234", { end: null });
  slow.wait(150);
  slow.type("56789012");
  assert.deepEqual(slow.codes, ["56789012"], "four keys are not yet a scanner");
});

test("the Enter that ends a scan is kept from the page, a lone Enter is not", () => {
  const hand = typist();
  assert.equal(hand.type(SHORT).at(-1), true);
  assert.equal(hand.type("").at(-1), false);
  assert.equal(hand.type("123").at(-1), false, "shorter than any code");
});

test("the same read within two seconds counts once, later again", () => {
  const hand = typist();
  hand.type(SHORT);
  hand.wait(1000);
  hand.type(SHORT);
  assert.equal(hand.codes.length, 1);
  hand.wait(2500);
  hand.type(SHORT);
  assert.equal(hand.codes.length, 2);
});

test("an input method that takes the keys leaves their physical code", () => {
  const hand = typist();
  hand.type(SHORT, { keyed: (c) => ({ key: "Process", code: `Numpad${c}` }) });
  assert.deepEqual(hand.codes, [SHORT]);
  assert.equal(characterOf({ key: "Process", code: "KeyA", shiftKey: true }), "A");
  assert.equal(characterOf({ key: "Unidentified", code: "Minus" }), "-");
  assert.equal(characterOf({ key: "１", code: "Digit1" }), "1", "full-width");
  assert.equal(characterOf({ key: "ArrowLeft", code: "ArrowLeft" }), null);
  assert.equal(characterOf({ key: "Shift", code: "ShiftLeft" }), null);
});

test("Alt and a number on the keypad is one character", () => {
  const codes = [];
  const wedge = new Wedge({ onCode: (text) => codes.push(text) });
  let now = 0;
  for (const c of "8601A") {
    wedge.down({ key: "Alt", code: "AltLeft", altKey: true, timeStamp: (now += 3) });
    for (const digit of `0${c.charCodeAt(0)}`) wedge.down({ key: "Insert", code: `Numpad${digit}`, altKey: true, timeStamp: (now += 3) });
    wedge.up({ key: "Alt", timeStamp: (now += 3) });
  }
  wedge.down({ key: "Enter", code: "Enter", timeStamp: (now += 3) });
  assert.deepEqual(codes, ["8601A"]);
});

test("a scanner that sends no Enter: a whole code ends by itself, half a one never", () => {
  const hand = typist();
  hand.type(SHORT, { end: null });
  hand.wedge.idle(hand.now() + 20);
  assert.deepEqual(hand.codes, [], "still typing: it may be the start of a ticket");
  hand.wedge.idle(hand.now() + 220);
  assert.deepEqual(hand.codes, [SHORT]);
  hand.wait(5000);
  hand.type(SHORT.slice(0, 20), { end: null });
  hand.wedge.idle(hand.now() + 220);
  assert.equal(hand.codes.length, 1);
});

test("what leaked into a field is put back, once, and only for a scan", () => {
  let putBack = 0;
  const hand = typist({ onStart: () => () => (putBack += 1) });
  hand.type("ab", { gap: 200 });
  assert.equal(putBack, 0);
  hand.type(SHORT);
  assert.equal(putBack, 1);
});

test("a held key repeats itself and is no scanner; shortcuts are left alone", () => {
  const codes = [];
  const wedge = new Wedge({ onCode: (text) => codes.push(text) });
  for (let now = 0; now < 300; now += 30) wedge.down({ key: "1", code: "Digit1", repeat: now > 0, timeStamp: now });
  wedge.down({ key: "Enter", code: "Enter", timeStamp: 310 });
  assert.equal(wedge.down({ key: "c", code: "KeyC", ctrlKey: true, timeStamp: 320 }), false);
  assert.deepEqual(codes, []);
});
