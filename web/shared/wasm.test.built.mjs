/**
 * Test side only: the artefacts of the present source. TONGMA_WASM_DIR names a folder with finished ones instead
 * (`phone.wasm`, `desk.wasm`).
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PACKAGE_OF = { phone: "tongma_wasm", desk: "tongma_wasm_desk" };
// The folder that the server's build script uses as well, so that nothing is compiled twice.
const TARGET = `${process.env.CARGO_TARGET_DIR ?? `${ROOT}/target`}/wasm-parts`;

/** @param {"phone"|"desk"} part @returns {Buffer} */
export function built(part) {
  const finished = process.env.TONGMA_WASM_DIR;
  if (finished) return readFileSync(`${finished}/${part}.wasm`);
  const name = PACKAGE_OF[part];
  const options = ["--quiet", "--profile", "wasm", "--target", "wasm32-unknown-unknown", "--target-dir", TARGET];
  execFileSync("cargo", ["build", "--package", name, ...options], { cwd: ROOT, stdio: "inherit" });
  return readFileSync(`${TARGET}/wasm32-unknown-unknown/wasm/${name}.wasm`);
}
