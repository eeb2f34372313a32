//! The published order of service, told once more and as plainly as it can be: lists of people, no keys, no counters of
//! anything but what the text speaks of. Written from the text alone, to be compared with what the capability does.

/// How somebody came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    First,
    Booked { slot_s: i64 },
    Alone,
}

#[derive(Debug, Clone)]
struct Waiter {
    name: u32,
    came: Came,
    taken_s: i64,
    /// Somebody who is back: how many calls the line must have made.
    after_calls: Option<u64>,
    passed: u32,
}

#[derive(Debug, Clone, Default)]
struct Row {
    waiting: Vec<Waiter>,
    calls: u64,
    first_in_row: u32,
    booked_in_row: u32,
}

#[derive(Debug, Clone)]
enum At {
    Called { who: Waiter, row: usize, times: u32 },
    Serving { who: Waiter },
}

/// A hall with two lines and two counters, each serving both lines unless closed.
#[derive(Debug, Clone, Default)]
pub struct Reference {
    rows: [Row; 2],
    counters: [Option<At>; 2],
    open: [bool; 2],
    passed: Vec<(Waiter, usize, i64)>,
    pub served: Vec<u32>,
}

pub const PRIORITY_RUN: u32 = 3;
pub const BOOKED_RUN: u32 = 2;
pub const TIMES: u32 = 3;
pub const RETURN_S: i64 = 1800;
pub const BEHIND: u64 = 3;

impl Reference {
    pub fn new() -> Self {
        Self { open: [true, true], ..Self::default() }
    }

    pub fn take(&mut self, name: u32, row: usize, came: Came, now_s: i64) {
        self.rows[row].waiting.push(Waiter { name, came, taken_s: now_s, after_calls: None, passed: 0 });
    }

    /// Whose turn it is in a line.
    fn turn(&self, row: usize) -> Option<usize> {
        let row = &self.rows[row];
        let best = |fits: &dyn Fn(&Waiter) -> bool, by: &dyn Fn(&Waiter) -> (i64, i64)| {
            let mut found: Option<usize> = None;
            for (at, one) in row.waiting.iter().enumerate().filter(|(_, one)| fits(one)) {
                if found.is_none_or(|found| by(one) < by(&row.waiting[found])) {
                    found = Some(at);
                }
            }
            found
        };
        let ordinary = |one: &Waiter| one.after_calls.is_none();
        let by_taking = |one: &Waiter| (one.taken_s, 0);
        let back = best(&|one| one.after_calls.is_some(), &|one| {
            (i64::try_from(one.after_calls.unwrap()).unwrap(), one.taken_s)
        });
        let first = best(&|one| ordinary(one) && one.came == Came::First, &by_taking);
        let booked = best(&|one| ordinary(one) && matches!(one.came, Came::Booked { .. }), &|one| match one.came {
            Came::Booked { slot_s } => (slot_s, one.taken_s),
            _ => unreachable!(),
        });
        let alone = best(&|one| ordinary(one) && one.came == Came::Alone, &by_taking);
        if let Some(back) = back {
            let due = row.waiting[back].after_calls.unwrap() <= row.calls;
            if due || (first.is_none() && booked.is_none() && alone.is_none()) {
                return Some(back);
            }
        }
        if first.is_some() && (row.first_in_row < PRIORITY_RUN || (booked.is_none() && alone.is_none())) {
            return first;
        }
        if booked.is_some() && (row.booked_in_row < BOOKED_RUN || alone.is_none()) {
            return booked;
        }
        alone
    }

    pub fn call(&mut self, counter: usize) -> Option<u32> {
        if !self.open[counter] || self.counters[counter].is_some() {
            return None;
        }
        let mut chosen: Option<(usize, usize)> = None;
        for row in 0..2 {
            if let Some(at) = self.turn(row)
                && chosen.is_none_or(|(other, there)| {
                    self.rows[row].waiting[at].taken_s < self.rows[other].waiting[there].taken_s
                })
            {
                chosen = Some((row, at));
            }
        }
        let (row, at) = chosen?;
        let line = &mut self.rows[row];
        let who = line.waiting.remove(at);
        line.calls += 1;
        match who.came {
            _ if who.after_calls.is_some() => {}
            Came::First => line.first_in_row += 1,
            Came::Booked { .. } => (line.first_in_row, line.booked_in_row) = (0, line.booked_in_row + 1),
            Came::Alone => (line.first_in_row, line.booked_in_row) = (0, 0),
        }
        let name = who.name;
        self.counters[counter] = Some(At::Called { who, row, times: 1 });
        Some(name)
    }

    pub fn recall(&mut self, counter: usize) -> bool {
        match &mut self.counters[counter] {
            Some(At::Called { times, .. }) if *times < TIMES => {
                *times += 1;
                true
            }
            _ => false,
        }
    }

    pub fn serve(&mut self, counter: usize) {
        if let Some(At::Called { who, .. }) = self.counters[counter].clone() {
            self.counters[counter] = Some(At::Serving { who });
        }
    }

    pub fn done(&mut self, counter: usize) {
        if let Some(At::Serving { who, .. }) = self.counters[counter].clone() {
            self.served.push(who.name);
            self.counters[counter] = None;
        }
    }

    pub fn pass(&mut self, counter: usize, now_s: i64) {
        if let Some(At::Called { mut who, row, times: TIMES }) = self.counters[counter].clone() {
            self.counters[counter] = None;
            who.passed += 1;
            if who.passed == 1 {
                self.passed.push((who, row, now_s));
            }
        }
    }

    /// Whether the one who comes back waits again.
    pub fn back(&mut self, name: u32, now_s: i64) -> bool {
        let Some(at) = self.passed.iter().position(|(who, ..)| who.name == name) else { return false };
        let (mut who, row, since_s) = self.passed.remove(at);
        let in_time = now_s - since_s <= RETURN_S;
        if in_time {
            who.after_calls = Some(self.rows[row].calls + BEHIND);
            self.rows[row].waiting.push(who);
        }
        in_time
    }

    pub fn leave(&mut self, name: u32) {
        self.passed.retain(|(who, ..)| who.name != name);
        for row in &mut self.rows {
            row.waiting.retain(|who| who.name != name);
        }
        for counter in &mut self.counters {
            if matches!(counter, Some(At::Called { who, .. }) if who.name == name) {
                *counter = None;
            }
        }
    }

    pub fn transfer(&mut self, counter: usize, to: usize) {
        if let Some(At::Called { who, .. } | At::Serving { who }) = self.counters[counter].take() {
            self.rows[to].waiting.push(Waiter { after_calls: None, ..who });
        }
    }

    pub fn close(&mut self, counter: usize) {
        match self.counters[counter].clone() {
            Some(At::Serving { .. }) => return,
            Some(At::Called { who, row, .. }) => {
                self.rows[row].waiting.push(Waiter { after_calls: Some(0), ..who });
                self.counters[counter] = None;
            }
            None => {}
        }
        self.open[counter] = false;
    }

    pub const fn open(&mut self, counter: usize) {
        self.open[counter] = true;
    }
}
