/** Waiting for what a screen or a process will say, and saying what was missing when it did not. */

/** Pages on a busy machine take seconds for what takes milliseconds on an idle one. */
export const PATIENCE_MS = 30_000;

/** @param {number} ms */
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * Asks until the answer is truthy, and gives it.
 * @template T
 * @param {string} what for the message when it never comes
 * @param {() => Promise<T>|T} ask may throw while things settle; the last error is told
 * @param {number} [patienceMs]
 * @returns {Promise<T>}
 */
export async function until(what, ask, patienceMs = PATIENCE_MS) {
  const end = Date.now() + patienceMs;
  let last;
  do {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = `the last answer was ${JSON.stringify(answer)}`;
    } catch (error) {
      last = error.message;
    }
    await pause(80);
  } while (Date.now() < end);
  throw new Error(`waited ${patienceMs / 1000} s for ${what}; ${last}`);
}
