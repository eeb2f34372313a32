//! The routes around the citizen's log: the sealed log, lines with their proofs, messages.

use super::{Caller, Operation, get, messages, mine, post, rights, sealed};
use crate::{dto::Nothing, extract::List};

/// Every route of this table.
pub fn operations() -> Vec<Operation> {
    let own = [log(), inbox(), demands()].into_iter().flatten().map(|operation| operation.by(Caller::Citizen));
    sealed_log().into_iter().chain(own).chain(owners()).collect()
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

fn demands() -> Vec<Operation> {
    vec![
        get("/v1/me/export", "A copy of my log and what belongs to it", rights::export)
            .paged()
            .gives::<rights::Export>(),
        get("/v1/me/cases", "What I demanded, and how it stands", rights::cases)
            .paged()
            .gives::<List<rights::CaseView>>(),
        post("/v1/me/cases", "Demand deletion, correction, an answer, a copy, an explanation", rights::demand)
            .takes::<rights::NewCase>()
            .gives::<rights::Opened>(),
        post("/v1/me/cases/{id}/withdraw", "Take a demand back", rights::withdraw)
            .takes::<Nothing>()
            .gives::<rights::Settled>(),
        get("/v1/me/closing", "What closing my account would mean", rights::closing).gives::<rights::ClosingView>(),
        post("/v1/me/close", "Close my account", rights::close).takes::<rights::Close>().gives::<rights::Settled>(),
    ]
}

fn owners() -> Vec<Operation> {
    let points = vec![
        get("/v1/points/{id}/cases", "What people demand of this organisation", rights::at_point)
            .paged()
            .gives::<List<rights::OwnedView>>(),
        post("/v1/points/{id}/cases", "Answer a demand", rights::answer_at_point)
            .takes::<rights::NewAnswer>()
            .gives::<rights::Settled>(),
    ];
    let platform = vec![
        get("/v1/admin/cases", "What people demand of the platform, and what others have let lie", rights::at_platform)
            .paged()
            .gives::<List<rights::OwnedView>>(),
        post("/v1/admin/cases", "Answer a demand", rights::answer_at_platform)
            .takes::<rights::NewAnswer>()
            .gives::<rights::Settled>(),
        post("/v1/admin/purse/out", "Pay out a purse at a counter", rights::pay_out)
            .takes::<rights::PayOut>()
            .gives::<rights::PaidOut>(),
        post("/v1/admin/people/death", "A person has died; two members of staff vouch for it", rights::death)
            .takes::<rights::Death>()
            .gives::<rights::Settled>(),
        post("/v1/admin/people/change", "A person's name or number has changed", rights::change)
            .takes::<rights::Change>()
            .gives::<rights::Settled>(),
    ];
    let points = points.into_iter().map(|operation| operation.by(Caller::Point));
    points.chain(platform.into_iter().map(|operation| operation.by(Caller::Administrator))).collect()
}
