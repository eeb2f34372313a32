//! How the platform is doing, counted in this process since it started: scans, refusals, times to answer, points heard from.
//!
//! Nothing here is about a person, and nothing is kept: another process counts for itself, a restart begins at zero. The
//! pages that show these figures say so.

use std::collections::BTreeMap;
use std::sync::Mutex;

use tongma_domain::{Id, UnixMs};

/// Minutes kept.
pub const MINUTES: usize = 60;
/// Upper bounds of the classes of time, in microseconds: each 1.25 times the one before, from 0.2 ms to some 10 s.
const CLASSES: usize = 50;
/// The most refusal codes told apart.
const MOST_CODES: usize = 100;

/// One minute.
#[derive(Debug, Clone)]
struct Minute {
    number: i64,
    good: u64,
    refused: u64,
    classes: [u32; CLASSES],
}

impl Minute {
    const fn new(number: i64) -> Self {
        Self { number, good: 0, refused: 0, classes: [0; CLASSES] }
    }
}

#[derive(Debug)]
struct Inside {
    since: UnixMs,
    minutes: Vec<Minute>,
    refusals: BTreeMap<String, u64>,
    heard: BTreeMap<Id, UnixMs>,
}

/// The counters.
#[derive(Debug)]
pub struct Counters(Mutex<Inside>);

/// The counters at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Since when this process counts.
    pub since: UnixMs,
    /// For each of the last [`MINUTES`] minutes, oldest first: good scans and refused ones.
    pub minutes: Vec<(u64, u64)>,
    /// Half of the answers of the last hour took at most so many milliseconds; `None` without any.
    pub p50_ms: Option<f64>,
    /// Nineteen of twenty.
    pub p95_ms: Option<f64>,
    /// Refusals by code since the start, most first.
    pub refusals: Vec<(String, u64)>,
    /// When each point was last heard from.
    pub heard: BTreeMap<Id, UnixMs>,
}

impl Counters {
    /// Nothing counted yet.
    pub const fn new(since: UnixMs) -> Self {
        Self(Mutex::new(Inside { since, minutes: Vec::new(), refusals: BTreeMap::new(), heard: BTreeMap::new() }))
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A scan was answered: after so long, well or with this refusal.
    pub fn answered(&self, now: UnixMs, took_us: u64, refusal: Option<&str>) {
        let number = now.as_seconds().div_euclid(60);
        let mut held = self.held();
        if held.minutes.last().is_none_or(|last| last.number < number) {
            held.minutes.push(Minute::new(number));
            let over = held.minutes.len().saturating_sub(MINUTES + 1);
            held.minutes.drain(..over);
        }
        if let Some(minute) = held.minutes.last_mut() {
            if let Some(class) = minute.classes.get_mut(class_of(took_us)) {
                *class = class.saturating_add(1);
            }
            *(if refusal.is_some() { &mut minute.refused } else { &mut minute.good }) += 1;
        }
        if let Some(code) = refusal
            && (held.refusals.len() < MOST_CODES || held.refusals.contains_key(code))
        {
            *held.refusals.entry(code.to_owned()).or_default() += 1;
        }
    }

    /// A point has proved itself by its signature.
    pub fn heard(&self, point: Id, now: UnixMs) {
        self.held().heard.insert(point, now);
    }

    /// The figures at a moment.
    pub fn figures(&self, now: UnixMs) -> Figures {
        let held = self.held();
        let last = now.as_seconds().div_euclid(60);
        let first = last - i64::try_from(MINUTES).unwrap_or(60) + 1;
        let recent = || held.minutes.iter().filter(|minute| (first..=last).contains(&minute.number));
        let minutes = (first..=last)
            .map(|number| recent().find(|one| one.number == number).map_or((0, 0), |one| (one.good, one.refused)))
            .collect();
        let mut classes = [0_u64; CLASSES];
        for minute in recent() {
            for (sum, count) in classes.iter_mut().zip(minute.classes) {
                *sum += u64::from(count);
            }
        }
        let mut refusals: Vec<(String, u64)> =
            held.refusals.iter().map(|(code, count)| (code.clone(), *count)).collect();
        refusals.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Figures {
            since: held.since,
            minutes,
            p50_ms: quantile(&classes, 50),
            p95_ms: quantile(&classes, 95),
            refusals,
            heard: held.heard.clone(),
        }
    }
}

/// The upper bound of a class, in microseconds.
fn bound_us(class: usize) -> f64 {
    200.0 * 1.25_f64.powi(i32::try_from(class).unwrap_or(i32::MAX))
}

fn class_of(took_us: u64) -> usize {
    #[expect(clippy::cast_precision_loss, reason = "times far below 2^52 µs")]
    let took = took_us as f64;
    (0..CLASSES - 1).find(|class| took <= bound_us(*class)).unwrap_or(CLASSES - 1)
}

/// The bound of the class in which so many hundredths are reached: never too low, at most a quarter too high.
fn quantile(classes: &[u64; CLASSES], hundredths: u64) -> Option<f64> {
    let all: u64 = classes.iter().sum();
    let wanted = (all * hundredths).div_ceil(100);
    let mut sum = 0;
    let reached = |count: &u64| {
        sum += count;
        sum >= wanted
    };
    (all > 0).then(|| classes.iter().position(reached).map(|class| bound_us(class) / 1000.0)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_moves_on_and_quantiles_are_bounds() {
        let start = UnixMs::from_millis(1_800_000_000_000);
        let counters = Counters::new(start);
        assert_eq!(counters.figures(start).p50_ms, None);
        for number in 1..=100_u64 {
            counters.answered(start, number * 1000, (number > 90).then_some("code.used"));
        }
        counters.answered(start.plus_s(60), 1000, Some("code.expired"));
        let figures = counters.figures(start.plus_s(60));
        assert_eq!(figures.minutes.len(), MINUTES);
        assert_eq!(figures.minutes[MINUTES - 2..], [(90, 10), (0, 1)]);
        assert_eq!(figures.refusals[0], ("code.used".into(), 10));
        let (half, most) = (figures.p50_ms.unwrap(), figures.p95_ms.unwrap());
        assert!((50.0..=62.5).contains(&half) && (95.0..=119.0).contains(&most), "{half} {most}");
        let later = counters.figures(start.plus_s(3601));
        assert_eq!(later.minutes.iter().map(|(good, _)| good).sum::<u64>(), 0);
        assert_eq!(later.refusals.len(), 2, "reasons are counted since the start");
    }

    #[test]
    fn memory_is_bounded() {
        let counters = Counters::new(UnixMs::from_millis(0));
        for minute in 0..1000 {
            counters.answered(UnixMs::from_millis(minute * 60_000), u64::MAX, Some(&format!("code.{minute}")));
        }
        let held = counters.held();
        assert!(held.minutes.len() <= MINUTES + 1 && held.refusals.len() <= MOST_CODES);
    }
}
