// The part of the consent sheet that asks by matter: certificates and their fields, each with its purpose, required or optional; a
// passkey or the PIN where something sensitive is ticked. What is ticked and typed outlives a change of language; nothing of it outlives the sheet.
import { $, fill, h } from "../shared/dom.js";
import { translator } from "../shared/i18n.js";
import { able, passkeyWords, prove, wayOf } from "./passkeys.js";
import { EN, ZH } from "./words-grant.js";

/** The words of this part. */
export const grantWords = (app) => translator(app.shell.language === "zh" ? ZH : EN);

/** What is ticked at first: what the matter asks, but for optional fields of a certificate that is not in force. Pure. */
export const firstChoice = (items) => new Set(items.filter(({ required, standing }) => required || !standing || standing === "good").map(({ id }) => id));

/** Whether what is ticked needs the PIN. Pure. */
export const needsPin = (items, chosen) => items.some(({ id, sensitive }) => sensitive && chosen.has(id));

/** Items by certificate, in the order asked; those of no certificate last. Pure. */
export function grouped(items) {
  const groups = new Map();
  for (const item of items) {
    const key = item.certificate ? item.certificate.zh : "";
    if (!groups.has(key)) groups.set(key, { certificate: item.certificate ?? null, standing: item.standing, standing_words: item.standing_words, items: [] });
    groups.get(key).items.push(item);
  }
  return [...groups.values()].sort((one, other) => (one.certificate === null) - (other.certificate === null));
}

/** What is wrong with the digits typed, as a key of the words; null when they will do. Pure. */
export function pinFault(pin, again = pin) {
  if (!/^\d{6}$/.test(pin)) return "pin_missing";
  return pin === again ? null : "pin_differ";
}

/** The facts about the matter, as rows `[label, text]`. */
export function matterFacts(app, matter) {
  const w = grantWords(app);
  return [
    [w("basis"), app.words(matter.basis)],
    [w("kept"), w("kept_days", { n: matter.retention_days })],
    [w("passed_on"), matter.passed_on ? app.words(matter.passed_on) : w("passed_on_nobody")],
  ];
}

/** The items with their ticks, and the PIN when it is needed. `held` is `{chosen, fault}`; `changed` is called after a tick. */
export function matterElement(app, matter, held, changed) {
  const w = grantWords(app);
  const tick = (item) => (event) => {
    event.currentTarget.checked ? held.chosen.add(item.id) : held.chosen.delete(item.id);
    changed();
  };
  const line = (item) => {
    const id = `item-${item.id.replace(/\W/g, "-")}`;
    const mark = item.required ? w("required") : w("optional");
    return h(
      "li",
      {},
      h("input", { type: "checkbox", id, checked: held.chosen.has(item.id), disabled: item.required, onchange: tick(item), "aria-describedby": `${id}-why` }),
      h("label", { for: id }, h("b", {}, app.words(item.label)), " ", h("span.chip", { class: item.required ? "" : "good" }, mark), item.sensitive && [" ", h("span.chip.ask", {}, w("sensitive"))]),
      h("span.small.quiet", { id: `${id}-why` }, app.words(item.purpose)),
    );
  };
  const group = ({ certificate, standing, standing_words: state, items }) =>
    h(
      "fieldset.give",
      {},
      h("legend.strong", {}, certificate ? app.words(certificate) : w("claims")),
      standing && standing !== "good" && h("p.band.ask.small", {}, w("not_in_force", { state: app.words(state) })),
      h("ul", {}, items.map(line)),
    );
  return h("div.stack.tight#give", {}, h("h3", {}, w("choose")), grouped(matter.items).map(group), h("div#pin-place", {}, pinElement(app, matter, held)));
}

/** What proves it where that is needed: a passkey, or fields for the PIN (one, or two when it is set for the first time). */
export function pinElement(app, matter, held) {
  if (!needsPin(matter.items, held.chosen)) return null;
  const [w, key] = [grantWords(app), passkeyWords(app)];
  const way = wayOf(matter, held, able(globalThis));
  const other = (by, words) => h("button", { type: "button", onclick: (event) => change(event, by) }, words);
  const change = (event, by) => {
    [held.by, held.fault] = [by, ""];
    fill(event.currentTarget.closest("#pin-place"), pinElement(app, matter, held));
  };
  const fault = h("p.fault", { id: "pin-fault", role: "alert" }, held.fault ?? "");
  if (way === "passkey") return h("section.card.stack.tight.pins", {}, h("p", {}, key("way")), fault, matter.pin_set && other("pin", key("use_pin")));
  const field = (id, label, value) =>
    h("label.pin", { for: id }, label, h("input", { id, type: "password", inputmode: "numeric", autocomplete: "off", maxlength: "6", pattern: "[0-9]{6}", value: value ?? "", "aria-describedby": "pin-fault", oninput: (event) => typed(held, id, event.currentTarget) }));
  return h(
    "section.card.stack.tight.pins",
    {},
    matter.pin_set ? field("pin", w("pin"), held.pin) : [h("p", {}, w("pin_new")), field("pin", w("pin"), held.pin), field("pin-again", w("pin_again"), held["pin-again"])],
    fault,
    matter.passkey_set && able(globalThis) && other("passkey", key("use_passkey")),
  );
}

/** Keeps what is typed; what was said about it before is not true any more. */
function typed(held, id, field) {
  [held[id], held.fault] = [field.value, ""];
  const place = $("#pin-fault", field.closest(".pins"));
  if (place) place.textContent = "";
}

/** The agreeing button's words: all, or those that are ticked. */
export const agreeWords = (app, matter, chosen) => grantWords(app)(chosen.size === 0 ? "agree_first" : chosen.size === matter.items.length ? "agree_all" : "agree_some");

/**
 * What is sent, or null when something has to be corrected first: then it is said beside the field. A PIN that is set for the first
 * time is set before the answer is sent; a passkey signs for exactly what is ticked.
 */
export async function matterReply(app, box, matter, held) {
  const w = grantWords(app);
  const reply = { decision: "agree", items: [...held.chosen] };
  if (!needsPin(matter.items, held.chosen)) return reply;
  if (wayOf(matter, held, able(globalThis)) === "passkey") return { ...reply, passkey: await prove(app, held.request, reply.items) };
  const typed = held.pin ?? "";
  const fault = matter.pin_set ? pinFault(typed) : pinFault(typed, held["pin-again"] ?? "");
  if (fault) {
    said(box, held, w(fault));
    return null;
  }
  if (!matter.pin_set) {
    await app.api.post("/v1/me/pin", { pin: typed });
    matter.pin_set = true;
  }
  return { ...reply, pin: typed };
}

/** Says a fault beside the PIN and puts the cursor there. */
export function said(box, held, text) {
  held.fault = text;
  const place = $("#pin-fault", box);
  if (place) place.textContent = text;
  $("#pin", box)?.focus();
}
