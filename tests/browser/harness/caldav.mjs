/** A calendar app that is not ours: Debian's CalDAV client and server, which keep what the feed says. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Debian's packages belong to Debian's Python, whichever other one is first on the path. */
const PYTHON = "/usr/bin/python3";

export class CalendarApp {
  /** @param {import("node:test").TestContext} test whose end ends the app */
  static open(test) {
    const app = new CalendarApp();
    app.process = spawn(PYTHON, [fileURLToPath(new URL("calendar_peer.py", import.meta.url))], { stdio: ["pipe", "pipe", "inherit"] });
    app.lines = createInterface({ input: app.process.stdout })[Symbol.asyncIterator]();
    test.after(() => app.process.stdin.end());
    return app;
  }

  /**
   * Takes a feed's text in; gives what the calendar then holds. Throws where the text is no calendar.
   * @returns {Promise<Array<{uid: string, start: number, end: number, summary: string, location: string, status: string, sequence: number, alarms: number}>>}
   */
  async take(text) {
    this.process.stdin.write(`${JSON.stringify(text)}\n`);
    const { value } = await this.lines.next();
    if (value === undefined) throw new Error("the calendar app ended; it needs python3-icalendar, python3-caldav and radicale");
    const { events, wrong } = JSON.parse(value);
    if (wrong) throw new Error(wrong);
    return events;
  }
}
