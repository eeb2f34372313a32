//! Steps of a cell: each printed with its time, the first failure ends the cell.

use std::fmt::Display;
use std::future::Future;

use serde_json::Value;

use crate::system::moment;

/// Why a step failed.
#[derive(Debug, Clone)]
pub struct Failed(String);

impl Failed {
    /// With this reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// Because of an error.
    pub fn because(error: impl Display) -> Self {
        Self(error.to_string())
    }
}

impl Display for Failed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

/// The steps of one cell as they are walked.
#[derive(Debug)]
pub struct Steps {
    cell: &'static str,
    quiet: bool,
    /// How many steps passed.
    pub passed: u32,
    /// How many failed: none or one.
    pub failed: u32,
}

impl Steps {
    /// Steps of this cell.
    pub const fn new(cell: &'static str, quiet: bool) -> Self {
        Self { cell, quiet, passed: 0, failed: 0 }
    }

    /// Walks one step and prints it.
    ///
    /// # Errors
    /// The step's failure.
    pub async fn step<T>(&mut self, what: &str, walking: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
        let began = moment();
        let result = walking.await;
        let millis = began.elapsed().as_millis();
        let (mark, note) = match &result {
            Ok(_) => {
                self.passed += 1;
                ("ok  ", String::new())
            }
            Err(failed) => {
                self.failed += 1;
                ("FAIL", format!(": {failed}"))
            }
        };
        if !self.quiet {
            say!("{mark} {millis:>5} ms  {:<28} {what}{note}", self.cell);
        }
        result
    }

    /// Checks something already at hand.
    ///
    /// # Errors
    /// When it does not hold.
    pub async fn check(&mut self, what: &str, holds: bool, seen: &dyn Display) -> Result<(), Failed> {
        let seen = seen.to_string();
        self.step(what, async move { if holds { Ok(()) } else { Err(Failed::new(format!("saw {seen}"))) } }).await
    }

    /// Checks that a value is what was expected.
    ///
    /// # Errors
    /// When it is another.
    pub async fn equal(&mut self, what: &str, seen: &Value, expected: &Value) -> Result<(), Failed> {
        let text = format!("saw {seen}, expected {expected}");
        let same = seen == expected;
        self.step(what, async move { if same { Ok(()) } else { Err(Failed::new(text)) } }).await
    }
}
