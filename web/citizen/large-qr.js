// QR codes of versions 12 to 20 at level L in byte mode (ISO/IEC 18004:2015). The phone's WebAssembly draws up to version 11, which is
// what the personal code needs and its 30 KB allow; a shown certificate is larger. Pure.

/** Level L of versions 12 to 20 (tables 9 and E.1): error-correction codewords a block, [blocks, data codewords] …, centres of alignment patterns. */
const VERSIONS = [
  [24, [[2, 92], [2, 93]], [6, 32, 58]],
  [26, [[4, 107]], [6, 34, 62]],
  [30, [[3, 115], [1, 116]], [6, 26, 46, 66]],
  [22, [[5, 87], [1, 88]], [6, 26, 48, 70]],
  [24, [[5, 98], [1, 99]], [6, 26, 50, 74]],
  [28, [[1, 107], [5, 108]], [6, 30, 54, 78]],
  [30, [[5, 120], [1, 121]], [6, 30, 56, 82]],
  [28, [[3, 113], [4, 114]], [6, 30, 58, 86]],
  [28, [[3, 107], [5, 108]], [6, 34, 62, 90]],
];
const FIRST = 12;

// GF(256) modulo x^8 + x^4 + x^3 + x^2 + 1.
const [EXP, LOG] = [new Uint8Array(255), new Uint8Array(256)];
for (let [power, value] = [0, 1]; power < 255; power += 1) {
  EXP[power] = value;
  LOG[value] = power;
  value = (value << 1) ^ (value & 128 ? 0x11d : 0);
}
const times = (a, b) => (a && b ? EXP[(LOG[a] + LOG[b]) % 255] : 0);

/** Remainder of data · x^n by the generator (x − 1)(x − 2) … (x − 2^(n−1)). */
function correction(data, count) {
  let generator = [1];
  for (let power = 0; power < count; power += 1) {
    const next = [...generator, 0];
    generator.forEach((term, at) => (next[at + 1] ^= times(term, EXP[power])));
    generator = next;
  }
  const rest = new Uint8Array(count);
  for (const byte of data) {
    const factor = byte ^ rest[0];
    rest.copyWithin(0, 1);
    rest[count - 1] = 0;
    for (let at = 0; at < count; at += 1) rest[at] ^= times(generator[at + 1], factor);
  }
  return rest;
}

const capacityOf = (blocks) => blocks.reduce((sum, [count, data]) => sum + count * data, 0);

/** Mode, length, text, end, padding: as many codewords as the version has for data. */
function dataCodewords(bytes, capacity) {
  const out = new Uint8Array(capacity);
  let at = 0;
  const put = (value, bits) => {
    for (let bit = bits - 1; bit >= 0; bit -= 1, at += 1) out[at >> 3] |= ((value >> bit) & 1) << (7 - (at & 7));
  };
  put(4, 4);
  put(bytes.length, 16);
  for (const byte of bytes) put(byte, 8);
  at += Math.min(4, capacity * 8 - at);
  for (let [byte, pad] = [Math.ceil(at / 8), 0xec]; byte < capacity; byte += 1, pad ^= 0xec ^ 0x11) out[byte] = pad;
  return out;
}

/** Blocks with their correction, interleaved. */
function interleaved(data, [perBlock, blocks]) {
  const parts = [];
  let at = 0;
  for (const [count, length] of blocks)
    for (let block = 0; block < count; block += 1, at += length) parts.push(data.subarray(at, at + length));
  const longest = Math.max(...parts.map(({ length }) => length));
  const out = [];
  for (let place = 0; place < longest; place += 1) for (const part of parts) if (place < part.length) out.push(part[place]);
  const checks = parts.map((part) => correction(part, perBlock));
  for (let place = 0; place < perBlock; place += 1) for (const check of checks) out.push(check[place]);
  return out;
}

/** The remainder by which format (0x537, 10 bits) and version (0x1f25, 12 bits) are protected. */
function protectedBits(value, generator, bits) {
  let rest = value;
  for (let bit = 0; bit < bits; bit += 1) rest = (rest << 1) ^ ((rest >> (bits - 1)) * generator);
  return (value << bits) | rest;
}

class Grid {
  constructor(version) {
    this.size = version * 4 + 17;
    this.modules = new Uint8Array(this.size * this.size);
    this.fixed = new Uint8Array(this.size * this.size);
  }

  set(x, y, dark) {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return;
    this.modules[y * this.size + x] = dark ? 1 : 0;
    this.fixed[y * this.size + x] = 1;
  }

  /** Rings around a centre; `lightRings` are light. */
  rings(cx, cy, radius, lightRings) {
    for (let dy = -radius; dy <= radius; dy += 1)
      for (let dx = -radius; dx <= radius; dx += 1) this.set(cx + dx, cy + dy, !lightRings.includes(Math.max(Math.abs(dx), Math.abs(dy))));
  }

  patterns(version, centres) {
    const { size } = this;
    for (let at = 0; at < size; at += 1) {
      this.set(6, at, at % 2 === 0);
      this.set(at, 6, at % 2 === 0);
    }
    for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) this.rings(x, y, 4, [2, 4]);
    const last = centres.at(-1);
    for (const x of centres)
      for (const y of centres) if (!((x === 6 && y === 6) || (x === 6 && y === last) || (x === last && y === 6))) this.rings(x, y, 2, [1]);
    // Level L (01) and mask 0, then the pattern that keeps the bits from being all light.
    const format = protectedBits(1 << 3, 0x537, 10) ^ 0x5412;
    const bit = (at) => (format >> at) & 1;
    for (let at = 0; at < 15; at += 1) {
      this.set(8, at < 6 ? at : at < 8 ? at + 1 : size - 15 + at, bit(at));
      this.set(at < 8 ? size - 1 - at : at === 8 ? 7 : 14 - at, 8, bit(at));
    }
    this.set(8, size - 8, true);
    const about = protectedBits(version, 0x1f25, 12);
    for (let at = 0; at < 18; at += 1) {
      const [near, far] = [Math.floor(at / 3), size - 11 + (at % 3)];
      this.set(near, far, (about >> at) & 1);
      this.set(far, near, (about >> at) & 1);
    }
  }

  /** Two columns at a time from the right, up and down in turns, under mask 0: every other module. */
  place(codewords) {
    const { size } = this;
    let at = 0;
    for (let right = size - 1, up = true; right > 0; right -= 2, up = !up) {
      if (right === 6) right = 5;
      for (let step = 0; step < size; step += 1) {
        const y = up ? size - 1 - step : step;
        for (const x of [right, right - 1]) {
          if (this.fixed[y * size + x]) continue;
          const dark = at < codewords.length * 8 ? (codewords[at >> 3] >> (7 - (at & 7))) & 1 : 0;
          this.modules[y * size + x] = dark ^ ((x + y) % 2 === 0 ? 1 : 0);
          at += 1;
        }
      }
    }
  }
}

/**
 * The matrix of a text, as the WebAssembly gives it.
 * @param {string} text
 * @returns {{size: number, modules: Uint8Array}}
 */
export function largeQr(text) {
  const bytes = new TextEncoder().encode(text);
  const row = VERSIONS.findIndex(([, blocks]) => bytes.length + 3 <= capacityOf(blocks));
  if (row < 0) throw new Error("too long");
  const [version, spec] = [FIRST + row, VERSIONS[row]];
  const grid = new Grid(version);
  grid.patterns(version, spec[2]);
  grid.place(interleaved(dataCodewords(bytes, capacityOf(spec[1])), spec));
  return { size: grid.size, modules: grid.modules };
}
