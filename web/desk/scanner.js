/**
 * Everything that reads codes at this point, as one stream: the camera, a wedge scanner, typing goes its own way.
 * The camera's pictures never leave the page: they are read in a worker and thrown away.
 */
import { looksLike } from "./number.js";
import { Wedge } from "./wedge.js";

/** A code still held before the camera is the same read; out of sight for this long, it is a new one. */
const OUT_OF_SIGHT_MS = 2000;
/** After somebody was let through, no personal code is read until the view was clear for so long: their phone shows the
    next code at once, and that must not count as the next visitor. */
const CLEAR_MS = 600;

/** Tells a new read from a code that is simply still there. Pure. */
export class InView {
  constructor() {
    this.seen = new Map();
    this.personSeenMs = -Infinity;
    this.waitsForClear = false;
  }

  /** The last code was accepted: wait until it is taken away. */
  accepted() {
    this.waitsForClear = true;
  }

  /** @param {string|null} text what the picture held @param {number} nowMs @returns {boolean} whether this is a new read */
  isNew(text, nowMs) {
    const person = text !== null && looksLike(text) !== "other";
    if (this.waitsForClear && nowMs - this.personSeenMs >= CLEAR_MS) this.waitsForClear = false;
    if (person) this.personSeenMs = nowMs;
    if (text === null) return false;
    const last = this.seen.get(text) ?? -Infinity;
    for (const [other, at] of this.seen) if (nowMs - at > OUT_OF_SIGHT_MS) this.seen.delete(other);
    this.seen.set(text, nowMs);
    if (person && this.waitsForClear) return false;
    return nowMs - last > OUT_OF_SIGHT_MS;
  }
}

/** Listens to the keyboard of the whole page. @param {(text: string) => void} onCode @returns {() => void} stops */
export function listenToKeys(onCode) {
  const snapshot = () => {
    const field = document.activeElement;
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return undefined;
    const { value } = field;
    return () => {
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
  };
  const wedge = new Wedge({ onCode, onStart: snapshot, isWhole: (text) => looksLike(text) !== "other" });
  let idle;
  const down = (event) => {
    if (wedge.down(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
    clearTimeout(idle);
    idle = setTimeout(() => wedge.idle(performance.now()), 250);
  };
  const up = (event) => wedge.up(event);
  document.addEventListener("keydown", down, true);
  document.addEventListener("keyup", up, true);
  return () => {
    document.removeEventListener("keydown", down, true);
    document.removeEventListener("keyup", up, true);
  };
}

export class Camera {
  /**
   * @param {{onCode: (text: string) => void, onState: (state: "off"|"starting"|"on"|"refused"|"missing"|"broken") => void,
   *   worker: () => Worker, wasm: string}} parts
   */
  constructor({ onCode, onState, worker, wasm }) {
    Object.assign(this, { onCode, onState, makeWorker: worker, wasm });
    this.video = document.createElement("video");
    Object.assign(this.video, { playsInline: true, muted: true });
    this.video.setAttribute("aria-hidden", "true");
    this.inView = new InView();
    this.busy = false;
    this.state = "off";
  }

  #tell(state) {
    this.state = state;
    this.onState(state);
  }

  async start() {
    if (this.state === "on" || this.state === "starting") return;
    this.#tell("starting");
    if (!navigator.mediaDevices?.getUserMedia) return this.#tell("missing");
    try {
      const wanted = { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: { ideal: "environment" } };
      this.stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
      if (this.state !== "starting") return this.#release();
      this.stream.getVideoTracks()[0].addEventListener("ended", () => this.#lost());
      this.video.srcObject = this.stream;
      await this.video.play();
      this.#startWorker();
      this.#tell("on");
      this.#next();
    } catch (error) {
      this.#release();
      this.#tell({ NotAllowedError: "refused", NotFoundError: "missing", OverconstrainedError: "missing" }[error.name] ?? "broken");
    }
  }

  stop() {
    this.#release();
    this.#tell("off");
  }

  #lost() {
    this.#release();
    this.#tell("missing");
  }

  #release() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
    clearTimeout(this.timer);
    this.worker?.terminate();
    this.worker = null;
    this.busy = false;
  }

  #startWorker() {
    this.busy = true; // until it has loaded its part
    this.worker = this.makeWorker();
    this.worker.postMessage({ load: this.wasm });
    this.worker.onmessage = ({ data }) => {
      this.busy = false;
      if (data?.ready) return;
      if (data?.error) console.warn("reader", data.error);
      if (this.inView.isNew(data?.text ?? null, performance.now())) this.onCode(data.text);
    };
    this.worker.onerror = () => {
      this.#release();
      this.#tell("broken");
    };
  }

  /** One picture at a time: a slow machine reads fewer of them, and never falls behind. */
  #next() {
    if (this.state !== "on") return;
    this.timer = setTimeout(() => {
      this.#read();
      this.#next();
    }, document.hidden ? 1000 : 60);
  }

  async #read() {
    if (this.busy || !this.worker || this.video.videoWidth === 0 || document.hidden) return;
    this.busy = true;
    try {
      // A bitmap is handed over, not copied; the worker closes it after reading.
      const frame = await createImageBitmap(this.video);
      if (this.worker) this.worker.postMessage({ id: (this.frames = (this.frames ?? 0) + 1), frame }, [frame]);
      else frame.close();
    } catch {
      this.busy = false;
    }
  }
}
