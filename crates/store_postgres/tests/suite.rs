//! The engine does what the port says, and exactly what the model does.

mod server;

use std::cell::Cell;
use std::sync::Arc;

use server::Server;
use tongma_store::{MemoryStore, Store, conformance, differential};
use tongma_store_postgres::{Options, Sharing};

#[test]
fn the_engine_conforms() {
    let server = Server::start("conformance");
    let made = Cell::new(0);
    conformance::run(&|| {
        made.set(made.get() + 1);
        Arc::new(server.store(&format!("case_{}", made.get()), &Options::default())) as Arc<dyn Store>
    });
}

#[test]
fn the_engine_conforms_where_buckets_lie_apart() {
    let server = Server::start("apart");
    let made = Cell::new(0);
    conformance::run(&|| {
        made.set(made.get() + 1);
        let options = Options { lanes: 2, sharing: Sharing::OneBucket, ..Options::default() };
        Arc::new(server.store(&format!("case_{}", made.get()), &options)) as Arc<dyn Store>
    });
}

#[test]
fn the_engine_and_the_model_answer_alike() {
    let server = Server::start("differential");
    for seed in 0..8 {
        // One lane puts whole groups into one transaction; many lanes race.
        let options = Options { lanes: if seed % 2 == 0 { 1 } else { 6 }, ..Options::default() };
        let store = server.store(&format!("seed_{seed}"), &options);
        differential::compare(seed, 200, &MemoryStore::new(), &store);
    }
}
