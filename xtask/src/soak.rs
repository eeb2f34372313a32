//! `cargo xtask soak`: what takes minutes and breaks machines on purpose. Not part of `test`.

use crate::failover;
use crate::test::Stopwatch;

/// A rig: its name and what it does.
type Rig = (&'static str, fn() -> Result<(), String>);

const RIGS: &[Rig] = &[("failover", failover::rig)];

/// Runs all rigs, or one.
pub fn all(only: Option<&str>) -> Result<(), String> {
    let chosen: Vec<&Rig> = RIGS.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)).collect();
    if chosen.is_empty() {
        let known: Vec<&str> = RIGS.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no rig `{}`; there are: {}", only.unwrap_or_default(), known.join(", ")));
    }
    for (name, rig) in chosen {
        println!("\n── {name} ──");
        let clock = Stopwatch::start();
        rig().map_err(|why| format!("rig `{name}` failed: {why}"))?;
        println!("── {name}: held in {} s ──", clock.seconds());
    }
    Ok(())
}
