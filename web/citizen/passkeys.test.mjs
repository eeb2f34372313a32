import assert from "node:assert/strict";
import { test } from "node:test";
import { able, wayOf } from "./passkeys.js";
import { EN, ZH } from "./words-passkey.js";
import { sameWords } from "../shared/tables.mjs";

test("both tables have the same keys and the same values in them", () => sameWords(ZH, EN));

test("a passkey is the way where there is one and it can be used; the PIN can be chosen where it is set", () => {
  const [both, pin, passkey, none] = [[true, true], [true, false], [false, true], [false, false]].map(([pin_set, passkey_set]) => ({ pin_set, passkey_set }));
  assert.equal(wayOf(both, {}, true), "passkey");
  assert.equal(wayOf(both, { by: "pin" }, true), "pin");
  assert.equal(wayOf(both, {}, false), "pin", "a browser without passkeys");
  assert.equal(wayOf(passkey, { by: "pin" }, true), "passkey", "there is no PIN to choose");
  assert.equal(wayOf(pin, { by: "passkey" }, true), "pin");
  assert.equal(wayOf(none, {}, true), "pin", "it is set on the way");
});

test("passkeys belong to names", () => {
  const at = (hostname) => able({ PublicKeyCredential: class {}, location: { hostname } });
  assert.deepEqual([at("localhost"), at("tongma.example"), at("127.0.0.1"), at("[::1]")], [true, true, false, false]);
  assert.equal(able({ location: { hostname: "localhost" } }), false);
});
