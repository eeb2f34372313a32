// For whom something is done in the app: oneself, or somebody one acts for. Nobody is asked who acts for nobody.
import { h } from "../shared/dom.js";
import { peopleWords } from "./words-people.js";

/**
 * The choice, to stand above a form.
 * @returns {{node: Element|null, body: () => object, name: () => string}} `body`: what joins the request; `name`: for whom, empty for oneself
 */
export function forWhom(app) {
  const wards = app.shell.profile?.wards ?? [];
  let actor = wards.some((ward) => ward.actor === app.forActor) ? app.forActor : 0;
  const w = peopleWords(app.shell.language);
  const one = (value, said) => {
    const choose = () => {
      app.forActor = actor = value;
    };
    return h("label.pick", {}, h("input", { type: "radio", name: "for_whom", value: String(value), checked: value === actor, onchange: choose }), h("span", {}, said));
  };
  return {
    node: wards.length
      ? h("fieldset.stack.tight", { id: "for_whom" }, h("legend.strong", {}, w("for_whom")), one(0, w("for_self")), wards.map((ward) => one(ward.actor, w("for_one", { name: ward.masked_name }))))
      : null,
    body: () => (actor ? { for: actor } : {}),
    name: () => wards.find((ward) => ward.actor === actor)?.masked_name ?? "",
  };
}
