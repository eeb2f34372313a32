/**
 * The keyboard of the whole page, as a wedge scanner uses it; the camera and typing go their own ways.
 */
import { looksLike } from "./number.js";
import { Wedge } from "./wedge.js";

/** Whether a text may be somebody's code, as `InView` asks it. */
export const isPersonal = (text) => looksLike(text) !== "other";

/** Listens to the keyboard of the whole page. @param {(text: string) => void} onCode @returns {() => void} stops */
export function listenToKeys(onCode) {
  const snapshot = () => {
    const field = document.activeElement;
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return undefined;
    const { value } = field;
    return () => {
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
  };
  const wedge = new Wedge({ onCode, onStart: snapshot, isWhole: isPersonal });
  let idle;
  const down = (event) => {
    if (wedge.down(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
    clearTimeout(idle);
    idle = setTimeout(() => wedge.idle(performance.now()), 250);
  };
  const up = (event) => wedge.up(event);
  document.addEventListener("keydown", down, true);
  document.addEventListener("keyup", up, true);
  return () => {
    document.removeEventListener("keydown", down, true);
    document.removeEventListener("keyup", up, true);
  };
}
