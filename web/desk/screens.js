/**
 * What a result screen says, from whatever came back: a colour, a symbol, one word, one sentence, what to do next, and
 * who helps. Pure: words are returned as pairs `{zh, en}` or as keys of the desk's own table, the page picks.
 *
 * @typedef {{zh: string, en: string}|{key: string, values?: Record<string, any>}} Say
 * @typedef {object} Screen
 * @property {"green"|"amber"|"red"|"duplicate"} look a code shown twice is a result of its own, not an error
 * @property {Say} word @property {Say} message @property {Say} [next] @property {Say} [human]
 * @property {object} [detail] what the point learns, to be listed
 * @property {string} [code] the platform's or verifier's stable name, small, for a telephone call to support
 * @property {boolean} [again] whether trying the same again makes sense
 */

/** How long a result stays, in milliseconds: long enough to be seen from the queue, or to be read. */
const HOLD_MS = { green: 2500, amber: 4000, red: 4000, duplicate: 4000 };

/** @param {Screen} screen @param {boolean} large whether the reader asked for large text, and so for more time */
export const holdMs = (screen, large = false) => HOLD_MS[screen.look] * (large ? 1.5 : 1);

/** Words for kinds of refusals, by their stable codes: what fills the screen. The sentence is the platform's own. */
const WORDS = [
  [/(^|[._])(key|deny)_list_/, "word_no_list"],
  [/(^|[._])(used|spent|replayed?|claimed|twice|duplicate)$/, "word_used"],
  [/(^|[._])(expired|too_late|over|late|stale|past|ended)$/, "word_expired"],
  [/(^|[._])(too_early|future|ahead|early|not_yet)$/, "word_early"],
  [/(^|[._])(frozen|denied|revoked)$/, "word_frozen"],
  [/^code\.(not_ours|other|other_brand|foreign|brand|payment|payment_code|kind)$/, "word_other_code"],
  [/(^|[._])(forged|unproved|wrong|unknown_key|version|suite|profile|signature|chain|mac|unknown|not_found|malformed|damaged|unreadable|length|digits|check|bad_\w+)$/, "word_not_valid"],
];

/** What speaks about the code itself; a scenario's own refusals may end in the same words and mean something else. */
const OF_CODE = /^(code|verify|ticket|presentation)\.|^(code|key|number|step|deny|point)_|^[a-z]+$|^(too_early|too_late|bad_\w+|unknown_key|not_yet)$/;

/** @param {string} code */
function wordOf(code) {
  if (!OF_CODE.test(code)) return { key: "word_refused" };
  return { key: WORDS.find(([pattern]) => pattern.test(code))?.[1] ?? "word_refused" };
}

const isDuplicate = (code) => OF_CODE.test(code) && wordOf(code).key === "word_used";

/** @param {{shade: "green"|"amber"|"red", word: any, message: any, detail?: any}} outcome @returns {Screen} */
export function ofOutcome({ shade, word, message, detail }) {
  return { look: shade, word, message, detail: detail ?? undefined };
}

/** @param {object} problem RFC 9457, with our members @returns {Screen} */
export function ofProblem(problem) {
  const code = problem.code ?? "unknown";
  const title = problem.title_words ?? { zh: problem.title ?? "", en: problem.title ?? "" };
  const look = isDuplicate(code) ? "duplicate" : problem.ask ? "amber" : "red";
  return { look, word: look === "amber" ? { key: "word_ask" } : wordOf(code), message: title, next: problem.next, human: problem.human, code };
}

/**
 * No answer that can be believed. When something was to be changed it is not certain whether it was, and the same
 * request may be sent again: it is done once.
 * @param {{problem?: object}} error @param {boolean} changing @returns {Screen}
 */
export function ofSilence(error, changing) {
  if (error.problem && !["platform.slow", "platform.busy"].includes(error.problem.code)) {
    return { ...ofProblem(error.problem), look: "amber", word: { key: "word_ask" }, again: true };
  }
  return {
    look: "amber", word: { key: changing ? "word_uncertain" : "word_no_network" }, message: { key: changing ? "silence_uncertain" : "silence_network" },
    next: { key: changing ? "silence_uncertain_next" : "silence_network_next" }, human: { key: "human_desk" }, again: true,
  };
}

/**
 * The verifier's own word on a text, when the platform cannot be asked.
 * @param {import("../shared/wasm.js").Verdict} verdict @returns {Screen}
 */
export function ofVerdict({ outcome, reason, kind, words }) {
  const human = { key: "human_desk" };
  if (kind === "short_number") return { look: "amber", word: { key: "word_no_network" }, message: { key: "offline_n1" }, next: { key: "offline_n1_next" }, human, code: reason };
  if (outcome !== "refused") return { look: "amber", word: { key: "word_no_network" }, message: { key: "offline_genuine" }, next: { key: "silence_network_next" }, human, code: reason };
  if (kind !== "ticket") return { look: "red", word: { key: "word_other_code" }, message: words, next: { key: "show_tongma" }, human, code: reason };
  const word = wordOf(reason);
  if (word.key === "word_no_list") return { look: "amber", word, message: words, next: { key: "silence_network_next" }, human, code: reason };
  return { look: isDuplicate(reason) ? "duplicate" : "red", word, message: words, next: { key: "refresh_code" }, human, code: reason };
}

/** @param {object} result of the gate deciding from its list @returns {Screen} */
export function ofGate(result) {
  if (result.by === "none") {
    return { look: "amber", word: { key: "word_no_list" }, message: { key: "gate_no_list" }, next: { key: "gate_no_list_next" }, human: { key: "human_desk" }, code: result.reason };
  }
  const look = result.reason === "step_used" ? "duplicate" : result.shade;
  return { look, word: result.word, message: result.words, human: look === "green" ? undefined : { key: "human_desk" }, code: result.reason };
}

/** A number this large is a moment: milliseconds since 1970, from 2001 on. */
const LEAST_MOMENT_MS = 1e12;

/** What a thing is called comes before everything else about it. */
const FIRST = ["title", "name", "masked_name"];

/** Whether a detail is a list to be read in one's own time: it says whether there is more of it. */
export const isSheet = (detail) => typeof detail?.more === "boolean";

/**
 * A detail as rows to read. Ids and pseudonyms are for machines and left out, and a moment is left out where its date is
 * given too; nothing to pay and no days late are not worth a line; unknown keys are shown as they are, so that nothing the point learnt is hidden from its staff.
 * @param {object} detail
 * @param {{formats: any, label: (key: string) => string, value: (key: string, text: string) => string, language: string}} words
 * @returns {Array<{label: string, value?: string, rows?: Array<Array<{label: string, value: string}>>}>}
 */
export function detailRows(detail, words) {
  if (detail === null || typeof detail !== "object" || Array.isArray(detail)) return [];
  const rows = [];
  for (const [key, value] of Object.entries(detail)) {
    if (Array.isArray(value)) {
      const lines = value.map((item) => (item !== null && typeof item === "object" ? flatRows(item, words) : [{ label: "", value: String(item) }]));
      if (lines.length > 0) rows.push({ label: words.label(key), rows: lines });
    }
  }
  return [...flatRows(detail, words), ...rows];
}

function flatRows(item, words) {
  const rows = [];
  const named = Object.entries(item).sort(([one], [other]) => FIRST.includes(other) - FIRST.includes(one));
  for (const [key, value] of named) {
    if (value === 0 && /(^|_)(fen|days)(_|$)/.test(key)) continue;
    if (key === "more" && value === false) continue;
    if (value === null || value === undefined || `${key}_date` in item || (typeof value === "string" && /^p?[0-9a-f]{16,}$/.test(value))) continue;
    if (typeof value === "object" && !(value.zh || value.en)) continue;
    rows.push({ label: words.label(key), value: written(key, value, words) });
  }
  return rows;
}

/** How a value is written, by the unit in its name. */
function written(key, value, words) {
  if (typeof value === "object") return value[words.language] || value.zh || value.en;
  if (typeof value === "boolean") return words.label(value ? "yes" : "no");
  if (typeof value === "number") {
    if (/(^|_)fen(_|$)/.test(key)) return words.formats.money(value);
    return Math.abs(value) >= LEAST_MOMENT_MS ? words.formats.moment(value) : String(value);
  }
  return /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value) ? words.formats.date(value) : words.value(key, value);
}
