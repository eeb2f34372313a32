/** Pairing: once in the life of a point. Eight digits from the venue's administrator, a key that is made here and stays here. */
import { h, say } from "../../shared/dom.js";
import { cleanDigits, grouped } from "../number.js";

export function pairView(app) {
  const hint = h("p.fault#pair-fault", { role: "alert" });
  const field = h("input.digits.big", {
    id: "pair-code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: "11", "data-focus": true, "aria-describedby": "pair-fault", placeholder: "0000 0000",
    oninput: () => {
      const digits = cleanDigits(field.value).slice(0, 8);
      if (cleanDigits(field.value) !== field.value.replace(/ /g, "") || digits.length === 8 || field.selectionStart === field.value.length) field.value = grouped(digits);
      say(hint, "");
    },
  });
  const go = h("button.main.wide", { type: "submit" }, app.t("pair_go"));
  const submit = async (event) => {
    event.preventDefault();
    const code = cleanDigits(field.value);
    if (code.length !== 8) return say(hint, app.t("pair_eight"));
    go.disabled = true;
    say(hint, "");
    const problem = await app.pair(code);
    go.disabled = false;
    if (problem) {
      say(hint, [app.say(problem.message), app.say(problem.next)].filter(Boolean).join(app.t("stop")));
      field.select();
    }
  };
  const element = h("form.sheet.card.stack", { onsubmit: submit, novalidate: true },
    h("h1", {}, app.t("pair_title")),
    h("p.quiet", {}, app.t("pair_lead")),
    h("div", {}, h("label", { for: "pair-code" }, app.t("pair_code")), field, hint),
    go,
    h("p.small.quiet", {}, app.t("pair_key")));
  return { name: "pair", title: app.t("pair_title"), element, onScan: (text) => { if (/^[0-9]{8}$/.test(text)) { field.value = grouped(text); go.click(); } } };
}
