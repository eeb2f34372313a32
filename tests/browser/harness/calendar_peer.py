"""A subscriber to a calendar feed that shares no line with ours: Debian's icalendar reads the text, its caldav client
keeps each event on a Radicale server started for this alone, and what is told back is what that server then holds.

One feed a line on the input, as JSON text; one answer a line on the output: the events between two moments (RFC 4791
section 7.8), or what was wrong. An event whose UID is known is replaced; one that is no longer in the feed is taken away.
"""
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone

import caldav
import icalendar

PATIENCE_S = 20


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def started(folder):
    """Radicale for this one reader, without accounts, its files in a folder that goes away."""
    port = free_port()
    settings = ["--server-hosts", f"127.0.0.1:{port}", "--storage-filesystem-folder", folder, "--auth-type", "none"]
    server = subprocess.Popen(["/usr/bin/python3", "-m", "radicale", *settings], stderr=subprocess.DEVNULL)
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return server, f"http://127.0.0.1:{port}/reader/"
        time.sleep(0.05)
    raise SystemExit("radicale did not start")


def read(text):
    """The events of a feed; whatever the standard does not allow is an error, never passed over."""
    calendar = icalendar.Calendar.from_ical(text)
    if calendar.name != "VCALENDAR" or calendar.get("version") != "2.0" or not calendar.get("prodid"):
        raise ValueError("not a calendar of version 2.0")
    faults = [fault for part in calendar.walk() for fault in part.errors]
    if faults:
        raise ValueError(f"not as the standard has it: {faults}")
    events = calendar.walk("VEVENT")
    if len({str(event["UID"]) for event in events}) != len(events):
        raise ValueError("two events have one UID")
    return events


def alone(event):
    """One event as CalDAV keeps it: a calendar of its own, without a METHOD (RFC 4791 section 4.1)."""
    one = icalendar.Calendar()
    one.add("version", "2.0")
    one.add("prodid", "-//Reader//EN")
    one.add_component(event)
    return one.to_ical().decode()


def milliseconds(moment):
    return round(moment.dt.timestamp() * 1000)


def told(event):
    return {
        "uid": str(event["UID"]),
        "start": milliseconds(event["DTSTART"]),
        "end": milliseconds(event["DTEND"]),
        "summary": str(event["SUMMARY"]),
        "location": str(event.get("LOCATION", "")),
        "status": str(event["STATUS"]),
        "sequence": int(event["SEQUENCE"]),
        "alarms": len(event.walk("VALARM")),
    }


def kept(calendar, text):
    """Brings the calendar up to the feed, and tells what it then holds of the next sixty days."""
    events = {str(event["UID"]): event for event in read(text)}
    for held in calendar.events():
        (inner,) = icalendar.Calendar.from_ical(held.data).walk("VEVENT")
        if str(inner["UID"]) not in events:
            held.delete()
    for event in events.values():
        calendar.save_event(alone(event))
    now = datetime.now(timezone.utc)
    found = calendar.date_search(start=now - timedelta(days=1), end=now + timedelta(days=60), expand=False)
    return [told(event) for held in found for event in icalendar.Calendar.from_ical(held.data).walk("VEVENT")]


def main():
    folder = tempfile.mkdtemp(prefix="tongma-caldav-")
    server, address = started(folder)
    try:
        client = caldav.DAVClient(url=address, username="reader", password="reader")
        calendar = client.principal().make_calendar(name="Bookings")
        for line in sys.stdin:
            try:
                answer = {"events": kept(calendar, json.loads(line))}
            except Exception as error:  # whatever a reader trips over is what the test wants to hear
                answer = {"wrong": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


main()
