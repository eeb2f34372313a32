use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tongma_capability::queue::{
    self, Appointment, Ask, Back, Called, Counter, Line, PriorityClass, Rules, Taken, Ticket, TicketState,
};
use tongma_domain::{Id, Words};
use tongma_store::Held;

use crate::queue_reference::{BEHIND, BOOKED_RUN, Came, PRIORITY_RUN, RETURN_S, Reference, TIMES};
use crate::support::{BUCKET, Bench, at, id};

const MATTERS: [(&str, char); 2] = [("id_card", 'A'), ("tax", 'G')];

fn rules() -> Rules {
    Rules {
        priority_run: PRIORITY_RUN,
        booked_run: BOOKED_RUN,
        calls_most: TIMES,
        return_within_s: RETURN_S,
        places_behind: u32::try_from(BEHIND).unwrap(),
        service_guess_s: 600,
    }
}

#[derive(Debug, Clone)]
enum Op {
    Take { row: usize, came: u8, slot: i64 },
    Call { counter: usize },
    Recall { counter: usize },
    Serve { counter: usize },
    Done { counter: usize },
    Pass { counter: usize },
    Back { pick: usize },
    Leave { pick: usize },
    Transfer { counter: usize, to: usize },
    Close { counter: usize },
    Open { counter: usize },
    Wait { seconds: i64 },
}

fn op() -> impl Strategy<Value = Op> {
    let counter = || 0..2_usize;
    prop_oneof![
        8 => (0..2_usize, 0..4_u8, 0..6_i64).prop_map(|(row, came, slot)| Op::Take { row, came, slot }),
        6 => counter().prop_map(|counter| Op::Call { counter }),
        4 => counter().prop_map(|counter| Op::Recall { counter }),
        3 => counter().prop_map(|counter| Op::Serve { counter }),
        3 => counter().prop_map(|counter| Op::Done { counter }),
        4 => counter().prop_map(|counter| Op::Pass { counter }),
        2 => (0..64_usize).prop_map(|pick| Op::Back { pick }),
        1 => (0..64_usize).prop_map(|pick| Op::Leave { pick }),
        1 => (counter(), 0..2_usize).prop_map(|(counter, to)| Op::Transfer { counter, to }),
        1 => counter().prop_map(|counter| Op::Close { counter }),
        1 => counter().prop_map(|counter| Op::Open { counter }),
        1 => (1..1200_i64).prop_map(|seconds| Op::Wait { seconds }),
    ]
}

/// The hall of the capability, driven like the reference.
struct Hall {
    bench: Bench,
    hall: Id,
    now_s: i64,
    names: BTreeMap<Id, u32>,
    tickets: Vec<Id>,
}

impl Hall {
    fn new() -> Self {
        let (bench, hall) = (Bench::new(), id("hall", 0));
        let lines: Vec<Id> = MATTERS.iter().map(|(matter, _)| Line::id_of(BUCKET, hall, matter)).collect();
        for counter in 0..2 {
            let lines = lines.clone();
            let name = move || (id("point", counter), Words::new("窗", "Window"));
            bench.ok(move |txn| queue::open_counter(txn, hall, name(), lines.clone()).map(drop));
        }
        Self { bench, hall, now_s: 0, names: BTreeMap::new(), tickets: Vec::new() }
    }

    fn counter(&self, counter: usize) -> Held<Counter> {
        let (hall, point) = (self.hall, id("point", u8::try_from(counter).unwrap()));
        self.bench.ok(move |txn| queue::counter_of(txn, hall, point)).unwrap()
    }

    fn ticket(&self, ticket: Id) -> Ticket {
        self.bench.ok(move |txn| queue::ticket(txn, ticket)).unwrap().value
    }

    fn take(&mut self, row: usize, came: Came) -> u32 {
        let name = u32::try_from(self.tickets.len()).unwrap();
        let ticket = tongma_capability::derived_in(BUCKET, &[b"ticket", &name.to_be_bytes()]);
        let (matter, letter) = MATTERS[row];
        let person = tongma_capability::derived_in(BUCKET, &[b"person", &name.to_be_bytes()]);
        let now = at(self.now_s);
        let appointment = match came {
            Came::Booked { slot_s } => {
                let id = tongma_capability::derived_in(BUCKET, &[b"booked", &name.to_be_bytes()]);
                let (matter, start, until) = (matter.to_owned(), at(slot_s), at(1_000_000));
                let booked = Appointment {
                    v: tongma_capability::Schema,
                    id,
                    hall: self.hall,
                    person,
                    matter,
                    start,
                    from: at(0),
                    until,
                    ticket: None,
                    void: false,
                };
                let kept = booked.clone();
                self.bench.ok(move |txn| queue::expect(txn, &kept));
                Some(booked)
            }
            _ => None,
        };
        let priority = if came == Came::First { PriorityClass::Elder } else { PriorityClass::Ordinary };
        let (matter, hall) = (matter.to_owned(), self.hall);
        let person = Some(person);
        let ask =
            Ask { ticket, hall, matter, letter, person, masked_name: "陈*".into(), priority, appointment, taken: now };
        let taken = self.bench.ok(move |txn| queue::take(txn, &ask));
        assert!(matches!(taken, Taken::Fresh(_)));
        self.names.insert(ticket, name);
        self.tickets.push(ticket);
        name
    }

    fn call(&self, counter: usize) -> Option<u32> {
        let (held, now) = (self.counter(counter), at(self.now_s));
        match self.bench.ok(move |txn| queue::call(txn, &rules(), held.clone(), now)) {
            Called::Ticket(ticket) => Some(self.names[&ticket.id]),
            _ => None,
        }
    }

    fn recall(&self, counter: usize) -> bool {
        let (held, now) = (self.counter(counter), at(self.now_s));
        let called = self.bench.ok(move |txn| queue::recall(txn, &rules(), &held.value, now));
        matches!(called, Called::Ticket(_))
    }
}

/// Does the same in both halls; tells whether they differ.
fn both(hall: &mut Hall, reference: &mut Reference, op: &Op) -> Result<(), TestCaseError> {
    let now = at(hall.now_s);
    match *op {
        Op::Take { row, came, slot } => {
            // Everybody takes the number at a moment of their own: at one and the same it would be a matter of taste.
            hall.now_s += 1;
            let came = match came {
                0 => Came::First,
                1 | 2 => Came::Booked { slot_s: slot * 900 },
                _ => Came::Alone,
            };
            let name = hall.take(row, came);
            reference.take(name, row, came, hall.now_s);
        }
        Op::Call { counter } => prop_assert_eq!(hall.call(counter), reference.call(counter)),
        Op::Recall { counter } => prop_assert_eq!(hall.recall(counter), reference.recall(counter)),
        Op::Serve { counter } => {
            let held = hall.counter(counter);
            hall.bench.ok(move |txn| queue::serve(txn, &held.value, now).map(drop));
            reference.serve(counter);
        }
        Op::Done { counter } => {
            let held = hall.counter(counter);
            hall.bench.ok(move |txn| queue::done(txn, &held.value, now).map(drop));
            reference.done(counter);
        }
        Op::Pass { counter } => {
            let held = hall.counter(counter);
            hall.bench.ok(move |txn| queue::pass(txn, &rules(), &held.value, now).map(drop));
            reference.pass(counter, hall.now_s);
        }
        Op::Back { pick } => {
            let Some(ticket) = pick.checked_rem(hall.tickets.len()).map(|at| hall.tickets[at]) else { return Ok(()) };
            let known = hall.ticket(ticket);
            let back = hall.bench.ok(move |txn| queue::back(txn, &rules(), known.clone(), now));
            let waits = reference.back(hall.names[&ticket], hall.now_s);
            prop_assert_eq!(matches!(back, Back::Waiting(_)), waits);
        }
        Op::Leave { pick } => {
            let Some(ticket) = pick.checked_rem(hall.tickets.len()).map(|at| hall.tickets[at]) else { return Ok(()) };
            let known = hall.ticket(ticket);
            hall.bench.ok(move |txn| queue::leave(txn, known.clone(), now).map(drop));
            reference.leave(hall.names[&ticket]);
        }
        Op::Transfer { counter, to } => {
            let (held, hall_id, (matter, letter)) = (hall.counter(counter), hall.hall, MATTERS[to]);
            hall.bench.ok(move |txn| {
                let line = queue::open(txn, hall_id, matter, letter)?.value;
                queue::transfer(txn, held.clone(), &line).map(drop)
            });
            reference.transfer(counter, to);
        }
        Op::Close { counter } => {
            let held = hall.counter(counter);
            hall.bench.ok(move |txn| queue::close_counter(txn, held.clone()).map(drop));
            reference.close(counter);
        }
        Op::Open { counter } => {
            let (held, hall_id) = (hall.counter(counter).value, hall.hall);
            hall.bench.ok(move |txn| {
                let name = (held.point, held.name.clone());
                queue::open_counter(txn, hall_id, name, held.lines.clone()).map(drop)
            });
            reference.open(counter);
        }
        Op::Wait { seconds } => hall.now_s += seconds,
    }
    Ok(())
}

/// Serves everybody who waits, in both halls; tells how many calls that took at most.
fn drain(hall: &mut Hall, reference: &mut Reference) -> Result<(), TestCaseError> {
    for counter in 0..2 {
        both(hall, reference, &Op::Open { counter })?;
        both(hall, reference, &Op::Serve { counter })?;
        both(hall, reference, &Op::Done { counter })?;
    }
    for _ in 0..=hall.tickets.len() {
        for op in [Op::Call { counter: 0 }, Op::Serve { counter: 0 }, Op::Done { counter: 0 }] {
            both(hall, reference, &op)?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Against the reference: the same order, call by call; everyone served at most once; at the end nobody still waits.
    #[test]
    fn the_order_is_the_published_one(ops in prop::collection::vec(op(), 1..120)) {
        let (mut hall, mut reference) = (Hall::new(), Reference::new());
        for op in &ops {
            both(&mut hall, &mut reference, op)?;
        }
        drain(&mut hall, &mut reference)?;
        let served: BTreeSet<u32> = reference.served.iter().copied().collect();
        prop_assert_eq!(served.len(), reference.served.len(), "somebody was served twice");
        for ticket in &hall.tickets {
            let known = hall.ticket(*ticket);
            prop_assert!(known.state != TicketState::Waiting, "{} still waits", known.number);
            prop_assert_eq!(known.state == TicketState::Done, served.contains(&hall.names[ticket]), "{}", known.number);
        }
    }

    /// However many priority and booked people keep coming, a walk-in is called within a bound that was published.
    #[test]
    fn nobody_starves(before in 1..4_u32, crowd in prop::collection::vec(0..2_u8, 60)) {
        let mut hall = Hall::new();
        for _ in 0..before {
            hall.now_s += 1;
            hall.take(0, Came::Alone);
        }
        let last = before - 1;
        let most = before * (BOOKED_RUN + 1) * (PRIORITY_RUN + 1);
        let (mut called, mut more) = (None, crowd.into_iter().cycle());
        for _ in 0..most {
            // Two come for each who is called, all of them with better right.
            for _ in 0..2 {
                hall.now_s += 1;
                hall.take(0, if more.next() == Some(0) { Came::First } else { Came::Booked { slot_s: 0 } });
            }
            called = hall.call(0);
            for op in [Op::Serve { counter: 0 }, Op::Done { counter: 0 }] {
                both(&mut hall, &mut Reference::new(), &op)?;
            }
            if called == Some(last) {
                break;
            }
        }
        prop_assert_eq!(called, Some(last), "after {} calls the walk-in still waits", most);
    }

    /// What a person is told stands ahead is what the order then calls before them.
    #[test]
    fn people_ahead_are_those_called_before(comers in prop::collection::vec((0..4_u8, 0..6_i64), 2..25), early in 0..8_usize) {
        let mut hall = Hall::new();
        let mut reference = Reference::new();
        for (came, slot) in comers {
            both(&mut hall, &mut reference, &Op::Take { row: 0, came, slot })?;
        }
        for _ in 0..early {
            for op in [Op::Call { counter: 0 }, Op::Serve { counter: 0 }, Op::Done { counter: 0 }] {
                both(&mut hall, &mut reference, &op)?;
            }
        }
        let mut told = BTreeMap::new();
        for ticket in &hall.tickets {
            let known = hall.ticket(*ticket);
            let standing = hall.bench.ok(move |txn| queue::standing(txn, &rules(), &known));
            if let Some(standing) = standing {
                told.insert(standing.ahead, hall.names[ticket]);
            }
        }
        let expected: Vec<u32> = told.into_values().collect();
        let line = Line::id_of(BUCKET, hall.hall, MATTERS[0].0);
        let next = hall.bench.ok(move |txn| queue::upcoming(txn, &rules(), line, 6));
        let next: Vec<u32> = next.iter().map(|ticket| hall.names[&ticket.id]).collect();
        prop_assert_eq!(&next, &expected[..expected.len().min(6)].to_vec());
        let mut called = Vec::new();
        while let Some(name) = hall.call(0) {
            called.push(name);
            for op in [Op::Serve { counter: 0 }, Op::Done { counter: 0 }] {
                both(&mut hall, &mut Reference::new(), &op)?;
            }
        }
        prop_assert_eq!(called, expected);
    }
}

#[test]
fn one_person_has_one_live_number_a_matter_and_a_paper_number_is_never_refused() {
    let (bench, hall) = (Bench::new(), id("hall", 1));
    let ask = |ticket: u8, seconds: i64| Ask {
        ticket: id("ticket", ticket),
        hall,
        matter: "tax".into(),
        letter: 'G',
        person: Some(id("person", 1)),
        masked_name: "陈*".into(),
        priority: PriorityClass::Ordinary,
        appointment: None,
        taken: at(seconds),
    };
    let (first, again, second) = (ask(1, 0), ask(1, 0), ask(2, 9));
    let Taken::Fresh(ticket) = bench.ok(move |txn| queue::take(txn, &first)) else { panic!() };
    assert_eq!(ticket.number, "G001");
    assert_eq!(bench.ok(move |txn| queue::take(txn, &again)), Taken::Again(ticket.clone()));
    assert_eq!(bench.ok(move |txn| queue::take(txn, &second)), Taken::Duplicate(ticket.clone()));
    // The kiosk was offline and gave a second one on paper: it counts as the first, and that is written down.
    let third = ask(3, 5);
    let merged = bench.ok(move |txn| queue::merge(txn, &third, "GK1-001", (false, None, "hall_duty")));
    assert_eq!(merged.ticket.state, TicketState::Folded { into: ticket.id });
    assert_eq!(merged.difference, Some(queue::DifferenceKind::SecondNumber));
    // A stranger's paper carries the same number, since the kiosk was reset: it gets another.
    let stranger = Ask { person: None, ..ask(4, 6) };
    let retry = stranger.clone();
    let merged = bench.ok(move |txn| queue::merge(txn, &stranger, "GK1-001", (false, None, "hall_duty")));
    assert_eq!((merged.difference, merged.ticket.number.as_str()), (Some(queue::DifferenceKind::NumberTwice), "G003"));
    assert!(bench.ok(move |txn| queue::merge(txn, &retry, "GK1-001", (false, None, "hall_duty"))).again);
    assert_eq!(bench.ok(move |txn| queue::differences(txn, hall)).items.len(), 2);
    // The day ends with two live ones.
    let ends = bench.ok(move |txn| queue::end_day(txn, hall, 10, at(90_000)));
    assert_eq!((ends.tickets.len(), ends.more), (2, false));
    assert!(ends.tickets.iter().all(|ticket| ticket.state == TicketState::Lapsed));
}
