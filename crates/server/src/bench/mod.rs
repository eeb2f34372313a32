//! `tongma bench`: figures beside a peer, measured in the same run on the same cores.

mod certificate;
mod code;
mod consent;
mod load;
mod page;
mod people;
mod present;

use std::io;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

/// What to measure.
#[derive(Debug, Clone, Subcommand)]
pub enum BenchCommand {
    /// Verifying codes, beside `openssl speed sm2` on the same core.
    Code(Common),
    /// Status lists for 140 million certificates, and verifying SD-JWTs beside the bare signature.
    Certificate(Common),
    /// The citizen's first screen: its size, its requests, and how soon the code is there in Chromium, also with the
    /// server stopped.
    Page(Common),
    /// Presenting codes over HTTP on the embedded store, every claim durable, beside a bare handler.
    Present(HttpArgs),
    /// Presenting and acting in one request, beside a bare handler.
    Act(HttpArgs),
    /// From the desk asking to the phone having the question, over real HTTP with the phone's live connection.
    Consent(Common),
}

/// Options of every benchmark.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
    /// Rounds; the medians count.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// Options of the benchmarks over HTTP.
#[derive(Debug, Clone, Args)]
pub struct HttpArgs {
    #[command(flatten)]
    common: Common,
    /// People, and so requests a round.
    #[arg(long, default_value_t = 4000)]
    people: usize,
    /// Connections at once.
    #[arg(long, default_value_t = 256)]
    connections: usize,
    /// Where to put the store while measuring: a directory on the disk in question. It is removed afterwards.
    #[arg(long, default_value = "tongma-bench-data")]
    data: PathBuf,
}

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
    peer: Option<&'static str>,
    peer_value: Option<f64>,
    ratio: Option<f64>,
    #[serde(skip)]
    bar: Option<Bar>,
}

/// What a figure should reach.
#[derive(Debug, Clone, Copy)]
pub enum Bar {
    /// The ratio, at least.
    RatioAtLeast(f64),
    /// The value, at most.
    AtMost(f64),
}

impl Figure {
    /// A figure on its own.
    pub const fn alone(name: &'static str, value: f64, unit: &'static str) -> Self {
        Self { name, value, unit, peer: None, peer_value: None, ratio: None, bar: None }
    }

    /// A figure beside a peer.
    pub fn beside(name: &'static str, value: f64, unit: &'static str, peer: &'static str, peer_value: f64) -> Self {
        let (peer, peer_value, ratio) = (Some(peer), Some(peer_value), Some(value / peer_value));
        Self { name, value, unit, peer, peer_value, ratio, bar: None }
    }

    /// With what it should reach.
    #[must_use]
    pub const fn bar(mut self, bar: Bar) -> Self {
        self.bar = Some(bar);
        self
    }

    fn reached(&self) -> Option<bool> {
        Some(match self.bar? {
            Bar::RatioAtLeast(bar) => self.ratio? >= bar,
            Bar::AtMost(bar) => self.value <= bar,
        })
    }
}

/// Runs a benchmark; `false` when a bar was missed.
///
/// # Errors
/// Something it needs is not there; the words say what.
pub async fn run(command: BenchCommand) -> io::Result<bool> {
    let (json, figures) = match command {
        BenchCommand::Code(common) => match code::figures(&common)? {
            code::Run::Elsewhere(reached) => return Ok(reached),
            code::Run::Here(figures) => (common.json, figures),
        },
        BenchCommand::Certificate(common) => (common.json, certificate::figures(&common)?),
        BenchCommand::Consent(common) => (common.json, consent::figures(&common).await?),
        BenchCommand::Page(common) => (common.json, page::figures(&common).await?),
        BenchCommand::Present(args) => (args.common.json, present::figures(&args, present::What::Present).await?),
        BenchCommand::Act(args) => (args.common.json, present::figures(&args, present::What::PresentAndAct).await?),
    };
    if json {
        say!("{}", serde_json::to_string_pretty(&figures)?);
    } else {
        figures.iter().for_each(print);
    }
    if cfg!(debug_assertions) {
        note!("this is a debug build: its figures say nothing; build with --release");
    }
    Ok(figures.iter().all(|figure| figure.reached() != Some(false)))
}

fn print(figure: &Figure) {
    let Figure { name, value, unit, .. } = figure;
    let peer = match (figure.peer, figure.peer_value, figure.ratio) {
        (Some(peer), Some(peer_value), Some(ratio)) => format!("  {ratio:>8.3} × {peer} ({peer_value:.1} {unit})"),
        _ => String::new(),
    };
    let bar = match (figure.bar, figure.reached()) {
        (Some(Bar::RatioAtLeast(bar)), Some(reached)) => format!("  {} bar: ≥ {bar} ×", sign(reached)),
        (Some(Bar::AtMost(bar)), Some(reached)) => format!("  {} bar: ≤ {bar} {unit}", sign(reached)),
        _ => String::new(),
    };
    say!("{name:<24} {value:>12.1} {unit:<6}{peer}{bar}");
}

const fn sign(reached: bool) -> char {
    if reached { '✓' } else { '✗' }
}

/// The middle value; of an even number, the lower middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}
