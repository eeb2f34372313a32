// Pages that can be looked at again without network: what came last, with its age. Storage and clock are arguments.

/** Things, places, consents, certificates, people for people, and the first page of the log. */
const REMEMBERED = /^\/v1\/(?:me\/(?:things|venues|consents|certificates|wards|delegates|papers|log\?limit=20$)|certificate-kinds)/;

/**
 * Reading that keeps what it read, and gives it again when the platform does not answer.
 * @param {(path: string) => Promise<any>} get throws a `Problem`
 * @param {object} tools
 * @param {(name: string, value: any) => Promise<void>} tools.keep
 * @param {(name: string) => Promise<any[]>} tools.recall
 * @param {() => number} tools.now ms
 * @param {(atMs: number) => void} tools.told called when something old is given: when it was read
 */
export function remembering(get, { keep, recall, now, told }) {
  return async (path) => {
    if (!REMEMBERED.test(path)) return get(path);
    try {
      const data = await get(path);
      keep(`page ${path}`, { data, at_ms: now() }).catch(() => {});
      return data;
    } catch (problem) {
      if (problem.code !== "network" && problem.code !== "server") throw problem;
      const [kept] = await recall(`page ${path}`).catch(() => []);
      if (!kept) throw problem;
      told(kept.at_ms);
      return kept.data;
    }
  };
}
