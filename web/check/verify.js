// Checking a certificate as anybody can: the issuer's public keys, the status list, the time, and nothing else. Everything happens
// in this browser; what was shown is sent nowhere. Keys, lists and the clock are arguments, so that this also runs in tests.
import { fromBase64url } from "../shared/base64url.js";
import { decode, sigStructure } from "./cbor.js";

/** How old a shown card may be, in seconds: two steps of the phone and both clocks' errors. */
export const MOST_AGE_S = 60;
const ES256 = -7;
const CARD_TYPE = "application/tongma-card+cwt";
const [KIND, NAME, AUTHORITY, LAST_DAY] = [-70001, -70002, -70003, -70004];
/** What the numbers of a status list mean. */
const STATUS = ["good", "revoked", "suspended", "ended"];
const PROOF_TAG = "tongma/card/v0\0";

/** Why something is not accepted; `code` says it in one word. */
export class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

const text = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);
const utf8 = (words) => new TextEncoder().encode(words);
const json = (part) => JSON.parse(text(fromBase64url(part)));

function importKey(jwk) {
  const { kty, crv, x, y } = jwk;
  return crypto.subtle.importKey("jwk", { kty, crv, x, y }, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
}
const holds = (key, signature, message) => crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, message);

/** What was scanned or pasted: an address with a card behind #, the card alone, or an SD-JWT. */
export function whatIs(input) {
  const found = input.trim();
  if (found.includes("~")) return { kind: "sd_jwt", text: found };
  const shown = found.includes("#") ? found.slice(found.indexOf("#") + 1) : found;
  try {
    return { kind: "card", bytes: fromBase64url(shown) };
  } catch {
    throw new Refused("unreadable");
  }
}

/**
 * Checks what was shown.
 * @param {string} input
 * @param {{origin: string, jwks: {keys: object[]}, list: (address: string) => Promise<string>, nowMs: number}} known
 * @returns {Promise<object>} what it says, with `verdict`
 */
export async function check(input, known) {
  const what = whatIs(input);
  const said = what.kind === "card" ? await openCard(what.bytes, known) : await openSdJwt(what.text, known);
  return { ...said, ...(await verdictOf(said, known)) };
}

async function openCard(bytes, { origin, jwks, nowMs }) {
  let card, second, proof, envelope, claims, protectedBytes, payload, signature;
  try {
    [card, second, proof] = decode(bytes);
    envelope = decode(card);
    [protectedBytes, , payload, signature] = envelope.value;
    const header = decode(protectedBytes);
    if (envelope.tag !== 18 || header.get(1) !== ES256 || header.get(16) !== CARD_TYPE) throw new Error("another type");
    claims = decode(payload);
  } catch {
    throw new Refused("unreadable");
  }
  if (claims.get(1) !== origin) throw new Refused("foreign");
  await anyHolds(jwks, signature, sigStructure(protectedBytes, payload));
  const confirmed = claims.get(8)?.get(1);
  const coordinate = (label) => confirmed?.get(label) ?? new Uint8Array();
  const point = Uint8Array.of(4, ...coordinate(-2), ...coordinate(-3));
  const holder = await crypto.subtle
    .importKey("raw", point, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"])
    .catch(() => Promise.reject(new Refused("forged")));
  const message = new Uint8Array(PROOF_TAG.length + 8 + card.length);
  message.set(utf8(PROOF_TAG));
  new DataView(message.buffer).setBigUint64(PROOF_TAG.length, BigInt(second));
  message.set(card, PROOF_TAG.length + 8);
  if (!(await holds(holder, proof, message))) throw new Refused("forged");
  const place = claims.get(65535)?.get("status_list");
  return {
    form: "card",
    kind: claims.get(KIND),
    name: claims.get(NAME),
    authority: { zh: claims.get(AUTHORITY)?.[0], en: claims.get(AUTHORITY)?.[1] },
    lastDay: claims.get(LAST_DAY) ?? null,
    issued_s: claims.get(6),
    expires_s: claims.get(4),
    age_s: Math.round(nowMs / 1000) - second,
    index: place?.get("idx"),
    list: place?.get("uri"),
    disclosed: {},
  };
}

async function anyHolds({ keys }, signature, message) {
  for (const jwk of keys) if (await holds(await importKey(jwk), signature, message)) return;
  throw new Refused("forged");
}

/** A JWS in compact form of this type, ES256, under one of the issuer's keys. */
async function openJws(token, type, jwks) {
  const parts = token.split(".");
  let header, payload, signature;
  try {
    [header, payload] = [json(parts[0]), json(parts[1])];
    signature = fromBase64url(parts[2]);
  } catch {
    throw new Refused("unreadable");
  }
  if (parts.length !== 3 || header.alg !== "ES256" || header.typ !== type || "crit" in header) throw new Refused("unreadable");
  await anyHolds(jwks, signature, utf8(`${parts[0]}.${parts[1]}`));
  return payload;
}

const digest = async (words) => {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(words)));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

/** An SD-JWT of ours (RFC 9901): flat, so every disclosure stands behind a digest of the signed part itself. */
async function openSdJwt(whole, { origin, jwks, nowMs }) {
  const parts = whole.split("~");
  const binding = parts.pop();
  const claims = await openJws(parts[0], "dc+sd-jwt", jwks);
  if (claims.iss !== origin) throw new Refused("foreign");
  const digests = new Set(claims._sd ?? []);
  const disclosed = {};
  for (const part of parts.slice(1)) {
    if (!digests.delete(await digest(part))) throw new Refused("forged");
    const [, name, value] = json(part);
    disclosed[name] = value;
  }
  let age = null;
  if (binding) {
    const proof = await openJws(binding, "kb+jwt", { keys: [claims.cnf?.jwk ?? {}] });
    const shown = whole.slice(0, whole.length - binding.length);
    if (proof.sd_hash !== (await digest(shown))) throw new Refused("forged");
    age = Math.round(nowMs / 1000) - proof.iat;
  }
  const place = claims.status?.status_list;
  return {
    form: "sd_jwt",
    kind: String(claims.vct ?? "").split("/").pop(),
    name: disclosed.masked_name ?? null,
    authority: { zh: claims.issuing_authority, en: claims.issuing_authority },
    lastDay: claims.date_of_expiry ?? null,
    issued_s: claims.iat,
    expires_s: claims.exp,
    age_s: age,
    index: place?.idx,
    list: place?.uri,
    disclosed,
  };
}

/** What it is worth: the time, the last day and the status list decide, in this order. */
async function verdictOf(said, { origin, jwks, list, nowMs }) {
  const now = nowMs / 1000;
  if (said.lastDay && nowMs >= Date.parse(`${said.lastDay}T00:00:00+08:00`) + 86_400_000) return { verdict: "lapsed" };
  if (!(said.issued_s <= now + MOST_AGE_S) || !(now < said.expires_s)) return { verdict: "stale" };
  if (!String(said.list).startsWith(`${origin}/status/`)) return { verdict: "unknown" };
  let status;
  try {
    status = await statusOf(await list(said.list), said, { jwks, now });
  } catch (problem) {
    if (problem instanceof Refused && problem.code === "forged") throw problem;
    return { verdict: "unknown" };
  }
  if (status.verdict !== "good") return status;
  // A copy of a picture of it is good for a minute; without proof, whoever sent it may be anyone.
  if (said.age_s === null) return { ...status, verdict: "unbound" };
  return Math.abs(said.age_s) > MOST_AGE_S ? { ...status, verdict: "old" } : status;
}

/** Looks a place up in a signed status list (draft-ietf-oauth-status-list). */
async function statusOf(token, { index, list }, { jwks, now }) {
  const claims = await openJws(token, "statuslist+jwt", jwks);
  const { bits, lst } = claims.status_list ?? {};
  if (claims.sub !== list || !(now < claims.exp) || ![1, 2, 4, 8].includes(bits) || !Number.isSafeInteger(index)) throw new Refused("list");
  const bytes = await inflate(fromBase64url(lst));
  const perByte = 8 / bits;
  const byte = bytes[Math.floor(index / perByte)];
  if (byte === undefined) throw new Refused("list");
  const status = (byte >> ((index % perByte) * bits)) & ((1 << bits) - 1);
  return { verdict: STATUS[status] ?? "ended", listAge_s: Math.max(0, Math.round(now - claims.iat)), listStale: now - claims.iat > claims.ttl };
}

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
