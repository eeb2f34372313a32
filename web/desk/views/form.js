/** Forms made from a card's fields. The values live in the object passed in, so that a form survives a change of language. */
import { fill, h, say } from "../../shared/dom.js";
import { pick } from "../../shared/i18n.js";
import { emptyValues, takeScan, toInput } from "../fields.js";
import { play } from "../tones.js";

const HINTS = { barcode: "hint_scan", barcodes: "hint_scan_many", payment_code: "hint_payment", amount: "hint_yuan", reference: "hint_reference" };

/**
 * @param {import("../app.js").App} app
 * @param {object} action from the card
 * @param {{values?: object}} draft kept by the caller
 * @param {{known?: object, options?: Record<string, Array<{value: string, words: string}>>, submit: (input: object) => void, cancel: () => void, saidFault?: any}} hands
 *   `options`: for references, what the platform has already named
 */
export function formElement(app, action, draft, { known = {}, options = {}, submit, cancel, saidFault }) {
  draft.values ??= emptyValues(action.form, known);
  const rows = new Map();
  const says = h("p.scan-said", { role: "status" });
  for (const field of action.form) rows.set(field.id, fieldElement(app, field, draft, options[field.id]));
  const send = (event) => {
    event?.preventDefault();
    const { input, faults } = toInput(action.form, draft.values);
    for (const [id, row] of rows) row.fault(faults[id] ? app.t(`fault_${faults[id]}`) : "");
    const first = action.form.find(({ id }) => faults[id]);
    if (first) return rows.get(first.id).focus();
    submit(input);
  };
  const scannable = action.form.some(({ kind }) => ["barcode", "barcodes", "payment_code"].includes(kind.type));
  const element = h("form.form.stack", { onsubmit: send, novalidate: true },
    h("h2", {}, pick(action.name, app.language)),
    saidFault && h("p.band.bad", { role: "alert" }, app.icon("amber"), h("span", {}, saidFault)),
    [...rows.values()].map(({ element }) => element),
    scannable && says,
    h("div.row.form-do", {}, h("button.main.grow", { type: "submit" }, action.form.length === 0 ? app.t("form_confirm", { name: pick(action.name, app.language) }) : app.t("form_go", { name: pick(action.name, app.language) })), h("button", { type: "button", onclick: cancel }, app.t("cancel"))));

  const onScan = (text) => {
    const taken = takeScan(action.form, draft.values, text);
    draft.values = taken.values;
    if (taken.field) {
      rows.get(taken.field).refresh();
      rows.get(taken.field).fault("");
    }
    const secret = action.form.some(({ id, kind }) => id === taken.field && kind.type === "payment_code");
    say(says, app.t(`scan_${taken.result}`, { text: secret ? `•••• ${text.slice(-4)}` : taken.result === "person" ? "" : text.slice(0, 32) }));
    says.className = `scan-said ${taken.result === "added" ? "good" : "ask"}`;
    play(taken.result === "added" ? "tick" : "amber");
  };
  return { element, onScan };
}

function fieldElement(app, field, draft, options) {
  const fault = h("p.fault", { id: `fault-${field.id}` });
  const id = `field-${field.id}`;
  const set = (value) => {
    draft.values = { ...draft.values, [field.id]: value };
    say(fault, "");
  };
  const { type } = field.kind;
  const control = (type === "reference" && options?.length ? CONTROLS.offered : CONTROLS[type] ?? CONTROLS.text)(app, field, { id, get: () => draft.values[field.id], set, options, describedby: `fault-${field.id}` });
  const label = h("span", {}, pick(field.name, app.language), !field.required && h("span.quiet.small", {}, ` ${app.t("optional")}`));
  const grouped = ["choice", "companions"].includes(type) || (type === "reference" && options?.length);
  const hint = HINTS[type] && !(options?.length) && h("span.small.quiet.hint", {}, app.t(HINTS[type]));
  const element = grouped
    ? h("fieldset.field", {}, h("legend", {}, label), control.element, fault)
    : h("div.field", {}, h("label", { for: id }, label, hint), control.element, fault);
  return {
    element,
    refresh: () => control.refresh?.(),
    focus: () => (control.first ?? control.element).focus(),
    fault: (words) => {
      say(fault, words);
      (control.first ?? control.element).toggleAttribute("aria-invalid", words !== "");
    },
  };
}

/** A text input of some kind. */
const typed = (attributes) => (_app, _field, { id, get, set, describedby }) => {
  const element = h("input", { id, value: get(), autocomplete: "off", "aria-describedby": describedby, oninput: () => set(element.value), ...attributes });
  return { element, refresh: () => { element.value = get(); } };
};

/** Several lines. */
const longText = (_app, field, { id, get, set, describedby }) => {
  const element = h("textarea", { id, rows: "4", maxlength: String(field.kind.most), "aria-describedby": describedby, oninput: () => set(element.value) });
  element.value = get();
  return { element, refresh: () => { element.value = get(); } };
};

const CONTROLS = {
  text: (app, field, hands) => (field.kind.most > 120 ? longText : typed({ maxlength: String(field.kind.most) }))(app, field, hands),
  number: (app, field, hands) => stepper(app, pick(field.name, app.language), hands.id, Number(hands.get() || field.kind.least), field.kind.least, field.kind.most, hands.set, hands.get() !== "" || field.required),
  barcode: typed({ class: "digits", maxlength: "32", spellcheck: "false", autocapitalize: "off" }),
  amount: (app, field, hands) => {
    const control = typed({ class: "digits", inputmode: "decimal", maxlength: "14" })(app, field, hands);
    const input = control.element;
    return { ...control, element: h("div.money", {}, h("span", { "aria-hidden": "true" }, "¥"), input), first: input };
  },
  date: typed({ type: "date" }),
  payment_code: typed({ class: "digits", inputmode: "numeric", maxlength: "30" }),
  reference: typed({ class: "digits", maxlength: "40", spellcheck: "false" }),
  choice: (app, field, { id, get, set }) => radios(field.kind.of.map(([value, words]) => ({ value, words: pick(words, app.language) })), id, get, set),
  offered: (_app, _field, { id, get, set, options }) => radios(options, id, get, set),
  barcodes: barcodeList,
  companions: (app, field, { id, get, set }) => {
    const part = (name) => stepper(app, app.t(`companions_${name}`), `${id}-${name}`, Number(get()[name] || 0), 0, field.kind.most, (value) => set({ ...get(), [name]: value }), true);
    const [adults, children] = [part("adults"), part("children")];
    return { element: h("div.row", {}, h("div", {}, h("label", { for: `${id}-adults` }, app.t("companions_adults")), adults.element), h("div", {}, h("label", { for: `${id}-children` }, app.t("companions_children")), children.element)), first: adults.first };
  },
};

function radios(items, id, get, set) {
  const inputs = items.map(({ value, words }) => ({ words, input: h("input", { type: "radio", name: id, value, checked: get() === value, onchange: () => set(value) }) }));
  if (items.length === 1 && !get()) {
    set(items[0].value);
    inputs[0].input.checked = true;
  }
  return {
    element: h("div.options", {}, inputs.map(({ words, input }) => h("label.choice", {}, input, h("span", {}, words)))),
    first: inputs[0]?.input,
    refresh: () => inputs.forEach(({ input }) => { input.checked = input.value === get(); }),
  };
}

/** A number with two large buttons: quicker than a keyboard, and no slip of a finger types 11. */
export function stepper(app, name, id, start, least, most, set, fillIn) {
  let now = Math.min(Math.max(start, least), most);
  const input = h("input.digits", { id, inputmode: "numeric", value: fillIn ? String(now) : "", autocomplete: "off", oninput: () => set(input.value) });
  if (fillIn) set(String(now));
  const step = (by) => {
    now = Math.min(Math.max((Number.parseInt(input.value, 10) || least - (by > 0 ? by : 0)) + by, least), most);
    input.value = String(now);
    set(String(now));
  };
  const element = h("div.stepper", {},
    h("button", { type: "button", onclick: () => step(-1), "aria-label": app.t("fewer", { name }) }, "−"), input,
    h("button", { type: "button", onclick: () => step(1), "aria-label": app.t("more", { name }) }, "+"));
  return { element, first: input, refresh: () => undefined };
}

/** Codes one under the other, newest first, each with a way to take it out, and a field for what will not scan. */
function barcodeList(app, field, { id, get, set, describedby }) {
  const list = h("ol.codes", { reversed: true });
  const count = h("span.chip", {});
  const input = h("input.digits", { id, autocomplete: "off", maxlength: "32", spellcheck: "false", autocapitalize: "off", "aria-describedby": describedby });
  const draw = () => {
    say(count, `${get().length} / ${field.kind.most}`);
    fill(list, [...get()].reverse().map((code) => h("li", {}, h("span.digits.grow", {}, code),
      h("button.plain", { type: "button", "aria-label": app.t("take_out", { text: code }), onclick: () => { set(get().filter((other) => other !== code)); draw(); input.focus(); } }, app.icon("remove")))));
    list.hidden = get().length === 0;
  };
  const add = () => {
    const text = input.value.trim();
    if (!text) return;
    const taken = takeScan([field], { [field.id]: get() }, text);
    if (taken.result === "added") {
      set(taken.values[field.id]);
      input.value = "";
    } else app.toast(app.t(`scan_${taken.result}`, { text }), "ask");
    draw();
  };
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !input.value.trim()) return;
    event.preventDefault();
    add();
  });
  draw();
  return { element: h("div.stack.tight", {}, h("div.row", {}, h("div.grow", {}, input), h("button", { type: "button", onclick: add }, app.t("add")), count), list), first: input, refresh: draw };
}
