// Talking with the platform. Every state-changing request carries its intention's key and is tried again with the same key when
// no answer came; every answer tells the clock and the network light.
import { Problem, problemOf } from "./problem.js";
import { settles } from "./intents.js";

const PATIENCE_MS = 8000;
const TRIES = 3;

/** Asks once: the answer's status and body; a `Problem` `network` when none came. Tells clock and network light. */
function asker({ fetch, clock, run, heard }) {
  return async (method, path, body, headers) => {
    const sent = run();
    let answer;
    try {
      answer = await fetch(path, {
        method,
        headers,
        credentials: "same-origin",
        redirect: "error",
        cache: "no-store",
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch {
      heard(false);
      throw new Problem({ code: "network" });
    }
    const came = run();
    const data = await answer.json().catch(() => null);
    heard(answer.status < 500);
    if (typeof data?.now_ms === "number") clock.learn(data.now_ms, sent, came);
    return { status: answer.status, data, retryAfterS: Number(answer.headers?.get("Retry-After")) || 0 };
  };
}

/** Changes something, with the key of its intention, and tries again with the same key while no final answer came. */
function changer(once, spoken, { intents, pause, luck }) {
  return async (method, path, body = method === "POST" ? {} : undefined) => {
    const headers = { ...spoken(), "Idempotency-Key": intents.key(method, path, body) };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    for (let tried = 1; ; tried += 1) {
      let wait = tried * 400 * (1 + luck());
      try {
        const { status, data, retryAfterS } = await once(method, path, body, headers);
        if (settles(status)) intents.settled(method, path, body);
        if (status < 300) return { status, data };
        if (status < 500 || tried === TRIES) throw problemOf(status, data);
        wait = Math.max(wait, Math.min(retryAfterS, 10) * 1000);
      } catch (problem) {
        if (problem.code !== "network") throw problem;
        if (tried === TRIES) throw new Problem({ code: "uncertain" });
      }
      await pause(wait);
    }
  };
}

/**
 * @param {object} tools
 * @param {typeof fetch} tools.fetch
 * @param {{learn: (serverMs: number, sent: number, came: number) => boolean}} tools.clock
 * @param {() => number} tools.run monotonic ms
 * @param {() => string} tools.language `zh` or `en`
 * @param {{key: Function, settled: Function}} tools.intents
 * @param {(alive: boolean) => void} tools.heard called after every try: whether the platform answered
 * @param {(ms: number) => Promise<void>} tools.pause
 * @param {() => number} tools.luck in [0, 1), so that tries of many phones spread
 */
export function makeApi(tools) {
  const spoken = () => ({ "Accept-Language": tools.language() === "zh" ? "zh-CN" : "en" });
  const once = asker(tools);
  const change = changer(once, spoken, tools);
  return {
    /** Reads. Gives the body; throws a `Problem`. */
    async get(path) {
      const { status, data } = await once("GET", path, undefined, spoken());
      if (status >= 300) throw problemOf(status, data);
      return data;
    },
    /** Changes something. Gives `{status, data}`; throws a `Problem`, `uncertain` when no answer came at all. */
    post: (path, body) => change("POST", path, body),
    /** Ends something. */
    end: (path) => change("DELETE", path),
    /** Does an action and follows it to its end: `{outcome}`, or `{outcome, pending: true}` when it is still running after a while. */
    async act(body, seconds = 40) {
      let { status, data } = await change("POST", "/v1/me/actions", body);
      for (let waited = 0; status === 202 && data?.outcome?.pending && waited < seconds; waited += 1) {
        await tools.pause(1000);
        const answer = await once("GET", `/v1/me/attempts/${data.outcome.pending}`, undefined, spoken()).catch(() => null);
        if (!answer || answer.status >= 500) continue; // no news: it goes on
        if (answer.status >= 300) throw problemOf(answer.status, answer.data);
        ({ status, data } = answer);
      }
      return { outcome: data.outcome, pending: status === 202 };
    },
  };
}
