/**
 * Reads QR codes off the page's thread. A module worker:
 *
 *     const worker = new Worker("/assets/shared/qr-worker.js", { type: "module" });
 *     worker.postMessage({ load: "/assets/wasm/desk.wasm" });           // answers { ready: true } or { error }
 *     worker.postMessage({ id, frame }, [frame]);                       // frame: ImageBitmap or VideoFrame
 *     worker.postMessage({ id, frame: imageData });                     // or ImageData, or { width, height, data }
 *
 * Each frame is answered by { id, text: string|null, ms } or { id, error }. Send the next frame when the last one is
 * answered. A slow machine looks at every frame in fewer ways, and in the other ways at the next ones.
 */
import { PASS, loadDesk } from "./wasm.js";

/** A frame that takes longer than this is looked at in one way at a time. */
const SLOW_MS = 90;
/** The ways that take turns on a slow machine: plain always, one of the others each time. */
const TURNS = [PASS.DOUBLED, PASS.SHARPENED, PASS.INVERTED];

/**
 * Which ways to look at the next frame.
 * @param {number} lastAllMs how long all ways took, when they were last tried; 0 for never
 * @param {number} turn counts frames
 */
export const passesFor = (lastAllMs, turn) => (lastAllMs <= SLOW_MS ? PASS.ALL : PASS.PLAIN | TURNS[turn % TURNS.length]);

/**
 * The part of a worker that needs no worker: takes messages, gives answers.
 * @param {{load: (source: any) => Promise<{readQr: Function}>, pixelsOf: (frame: any) => {width: number, height: number, data: Uint8ClampedArray}, nowMs: () => number}} parts
 * @returns {(message: any) => Promise<object>}
 */
export function frameReader({ load, pixelsOf, nowMs }) {
  let desk = null;
  let allMs = 0;
  let turn = 0;
  return async ({ load: source, id, frame }) => {
    try {
      if (source !== undefined) {
        desk = await load(source);
        return { ready: true };
      }
      if (!desk) throw new Error("not_loaded");
      const begin = nowMs();
      const { width, height, data } = pixelsOf(frame);
      const passes = passesFor(allMs, turn);
      turn += 1;
      const text = desk.readQr(width, height, data, passes);
      const ms = nowMs() - begin;
      // Only a miss has tried every way.
      if (text === null && passes === PASS.ALL) allMs = ms;
      return { id, text, ms };
    } catch (error) {
      return { id, error: error.code ?? error.message };
    }
  };
}

/** Pixels of whatever a page can send; the canvas is kept from frame to frame. */
function pixelReader() {
  let canvas = null;
  return (frame) => {
    if (frame.data) return frame;
    const width = frame.displayWidth ?? frame.width;
    const height = frame.displayHeight ?? frame.height;
    if (canvas?.width !== width || canvas?.height !== height) canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(frame, 0, 0);
    frame.close?.();
    return context.getImageData(0, 0, width, height);
  };
}

if (typeof WorkerGlobalScope !== "undefined" && globalThis instanceof WorkerGlobalScope) {
  const answer = frameReader({ load: loadDesk, pixelsOf: pixelReader(), nowMs: () => performance.now() });
  globalThis.onmessage = async ({ data }) => globalThis.postMessage(await answer(data));
}
