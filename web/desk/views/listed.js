/**
 * What a scenario lists for this point, each row with the actions that it answers by itself: a withdrawal to acknowledge. A row says
 * which actions by `actions`; they are those of the card that a point may start and whose form is nothing but references.
 */
import { fill, h } from "../../shared/dom.js";
import { pick } from "../../shared/i18n.js";
import { everything } from "../../shared/pages.js";

const HEX = /^[0-9a-f]{32}$/;

/** Whether an action is about a listed row and nothing else: its form is references only. Pure. */
export const aboutListed = (action) => action.form.length > 0 && action.form.every(({ kind }) => kind.type === "reference");

/** The actions a row offers, with their input. Pure. */
export function offeredBy(row, actions) {
  return actions
    .filter((action) => action.by.includes("point") && aboutListed(action) && (row.actions ?? []).includes(action.id))
    .map((action) => ({ action, input: Object.fromEntries(action.form.map(({ id }) => [id, row[id]])) }))
    .filter(({ input }) => Object.values(input).every((value) => HEX.test(value ?? "")));
}

/** The list, hidden while it is empty; asked for each time the screen is drawn. */
export function listedElement(app) {
  const card = app.card();
  const section = h("section.card.stack.tight.listed", { hidden: true });
  if (!card.actions.some((action) => action.by.includes("point") && aboutListed(action))) return section;
  const draw = async () => {
    const get = async (path) => (await app.api.get(path, { waitMs: 4000 })).body ?? { items: [], next: null };
    const listed = await everything(get, `/v1/points/${app.info.id}/list?scenario=${card.id}&limit=100`).catch(() => []);
    const rows = listed.map((row) => ({ row, offers: offeredBy(row, card.actions) })).filter(({ offers }) => offers.length > 0);
    section.hidden = rows.length === 0;
    fill(section, h("h2", {}, app.t("listed_title")), h("ul.stack.tight", {}, rows.map((one) => rowElement(app, one))));
  };
  draw();
  return section;
}

function rowElement(app, { row, offers }) {
  const words = row.words ? pick(row.words, app.language) : "";
  return h("li.row", {},
    h("span.grow", {}, h("b", {}, words), row.at_ms && h("span.small.quiet", {}, " ", app.formats.moment(row.at_ms)), row.overdue && [" ", h("span.chip.bad", {}, app.t("listed_overdue"))]),
    offers.map(({ action, input }) => h("button", { type: "button", onclick: () => app.actOnListed(action, input) }, pick(action.name, app.language))));
}
