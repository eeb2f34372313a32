import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, creation, fromText, request, toText } from "./webauthn.js";

test("base64url there and back, as RFC 4648 has it", () => {
  for (const [text, bytes] of [["", []], ["Zg", [0x66]], ["_-8", [0xff, 0xef]], ["AAEC", [0, 1, 2]]]) {
    assert.deepEqual([...fromText(text)], bytes);
    assert.equal(toText(Uint8Array.from(bytes)), text);
  }
});

test("options become what the browser takes, and its answer what the platform reads", () => {
  const made = creation({ challenge: "AAEC", user: { id: "Zg", name: "x" }, excludeCredentials: [{ type: "public-key", id: "Zg" }], attestation: "none" });
  assert.deepEqual([[...made.challenge], [...made.user.id], [...made.excludeCredentials[0].id], made.attestation], [[0, 1, 2], [0x66], [0x66], "none"]);
  assert.deepEqual([...request({ challenge: "Zg", allowCredentials: [] }).challenge], [0x66]);
  const bytes = (...list) => Uint8Array.from(list).buffer;
  const response = { clientDataJSON: bytes(1), signature: bytes(2), authenticatorData: bytes(3), userHandle: bytes(4) };
  assert.deepEqual(answer({ id: "Zg", rawId: bytes(0x66), type: "public-key", response }).response, { clientDataJSON: "AQ", signature: "Ag", authenticatorData: "Aw" });
});
