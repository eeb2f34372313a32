/**
 * Requests of a point, signed with its own key: HTTP Message Signatures (RFC 9421) in one fixed profile, with the
 * body's digest by RFC 9530. Pure but for WebCrypto; time is an argument.
 *
 * Also the signature over a fact (what an offline point hands over later), by the same key.
 */

const encoder = new TextEncoder();

/** The components every signature covers, in this order. */
export const COMPONENTS = Object.freeze(["@method", "@path", "@query", "content-digest"]);

/** What WebCrypto is asked for, best first: Ed25519, and P-256 where an older browser lacks it. */
const ALGORITHMS = Object.freeze({
  ed25519: { make: { name: "Ed25519" }, sign: { name: "Ed25519" } },
  p256: { make: { name: "ECDSA", namedCurve: "P-256" }, sign: { name: "ECDSA", hash: "SHA-256" } },
});

/**
 * @param {Uint8Array|ArrayBuffer} bytes
 * @returns {string} standard base64 with padding
 */
export function base64(bytes) {
  let binary = "";
  for (const byte of new Uint8Array(bytes)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/**
 * @param {Uint8Array|ArrayBuffer} bytes
 * @returns {string} base64url without padding (RFC 4648, section 5)
 */
export function base64url(bytes) {
  return base64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/**
 * @param {string} text standard base64
 * @returns {Uint8Array}
 */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/**
 * @param {string} body the exact bytes to send, as text
 * @returns {Promise<string>} the value of `Content-Digest`
 */
export async function contentDigest(body) {
  return `sha-256=:${base64(await crypto.subtle.digest("SHA-256", encoder.encode(body)))}:`;
}

/**
 * The parameters of a signature: what `Signature-Input` says after its label.
 * @param {number} createdS seconds since 1970
 * @param {string} keyId the point's id
 * @returns {string}
 */
export function signatureParams(createdS, keyId) {
  const covered = COMPONENTS.map((name) => `"${name}"`).join(" ");
  return `(${covered});created=${createdS};keyid="${keyId}"`;
}

/**
 * The signature base of RFC 9421, section 2.5: one line for each component, then the parameters, no newline at the end.
 * @param {{method: string, url: string|URL, digest: string, params: string}} request `url` absolute, or a path
 * @returns {string}
 */
export function signatureBase({ method, url, digest, params }) {
  const target = new URL(url, "https://point.invalid");
  return [
    `"@method": ${method.toUpperCase()}`,
    `"@path": ${target.pathname}`,
    `"@query": ${target.search === "" ? "?" : target.search}`,
    `"content-digest": ${digest}`,
    `"@signature-params": ${params}`,
  ].join("\n");
}

/**
 * The headers that sign a request.
 * @param {{method: string, url: string|URL, body?: string}} request
 * @param {{keyId: string, algorithm: "ed25519"|"p256", privateKey: CryptoKey}} signer
 * @param {number} nowMs the server's time as this point knows it
 * @returns {Promise<Record<string, string>>}
 */
export async function signedHeaders({ method, url, body = "" }, signer, nowMs) {
  const digest = await contentDigest(body);
  const params = signatureParams(Math.floor(nowMs / 1000), signer.keyId);
  const signature = await signText(signatureBase({ method, url, digest, params }), signer);
  return {
    "Content-Digest": digest,
    "Signature-Input": `tm=${params}`,
    Signature: `tm=:${signature}:`,
  };
}

/**
 * @param {string} text
 * @param {{algorithm: "ed25519"|"p256", privateKey: CryptoKey}} signer
 * @returns {Promise<string>} base64 of 64 bytes
 */
export async function signText(text, { algorithm, privateKey }) {
  return base64(await crypto.subtle.sign(ALGORITHMS[algorithm].sign, privateKey, encoder.encode(text)));
}

/**
 * The text under a fact's signature. The evidence is signed as the very string that is sent.
 * @param {{point: string, counter: number, happened_at_ms: number, scenario: string, action: string, evidence_text: string}} fact
 * @returns {string}
 */
export function factText(fact) {
  const { point, counter, happened_at_ms, scenario, action, evidence_text } = fact;
  return ["tongma/fact/v0", point, counter, happened_at_ms, scenario, action, evidence_text].join("\n");
}

/**
 * Makes this point's key. The private half cannot be exported, also not by this page.
 * @param {SubtleCrypto} [subtle]
 * @returns {Promise<{algorithm: "ed25519"|"p256", privateKey: CryptoKey, publicKey: string}>} the public key base64url:
 *   32 bytes for Ed25519, 65 (uncompressed point) for P-256
 */
export async function makeKey(subtle = crypto.subtle) {
  const make = async (algorithm) => {
    const pair = await subtle.generateKey(ALGORITHMS[algorithm].make, false, ["sign", "verify"]);
    const publicKey = base64url(await subtle.exportKey("raw", pair.publicKey));
    return { algorithm, privateKey: pair.privateKey, publicKey };
  };
  try {
    return await make("ed25519");
  } catch {
    return make("p256");
  }
}
