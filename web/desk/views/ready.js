/** Ready to scan: the camera's picture, a way to type, what can be done without a code, and how the last one ended. */
import { assistButton } from "./assist.js";
import { aboutListed, listedElement } from "./listed.js";
import { fill, h, say } from "../../shared/dom.js";
import { pick } from "../../shared/i18n.js";
import { SHORT_DIGITS, cleanDigits, grouped, shortNumberFault } from "../number.js";
import { formElement } from "./form.js";

/** The camera's picture with its state in words. Shared by all views that scan. */
export function cameraElement(app, { small = false } = {}) {
  const words = h("p.camera-say", { role: "status" });
  const toggle = h("button.camera-switch", { type: "button", onclick: () => app.toggleCamera() });
  const place = h("div.camera", { class: small ? "small" : "" }, app.camera.video, h("div.frame", { "aria-hidden": "true" }), words, toggle);
  const draw = () => {
    const { state } = app.camera;
    place.dataset.state = state;
    say(words, state === "on" ? "" : app.t(`camera_${state}`));
    say(toggle, app.t(state === "on" || state === "starting" ? "camera_stop" : "camera_start"));
    if (state === "on" && app.camera.video.paused) app.camera.video.play().catch(() => undefined);
  };
  draw();
  app.onCamera = draw;
  return place;
}

/** The short number by hand, checked before anybody is asked. */
export function typedElement(app, onNumber) {
  const hint = h("p.fault#typed-fault", { role: "alert" });
  const field = h("input.digits", {
    id: "typed", inputmode: "numeric", autocomplete: "off", maxlength: "40", "aria-describedby": "typed-fault", placeholder: "86·· ···· ···· ···· ···· ····",
    oninput: () => {
      const atEnd = field.selectionStart === field.value.length;
      const digits = cleanDigits(field.value).slice(0, SHORT_DIGITS + 2);
      if (atEnd) field.value = grouped(digits);
      const fault = shortNumberFault(digits);
      say(hint, fault && fault !== "short" ? app.t(`number_${fault}`) : "");
      say(count, digits.length > 0 ? `${digits.length} / ${SHORT_DIGITS}` : "");
    },
  });
  const count = h("span.quiet.small.digits", {});
  const submit = (event) => {
    event.preventDefault();
    const fault = shortNumberFault(field.value);
    if (fault) {
      say(hint, app.t(`number_${fault}`));
      return field.focus();
    }
    const digits = cleanDigits(field.value);
    field.value = "";
    say(count, "");
    onNumber(digits);
  };
  return h("form.card.stack.tight", { onsubmit: submit, novalidate: true },
    h("label", { for: "typed" }, app.t("typed_label"), " ", count), field, hint,
    h("button.wide", { type: "submit" }, app.t("typed_go")));
}

/** What came of the last one, without a name: for whoever looked away. */
function lastElement(app) {
  const last = app.lastResult;
  if (!last || performance.now() - last.at > 60_000) return null;
  return h("p.last", { class: last.screen.look }, app.icon(last.screen.look), h("span", {}, h("b", {}, app.say(last.screen.word)), " ", app.say(last.screen.message)));
}

/** @param {{open?: any}} state which action without a code is open; lives as long as the screen */
export const readyView = (state = {}) => (app) => {
  const card = app.card();
  const actions = card.actions.filter((action) => action.by.includes("point") && !aboutListed(action));
  const busy = h("p.busy", { role: "status", hidden: true }, h("span.spin", { "aria-hidden": "true" }), app.t("checking"));
  const present = async (text) => {
    if (app.busy) return;
    busy.hidden = false;
    await app.present(text);
    busy.hidden = true;
  };
  const close = () => { app.show(readyView()); };
  const open = (action) => { app.show(readyView({ open: action, draft: {} })); };
  const form = state.open && formElement(app, state.open, state.draft, { submit: (input) => app.actAtPoint(state, input), cancel: close, saidFault: state.fault && app.say(state.fault) });
  const right = form
    ? h("section.card", {}, form.element)
    : [
      typedElement(app, present),
      assistButton(app),
      actions.length > 0 && h("section.card.stack.tight", {}, h("h2", {}, app.t("without_code")), h("div.actions", {}, actions.map((action) => h("button", { type: "button", onclick: () => open(action) }, pick(action.name, app.language))))),
      listedElement(app),
      recentElement(app, 5),
    ];
  const element = h("div.ready", {},
    h("section.scan", {},
      h("div.prompt", {}, app.icon("scan"), h("div", {}, h("h1", {}, form ? pick(state.open.name, app.language) : app.t("ready_title")), h("p.quiet", {}, form ? app.t("ready_form") : app.t("ready_lead", { name: pick(card.name, app.language) })))),
      cameraElement(app), busy, lastElement(app)),
    h("div.side.stack", {}, right));
  return { name: "ready", title: app.t("ready_title"), element, onScan: form ? form.onScan : present };
};

/** The last ones at this point, masked by the platform; read each time and kept nowhere. */
export function recentElement(app, most) {
  const list = h("ul.recent", {});
  const section = h("section.card.stack.tight", { hidden: true }, h("h2", {}, app.t("recent_title")), list);
  app.recent().then((items) => {
    if (!items) return;
    section.hidden = false;
    fill(list, items.slice(0, most).map((item) => h("li", {}, h("span.small.digits.quiet", {}, app.formats.time(item.at_ms)), h("span.grow", {}, item.masked_name ?? "—"), h("span.chip", { class: { green: "good", amber: "ask", red: "bad" }[item.shade] ?? "" }, app.icon(item.shade ?? "amber"), pick(item.word, app.language)))),
      items.length === 0 && h("li.quiet", {}, app.t("recent_none")));
  });
  return section;
}
