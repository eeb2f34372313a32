//! Order of service: lines by matter, numbers, counters that call, and the published order in which they do.
//!
//! # The published order
//! 1. In a line there are four ways to wait: *priority* (elders, disabled people, service members), *booked*, *walk-in*,
//!    and *back* (called in vain and come back in time, or called to a counter that closed).
//! 2. In each, the one who took the number first comes first; among the booked, the one booked for the earlier time.
//! 3. Who is back is called as soon as so many others have been called, or nobody else waits.
//! 4. Else priority comes first; after so many priority numbers in a row one other is called.
//! 5. Else booked and walk-in alternate: after so many booked numbers in a row one walk-in is called.
//! 6. A counter that serves several lines calls, among the first of each, the one who took the number first.
//! 7. A number is called up to three times; then it passes. Within 30 minutes the person may come back, once.
//!
//! Invariant: a ticket is served at most once, in this order; nobody starves. The first of a stream is found by its key,
//! so a call reads a handful of records however long the day has been.

mod counters;
mod records;
mod rules;
mod shown;
mod tickets;

pub use counters::{
    Called, Closed, call, close_counter, counter_named, counter_of, done, open_counter, pass, recall, serve, transfer,
};
pub use records::{Appointment, Counter, Difference, DifferenceKind, Line, Ticket, TicketState};
pub use rules::{Crowd, PriorityClass, Rules, Stream, Turn, Waiting, ahead};
pub use shown::{Board, BoardLine, Ends, Standing, board, end_day, standing, upcoming};
pub use tickets::{
    Ask, Back, Merged, Taken, appointed, appointment, back, day_of, differences, expect, leave, live_of, merge, open,
    own, take, tell_near, ticket, withdraw,
};
