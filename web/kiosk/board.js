/** The queue board: who is called where, by number and masked name; spoken where the device has a voice. */
import { $, fill, h, say } from "../shared/dom.js";
import { everything } from "../shared/pages.js";
import { follow } from "../desk/events.js";
import { SCENARIO } from "./taking.js";
import { movingCode } from "./moving.js";
import { boardOf, newCalls, spokenWords } from "./numbers.js";

const LOOK_MS = 2000;
const TOLD_MS = 15_000; // with a live connection, in case it lies

export const boardView = (frame) => {
  const { t } = frame;
  const [calls, lines, stale] = [h("ul.calls"), h("ul.lines"), h("p.band.ask", { hidden: true, role: "status" })];
  const canSpeak = typeof globalThis.speechSynthesis?.speak === "function";
  const voice = h("button.pill", { type: "button", "aria-pressed": String(Boolean(frame.voice)), onclick: () => { frame.voice = !frame.voice; frame.show(frame.make); } }, t(frame.voice ? "voice_off" : "voice_on"));
  const code = movingCode(frame);
  const element = h("div.board", {},
    h("section", {}, h("h1", {}, t("board_title")), stale, calls),
    h("section.stack", {}, h("h2", {}, t("board_waiting")), lines, code.element, canSpeak ? voice : h("p.small.quiet", {}, t("voice_none"))));
  const draw = (items) => {
    const { called, lines: waiting } = boardOf(items);
    const fresh = newCalls(frame.spoken ?? null, called);
    frame.spoken = fresh.spoken;
    fresh.fresh.forEach((call) => speak(frame, call));
    fill(calls, called.length ? called.map((call) => one(frame, call)) : h("li", {}, t("board_none")));
    fill(lines, waiting.map(({ name, waiting: n, counters }) => h("li", {}, h("span", {}, frame.say(name)), h("b", {}, t("board_people", { n })), h("span.quiet", {}, counters > 0 ? t("board_counters", { n: counters }) : t("board_counter_none")))));
  };
  if (frame.boardItems) draw(frame.boardItems);
  const look = async () => {
    try {
      const get = async (path) => {
        const answer = await frame.api.get(path, { waitMs: 4000 });
        if (!answer.ok) throw new Error(answer.problem.code);
        return answer.body;
      };
      const items = await everything(get, `/v1/points/${frame.device.point}/list?scenario=${SCENARIO}&action=board&limit=100`);
      frame.boardAt = frame.clock.now();
      stale.hidden = true;
      const text = JSON.stringify(items);
      if (text !== frame.boardText) draw((frame.boardItems = items));
      frame.boardText = text;
    } catch {
      stale.hidden = !frame.boardAt;
      if (frame.boardAt) say(stale, t("board_stale", { time: frame.formats.time(frame.boardAt) }));
    }
  };
  let [timer, busy, again, left] = [null, false, false, false];
  const turn = async () => {
    clearTimeout(timer);
    // What is told while an answer is on its way may have happened after it: look once more then.
    if (busy) return void (again = true);
    [busy, again] = [true, false];
    await look();
    busy = false;
    if (left) return;
    if (again) return turn();
    timer = setTimeout(turn, news.alive() ? TOLD_MS : LOOK_MS);
  };
  const news = follow({ open: (stop) => frame.api.stream(`/v1/points/${frame.device.point}/events?of=board`, stop), heard: turn });
  turn();
  const leave = () => {
    left = true;
    clearTimeout(timer);
    news.stop();
    code.leave();
  };
  return { name: "board", title: t("app_board"), element, leave };
};

const one = (frame, { number, counter, masked_name: name, state, calls }) => h("li", { class: state, dataset: { number } },
  h("span.no", {}, number),
  h("span.to", {}, h("small", {}, frame.t(state === "called" ? "board_called" : "board_serving"), calls > 1 && state === "called" && ` · ${frame.t("board_again", { n: calls })}`), frame.say(counter)),
  h("span.name", {}, name));

/** Says a call aloud in both languages where there is a voice, and in words for whoever reads by ear. */
function speak(frame, call) {
  const words = spokenWords(call);
  say($("#spoken"), words[frame.language]);
  if (!frame.voice || typeof globalThis.speechSynthesis?.speak !== "function") return;
  for (const [language, lang] of [["zh", "zh-CN"], ["en", "en-GB"]]) {
    const utterance = new SpeechSynthesisUtterance(words[language]);
    utterance.lang = lang;
    speechSynthesis.speak(utterance);
  }
}
