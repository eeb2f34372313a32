// A copy of everything, put together from pages. Pure.

/** The most pages that are put together: a hundred lines each. */
const MOST_PAGES = 1000;

/**
 * The whole copy: the first page's own parts, and the lines of all.
 * @param {(path: string) => Promise<any>} get
 */
export async function wholeCopy(get) {
  let whole = null;
  let after = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const part = await get(`/v1/me/export?limit=100${after ? `&after=${encodeURIComponent(after)}` : ""}`);
    if (whole) whole.lines.push(...part.lines);
    else whole = part;
    after = part.next;
    if (!after) return { ...whole, next: null };
  }
  throw new RangeError("the log is longer than any log");
}

/** The shades of a case's chip. */
export const caseShade = ({ state, overdue }) => (overdue ? "bad" : { open: "ask", working: "ask", done: "good", declined: "bad" }[state] ?? "");
