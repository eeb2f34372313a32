// Forms made from a card: one control per field, and what was typed turned into the input that the platform expects.
import { fill, h } from "../shared/dom.js";

/**
 * The value of a field from what was typed; `undefined` when it was left empty; throws a `RangeError` when it does not fit. Pure.
 * @param {{type: string, least?: number, most?: number}} kind as in the card
 * @param {string} typed
 */
export function valueOf(kind, typed) {
  const text = typed.trim();
  if (text === "") return undefined;
  if (kind.type === "number") {
    const number = Number(text);
    if (!Number.isInteger(number) || number < kind.least || number > kind.most) throw new RangeError("number");
    return number;
  }
  if (kind.type === "amount") {
    const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text);
    if (!match) throw new RangeError("amount");
    return Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
  }
  if (kind.type === "barcodes")
    return text
      .split(/[\s,，;；]+/)
      .filter(Boolean)
      .slice(0, kind.most);
  if (kind.type === "payment_code") return text.replace(/\D/g, "");
  if (["text", "private"].includes(kind.type) && [...text].length > kind.most) throw new RangeError("text");
  return text;
}

/** A counter with buttons: what a thumb can do without a keyboard. `change` hears every new value. */
export function stepper(t, label, value, least, most, change) {
  const shown = h("output.digits", {}, String(value));
  const [less, add] = ["less", "add"].map((name) =>
    h(
      "button",
      { type: "button", "aria-label": `${label} ${t(name)}`, onclick: () => set(value + (name === "add" ? 1 : -1)) },
      name === "add" ? "+" : "−",
    ),
  );
  const set = (next) => {
    value = Math.max(least(), Math.min(most(), next));
    shown.textContent = String(value);
    change(value);
  };
  return h("div.row.stepper", { role: "group", "aria-label": label }, h("span.grow.strong", {}, label), less, shown, add);
}

function control(app, field, given) {
  const { kind } = field;
  const base = { id: `field_${field.id}`, name: field.id, required: field.required, autocomplete: "off" };
  if (kind.type === "choice")
    return h(
      "select",
      { ...base, value: given ?? "" },
      h("option", { value: "" }, app.t("choose")),
      kind.of.map(([id, name]) => h("option", { value: id }, app.words(name))),
    );
  if (kind.type === "barcodes") return h("textarea", { ...base, rows: 2, value: (given ?? []).join(" ") });
  const types = {
    number: { type: "number", min: kind.least, max: kind.most, step: 1, inputmode: "numeric" },
    amount: { inputmode: "decimal" },
    date: { type: "date" },
    payment_code: { inputmode: "numeric" },
    text: { maxlength: kind.most },
    private: { maxlength: kind.most },
  };
  return h("input", {
    ...base,
    ...types[kind.type],
    value: kind.type === "amount" && given != null ? (given / 100).toFixed(2) : (given ?? ""),
  });
}

/**
 * A form of these fields. Given values are filled in; a reference that is given is not shown.
 * @returns {{node: Element, read: () => object}} `read` gives the input, or throws `{field}` after marking the field
 */
export function formOf(app, fields, given = {}) {
  const input = { ...given };
  const readers = [];
  const parts = fields
    .filter((field) => !(field.kind.type === "reference" && given[field.id] != null))
    .map((field) => {
      if (field.kind.type === "companions") return companions(app, field, input);
      const box = control(app, field, given[field.id]);
      const fault = h("p.small.fault", { role: "alert", hidden: true });
      readers.push(() => readInto(app, input, field, box, fault));
      const hint = { barcodes: "pieces_hint", amount: "amount_hint" }[field.kind.type];
      return h(
        "div",
        {},
        h("label", { for: box.id }, app.words(field.name), !field.required && h("span.quiet", {}, app.t("field_optional"))),
        box,
        hint && h("p.small.quiet", {}, app.t(hint)),
        fault,
      );
    });
  return {
    node: h("div.stack", {}, parts),
    read: () => {
      readers.forEach((reader) => reader());
      return input;
    },
  };
}

function readInto(app, input, field, box, fault) {
  fault.hidden = true;
  try {
    const value = valueOf(field.kind, box.value);
    if (value === undefined && field.required) throw new RangeError("missing");
    if (value === undefined) delete input[field.id];
    else input[field.id] = value;
  } catch (problem) {
    fill(fault, app.t("field_required", { name: app.words(field.name) }));
    fault.hidden = false;
    box.focus();
    throw problem;
  }
}

/** Adults and children who come along: the holder is not counted among them. */
function companions(app, field, input) {
  const { t } = app;
  const most = field.kind.most;
  const value = (input[field.id] ??= { adults: 0, children: 0 });
  const one = (who, other) =>
    stepper(
      t,
      t(`book_${who}`),
      value[who],
      () => 0,
      () => most - value[other],
      (count) => {
        value[who] = count;
      },
    );
  return h(
    "fieldset.stack.tight",
    {},
    h("legend.strong", {}, app.words(field.name)),
    h("p.small.quiet", {}, t("companions_hint")),
    one("adults", "children"),
    one("children", "adults"),
  );
}
