import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { EN, ZH } from "./words.js";

test("both languages have the same keys and every key the page asks for", () => {
  assert.deepEqual(Object.keys(ZH), Object.keys(EN));
  const page = readFileSync(new URL("main.js", import.meta.url), "utf8");
  for (const [, key] of page.matchAll(/\bt\("(\w+)"/g)) assert.ok(key in ZH, key);
  for (const verdict of ["good", "suspended", "revoked", "ended", "lapsed", "old", "stale", "unbound", "unknown", "forged", "foreign", "unreadable"])
    assert.ok(verdict in ZH && `${verdict}_text` in ZH, verdict);
});
