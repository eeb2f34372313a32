// What time the platform has, as well as this phone can know it. No clock is read here: both are arguments.

/** How far the phone's clock and its running time may part before one of them is held to have jumped, in ms. */
export const JUMP_MS = 2000;

/**
 * A clock that follows the platform's time. It runs on the monotonic clock, since people set the other one; the wall clock
 * is believed only when it ran ahead of the monotonic one, which is what a sleeping phone looks like.
 * @param {() => number} wall ms since 1970 by the phone, `Date.now`
 * @param {() => number} run ms since some moment, never set by anyone, `performance.now`
 * @param {number} offsetMs platform's time less the phone's, as last measured
 */
export function makeClock(wall, run, offsetMs = 0) {
  let wallThen = wall();
  let runThen = run();
  let offset = offsetMs;
  let doubt = false;
  const now = () => {
    const [wallNow, runNow] = [wall(), run()];
    const ahead = wallNow - wallThen - (runNow - runThen);
    if (Math.abs(ahead) > JUMP_MS) {
      doubt = true;
      if (ahead < 0) offset -= ahead; // set back: what ran on stays true
      [wallThen, runThen] = [wallNow, runNow];
    }
    return wallThen + (runNow - runThen) + offset;
  };
  return {
    /** The platform's time now, ms since 1970. */
    now,
    /** Takes a platform's answer in: its time, and when the question left and the answer came by `run`. Slow answers say little and are left out. */
    learn(serverMs, sentRun, cameRun) {
      const trip = cameRun - sentRun;
      if (!(trip >= 0 && trip < 4000) || !Number.isFinite(serverMs)) return false;
      [wallThen, runThen] = [wall(), run()];
      offset = serverMs + trip / 2 + (runThen - cameRun) - wallThen;
      doubt = false;
      return true;
    },
    /** Platform's time less the phone's, to be kept for the next start. */
    offset: () => offset,
    /** Whether a clock jumped since the platform was last heard. */
    doubtful: () => (now(), doubt),
  };
}

/** `HH:MM:SS` in Beijing, where every counter is. */
export const beijingClock = (ms) => new Date(ms + 8 * 3600_000).toISOString().slice(11, 19);

/** `HH:MM`, with the day before it when that is not today: `11‑24 08:30`, joined so that no line breaks inside. */
export function beijingMoment(ms, nowMs) {
  const [then, today] = [ms, nowMs].map((at) => new Date(at + 8 * 3600_000).toISOString());
  return (then.slice(0, 10) === today.slice(0, 10) ? "" : `${then.slice(5, 7)}\u2011${then.slice(8, 10)}\u00a0`) + then.slice(11, 16);
}
