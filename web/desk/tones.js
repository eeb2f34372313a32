/** Four sounds that nobody confuses: up for done, level for ask, a low buzz for no, three falling taps for twice. */
const NOTES = {
  green: [["sine", 880, 0, 0.09], ["sine", 1320, 0.1, 0.16]],
  amber: [["triangle", 620, 0, 0.16], ["triangle", 620, 0.24, 0.16]],
  red: [["square", 196, 0, 0.42]],
  duplicate: [["triangle", 740, 0, 0.08], ["triangle", 587, 0.13, 0.08], ["triangle", 440, 0.26, 0.16]],
  tick: [["sine", 1500, 0, 0.05]],
};
let context = null;

/** Browsers allow sound only after somebody has touched the page: call this from every such moment. */
export function wakeSound() {
  context ??= globalThis.AudioContext ? new AudioContext() : null;
  if (context?.state === "suspended") context.resume().catch(() => undefined);
}

/** @param {"green"|"amber"|"red"|"duplicate"|"tick"} look @returns {boolean} whether it can be heard */
export function play(look) {
  if (context?.state !== "running") return false;
  for (const [type, frequency, after, length] of NOTES[look]) {
    const [tone, volume] = [context.createOscillator(), context.createGain()];
    const begin = context.currentTime + 0.01 + after;
    const loud = type === "square" ? 0.12 : 0.3;
    tone.type = type;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(loud, begin + 0.012);
    volume.gain.setValueAtTime(loud, begin + length - 0.03);
    volume.gain.linearRampToValueAtTime(0, begin + length);
    tone.connect(volume).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + length + 0.02);
  }
  return true;
}
