//! The stores a deployment may choose, by address.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tongma_store::{MemoryStore, Store};
use tongma_store_postgres::{Options, PostgresStore, Sharing};
use tongma_store_sqlite::SqliteStore;

use crate::system::SystemEntropy;

/// What the help says of addresses.
pub const ADDRESSES: &str =
    "sqlite (under the data directory), sqlite:PATH, memory (gone at the end), postgres://USER@HOST/DATABASE";

/// Where to keep everything, and how a database is used.
#[derive(Debug, Clone, Args)]
pub struct StoreArgs {
    /// Where to keep everything: `sqlite` (under the data directory), `sqlite:PATH`, `memory` (gone at the end), or
    /// `postgres://USER@HOST/DATABASE`. Of several hosts with commas between, the one that accepts writes is used.
    #[arg(long, env = "TONGMA_STORE", default_value = "sqlite", value_name = "URL")]
    store: String,
    /// File with that address, which may hold a password.
    #[arg(long, env = "TONGMA_STORE_FILE", value_name = "FILE", conflicts_with = "store")]
    store_file: Option<PathBuf>,
    /// Certificates (PEM) that vouch for the database instead of those the machine trusts.
    #[arg(long, env = "TONGMA_STORE_ROOTS", value_name = "FILE")]
    store_roots: Option<PathBuf>,
    /// Whether one machine of the database holds all buckets, or they lie apart (Citus and its like).
    #[arg(long, env = "TONGMA_STORE_SHARING", value_enum, default_value = "any")]
    store_sharing: Lie,
    /// How many connections write to the database at once.
    #[arg(long, env = "TONGMA_STORE_LANES", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    store_lanes: u16,
}

/// Where buckets lie.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Lie {
    /// On one server: units of any buckets share a transaction.
    Any,
    /// On several machines: a transaction is about one bucket.
    Bucket,
}

impl StoreArgs {
    /// Opens the store. `home` is where `sqlite` alone keeps its files.
    ///
    /// # Errors
    /// As [`open`]; or the file with the address cannot be read.
    pub fn open(&self, home: &Path) -> io::Result<Arc<dyn Store>> {
        let sharing = match self.store_sharing {
            Lie::Any => Sharing::Any,
            Lie::Bucket => Sharing::OneBucket,
        };
        let roots = self.store_roots.clone();
        let options = Options { lanes: self.store_lanes, sharing, root_certificates: roots, ..Options::default() };
        open_with(&self.address()?, home, &options)
    }

    fn address(&self) -> io::Result<String> {
        let Some(path) = &self.store_file else { return Ok(self.store.clone()) };
        let read = std::fs::read_to_string(path);
        let text = read.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
        Ok(text.trim().to_owned())
    }
}

/// Opens a store as it is without options.
///
/// # Errors
/// The address is none, or the engine says why it cannot be opened, with what to do.
pub fn open(address: &str, home: &Path) -> io::Result<Arc<dyn Store>> {
    open_with(address, home, &Options::default())
}

fn open_with(address: &str, home: &Path, options: &Options) -> io::Result<Arc<dyn Store>> {
    let sqlite = |path: &Path| -> io::Result<Arc<dyn Store>> {
        std::fs::create_dir_all(path)?;
        let store = SqliteStore::open(path).map_err(|error| {
            io::Error::other(format!(
                "{error}. Stop the other `tongma`, or start this one with another directory: --data DIR"
            ))
        })?;
        Ok(Arc::new(store))
    };
    match address {
        "memory" | "memory:" => Ok(Arc::new(MemoryStore::new())),
        "sqlite" => sqlite(home),
        _ if address.starts_with("postgres://") || address.starts_with("postgresql://") => {
            // The engine connects with a runtime of its own, which may not be started inside ours.
            let opening = || PostgresStore::open(address, options, &mut SystemEntropy);
            let store = tokio::task::block_in_place(opening).map_err(|error| io::Error::other(error.to_string()))?;
            Ok(Arc::new(store))
        }
        _ => match address.strip_prefix("sqlite:") {
            Some(path) => sqlite(Path::new(path)),
            // It is not repeated: it may come from a file that holds a password.
            None => Err(io::Error::other(format!("this address names no store; use {ADDRESSES}"))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory as _, Parser};

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        serve: crate::serve::ServeArgs,
    }

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        store: StoreArgs,
    }

    #[test]
    fn an_address_may_come_from_a_file_and_is_not_repeated() {
        let file = std::env::temp_dir().join(format!("tongma-address-{}", std::process::id()));
        std::fs::write(&file, "postgre://tongma:secret@host/x\n").unwrap();
        let args = Alone::parse_from(["x", "--store-file", &file.to_string_lossy()]).store;
        assert_eq!(args.address().unwrap(), "postgre://tongma:secret@host/x");
        let refused = args.open(&file).err().unwrap().to_string();
        assert!(refused.contains("names no store") && !refused.contains("secret"), "{refused}");
        std::fs::remove_file(&file).unwrap();
        let missing = args.open(&file).err().unwrap().to_string();
        assert!(missing.contains("tongma-address"), "{missing}");
        assert!(Alone::try_parse_from(["x", "--store", "sqlite", "--store-file", "y"]).is_err(), "one or the other");
    }

    /// Every setting that `deploy/` names is one, so that a file there cannot name what is gone.
    #[test]
    fn the_files_for_operators_name_settings_that_exist() {
        let known: Vec<String> = Command::command()
            .get_arguments()
            .filter_map(|of| Some(of.get_env()?.to_string_lossy().into_owned()))
            .collect();
        let files = [
            include_str!("../../../deploy/systemd/tongma.env"),
            include_str!("../../../deploy/compose.yaml"),
            include_str!("../../../deploy/Dockerfile"),
            include_str!("../../../deploy/helm/tongma/templates/_names.tpl"),
        ];
        let is_name = |of: char| of.is_ascii_uppercase() || of == '_';
        let words = files.iter().flat_map(|file| file.split(|of: char| !is_name(of)));
        let named: Vec<&str> =
            words.filter(|word| word.strip_prefix("TONGMA_").is_some_and(|of| of.len() > 1)).collect();
        assert!(named.len() > 20, "{named:?}");
        for name in &named {
            assert!(known.iter().any(|of| of == name), "{name} is no setting; there are {known:?}");
        }
        for name in &known {
            assert!(files[0].contains(name.as_str()) || name.ends_with("_LANES") || name.ends_with("_STORE"), "{name}");
        }
    }
}
