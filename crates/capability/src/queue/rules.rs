//! The published order as data, and the two pure functions that read it: who is next, and how many are ahead.

use serde::{Deserialize, Serialize};
use tongma_domain::Text;

/// How people wait in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Came back after the number had passed, or the counter closed under them.
    Back,
    /// Elders, disabled people, service members.
    Priority,
    /// Booked for this time.
    Booked,
    /// Without a booking, or late for it.
    WalkIn,
}

impl Stream {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Back, Self::Priority, Self::Booked, Self::WalkIn];

    /// One byte of a key.
    pub(super) const fn letter(self) -> u8 {
        match self {
            Self::Back => b'r',
            Self::Priority => b'p',
            Self::Booked => b'b',
            Self::WalkIn => b'w',
        }
    }

    /// Its words.
    pub const fn name(self) -> Text {
        match self {
            Self::Back => Text::new("过号返回", "Back after a passed number"),
            Self::Priority => Text::new("优先", "Priority"),
            Self::Booked => Text::new("预约", "Booked"),
            Self::WalkIn => Text::new("现场", "Walk-in"),
        }
    }
}

/// Why somebody is served first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriorityClass {
    /// Not.
    #[default]
    Ordinary,
    /// 60 or older (Law on the Protection of the Rights of the Elderly, article 2).
    Elder,
    /// Disabled; shown at the counter.
    Disabled,
    /// A service member or veteran; shown at the counter.
    ServiceMember,
}

impl PriorityClass {
    /// Its words.
    pub const fn name(self) -> Text {
        match self {
            Self::Ordinary => Text::new("普通", "Ordinary"),
            Self::Elder => Text::new("老年人优先", "Elder"),
            Self::Disabled => Text::new("残疾人优先", "Disabled"),
            Self::ServiceMember => Text::new("军人优先", "Service member"),
        }
    }
}

/// The published order, as a hall tunes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// After so many priority numbers in a row one other is called, so that nobody starves. At least 1.
    pub priority_run: u32,
    /// After so many booked numbers in a row one walk-in is called. At least 1.
    pub booked_run: u32,
    /// A number is called so often before it may pass.
    pub calls_most: u32,
    /// Who was passed may come back within so many seconds.
    pub return_within_s: i64,
    /// And is then called after so many others.
    pub places_behind: u32,
    /// How long one service takes, in seconds, until enough have been measured.
    pub service_guess_s: u32,
}

/// Where a line stands in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Turn {
    /// Priority numbers called since one other was.
    pub priority_in_row: u32,
    /// Booked numbers called since a walk-in was.
    pub booked_in_row: u32,
}

/// How many wait in a line, and when the first who is back is due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Whether somebody is back, and whether so many others have been called meanwhile.
    pub back: Option<bool>,
    /// Priority numbers.
    pub priority: bool,
    /// Booked numbers.
    pub booked: bool,
    /// Walk-ins.
    pub walk_in: bool,
}

impl Turn {
    /// Which stream's first is called next; `None`: nobody waits.
    pub const fn next(self, rules: &Rules, waiting: Waiting) -> Option<Stream> {
        let others = waiting.booked || waiting.walk_in;
        if matches!(waiting.back, Some(true)) || (waiting.back.is_some() && !waiting.priority && !others) {
            return Some(Stream::Back);
        }
        if waiting.priority && (self.priority_in_row < rules.priority_run || !others) {
            return Some(Stream::Priority);
        }
        if waiting.booked && (self.booked_in_row < rules.booked_run || !waiting.walk_in) {
            return Some(Stream::Booked);
        }
        if waiting.walk_in { Some(Stream::WalkIn) } else { None }
    }

    /// Where the line stands after a call.
    #[must_use]
    pub const fn after(self, called: Stream) -> Self {
        match called {
            Stream::Back => self,
            Stream::Priority => {
                Self { priority_in_row: self.priority_in_row.saturating_add(1), booked_in_row: self.booked_in_row }
            }
            Stream::Booked => Self { priority_in_row: 0, booked_in_row: self.booked_in_row.saturating_add(1) },
            Stream::WalkIn => Self { priority_in_row: 0, booked_in_row: 0 },
        }
    }
}

/// A line as it stands, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crowd {
    /// Calls made so far.
    pub calls: u64,
    /// For each who is back, in order: the number of calls after which they are due.
    pub back: Vec<u64>,
    /// Priority numbers waiting.
    pub priority: u32,
    /// Booked numbers waiting.
    pub booked: u32,
    /// Walk-ins waiting.
    pub walk_in: u32,
}

/// How many are called before the one who has `rank` others ahead in `stream`, if nobody else comes. Counted by going
/// through the order; the steps are bounded by the people who wait.
pub fn ahead(rules: &Rules, turn: Turn, crowd: &Crowd, stream: Stream, rank: u32) -> u32 {
    let (mut turn, mut crowd, mut rank, mut called) = (turn, crowd.clone(), rank, 0);
    let mut back = std::mem::take(&mut crowd.back).into_iter().peekable();
    loop {
        let waiting = Waiting {
            back: back.peek().map(|due| *due <= crowd.calls),
            priority: crowd.priority > 0,
            booked: crowd.booked > 0,
            walk_in: crowd.walk_in > 0,
        };
        let Some(next) = turn.next(rules, waiting) else { return called };
        if next == stream {
            if rank == 0 {
                return called;
            }
            rank -= 1;
        }
        match next {
            Stream::Back => drop(back.next()),
            Stream::Priority => crowd.priority -= 1,
            Stream::Booked => crowd.booked -= 1,
            Stream::WalkIn => crowd.walk_in -= 1,
        }
        turn = turn.after(next);
        crowd.calls += 1;
        called += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        priority_run: 2,
        booked_run: 2,
        calls_most: 3,
        return_within_s: 1800,
        places_behind: 3,
        service_guess_s: 600,
    };

    fn order(crowd: &Crowd) -> String {
        let (mut turn, mut crowd, mut told) = (Turn::default(), crowd.clone(), String::new());
        loop {
            let waiting = Waiting {
                back: crowd.back.first().map(|due| *due <= crowd.calls),
                priority: crowd.priority > 0,
                booked: crowd.booked > 0,
                walk_in: crowd.walk_in > 0,
            };
            let Some(next) = turn.next(&RULES, waiting) else { return told };
            match next {
                Stream::Back => drop(crowd.back.remove(0)),
                Stream::Priority => crowd.priority -= 1,
                Stream::Booked => crowd.booked -= 1,
                Stream::WalkIn => crowd.walk_in -= 1,
            }
            turn = turn.after(next);
            crowd.calls += 1;
            told.push(char::from(next.letter()));
        }
    }

    #[test]
    fn the_order_is_the_published_one() {
        let check = |(priority, booked, walk_in): (u32, u32, u32), back: &[u64], expected: &str| {
            let crowd = Crowd { calls: 0, back: back.to_vec(), priority, booked, walk_in };
            assert_eq!(order(&crowd), expected, "{crowd:?}");
        };
        check((0, 5, 3), &[], "bbwbbwbw");
        check((0, 1, 4), &[], "bwwww");
        check((5, 0, 2), &[], "ppwppwp");
        check((5, 2, 2), &[], "ppbppbpww");
        check((0, 0, 5), &[3], "wwwrww");
        check((0, 0, 1), &[3], "wr");
        check((3, 0, 0), &[0, 2], "rprpp");
    }

    #[test]
    fn those_ahead_are_those_the_order_calls_first() {
        let crowd = Crowd { calls: 4, back: vec![6], priority: 3, booked: 4, walk_in: 3 };
        let told = {
            let shifted = Crowd { calls: 0, back: vec![2], ..crowd.clone() };
            order(&shifted)
        };
        for stream in [Stream::Priority, Stream::Booked, Stream::WalkIn] {
            let places: Vec<usize> =
                told.bytes().enumerate().filter(|(_, letter)| *letter == stream.letter()).map(|(at, _)| at).collect();
            for (rank, place) in places.into_iter().enumerate() {
                let rank = u32::try_from(rank).unwrap();
                assert_eq!(ahead(&RULES, Turn::default(), &crowd, stream, rank) as usize, place, "{told} {stream:?}");
            }
        }
    }
}
