import assert from "node:assert/strict";
import { test } from "node:test";
import { largeQr } from "./large-qr.js";
import { loadDesk } from "../shared/wasm.js";
import { built } from "../shared/wasm.test.built.mjs";

const desk = await loadDesk(built("desk"));

/** A picture of a matrix, four dots a module, with its quiet zone. */
function picture({ size, modules }) {
  const [dots, quiet] = [4, 4];
  const side = (size + 2 * quiet) * dots;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const [column, row] = [Math.floor(x / dots) - quiet, Math.floor(y / dots) - quiet];
      const dark = column >= 0 && row >= 0 && column < size && row < size && modules[row * size + column];
      if (dark) data.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3);
    }
  }
  return { side, data };
}

test("every version is read by the reader that desks use, at its fullest and at its emptiest", () => {
  const capacities = [370, 428, 461, 523, 589, 647, 721, 795, 861];
  let before = 0;
  capacities.forEach((capacity, at) => {
    for (const length of [Math.max(1, before - 3 + 1), capacity - 3]) {
      const text = `https://tongma.example/check#${"Aa0_-z9".repeat(200)}`.slice(0, length);
      const matrix = largeQr(text);
      assert.equal(matrix.size, (12 + at) * 4 + 17);
      const { side, data } = picture(matrix);
      assert.equal(desk.readQr(side, side, data), text, `version ${12 + at}, ${length} bytes`);
    }
    before = capacity;
  });
  assert.throws(() => largeQr("a".repeat(859)), /too long/);
});
