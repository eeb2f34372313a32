//! The engine does what the port says, and exactly what the model does.

mod directory;

use std::sync::Arc;

use directory::Directory;
use tongma_store::{MemoryStore, Store, conformance, differential};
use tongma_store_sqlite::SqliteStore;

#[test]
fn the_engine_conforms() {
    let directory = Directory::new("conformance");
    let made = std::cell::Cell::new(0);
    conformance::run(&|| {
        made.set(made.get() + 1);
        Arc::new(SqliteStore::open(directory.path().join(made.get().to_string())).unwrap()) as Arc<dyn Store>
    });
}

#[test]
fn the_engine_and_the_model_answer_alike() {
    let directory = Directory::new("differential");
    for seed in 0..12 {
        let store = SqliteStore::open(directory.path().join(seed.to_string())).unwrap();
        differential::compare(seed, 250, &MemoryStore::new(), &store);
    }
}
