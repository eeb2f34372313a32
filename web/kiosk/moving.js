/** The hall's code on a screen: another one every quarter of a minute, so that a photograph of it opens nothing later. */
import { fill, h, say } from "../shared/dom.js";

/** A code is good for a few seconds past its step; then nothing is better than something that will be refused. */
const GRACE_MS = 8000;
const AGAIN_MS = 3000;

/** When the next one has to be fetched, in milliseconds from now: soon after the step turns, never at once and never late. */
export const dueIn = (nextMs, nowMs) => Math.min(16_000, Math.max(500, nextMs - nowMs + 250));

export const movingCode = (frame) => {
  const { t } = frame;
  const [place, words] = [h("div.symbol"), h("p.small.quiet", { role: "status" })];
  const element = h("section.moving", { hidden: true }, h("h2", {}, t("code_title")), place, words);
  let [timer, goodUntilMs, left] = [null, 0, false];
  const look = async () => {
    let wait = AGAIN_MS;
    try {
      const answer = await frame.api.get(`/v1/points/${frame.device.point}/code`, { waitMs: 4000 });
      if (answer.ok) {
        const { text, side, path, next_ms: nextMs } = answer.body;
        fill(place, h("svg", { viewBox: `-4 -4 ${side} ${side}`, role: "img", "aria-label": t("code_title"), "shape-rendering": "crispEdges" }, h("path", { d: path })));
        Object.assign(element.dataset, { code: text });
        goodUntilMs = nextMs + GRACE_MS;
        wait = dueIn(nextMs, frame.clock.now());
      } else {
        goodUntilMs = 0; // it was withdrawn, or the point has moved
      }
    } catch { /* no network: the old one goes when its time is over */ }
    if (left) return;
    element.hidden = frame.clock.now() > goodUntilMs;
    say(words, element.hidden ? "" : t("code_lead"));
    timer = setTimeout(look, wait);
  };
  look();
  return { element, leave: () => { left = true; clearTimeout(timer); } };
};
