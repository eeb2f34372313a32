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
 *
 * The worker reads in a worker of its own: a picture over which the reader takes too long is given up ({ …, gaveUp: true }),
 * and a fresh reader takes the next one.
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

/** A picture is given up after this. Reading takes some ten milliseconds, on a slow machine some hundred. */
export const GIVE_UP_MS = 2000;
const READER = "reader";

/**
 * Hands messages to a reader and its answers back, and replaces a reader that does not answer.
 * @param {{spawn: () => Worker, post: (answer: object) => void, after?: (ms: number, act: () => void) => any, cancel?: (timer: any) => void}} parts
 * @returns {(message: any) => void} takes the page's messages
 */
export function supervisor({ spawn, post, after = (ms, act) => setTimeout(act, ms), cancel = clearTimeout }) {
  let reader = null;
  let source;
  let timer;
  const start = (onReady) => {
    const fresh = spawn();
    reader = fresh;
    fresh.onmessage = ({ data }) => {
      if (reader !== fresh) return; // the last word of one that was given up
      if (data.ready) return onReady(data);
      cancel(timer);
      post(data);
    };
    fresh.onerror = () => post({ error: "broken" });
    fresh.postMessage({ load: source });
  };
  const giveUp = (id) => {
    reader.terminate();
    start(() => undefined);
    post({ id, text: null, ms: GIVE_UP_MS, gaveUp: true });
  };
  return (message) => {
    if (message.load !== undefined) {
      source = message.load;
      reader?.terminate();
      return start(post);
    }
    if (!reader) return post({ id: message.id, error: "not_loaded" });
    timer = after(GIVE_UP_MS, () => giveUp(message.id));
    const { frame } = message;
    reader.postMessage(message, isTransferable(frame) ? [frame] : []);
  };
}

const isTransferable = (frame) => [globalThis.ImageBitmap, globalThis.VideoFrame].some((kind) => kind && frame instanceof kind);

if (typeof WorkerGlobalScope !== "undefined" && globalThis instanceof WorkerGlobalScope) {
  if (globalThis.name === READER) {
    const answer = frameReader({ load: loadDesk, pixelsOf: pixelReader(), nowMs: () => performance.now() });
    let queue = Promise.resolve();
    globalThis.onmessage = ({ data }) => {
      // One after the other, so that a frame waits until the part is loaded.
      queue = queue.then(async () => globalThis.postMessage(await answer(data)));
    };
  } else {
    const spawn = () => new Worker(import.meta.url, { type: "module", name: READER });
    const take = supervisor({ spawn, post: (answer) => globalThis.postMessage(answer) });
    globalThis.onmessage = ({ data }) => take(data);
  }
}
