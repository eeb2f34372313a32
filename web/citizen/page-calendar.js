// The bookings in one's own calendar app: a secret address, made and taken away here.
import { fill, h, icon } from "../shared/dom.js";

export async function calendar(app, page, _rest, stale) {
  const { t } = app;
  const head = [
    h("p", {}, h("a.back", { href: "#/account" }, icon("M15 5l-7 7 7 7"), t("account_title"))),
    h("h1", {}, t("calendar")),
    h("p.quiet", {}, t("calendar_lead")),
  ];
  fill(page, h("div.stack", {}, head, h("p", { role: "status" }, t("loading"))));
  const show = ({ url }) => {
    const act = (words, kind, send) =>
      h(
        "button.wide",
        {
          type: "button",
          class: kind,
          onclick: async () => {
            try {
              // What was asked for comes with its status.
              show((await send()).data);
            } catch (problem) {
              app.trouble(problem);
            }
          },
        },
        words,
      );
    const box = url && h("input.digits", { id: "calendar_url", value: url, readonly: true, onfocus: ({ currentTarget }) => currentTarget.select() });
    const copy = () => navigator.clipboard.writeText(url).then(() => app.toast(t("calendar_copied")), () => box.select());
    const parts = url
      ? h(
          "section.card.stack",
          {},
          h("label", { for: "calendar_url" }, t("calendar_address")),
          box,
          h("p.small.quiet", {}, t("calendar_secret")),
          h("button.main.wide", { type: "button", onclick: copy }, t("calendar_copy")),
          h("a.button.wide", { href: url.replace(/^https?:/, "webcal:") }, t("calendar_open")),
          act(t("calendar_end"), "stop", () => app.api.end("/v1/me/calendar")),
        )
      : h("section.card.stack", {}, act(t("calendar_make"), "main", () => app.api.post("/v1/me/calendar", {})));
    fill(page, h("div.stack", {}, head, parts));
  };
  const address = await app.api.get("/v1/me/calendar");
  if (!stale()) show(address);
}
