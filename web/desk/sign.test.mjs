import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import { base64url, contentDigest, factText, fromBase64, makeKey, signText, signatureBase, signatureParams, signedHeaders } from "./sign.js";

const POINT = "0123456789abcdef0123456789abcdef";

/** A second opinion: Node's OpenSSL against the public key as the desk sends it. */
function holds(algorithm, publicKey, text, signature) {
  const raw = Buffer.from(publicKey, "base64url");
  const key = algorithm === "ed25519"
    ? createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x: publicKey } })
    : createPublicKey({ format: "jwk", key: { kty: "EC", crv: "P-256", x: raw.subarray(1, 33).toString("base64url"), y: raw.subarray(33).toString("base64url") } });
  return algorithm === "ed25519"
    ? verify(null, Buffer.from(text), key, signature)
    : verify("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }, signature);
}

test("the digest of RFC 9530 matches the example printed there, and an empty body has one too", async () => {
  assert.equal(await contentDigest('{"hello": "world"}'), "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
  assert.equal(await contentDigest(""), "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
});

test("the base has one line for each component, in the profile's order", () => {
  const params = signatureParams(1700000000, POINT);
  const base = signatureBase({ method: "post", url: "/v1/presentations", digest: "sha-256=:AA==:", params });
  assert.equal(base, [
    '"@method": POST', '"@path": /v1/presentations', '"@query": ?', '"content-digest": sha-256=:AA==:',
    `"@signature-params": ("@method" "@path" "@query" "content-digest");created=1700000000;keyid="${POINT}"`,
  ].join("\n"));
  const queried = signatureBase({ method: "GET", url: "https://desk.example/v1/points/x/list?scenario=a%20b&limit=2", digest: "d", params });
  assert.match(queried, /"@path": \/v1\/points\/x\/list\n"@query": \?scenario=a%20b&limit=2\n/);
});

for (const algorithm of ["ed25519", "p256"]) {
  test(`what is signed with ${algorithm} is accepted by another implementation, and only as it was sent`, async () => {
    const subtle = algorithm === "ed25519" ? crypto.subtle : {
      generateKey: (make, ...rest) => (make.name === "Ed25519" ? Promise.reject(new Error("no such algorithm")) : crypto.subtle.generateKey(make, ...rest)),
      exportKey: (...rest) => crypto.subtle.exportKey(...rest),
    };
    const key = await makeKey(subtle);
    assert.equal(key.algorithm, algorithm);
    await assert.rejects(crypto.subtle.exportKey("jwk", key.privateKey), "the private half stays where it is");

    const request = { method: "POST", url: "/v1/presentations", body: '{"text":"86"}' };
    const headers = await signedHeaders(request, { keyId: POINT, ...key }, 1_700_000_000_999);
    const params = headers["Signature-Input"].slice("tm=".length);
    assert.match(params, /;created=1700000000;/, "whole seconds, rounded down");
    const signature = fromBase64(/^tm=:(.*):$/.exec(headers.Signature)[1]);
    assert.equal(signature.length, 64);
    const base = signatureBase({ ...request, digest: headers["Content-Digest"], params });
    assert.ok(holds(algorithm, key.publicKey, base, signature));
    assert.ok(!holds(algorithm, key.publicKey, base.replace("presentations", "points"), signature));
  });
}

test("a fact signs its evidence as the very string that is sent", async () => {
  const key = await makeKey();
  const fact = { point: POINT, counter: 7, happened_at_ms: 1_700_000_000_123, scenario: "museum_entry", action: "admit", evidence_text: '{"people":2,"text":"860…"}' };
  const text = factText(fact);
  assert.equal(text, `tongma/fact/v0\n${POINT}\n7\n1700000000123\nmuseum_entry\nadmit\n{"people":2,"text":"860…"}`);
  assert.ok(holds(key.algorithm, key.publicKey, text, fromBase64(await signText(text, key))));
});

test("public keys travel as base64url without padding", () => {
  assert.equal(base64url(new Uint8Array([251, 255, 254])), "-__-");
});
