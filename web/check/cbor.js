// As much of CBOR (RFC 8949) as cards are made of: definite lengths, no floats. Pure; throws on anything else.

/** The one value that these bytes are, with its end reached exactly. Maps become `Map`, byte strings `Uint8Array`. */
export function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw new Error("bytes behind the value");
  return value;
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }

  take(count) {
    if (this.at + count > this.bytes.length) throw new Error("cut off");
    this.at += count;
    return this.at - count;
  }

  length(more) {
    if (more < 24) return more;
    if (more === 24) return this.view.getUint8(this.take(1));
    if (more === 25) return this.view.getUint16(this.take(2));
    if (more === 26) return this.view.getUint32(this.take(4));
    if (more !== 27) throw new Error("no definite length");
    const whole = this.view.getBigUint64(this.take(8));
    if (whole > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error("too large");
    return Number(whole);
  }

  value(depth) {
    if (depth > 8) throw new Error("too deep");
    const first = this.view.getUint8(this.take(1));
    const [major, count] = [first >> 5, this.length(first & 31)];
    if (major === 0) return count;
    if (major === 1) return -1 - count;
    if (major === 2 || major === 3) {
      const from = this.take(count);
      const part = this.bytes.slice(from, from + count);
      return major === 2 ? part : new TextDecoder("utf-8", { fatal: true }).decode(part);
    }
    if (count > this.bytes.length) throw new Error("cut off");
    if (major === 4) return Array.from({ length: count }, () => this.value(depth + 1));
    if (major === 5) return new Map(Array.from({ length: count }, () => [this.value(depth + 1), this.value(depth + 1)]));
    if (major === 6) return { tag: count, value: this.value(depth + 1) };
    throw new Error("not a value of ours");
  }
}

const head = (major, count) =>
  count < 24 ? [(major << 5) | count] : count < 256 ? [(major << 5) | 24, count] : [(major << 5) | 25, count >> 8, count & 255];

/** What a COSE_Sign1 signature is made over (RFC 9052 section 4.4). */
export function sigStructure(protectedBytes, payload) {
  const context = new TextEncoder().encode("Signature1");
  return Uint8Array.from([
    0x84,
    ...head(3, context.length),
    ...context,
    ...head(2, protectedBytes.length),
    ...protectedBytes,
    0x40,
    ...head(2, payload.length),
    ...payload,
  ]);
}
