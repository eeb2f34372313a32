// Lists come in parts, one way everywhere: `items`, and `next` to go on after. This follows them.
import { fill, h } from "./dom.js";

/** A list never has more parts than this here; a platform that never ends must not hold a page for ever. */
const MOST_PARTS = 50;

/** The address of the part after a cursor; the first part without one. Pure. */
export const partAfter = (path, after) => (after ? `${path}${path.includes("?") ? "&" : "?"}after=${encodeURIComponent(after)}` : path);

/**
 * All entries of a list, for what has to be whole before it can be shown: choices, boards.
 * @param {(path: string) => Promise<{items: any[], next: string | null}>} get
 * @param {string} path
 */
export async function everything(get, path) {
  const items = [];
  let after = null;
  for (let part = 0; part < MOST_PARTS; part += 1) {
    const answer = await get(partAfter(path, after));
    items.push(...answer.items);
    after = answer.next;
    if (!after) break;
  }
  return items;
}

/**
 * A list that shows its first part, and the next when "more" is pressed. Resolves once the first part is here.
 * @param {object} parts
 * @param {(path: string) => Promise<{items: any[], next: string | null}>} parts.get
 * @param {string} parts.path
 * @param {(item: any) => HTMLElement} parts.one makes an `li`
 * @param {string} parts.none what stands there when there is nothing
 * @param {string} parts.more the button's word
 * @param {(problem: any) => void} parts.trouble told when a later part did not come
 */
export async function listInParts({ get, path, one, none, more, trouble }) {
  const first = await get(path);
  if (!first.items.length && !first.next) return h("p.card", {}, none);
  const list = h("ul.stack", {}, first.items.map(one));
  let after = first.next;
  const button = h("button.wide", { type: "button", hidden: !after }, more);
  button.onclick = async () => {
    button.disabled = true;
    try {
      const part = await get(partAfter(path, after));
      const made = part.items.map(one);
      list.append(...made);
      after = part.next;
      button.hidden = !after;
      // Who reads by keys or by ear goes on with the first new entry, not at the end of the page.
      if (made[0]) {
        made[0].tabIndex = -1;
        made[0].focus({ preventScroll: true });
      }
    } catch (problem) {
      trouble(problem);
    } finally {
      button.disabled = false;
    }
  };
  return fill(h("div.stack"), list, button);
}
