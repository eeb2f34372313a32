//! A directory for one test, removed at its end.
#![expect(clippy::expect_used, reason = "a test tells what is wrong by panicking")]

use std::path::{Path, PathBuf};

/// The directory.
pub struct Directory(PathBuf);

impl Directory {
    /// A fresh one with this name.
    pub fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a test may make its directory");
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
