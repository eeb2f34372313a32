/**
 * Test side only: a platform small enough to read. Written from the format's description, in plain JavaScript, so that what
 * the WebAssembly parts accept is checked by something that shares no line with them. Never for anything but tests: the
 * arithmetic is not constant in time.
 */
import { createHash, createHmac, randomBytes } from "node:crypto";

const hexInt = (hex) => BigInt(`0x${hex.replace(/\s/g, "")}`);
const P = hexInt("FFFFFFFE FFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFF 00000000 FFFFFFFF FFFFFFFF");
const N = hexInt("FFFFFFFE FFFFFFFF FFFFFFFF FFFFFFFF 7203DF6B 21C6052B 53BBF409 39D54123");
const B = hexInt("28E9FA9E 9D9F5E34 4D5A9E4B CF6509A7 F39789F5 15AB8F92 DDBCBD41 4D940E93");
const G = {
  x: hexInt("32C4AE2C 1F198119 5F990446 6A39C994 8FE30BBF F2660BE1 715A4589 334C74C7"),
  y: hexInt("BC3736A2 F4F6779C 59BDCEE3 6B692153 D0A9877C C62A4740 02DF32E5 2139F0A0"),
};
const mod = (value, modulus) => ((value % modulus) + modulus) % modulus;

function inverse(value, modulus) {
  let [a, b, x, y] = [mod(value, modulus), modulus, 1n, 0n];
  while (a > 1n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
  return mod(x, modulus);
}

function add(one, other) {
  if (!one || !other) return one ?? other;
  const same = one.x === other.x;
  if (same && one.y !== other.y) return null;
  const slope = same ? 3n * (one.x * one.x - 1n) * inverse(2n * one.y, P) : (other.y - one.y) * inverse(other.x - one.x, P);
  const x = mod(slope * slope - one.x - other.x, P);
  return { x, y: mod(slope * (one.x - x) - one.y, P) };
}

function times(scalar, point) {
  let sum = null;
  for (const bit of scalar.toString(2)) {
    sum = add(sum, sum);
    if (bit === "1") sum = add(sum, point);
  }
  return sum;
}

const bytes32 = (value) => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
const intOf = (bytes) => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
export const sm3 = (...parts) => createHash("sm3").update(Buffer.concat(parts.map((part) => Buffer.from(part)))).digest();
const ascii = (text) => Buffer.from(text, "latin1");
const uint = (value, bytes) => Buffer.from(value.toString(16).padStart(bytes * 2, "0"), "hex");

/** An SM2 key pair (GB/T 32918) with the user id of the format. */
export class TestSigner {
  /** @param {bigint} secret */
  constructor(secret = mod(intOf(randomBytes(40)), N - 2n) + 1n) {
    this.secret = secret;
    const { x, y } = times(secret, G);
    this.publicKey = new Uint8Array(Buffer.concat([bytes32(x), bytes32(y)]));
    const id = ascii("1234567812345678");
    this.z = sm3(uint(id.length * 8, 2), id, bytes32(P - 3n), bytes32(B), bytes32(G.x), bytes32(G.y), this.publicKey);
  }

  /** @returns {Uint8Array} r ‖ s */
  sign(message) {
    const e = intOf(sm3(this.z, message));
    for (;;) {
      const k = mod(intOf(randomBytes(40)), N - 1n) + 1n;
      const r = mod(e + times(k, G).x, N);
      const s = mod(inverse(1n + this.secret, N) * (k - r * this.secret), N);
      if (r !== 0n && r + k !== N && s !== 0n) return new Uint8Array(Buffer.concat([bytes32(r), bytes32(s)]));
    }
  }
}

/** CBOR (RFC 8949), shortest heads: numbers, booleans, null, text, bytes, arrays, maps. */
export function cbor(value) {
  const head = (major, count) => {
    const number = BigInt(count);
    for (const [code, bytes] of [[24, 1], [25, 2], [26, 4], [27, 8]]) {
      if (number < 24n) return uint((major << 5) | Number(number), 1);
      if (number < 1n << BigInt(bytes * 8)) return Buffer.concat([uint((major << 5) | code, 1), uint(number, bytes)]);
    }
    throw new RangeError(String(value));
  };
  if (value === null) return Buffer.of(0xf6);
  if (typeof value === "boolean") return Buffer.of(value ? 0xf5 : 0xf4);
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (value instanceof Map) return Buffer.concat([head(5, value.size), ...[...value].flat().map(cbor)]);
  return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
}

const COSE_SIGN1 = 0xd2;
const ALG_SM2 = -10197501;

/** A signed list: `kind` is `key-list`, `deny-list` or `bundle`. */
export function seal(kind, content, signer, index) {
  const protectedHeader = cbor(new Map([[1, ALG_SM2], [3, `application/tongma-${kind}+cbor`], [4, Uint8Array.of(index)]]));
  const payload = cbor(content);
  const signed = cbor(["Signature1", protectedHeader, new Uint8Array(), payload]);
  const signature = signer.sign(Buffer.concat([ascii("tongma/list/v0\0"), signed]));
  return new Uint8Array(Buffer.concat([Buffer.of(COSE_SIGN1), cbor([protectedHeader, new Map(), payload, signature])]));
}

const EPOCH_S = Date.UTC(2025, 0, 1) / 1000;
const USE_ALL = 31;

/** Two roots, one issuer key under index 3, and what they sign. */
export class TestPlatform {
  constructor(nowMs) {
    this.nowS = Math.floor(nowMs / 1000);
    this.roots = [new TestSigner(), new TestSigner()];
    this.issuer = new TestSigner();
    this.keyIndex = 3;
  }

  validity({ seq = 1, ageS = 60, ttlS = 3600, lifeS = 86400 } = {}) {
    return [seq, this.nowS - ageS, ttlS, this.nowS - ageS + lifeS];
  }

  keyList({ root = 0, uses = USE_ALL, ...validity } = {}) {
    const key = Buffer.concat([Buffer.of(4), this.issuer.publicKey]);
    const row = [this.keyIndex, 0, uses, key, this.nowS - 86400, this.nowS + 86400, false];
    return seal("key-list", [...this.validity(validity), [row]], this.roots[root], root);
  }

  denyList({ handles = [], ...validity } = {}) {
    const prefixes = handles.map((handle) => Buffer.from(handle).subarray(0, 8)).sort(Buffer.compare);
    return seal("deny-list", [...this.validity(validity), Buffer.concat(prefixes), []], this.issuer, this.keyIndex);
  }

  lists(options = {}) {
    return { roots: this.roots.map((root) => root.publicKey), keyList: this.keyList(options), denyList: this.denyList(options) };
  }

  /** Bytes 0 to 25 of a ticket of half an hour in steps of 15 s that began some minutes ago. */
  header({ handle = randomBytes(16), minutesAgo = 10, code = 0x31, scope = 0 } = {}) {
    const start = Math.floor((this.nowS - EPOCH_S) / 60) - minutesAgo;
    return new Uint8Array(Buffer.concat([Buffer.of(0, this.keyIndex), handle, uint(start, 3), Buffer.of(code), uint(scope, 2), uint(0, 2)]));
  }

  /** The platform's signature over a header and the phone's anchor. */
  issue(header, anchor) {
    return this.issuer.sign(Buffer.concat([ascii("tongma/T1/v0\0"), header, anchor]));
  }

  /** A museum's list: each booking is { name, party, handles }. */
  bundle({ point, bookings, version = 1, issuedS = this.nowS - 600, factsThrough = 0 }) {
    const hour = 3600;
    // A ticket's name in the list of one point: HMAC-SM3 under the point's id, cut to eight bytes.
    const nameOf = (handle) => createHmac("sm3", Buffer.from(point)).update("tongma/bundle-ticket/v1\0").update(handle).digest().subarray(0, 8);
    const rows = bookings.flatMap(({ handles }, place) => handles.map((handle) => Buffer.concat([nameOf(handle), uint(place, 4)])));
    const content = [
      "tongma/bundle/v1", version, point, new Uint8Array(16).fill(8), "museum_entry", issuedS, 2 * hour, issuedS + 12 * hour, factsThrough, 0,
      [15, 30, false, 0, 100], [[this.nowS - hour, this.nowS + hour]],
      bookings.map(({ name, party }) => [name, 0, party, 0, 0]), Buffer.concat(rows.sort(Buffer.compare)),
    ];
    return seal("bundle", content, this.issuer, this.keyIndex);
  }
}

/** The chain by the format's words: v_{j−1} = SM3(0x5c ‖ handle ‖ j ‖ v_j)[..12]. */
export function chainOf(header, seed, steps) {
  const values = [Buffer.from(seed)];
  for (let index = steps - 1; index >= 0; index -= 1) {
    values.unshift(sm3(Buffer.of(0x5c), header.slice(2, 18), Buffer.of(index), values[0]).subarray(0, 12));
  }
  return { anchor: new Uint8Array(values[0]), value: (step) => values[step + 1] };
}

/** 103 bytes as 254 digits: groups of seven bytes as 17 digits, the last five as 13. */
export function digitsOf(bytes) {
  let text = "860";
  for (let at = 0; at < bytes.length; at += 7) {
    const group = bytes.subarray(at, at + 7);
    text += intOf(group).toString().padStart(group.length === 7 ? 17 : 13, "0");
  }
  return text;
}

/** N1 by the format's words. */
export function shortOf(alias, key, step) {
  const mac = createHmac("sm3", key).update("tongma/N1/v0").update(Buffer.of(step)).digest().readUInt32BE(0);
  const body = `86${((BigInt(alias) << 32n) | BigInt(mac)).toString().padStart(20, "0")}`;
  return body + String(98n - ((BigInt(body) * 100n) % 97n)).padStart(2, "0");
}
