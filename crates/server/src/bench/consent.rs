//! From the desk asking to the phone showing.

use std::io;

use super::{Bar, Common, Figure, median};

/// Rounds measured for each that was asked for: a 95th percentile of five values says nothing.
const EACH: usize = 40;

/// Measures on an embedded store in a temporary folder, durable as in service.
///
/// # Errors
/// The stage could not be set, or a step was refused.
pub async fn figures(common: &Common) -> io::Result<Vec<Figure>> {
    let folder = std::env::temp_dir().join(format!("tongma-consent-{}", std::process::id()));
    let store = crate::stores::open("sqlite", &folder)?;
    let result = crate::walk::round_trips(store, common.rounds.max(1) * EACH).await;
    // What cannot be removed is in the machine's temporary folder; the figures stand.
    let _ = std::fs::remove_dir_all(&folder);
    let mut times = result?;
    times.sort_by(f64::total_cmp);
    let p95 = times.get(times.len() * 95 / 100).copied().unwrap_or(f64::NAN);
    Ok(vec![
        Figure::alone("consent_round_trip_p50", median(times), "ms"),
        Figure::alone("consent_round_trip_p95", p95, "ms").bar(Bar::AtMost(300.0)),
    ])
}
