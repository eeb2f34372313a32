// The key by which this phone proves that it holds a certificate: P-256, made here, never leaving the browser's keeping.
import { toBase64url } from "../shared/base64url.js";
import { keep, recall } from "./vault.js";

/** The key pair, made when it is first wanted. The private part cannot be read out, not even by this page. */
export async function holderKey() {
  const [held] = await recall("holder_key");
  if (held) return held;
  const made = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  await keep("holder_key", made);
  return made;
}

/** The public key as the platform takes it: x ‖ y in base64url. */
export async function publicText({ publicKey }) {
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  return toBase64url(point.slice(1));
}

/** r ‖ s over a message. */
export const signedBy = async ({ privateKey }, message) =>
  new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, message));
