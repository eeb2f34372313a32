import assert from "node:assert/strict";
import { test } from "node:test";
import { checkAddress, inOrder, masked, proofMessage, shadeOf, shownBytes, standingNow, usedAgain } from "./cards.js";
import { fromBase64url, toBase64url } from "../shared/base64url.js";

test("cards in force lie on top, then the most used, a use of long ago counts less, then the newest", () => {
  const card = (identifier, standing, issued_ms) => ({ identifier, standing, issued_ms });
  const deck = [card("old", "good", 1), card("new", "good", 2), card("gone", "revoked", 9), card("held", "suspended", 8)];
  const names = (used, now = 0) => inOrder(deck, used, now).map(({ identifier }) => identifier);
  assert.deepEqual(names({}), ["new", "old", "held", "gone"]);
  let used = usedAgain({}, "old", 0);
  assert.deepEqual(names(used), ["old", "new", "held", "gone"]);
  const month = 30 * 86_400_000;
  used = usedAgain(usedAgain(used, "old", 0), "new", 3 * month);
  assert.deepEqual(names(used, 3 * month), ["new", "old", "held", "gone"]);
});

test("masks show no more than they say", () => {
  assert.equal(masked("张三丰", "name"), "张**");
  assert.equal(masked("阿依古丽·买买提", "name"), "阿***·***");
  assert.equal(masked("𠮷田", "name"), "𠮷*");
  assert.equal(masked("11010519491231002X", "number"), "11**************2X");
  assert.equal(masked("1234", "number"), "****");
  assert.equal(masked("某市某区某路一号院二栋", "all"), "********");
  assert.equal(masked("C1", "none"), "C1");
});

test("a card lapses on the phone when its last day is over in Beijing", () => {
  const card = { standing: "good", valid_until: "2026-11-24" };
  assert.equal(standingNow(card, Date.parse("2026-11-24T23:59:59+08:00")), "good");
  assert.equal(standingNow(card, Date.parse("2026-11-25T00:00:00+08:00")), "lapsed");
  assert.equal(standingNow({ ...card, standing: "suspended" }, 0), "suspended");
  assert.deepEqual(["good", "suspended", "revoked"].map(shadeOf), ["good", "ask", "bad"]);
});

test("what is signed and shown has one spelling", () => {
  const card = Uint8Array.of(1, 2, 3);
  const message = proofMessage(card, 0x0102030405);
  assert.equal(new TextDecoder().decode(message.slice(0, 15)), "tongma/card/v0\0");
  assert.deepEqual([...message.slice(15)], [0, 0, 0, 1, 2, 3, 4, 5, 1, 2, 3]);
  const shown = shownBytes(new Uint8Array(300).fill(7), 1_800_000_000, new Uint8Array(64).fill(9));
  assert.deepEqual([...shown.slice(0, 4)], [0x83, 0x59, 1, 44]);
  assert.deepEqual([...shown.slice(304, 309)], [0x1a, 0x6b, 0x49, 0xd2, 0x00]);
  assert.deepEqual([...shown.slice(309, 312)], [0x58, 64, 9]);
  assert.equal(checkAddress("https://a.example", Uint8Array.of(255, 254)), "https://a.example/check#__4");
});

test("base64url has one spelling", () => {
  for (let length = 0; length < 9; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, at) => 251 + at);
    assert.deepEqual(fromBase64url(toBase64url(bytes)), bytes);
  }
  for (const wrong of ["a", "ab=", "a+/b", "AB", "é"]) assert.throws(() => fromBase64url(wrong), wrong);
});
