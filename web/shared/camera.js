/**
 * A camera that reads codes: one picture at a time goes to a worker and is thrown away there. Nothing of a picture leaves the page.
 */
export class Camera {
  /**
   * @param {{onCode: (text: string) => void, onState: (state: "off"|"starting"|"on"|"refused"|"missing"|"broken") => void,
   *   worker: () => Worker, wasm: string, inView: {isNew: (text: string|null, nowMs: number) => boolean}}} parts
   */
  constructor({ onCode, onState, worker, wasm, inView }) {
    Object.assign(this, { onCode, onState, makeWorker: worker, wasm, inView });
    this.video = document.createElement("video");
    Object.assign(this.video, { playsInline: true, muted: true });
    this.video.setAttribute("aria-hidden", "true");
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
