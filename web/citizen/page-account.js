// The pages about oneself: consents, the phone and freezing, settings, help.
import { fill, h, icon } from "../shared/dom.js";
import { listInParts } from "../shared/pages.js";
import { passkeyWords } from "./passkeys.js";
import { grantWords } from "./sheet-grant.js";
import { worksUntil } from "./tickets.js";
import { logWords } from "./words-log.js";
import { peopleWords } from "./words-people.js";

const ARROW = "M9 5l7 7-7 7";
const LINKS = [
  ["cards", "M3 7h15v11H3zM6 7V4h15v11h-3M6 11h6M6 14h4"],
  ["grants", "M5 4h14v16H5zM8.500 9h7M8.500 13h4M13 16l2 2 3-4"],
  ["family", "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.500a3 3 0 0 1 0 6M18 14a6 6 0 0 1 3.500 6"],
  ["papers", "M6 3h9l4 4v14H6zM14 3v5h5M9 12h3v3H9zM15 12h0M15 15h0M9 18h6"],
  ["consents", "M8 12l3 3 5-6M4 5h16v14H4z"],
  ["pin", "M7 11V8a5 5 0 0 1 10 0v3M5 11h14v9H5zM12 15v2"],
  ["passkeys", "M8 15a5 5 0 1 1 4.900-6H21v4h-3v3h-3v-3h-2.100A5 5 0 0 1 8 15zM8 10h0"],
  ["devices", "M7 3h10v18H7zM11 18h2"],
  ["calendar", "M4 6h16v14H4zM4 11h16M8 3v4M16 3v4"],
  ["messages", "M4 5h16v11H9l-5 4zM8 9h8M8 12h5"],
  ["cases", "M6 3h9l4 4v14H6zM14 3v5h5M9 13h6M9 17h4"],
  ["copy", "M12 4v11M8 11l4 4 4-4M5 19h14"],
  ["settings", "M4 7h10M18 7h2M4 17h2M10 17h10M14 4.5v5M6 14.5v5"],
  ["help", "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 18h0M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z"],
];

/** The list of the pages about oneself. */
export async function account(app, page) {
  const { t, shell, f } = app;
  fill(
    page,
    h(
      "div.stack",
      {},
      h("h1", {}, t("account_title")),
      shell.profile &&
        h(
          "section.card.row",
          {},
          h("span.face", { "aria-hidden": "true" }, [...shell.profile.masked_name][0]),
          h(
            "div.grow",
            {},
            h("p.strong", {}, shell.profile.masked_name),
            app.me && h("p.quiet", {}, `${t("purse")} ${f.money(app.me.purse_fen ?? 0)}`),
          ),
        ),
      h(
        "nav.card.links",
        {},
        LINKS.map(([route, path]) => h("a.row", { href: `#/${route}` }, icon(path), h("span.grow", {}, named(app, route)), icon(ARROW))),
      ),
      shell.profile
        ? h("button.wide.stop", { type: "button", onclick: app.signOut }, t("sign_out"))
        : h("a.button.main.wide", { href: "/auth/login?return=/me" }, t("sign_in")),
    ),
  );
}

/** A page's name in the list: most are in the shared table, those about grants and around the log in their own. */
const AROUND_THE_LOG = { messages: "messages", cases: "cases", copy: "export" };
const named = (app, route) => {
  if (route in AROUND_THE_LOG) return logWords(app.shell.language)(AROUND_THE_LOG[route]);
  if (route === "family" || route === "papers") return peopleWords(app.shell.language)(route);
  if (route === "grants") return grantWords(app)("grants");
  if (route === "passkeys") return passkeyWords(app)("title");
  return route === "pin" ? grantWords(app)("pin_title") : app.t(route);
};

export const head = (app, title, lead) => [
  h("p", {}, h("a.back", { href: "#/account" }, icon("M15 5l-7 7 7 7"), app.t("account_title"))),
  h("h1", {}, title),
  lead && h("p.quiet", {}, lead),
];

/** Standing consents, each ended with one tap. */
export async function consents(app, page, _rest, stale) {
  const { t, f } = app;
  fill(page, h("div.stack", {}, head(app, t("consents"), t("consents_lead")), h("p", { role: "status" }, t("loading"))));
  const one = (consent) => {
    const card = h(
      "li.card.stack.tight",
      {},
      h("p.strong", {}, app.words(consent.organisation)),
      h(
        "p.quiet",
        {},
        [app.words(consent.scenario_name), t("consent_given", { date: f.day(consent.given_ms) })].filter(Boolean).join(" · "),
      ),
      h(
        "button.wide.stop",
        {
          type: "button",
          onclick: async () => {
            try {
              await app.api.end(`/v1/me/consents/${consent.id}`);
              fill(card, h("p.band.good", { role: "status" }, icon(app.shell.icons.ready), t("consent_ended")));
            } catch (problem) {
              app.trouble(problem);
            }
          },
        },
        t("consent_end"),
      ),
    );
    return card;
  };
  const list = await listInParts({ get: app.api.get, path: "/v1/me/consents", one, none: t("consents_none"), more: t("more"), trouble: app.trouble });
  if (!stale()) fill(page, h("div.stack", {}, head(app, t("consents"), t("consents_lead")), list));
}

/** Which phone shows the code, and freezing it. */
export async function devices(app, page) {
  const { t, f, shell } = app;
  const profile = shell.profile;
  const again = () => devices(app, page);
  const setFrozen = async (frozen) => {
    if (frozen && !(await app.confirm({ title: t("freeze"), text: t("freeze_sure"), yes: t("freeze"), stop: true }))) return;
    try {
      await app.api.post("/v1/me/freeze", { frozen });
      await app.refresh();
      app.toast(t(frozen ? "frozen_done" : "unfrozen_done"));
      again();
    } catch (problem) {
      app.trouble(problem);
    }
  };
  const device = app.me?.device;
  const state = !profile
    ? null
    : profile.elsewhere
      ? [
          h("p.band.ask", {}, icon(shell.icons.elsewhere), t("device_other")),
          h("p", {}, t("device_take_text")),
          h("button.main.wide", { type: "button", onclick: app.takeOver }, t("device_take")),
        ]
      : [
          h("p.band.good", {}, icon(shell.icons.ready), t("device_this")),
          device &&
            h(
              "p.quiet",
              {},
              [device.name, device.enrolled_ms && t("device_since", { date: f.day(device.enrolled_ms) })].filter(Boolean).join(" · "),
            ),
        ];
  fill(
    page,
    h(
      "div.stack",
      {},
      head(app, t("devices")),
      state && h("section.card.stack.tight", {}, state),
      profile &&
        h(
          "section.card.stack.tight",
          {},
          profile.frozen
            ? [
                h("p.band.bad", {}, icon(shell.icons.frozen), t("frozen_word")),
                h("p", {}, t("frozen_text")),
                h("button.main.wide", { type: "button", onclick: () => setFrozen(false) }, t("unfreeze")),
              ]
            : [
                h("h2", {}, t("freeze")),
                h("p", {}, t("freeze_text")),
                h("button.stop.wide", { type: "button", onclick: () => setFrozen(true) }, t("freeze")),
              ],
        ),
    ),
  );
}

/** One choice of several, as radio buttons; each option is `[value, words, language of the words if it is another]`. */
function choice(label, name, options, now, change) {
  const one = ([value, words, lang]) => {
    const input = h("input", { type: "radio", name, value, checked: value === now, onchange: () => change(value) });
    return h("label.pick", {}, input, h("span", lang ? { lang } : {}, words));
  };
  return h("fieldset.card.stack.tight", {}, h("legend.strong", {}, label), options.map(one));
}

/** What the phone holds, and fetching more at once. */
function stored(app, again) {
  const { t, f, shell } = app;
  const own = shell.tickets.filter((ticket) => ticket.actor === 0);
  const until = worksUntil(own, shell.clock.now());
  const topUp = async () => {
    await app.refill(true);
    again();
  };
  return h(
    "section.card.stack.tight",
    {},
    h("h2", {}, t("storage")),
    h("p", {}, until ? t("storage_until", { until: f.moment(until), n: own.length }) : t("storage_none")),
    h("button.wide", { type: "button", onclick: topUp }, t("top_up")),
  );
}

/** Language, size of the text, what the phone holds. */
export async function settings(app, page) {
  const { t, shell } = app;
  const languages = [
    ["zh", "简体中文", "zh-CN"],
    ["en", "English", "en"],
  ];
  const sizes = [
    ["", t("size_plain")],
    ["large", t("size_large")],
    ["largest", t("size_largest")],
  ];
  fill(
    page,
    h(
      "div.stack",
      {},
      head(app, t("settings")),
      choice(t("language"), "language", languages, shell.language, shell.setLanguage),
      choice(t("size"), "size", sizes, shell.size, shell.setSize),
      shell.profile && stored(app, () => settings(app, page)),
      shell.profile && h("a.button.wide.stop", { href: "#/closing" }, logWords(shell.language)("closing")),
    ),
  );
}

/** Help: short answers, and people. */
export async function help(app, page) {
  const { t } = app;
  fill(
    page,
    h(
      "div.stack",
      {},
      head(app, t("help")),
      h(
        "a.button.main.wide",
        { href: "tel:12345" },
        icon("M5 4h4l2 5-2.5 1.5a11 11 0 0 0 5 5L15 13l5 2v4a1 1 0 0 1-1 1A16 16 0 0 1 4 5a1 1 0 0 1 1-1z"),
        t("help_call"),
      ),
      ["show", "offline", "lost", "privacy", "screenshot", "person"].map((topic) =>
        h("details.card", {}, h("summary", {}, t(`help_${topic}`)), h("p", {}, t(`help_${topic}_text`))),
      ),
    ),
  );
}
