import assert from "node:assert/strict";
import { test } from "node:test";
import { checkDigits, cleanDigits, grouped, looksLike, shortNumberFault } from "./number.js";

test("check digits of ISO 7064 MOD 97-10 leave one modulo 97, as the standard says", () => {
  for (const body of ["0000000000000000000086", "8600000000000000000000", "8673786976294838206463", "8699999999999999999999"]) {
    const check = checkDigits(body);
    assert.equal(BigInt(body + check) % 97n, 1n, body);
    assert.ok(Number(check) >= 2 && Number(check) <= 98, check);
  }
  assert.equal(checkDigits("794"), "44", "the example printed in ISO 7064");
});

test("every single wrong digit and every swap of neighbours is noticed before the server is asked", () => {
  const good = `8612345678901234567890${checkDigits("8612345678901234567890")}`;
  assert.equal(shortNumberFault(good), null);
  for (let at = 2; at < good.length; at += 1) {
    for (const digit of "0123456789") {
      if (digit === good[at]) continue;
      assert.notEqual(shortNumberFault(good.slice(0, at) + digit + good.slice(at + 1)), null, `${at} ${digit}`);
    }
    if (at + 1 < good.length && good[at] !== good[at + 1]) {
      assert.notEqual(shortNumberFault(good.slice(0, at) + good[at + 1] + good[at] + good.slice(at + 2)), null, `swap ${at}`);
    }
  }
});

test("how people type it", () => {
  const good = `8612345678901234567890${checkDigits("8612345678901234567890")}`;
  assert.equal(shortNumberFault(grouped(good)), null);
  assert.equal(shortNumberFault(grouped(good).replace(/ /g, "-")), null);
  assert.equal(shortNumberFault([...good].map((c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)).join("")), null, "full-width");
  assert.equal(cleanDigits(" 86 12-34 "), "861234");
  assert.equal(grouped("8612345"), "8612 345");
  assert.equal(shortNumberFault("8612"), "short");
  assert.equal(shortNumberFault(`${good}0`), "long");
  assert.equal(shortNumberFault("1312"), "prefix");
  assert.equal(shortNumberFault(`${good.slice(0, -2)}00`), "check");
});

test("outer form by prefix and exact length", () => {
  const digits = (length) => `860${"1".repeat(length - 3)}`;
  assert.deepEqual([24, 222, 254, 477].map((length) => looksLike(digits(length))), ["n1", "paper", "t1", "d1"]);
  assert.deepEqual([23, 25, 253, 255].map((length) => looksLike(digits(length))), Array(4).fill("other"));
  for (const text of ["134567890123456789", "2812345678901234", "6212345678901234567", "https://example.cn/861", "", `86１${"1".repeat(21)}`]) {
    assert.equal(looksLike(text), "other", text);
  }
});
