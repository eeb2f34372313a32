/** The gate: one read after the other, large enough to be seen from three metres, with or without network. */
import { h, say } from "../../shared/dom.js";
import { cleanDigits } from "../number.js";
import { cameraElement } from "./ready.js";
import { stepper } from "./form.js";

/** The most people who come in by one read, as buttons; a larger group is typed. */
const QUICK = 5;

/** How many, as large buttons: one touch, seen from afar. */
function peopleElement(app, state, changed) {
  const set = (people) => {
    state.people = people;
    changed();
  };
  const buttons = Array.from({ length: QUICK - (state.direction === "out" ? 1 : 0) }, (_, place) => {
    const people = place + (state.direction === "out" ? 2 : 1);
    return h("button", { type: "button", "aria-pressed": String(state.people === people), "aria-label": app.t("people_n", { n: people }), onclick: () => set(people) }, String(people));
  });
  const more = stepper(app, app.t("people"), "gate-people", Math.max(1, state.people), 1, 50, (value) => { const n = Number(value); if (n > QUICK && n <= 50) state.people = n; }, state.people > QUICK);
  const all = h("button.all", { type: "button", "aria-pressed": String(state.people === 0), onclick: () => set(0) }, app.t(state.direction === "out" ? "people_one" : "people_all"));
  return h("fieldset.people", {}, h("legend", {}, app.t(state.direction === "out" ? "people_out" : "people_in")), h("div.row", {}, all, buttons, h("button", { type: "button", "aria-pressed": String(state.people > QUICK), onclick: () => set(QUICK + 1) }, `${QUICK}+`), state.people > QUICK && more.element));
}

/** @param {{people: number, direction: "in"|"out", number?: string}} state kept over redraws */
export const gateView = (state) => (app) => {
  const again = () => app.show(gateView(state));
  const busy = h("p.busy", { role: "status", hidden: true }, h("span.spin", { "aria-hidden": "true" }), app.t("checking"));
  const read = async (what) => {
    busy.hidden = false;
    try {
      await app.gateRead({ people: state.people, direction: state.direction, ...what }, { done: () => { state.people = 0; if (app.view?.name === "gate") again(); } });
    } finally {
      busy.hidden = true;
    }
  };
  const turn = (direction) => {
    Object.assign(state, { direction, people: 0 });
    app.rememberDirection(direction);
    again();
  };
  const way = (direction, words) => h("button", { type: "button", "aria-pressed": String(state.direction === direction), onclick: () => turn(direction) }, words);
  const today = app.today;
  const element = h("div.gate", { "data-way": state.direction },
    h("section.scan", {},
      h("div.prompt.large", {}, app.icon("scan"), h("div", {}, h("h1", {}, app.t(state.direction === "out" ? "gate_title_out" : "gate_title_in")), h("p", {}, app.t("gate_lead")))),
      cameraElement(app), busy),
    h("div.side.stack", {},
      h("section.card.stack.tight", {}, h("div.ways", { role: "group", "aria-label": app.t("direction") }, way("in", app.t("way_in")), way("out", app.t("way_out"))), peopleElement(app, state, again)),
      numberElement(app, (number) => read({ number })),
      h("section.card.stack.tight", {},
        h("dl.detail.tally", {}, h("dt", {}, app.t("today_in")), h("dd.digits", {}, String(today.in)), h("dt", {}, app.t("today_out")), h("dd.digits", {}, String(today.out)), h("dt", {}, app.t("check_gate_list")), h("dd", {}, app.bundleSay()), h("dt", {}, app.t("hand_over")), h("dd", {}, app.left > 0 ? app.t("to_hand_over", { n: app.left }) : app.t("handed_over")))),
    ));
  return { name: "gate", title: app.t("gate_title_in"), element, onScan: (text) => read({ text }), refreshed: again };
};

/** The booking number, for whom the list does not know by their code: ten digits that people can read out. */
export function numberElement(app, onNumber, id = "booking") {
  const hint = h("p.fault", { id: `${id}-fault`, role: "alert" });
  const field = h("input.digits", { id, inputmode: "numeric", autocomplete: "off", maxlength: "14", "aria-describedby": `${id}-fault`, oninput: () => say(hint, "") });
  const submit = (event) => {
    event.preventDefault();
    const digits = cleanDigits(field.value);
    if (digits.length !== 10) {
      say(hint, app.t("booking_ten"));
      return field.focus();
    }
    field.value = "";
    onNumber(digits);
  };
  return h("form.card.stack.tight", { onsubmit: submit, novalidate: true }, h("label", { for: id }, app.t("booking_label")), h("div.row", {}, h("div.grow", {}, field), h("button", { type: "submit" }, app.t("booking_go"))), hint);
}

/** The two buttons of a doubt: staff decide, and what they decide is kept before the gate opens. */
export function doubtElement(app, { admit, number }) {
  const hold = h("div.doubt.stack", {},
    admit && h("button.main.wide", { type: "button", "data-focus": true, onclick: (event) => { event.currentTarget.disabled = true; admit(); } }, app.t("admit_by_hand")),
    number && numberElement(app, number, "booking-doubt"));
  return hold;
}
