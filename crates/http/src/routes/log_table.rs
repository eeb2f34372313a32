//! The routes around the citizen's log: the sealed log, lines with their proofs, messages.

use super::{Caller, Operation, get, messages, mine, post, sealed};
use crate::extract::List;

/// Every route of this table.
pub fn operations() -> Vec<Operation> {
    let own = [log(), inbox()].into_iter().flatten().map(|operation| operation.by(Caller::Citizen));
    sealed_log().into_iter().chain(own).collect()
}

fn sealed_log() -> Vec<Operation> {
    vec![
        get("/v1/log/checkpoint", "The sealed log's newest signed checkpoint", sealed::checkpoint)
            .gives_other(200, "text/plain"),
        get("/v1/log/key", "The key that signs checkpoints", sealed::key).gives_other(200, "text/plain"),
        get("/v1/log/consistency", "That the log of one size begins with that of another", sealed::consistency)
            .asks("from", "The smaller size")
            .asks("to", "The larger size")
            .gives::<sealed::Consistency>(),
        get("/v1/log/inclusion", "That a leaf stands at a place", sealed::inclusion)
            .asks("index", "The leaf's place, from 0")
            .asks("size", "The log's size")
            .gives::<sealed::Inclusion>(),
    ]
}

fn log() -> Vec<Operation> {
    vec![
        get("/v1/me/log", "Every use of my code, newest first", mine::log)
            .asks("kind", "Only lines of these kinds, with commas between")
            .paged()
            .gives::<List<mine::LogLine>>(),
        get("/v1/me/log/proof", "A line's receipt with its proof, to be checked without a network", sealed::proved)
            .asks("number", "The line's number")
            .gives::<sealed::Proved>(),
    ]
}

fn inbox() -> Vec<Operation> {
    vec![
        get("/v1/me/messages", "My messages, newest first", messages::inbox).paged().gives::<messages::Inbox>(),
        post("/v1/me/messages/read", "Mark messages as read", messages::seen)
            .takes::<messages::Seen>()
            .gives::<messages::SeenNow>(),
        get("/v1/me/messages/settings", "What is texted to me", messages::settings).gives::<messages::Settings>(),
        post("/v1/me/messages/settings", "Change what is texted to me", messages::set)
            .takes::<messages::NewSettings>()
            .gives::<messages::Settings>(),
    ]
}
