/** What is not the daily work: the last twenty, a test of the parts, the end of the shift, and leaving this point. */
import { h, say } from "../../shared/dom.js";
import { play, wakeSound } from "../tones.js";
import { cameraElement, recentElement } from "./ready.js";

export const menuView = (state = {}) => (app) => {
  const scanned = h("b", {}, app.t("check_scan_now"));
  const rows = [
    [app.t("check_sound"), h("div.row", {}, ["green", "amber", "red", "duplicate"].map((look) => h("button.small", { type: "button", onclick: () => { wakeSound(); play(look); } }, app.t(`tone_${look}`))))],
    [app.t("check_scanner"), scanned],
    [app.t("check_clock"), app.clock.known.set_ms === 0 ? app.t("clock_never") : app.t("clock_off", { n: (app.clock.known.offset_ms / 1000).toFixed(1) })],
    [app.t("check_lists"), app.listsMs ? `${app.formats.moment(app.listsMs)}` : "—"],
    app.isGate() && [app.t("check_gate_list"), app.bundleSay()],
    [app.t("check_point"), h("span.digits.small", {}, app.info.id)],
    app.shift && [app.t("check_operator"), app.shift.operator],
  ].filter(Boolean);
  const leave = state.leaving
    ? h("div.stack.tight", {}, h("p.band.ask", {}, app.t(app.left > 0 ? "unpair_not_yet" : "unpair_sure", { n: app.left })),
      h("div.row", {}, app.left === 0 && h("button.stop", { type: "button", onclick: () => app.unpair() }, app.t("unpair_go")), h("button", { type: "button", onclick: () => app.show(menuView()) }, app.t("cancel"))))
    : h("button.stop", { type: "button", onclick: () => app.show(menuView({ leaving: true })) }, app.t("unpair"));
  const element = h("div.menu", {},
    h("div.stack", {},
      h("section.card.stack.tight", {}, h("h1", {}, app.t("menu")),
        h("button.main.wide", { type: "button", onclick: () => app.home() }, app.t("back_to_work")),
        app.shift && h("button.wide", { type: "button", onclick: () => app.endShift() }, app.t("shift_end")),
        leave),
      recentElement(app, 20)),
    h("div.stack", {},
      h("section.card.stack.tight", {}, h("h2", {}, app.t("check_title")), h("dl.detail.checks", {}, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])), cameraElement(app, { small: true }))));
  return { name: "menu", title: app.t("menu"), element, onScan: (text, source) => { say(scanned, app.t("check_scanned", { n: text.length, by: app.t(`source_${source}`) })); play("tick"); } };
};
