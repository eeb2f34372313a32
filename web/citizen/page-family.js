// People for people: for whom I act, who acts for me, inviting somebody and taking an invitation up. Everything here ends with one tap.
import { $, fill, h, icon } from "../shared/dom.js";
import { everything } from "../shared/pages.js";
import { head } from "./page-account.js";
import { fourteenFrom, inFours, invitationDigits, scenarioNames, scenariosOpen, stageOf } from "./people.js";
import { peopleWords } from "./words-people.js";

const MOST_DAYS = [1, 7, 30, 90, 365];
const USUAL_DAYS = 30;

const words = (app) => peopleWords(app.shell.language);
const joined = (app, list) => list.join(app.shell.language === "zh" ? "、" : ", ");
const every = (app, path) => everything(app.api.get, path);
/** Both pages need the names of what a grant is for; without them its ids would be all there is to show. */
const places = (app) => every(app, "/v1/me/venues?limit=100");

/** The page; under it, the page that invites. */
export async function family(app, page, [rest] = [], stale) {
  if (rest === "invite") return invite(app, page, stale);
  const w = words(app);
  fill(page, h("div.stack", {}, head(app, w("family"), w("family_lead")), h("p", { role: "status" }, app.t("loading"))));
  const [wards, delegates, venues] = await Promise.all([every(app, "/v1/me/wards?limit=100"), every(app, "/v1/me/delegates?limit=100"), places(app)]);
  if (stale()) return;
  const names = scenarioNames(venues);
  const again = () => family(app, page, [], stale);
  const list = (title, items, none, one) =>
    h("section.stack.tight", {}, h("h2", {}, title), items.length ? h("ul.stack", {}, items.map((grant) => one(app, grant, names, again))) : h("p.card", {}, none));
  fill(
    page,
    h(
      "div.stack",
      {},
      head(app, w("family"), w("family_lead")),
      list(w("wards"), wards, w("wards_none"), wardElement),
      taking(app, names, again),
      list(w("delegates"), delegates, w("delegates_none"), delegateElement),
      h("a.button.main.wide", { href: "#/family/invite" }, w("invite")),
    ),
  );
}

/** What a grant says: for what, where, until when, and what the law makes of a ward's age. */
function saidElement(app, grant, names) {
  const { f } = app;
  const w = words(app);
  const stage = stageOf(grant, app.shell.clock.now());
  const until = grant.until_ms == null ? "" : f.moment(grant.until_ms);
  const ends = stage ? w(`until_${stage}`, { fourteen: day(app, fourteenFrom(grant.until_ms)), until: day(app, grant.until_ms) }) : w("until_day", { until });
  return h(
    "dl.facts",
    {},
    h("dt", {}, w("scope")),
    h("dd", {}, grant.scenarios.length ? joined(app, grant.scenarios.map((id) => app.words(names.get(id)) || id)) : w("scope_all")),
    h("dt", {}, w("where")),
    h("dd", {}, grant.organisations.length ? joined(app, grant.organisations.map((one) => app.words(one))) : w("where_all")),
    until && [h("dt", {}, w("until")), h("dd", {}, ends)],
  );
}

/** A day with its year, which the table's short days leave out: birthdays lie years ahead. */
const day = (app, ms) => {
  const [year, month, date] = app.f.isoDay(ms).split("-").map(Number);
  return app.shell.language === "zh" ? `${year}年${month}月${date}日` : new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(Date.UTC(year, month - 1, date));
};

const titled = (app, grant, kind, waiting) =>
  h("div.row", {}, h("h3.grow", {}, grant.masked_name), h("span.chip", { class: grant.waiting ? "ask" : "" }, grant.waiting ? waiting : kind));

/** Ends something, and says so in place of the card: the way back would be another grant. */
function ending(app, path, actor) {
  return async (event) => {
    const card = event.currentTarget.closest("li");
    try {
      await app.api.post(path, { actor });
      fill(card, h("p.band.good", { role: "status" }, icon(app.shell.icons.ready), words(app)("ended")));
      await app.refresh();
    } catch (problem) {
      app.trouble(problem);
    }
  };
}

function wardElement(app, grant, names) {
  const w = words(app);
  const name = grant.masked_name;
  const show = async () => {
    app.shell.actor = grant.actor;
    await app.shell.take(true);
    app.below();
    location.hash = "#/";
  };
  const act = () => {
    app.forActor = grant.actor;
    location.hash = "#/things";
  };
  return h(
    "li.card.stack.tight",
    {},
    titled(app, grant, w(grant.kind === "guardian" ? "ward" : "principal"), w("waiting_theirs")),
    saidElement(app, grant, names),
    !grant.waiting && h("button.main.wide", { type: "button", onclick: show }, w("show", { name })),
    !grant.waiting && h("button.wide", { type: "button", onclick: act }, w("do_for", { name })),
    grant.kind === "guardian" && !grant.waiting
      ? h("p.quiet", {}, w("guardians_registry"))
      : h("button.wide.stop", { type: "button", onclick: ending(app, "/v1/me/wards/leave", grant.actor) }, w("leave")),
  );
}

function delegateElement(app, grant, names, again) {
  const w = words(app);
  const agree = async () => {
    try {
      await app.api.post("/v1/me/delegates/accept", { actor: grant.actor });
      app.toast(w("agreed"));
      await again();
    } catch (problem) {
      app.trouble(problem);
    }
  };
  const end = ending(app, "/v1/me/delegates/end", grant.actor);
  return h(
    "li.card.stack.tight",
    {},
    titled(app, grant, w(grant.kind), w("waiting")),
    grant.waiting && h("p.band.ask", {}, w("asks_guardian", { name: grant.masked_name })),
    saidElement(app, grant, names),
    grant.waiting
      ? h("div.pair", {}, h("button", { type: "button", onclick: end }, w("decline")), h("button.main", { type: "button", onclick: agree }, w("agree")))
      : grant.kind === "guardian"
        ? h("p.quiet", {}, w("guardians_registry"))
        : h("button.wide.stop", { type: "button", onclick: end }, w("end")),
  );
}

/** Typing an invitation: what it offers is seen before it is accepted. */
function taking(app, names, again) {
  const w = words(app);
  const fault = h("p.fault", { id: "invitation-fault", role: "alert" });
  const field = h("input.digits", { id: "invitation", inputmode: "numeric", autocomplete: "off", maxlength: "20", "aria-describedby": "invitation-fault" });
  const look = async (event) => {
    event.preventDefault();
    const code = invitationDigits(field.value);
    fault.textContent = code ? "" : w("take_short");
    if (!code) return field.focus();
    try {
      const { data: grant } = await app.api.post("/v1/me/wards/see", { code });
      const name = grant.masked_name;
      const said = await app.confirm({ title: w("take_title", { name }), text: w("take_text"), parts: saidElement(app, grant, names), yes: w("take_yes") });
      if (!said) return;
      await app.api.post("/v1/me/wards", { code });
      app.toast(w("taken", { name }));
      await app.refresh();
      await again();
    } catch (problem) {
      app.trouble(problem);
    }
  };
  return h(
    "form.card.stack.tight",
    { onsubmit: look, novalidate: true, id: "take" },
    h("h2", {}, w("take")),
    h("p.quiet", {}, w("take_lead")),
    h("label", { for: "invitation" }, w("take_code")),
    field,
    fault,
    h("button.wide", { type: "submit" }, w("take_look")),
  );
}

/** A list of ticks that is only asked when "only what I choose" is. */
function choosing(app, name, [all, some], options) {
  const list = h("div.stack.tight", { hidden: true }, options.map(({ id, words: said }) => h("label.pick", {}, h("input", { type: "checkbox", value: id }), h("span", {}, said))));
  const fault = h("p.fault", { role: "alert", hidden: true }, words(app)("invite_pick"));
  const one = (value, said, checked) =>
    h("label.pick", {}, h("input", { type: "radio", name, value, checked, onchange: () => { list.hidden = value === "all"; } }), h("span", {}, said));
  const chosen = () => [...list.querySelectorAll("input:checked")].map((box) => box.value);
  return {
    parts: [one("all", all, true), one("some", some, false), list, fault],
    read: () => {
      if (list.hidden) return [];
      fault.hidden = chosen().length > 0;
      if (!fault.hidden) throw new RangeError(name);
      return chosen();
    },
  };
}

async function invite(app, page, stale) {
  const w = words(app);
  fill(page, h("div.stack", {}, heading(app), h("p", { role: "status" }, app.t("loading"))));
  const venues = await places(app);
  if (stale()) return;
  const scope = choosing(app, "scope", [w("scope_all"), w("invite_some")], scenariosOpen(venues).map(({ id, name }) => ({ id, words: app.words(name) })));
  const where = choosing(app, "where", [w("where_all"), w("invite_where_some")], venues.filter(({ state }) => state === "open").map((venue) => ({ id: venue.id, words: app.words(venue) })));
  const days = MOST_DAYS.map((n) => h("label.pick", {}, h("input", { type: "radio", name: "days", value: String(n), checked: n === USUAL_DAYS }), h("span", {}, w("days", { n }))));
  const make = async (event) => {
    event.preventDefault();
    let wish;
    try {
      wish = { scenarios: scope.read(), venues: where.read(), days: Number($("input[name=days]:checked", page).value) };
    } catch {
      return;
    }
    try {
      const { data } = await app.api.post("/v1/me/delegates", wish);
      if (!stale()) shown(app, page, data, stale);
    } catch (problem) {
      app.trouble(problem);
    }
  };
  const group = (label, parts) => h("fieldset.card.stack.tight", {}, h("legend.strong", {}, label), parts);
  fill(
    page,
    h(
      "div.stack",
      {},
      heading(app),
      h(
        "form.stack",
        { onsubmit: make, novalidate: true },
        group(w("invite_scope"), scope.parts),
        group(w("invite_where"), where.parts),
        group(w("invite_days"), days),
        h("button.main.wide", { type: "submit" }, w("invite_make")),
      ),
    ),
  );
}

const heading = (app) => {
  const w = words(app);
  return [h("p", {}, h("a.back", { href: "#/family" }, icon("M15 5l-7 7 7 7"), w("family"))), h("h1", {}, w("invite")), h("p.quiet", {}, w("invite_lead"))];
};

/** The code, while it is good. That it was taken up is seen here, since both stand beside each other or speak on the telephone. */
function shown(app, page, { code, expires_ms: expires }, stale) {
  const w = words(app);
  const state = h("p.band.ask", { role: "status" }, "");
  const copy = async () => {
    await navigator.clipboard?.writeText(code).then(() => app.toast(w("copied")), () => {});
  };
  fill(
    page,
    h(
      "div.stack",
      {},
      heading(app),
      h(
        "section.card.stack.tight",
        {},
        h("h2", {}, w("invite_code")),
        h("p.digits.invitation-code", { id: "invitation_code" }, inFours(code)),
        state,
        h("p", {}, w("invite_tell", { until: app.f.time(expires) })),
        h("button.wide", { type: "button", onclick: copy }, w("copy")),
      ),
      h("a.button.wide", { href: "#/family" }, app.t("done")),
    ),
  );
  follow(app, state, expires, () => stale() || !page.contains(state));
}

/** Counts down, and asks now and then whether somebody took it up. */
async function follow(app, state, expires, left) {
  const w = words(app);
  const standing = async () => new Set((await every(app, "/v1/me/delegates?limit=100")).map(({ actor }) => actor));
  const before = await standing().catch(() => null);
  for (let turn = 0; !left(); turn += 1) {
    const seconds = Math.max(0, Math.ceil((expires - app.shell.clock.now()) / 1000));
    state.textContent = seconds ? w("invite_left", { n: seconds }) : w("invite_over");
    if (seconds === 0) return;
    if (before && turn % 3 === 2) {
      const now = await standing().catch(() => before);
      if ([...now].some((actor) => !before.has(actor))) {
        state.className = "band good";
        state.textContent = w("invite_taken");
        return;
      }
    }
    await new Promise((done) => setTimeout(done, 1000));
  }
}
