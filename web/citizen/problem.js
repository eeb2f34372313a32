// What went wrong, in words. A refusal of the platform brings its own in both languages; for the rest the app has some.
import { pick } from "../shared/i18n.js";

/** A request that was not answered with success. `code` is the platform's, or `network`, `uncertain`, `server`. */
export class Problem extends Error {
  /** @param {{code?: string, status?: number, title_words?: object, next?: object, human?: object, ask?: boolean, request?: string}} body */
  constructor(body) {
    super(body.code ?? "unknown");
    Object.assign(this, { status: 0, ask: false }, body);
    this.code = body.code ?? "unknown";
  }
}

/** The problem of an answer: the body as it came, if it is one, else by the status alone. */
export function problemOf(status, body) {
  if (body && typeof body === "object" && typeof body.code === "string") return new Problem({ ...body, status });
  return new Problem({ code: status >= 500 || status === 429 ? "server" : "unknown", status });
}

/**
 * Title, next step and human way out in the reader's language.
 * @param {any} problem anything thrown
 * @param {(key: string) => string} t
 */
export function toldOf(problem, t, language) {
  const own = { network: "network", uncertain: "uncertain", server: "server" }[problem?.code];
  return {
    title: pick(problem?.title_words, language) || problem?.title || t(own ? `problem_${own}` : "problem_unknown"),
    next: pick(problem?.next, language) || (own ? t(`problem_${own}_next`) : ""),
    human: pick(problem?.human, language) || t("problem_human"),
    shade: problem?.ask || own ? "ask" : "bad",
  };
}
