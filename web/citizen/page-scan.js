// Scanning what hangs or stands at a place: camera, a picture from the album, or the text itself. Only a code that the platform
// finds good opens a sheet, and every name on that sheet is the registry's; anything else is named for what it is.
import { fill, h, icon } from "../shared/dom.js";
import { told } from "./app.js";
import { forWhom } from "./for-whom.js";
import { formOf } from "./form.js";
import { send } from "./page-things.js";
import { openFields } from "./things.js";

const WORKER = "/assets/shared/qr-worker.js";
const WASM = "/assets/wasm/desk.wasm";
/** A code still before the camera is not read again before this. */
const AGAIN_MS = 4000;
/** The longest side of a picture from the album that is read: beyond it a phone takes seconds. */
const MOST_SIDE = 1600;

/** Tells a new read from a code that is simply still there. Pure. */
export class StillThere {
  constructor() {
    this.text = null;
    this.atMs = -Infinity;
  }

  /** @param {string|null} text what the picture held @param {number} nowMs */
  isNew(text, nowMs) {
    if (text === null) return false;
    const fresh = text !== this.text || nowMs - this.atMs > AGAIN_MS;
    Object.assign(this, { text, atMs: nowMs });
    return fresh;
  }
}

/** What can be started, in the order of the platform's list: `[{scenario, action}]`. Pure. */
export const startable = (scenarios) => scenarios.flatMap((scenario) => scenario.actions.map((action) => ({ scenario, action })));

/** The size to draw a picture at so that its longest side fits. Pure. */
export function fitted(width, height, most = MOST_SIDE) {
  const scale = Math.min(1, most / Math.max(width, height, 1));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

/** The page. The camera runs while it is open and asks for leave only after a tap. */
export async function scan(app, page) {
  const { t } = app;
  const state = { busy: false, camera: null };
  const said = h("div", { role: "status" });
  const view = h("div.lens", { hidden: true });
  const start = h("button.main.wide", { type: "button", onclick: () => openCamera(app, state, view, start, said, read) }, t("scan_camera"));
  const read = (text) => onText(app, state, said, text);
  const album = h("input", {
    type: "file",
    id: "album",
    accept: "image/*",
    onchange: async () => {
      const [file] = album.files;
      if (file) await readPicture(app, said, file, read);
      album.value = "";
    },
  });
  const typed = h("textarea", { id: "typed", rows: 3, autocomplete: "off", autocapitalize: "off", spellcheck: false });
  const form = h(
    "form.stack.tight",
    {
      onsubmit: (event) => {
        event.preventDefault();
        read(typed.value);
      },
    },
    h("label", { for: "typed" }, t("scan_typed")),
    typed,
    h("button.wide", { type: "submit" }, t("scan_check")),
  );
  fill(
    page,
    h(
      "div.stack",
      {},
      h("h1", {}, t("scan_title")),
      h("p.quiet", {}, t("scan_lead")),
      said,
      h("section.card.stack", {}, view, start),
      h("section.card.stack.tight", {}, h("label", { for: "album" }, t("scan_album")), album),
      h("details.card", {}, h("summary", {}, t("scan_by_hand")), form),
    ),
  );
  const leave = () => {
    if (app.shell.route() === "scan" && page.contains(view)) return;
    state.camera?.stop();
    state.camera = null;
    removeEventListener("hashchange", leave);
  };
  addEventListener("hashchange", () => setTimeout(leave, 0));
}

async function openCamera(app, state, view, start, said, read) {
  const { Camera } = await import("../shared/camera.js");
  const { t } = app;
  state.camera?.stop();
  state.camera = new Camera({
    onCode: read,
    onState: (now) => {
      view.hidden = now !== "on";
      start.hidden = now === "on" || now === "starting";
      if (["refused", "missing", "broken"].includes(now)) fill(said, h("p.band.ask", {}, icon(app.shell.icons.failed), t(`scan_camera_${now}`)));
    },
    worker: () => new Worker(WORKER, { type: "module" }),
    wasm: WASM,
    inView: new StillThere(),
  });
  fill(view, state.camera.video);
  await state.camera.start();
}

/** Reads a picture of the album off the page's thread; the picture stays on the phone. */
async function readPicture(app, said, file, read) {
  const { t } = app;
  const nothing = () => fill(said, h("p.band.ask", {}, icon(app.shell.icons.failed), t("scan_nothing")));
  fill(said, h("p", {}, t("scan_reading")));
  const worker = new Worker(WORKER, { type: "module" });
  try {
    const whole = await createImageBitmap(file);
    const [resizeWidth, resizeHeight] = fitted(whole.width, whole.height);
    const frame = await createImageBitmap(whole, { resizeWidth, resizeHeight, resizeQuality: "high" });
    whole.close();
    const text = await new Promise((answer) => {
      worker.onerror = () => answer(null);
      worker.onmessage = ({ data }) => {
        if (data.ready) worker.postMessage({ id: 1, frame }, [frame]);
        else answer(data.text ?? null);
      };
      worker.postMessage({ load: WASM });
    });
    if (text === null) nothing();
    else await read(text);
  } catch {
    nothing();
  } finally {
    worker.terminate();
  }
}

async function onText(app, state, said, text) {
  if (state.busy || !text.trim()) return;
  state.busy = true;
  fill(said, h("p", {}, app.t("scan_checking")));
  try {
    const { data } = await app.api.post("/v1/me/scans", { text });
    fill(said);
    navigator.vibrate?.(60);
    found(app, data);
  } catch (problem) {
    fill(said, told(app, problem));
    said.scrollIntoView({ block: "nearest" });
  } finally {
    state.busy = false;
  }
}

/** The sheet of a good code: who runs the place, where one stands, what can be started. */
function found(app, scan) {
  const { t } = app;
  const line = (label, text) => text && [h("dt", {}, label), h("dd", {}, text)];
  const one = ({ scenario, action }) =>
    h(
      "button.wide",
      { type: "button", class: action.moves_money ? "main" : "", onclick: () => begin(app, scan, scenario, action) },
      `${app.words(scenario.name)} · ${app.words(action.name)}`,
    );
  const box = app.sheet(
    h("h2", {}, app.words(scan.venue)),
    h("p.band.good", {}, icon(app.shell.icons.ready), t("scan_good")),
    h("dl.facts", {}, line(t("scan_point"), app.words(scan.point)), line(t("scan_runs"), app.words(scan.organisation))),
    h("h3", {}, t("scan_what")),
    h("div.stack.tight", {}, startable(scan.scenarios).map(one)),
    h("button.wide", { type: "button", onclick: () => box.close() }, t("confirm_stop")),
  );
}

/** The form of what was chosen, with the place's names above it; a yes starts it at the place that was scanned. */
async function begin(app, scan, scenario, action) {
  const { t } = app;
  const form = formOf(app, openFields(action), {});
  const whom = forWhom(app);
  const agreed = await app.confirm({
    title: app.words(action.name),
    parts: h(
      "section.stack.tight",
      {},
      h("p.strong", {}, app.words(scan.venue)),
      h("p.quiet", {}, [app.words(scan.point), app.words(scan.organisation)].join(" · ")),
      whom.node,
      form.node,
    ),
    yes: t("confirm_do", { name: app.words(action.name) }),
    read: form.read,
  });
  if (agreed) await send(app, { scenario: scenario.id, scan: scan.scan, ...whom.body(), action: action.id, input: agreed });
}
