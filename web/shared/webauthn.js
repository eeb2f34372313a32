// Bytes in base64url without padding (RFC 4648 section 5), as WebAuthn's JSON writes them.

/** @param {string} text @returns {Uint8Array} */
export function fromText(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer | Uint8Array} bytes @returns {string} */
export function toText(bytes) {
  const binary = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** What `navigator.credentials.create` takes, from its JSON: for browsers that cannot do so themselves. */
export function creation(options) {
  return {
    ...options,
    challenge: fromText(options.challenge),
    user: { ...options.user, id: fromText(options.user.id) },
    excludeCredentials: options.excludeCredentials.map((one) => ({ ...one, id: fromText(one.id) })),
  };
}

/** What `navigator.credentials.get` takes, from its JSON. */
export function request(options) {
  return { ...options, challenge: fromText(options.challenge), allowCredentials: options.allowCredentials.map((one) => ({ ...one, id: fromText(one.id) })) };
}

/** A credential as JSON; only what the platform reads. */
export function answer({ id, rawId, type, response }) {
  const members = ["clientDataJSON", "attestationObject", "authenticatorData", "signature"].filter((name) => response[name]);
  return { id, rawId: toText(rawId), type, response: Object.fromEntries(members.map((name) => [name, toText(response[name])])) };
}
