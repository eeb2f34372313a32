// The issuers' public keys out of the platform's signed key list (CBOR in COSE_Sign1, see docs/code.md). The phone reads the list over
// the same connection as the page itself and does not judge its signature: points do that with pinned roots. Here it is the second
// opinion on a ticket that was just issued, so that a fault shows on the phone and not at a counter.

/** One CBOR item (RFC 8949) of the few kinds the list has: `{value, next}`. Anything else throws. */
function item(bytes, at) {
  const first = bytes[at];
  if (first === undefined) throw new Error("cut off");
  const [major, small] = [first >> 5, first & 31];
  if (major === 7) {
    if (small < 20 || small > 22) throw new Error("unexpected value");
    return { value: [false, true, null][small - 20], next: at + 1 };
  }
  const { length, next } = head(bytes, at, small);
  if (major === 0) return { value: length, next };
  if (major === 1) return { value: -1 - length, next };
  if (major === 6) return item(bytes, next);
  if (major === 2 || major === 3) {
    if (next + length > bytes.length) throw new Error("cut off");
    const part = bytes.slice(next, next + length);
    return { value: major === 2 ? part : new TextDecoder().decode(part), next: next + length };
  }
  return major === 4 ? list(bytes, next, length) : map(bytes, next, length);
}

function head(bytes, at, small) {
  if (small < 24) return { length: small, next: at + 1 };
  const size = { 24: 1, 25: 2, 26: 4, 27: 8 }[small];
  if (!size || at + 1 + size > bytes.length) throw new Error("cut off");
  let length = 0;
  for (let index = 1; index <= size; index += 1) length = length * 256 + bytes[at + index];
  return { length, next: at + 1 + size };
}

function list(bytes, from, length) {
  const value = [];
  let next = from;
  for (let index = 0; index < length; index += 1) {
    const one = item(bytes, next);
    value.push(one.value);
    next = one.next;
  }
  return { value, next };
}

function map(bytes, from, length) {
  const { value, next } = list(bytes, from, length * 2);
  return { value: new Map(Array.from({ length }, (_, index) => [value[2 * index], value[2 * index + 1]])), next };
}

/**
 * The keys by index, killed ones left out.
 * @param {Uint8Array} bytes the signed list
 * @returns {Map<number, Uint8Array>}
 */
export function issuerKeys(bytes) {
  const envelope = item(bytes, 0).value;
  const [, , , , keys] = item(envelope[2], 0).value;
  return new Map(keys.filter(([, , , , , , killed]) => !killed).map(([index, , , key]) => [index, key]));
}
