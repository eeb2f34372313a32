/** An iCalendar reader that is not ours: ical.js, as published, beside the build's other outputs. */
import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { SHOTS } from "./shots.mjs";

const VERSION = "2.2.1";

/** Reads calendar text; throws where the text is none. @returns {Promise<Array<{uid: string, start: number, end: number, summary: string, location: string, status: string, sequence: number, alarms: number}>>} */
export async function readCalendar(text) {
  const folder = join(dirname(SHOTS), "ical");
  const file = join(folder, "node_modules/ical.js/dist/ical.js");
  try {
    await access(file);
  } catch {
    await promisify(execFile)("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "--no-save", `ical.js@${VERSION}`]);
  }
  const { default: ICAL } = await import(pathToFileURL(file).href);
  ICAL.design.strict = true;
  const calendar = new ICAL.Component(ICAL.parse(text));
  if (calendar.name !== "vcalendar" || calendar.getFirstPropertyValue("version") !== "2.0") throw new Error("not a calendar of version 2.0");
  return calendar.getAllSubcomponents("vevent").map((part) => {
    const event = new ICAL.Event(part);
    return {
      uid: event.uid,
      start: event.startDate.toJSDate().getTime(),
      end: event.endDate.toJSDate().getTime(),
      summary: event.summary,
      location: event.location,
      status: part.getFirstPropertyValue("status"),
      sequence: event.sequence,
      alarms: part.getAllSubcomponents("valarm").length,
    };
  });
}
