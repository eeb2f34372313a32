//! The table of routes: what each is called, who may call it, what goes in and what comes out. The router and the
//! contract are both made from it, so neither can name what the other does not.

mod admin;
mod auth;
mod calendar;
mod certificates;
mod grants;
mod live;
mod log_table;
mod me;
mod messages;
mod mine;
mod passkeys;
mod people;
mod points;
mod presentations;
mod public;
mod questions;
mod rights;
mod scans;
mod sealed;

use axum::{
    handler::Handler,
    http::Method,
    routing::{MethodFilter, MethodRouter, on},
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::{
    dto::{Done, Nothing},
    edge::Shared,
    extract::List,
};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Anyone.
    Anyone,
    /// A signed-in citizen, by session cookie.
    Citizen,
    /// A paired point, by its signature.
    Point,
    /// The administrator, by bearer token.
    Administrator,
}

/// What an answer carries.
pub enum Body {
    /// JSON of this schema.
    Json(fn(&mut SchemaGenerator) -> Schema),
    /// Bytes of another media type.
    Other(&'static str),
    /// Nothing.
    Empty,
}

/// A parameter of the query.
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub summary: &'static str,
}

/// One route.
pub struct Operation {
    /// The method.
    pub method: Method,
    /// The path, with `{id}` for the one id in it.
    pub path: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// Who may call it.
    pub caller: Caller,
    /// Parameters of the query.
    pub query: Vec<Parameter>,
    /// The schema of the request's body.
    pub request: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// Answers that are not refusals.
    pub answers: Vec<(u16, Body)>,
    /// Whether `Idempotency-Key` is demanded.
    pub keyed: bool,
    /// Whether the use case itself remembers keys, or has the same answer for the same request anyway.
    itself: bool,
    /// The handler.
    pub handler: MethodRouter<Shared>,
}

const PAGE: [Parameter; 2] = [
    Parameter { name: "limit", summary: "At most so many entries, 1 to 100; 20 unless said" },
    Parameter { name: "after", summary: "The `next` of the page before" },
];

impl Operation {
    fn new<H, T>(method: Method, path: &'static str, summary: &'static str, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        let filter = match method {
            Method::POST => MethodFilter::POST,
            Method::DELETE => MethodFilter::DELETE,
            _ => MethodFilter::GET,
        };
        Self {
            // What changes something is done once, however often it is sent.
            keyed: method != Method::GET,
            itself: false,
            method,
            path,
            summary,
            caller: Caller::Anyone,
            query: Vec::new(),
            request: None,
            answers: Vec::new(),
            handler: on(filter, handler),
        }
    }

    const fn by(mut self, caller: Caller) -> Self {
        self.caller = caller;
        self
    }

    fn takes<T: JsonSchema>(mut self) -> Self {
        self.request = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    fn gives<T: JsonSchema>(self) -> Self {
        self.gives_at::<T>(200)
    }

    fn gives_at<T: JsonSchema>(mut self, status: u16) -> Self {
        self.answers.push((status, Body::Json(SchemaGenerator::subschema_for::<T>)));
        self
    }

    fn gives_other(mut self, status: u16, media_type: &'static str) -> Self {
        self.answers.push((status, Body::Other(media_type)));
        self
    }

    fn redirects(mut self) -> Self {
        self.answers.push((303, Body::Empty));
        self
    }

    fn asks(mut self, name: &'static str, summary: &'static str) -> Self {
        self.query.push(Parameter { name, summary });
        self
    }

    fn paged(mut self) -> Self {
        self.query.extend(PAGE);
        self
    }

    /// Its use case remembers keys where it decides, or has the same answer for the same request anyway.
    const fn remembers(mut self) -> Self {
        self.itself = true;
        self
    }

    /// Whether the edge remembers keys and answers for it.
    pub fn remembered(&self) -> bool {
        self.keyed && !self.itself && matches!(self.caller, Caller::Citizen | Caller::Administrator)
    }

    /// Without an idempotency key: sign-in has its own state, and a pairing code is good once by itself.
    const fn unkeyed(mut self) -> Self {
        self.keyed = false;
        self
    }
}

fn get<H: Handler<T, Shared>, T: 'static>(path: &'static str, summary: &'static str, handler: H) -> Operation {
    Operation::new(Method::GET, path, summary, handler)
}

fn post<H: Handler<T, Shared>, T: 'static>(path: &'static str, summary: &'static str, handler: H) -> Operation {
    Operation::new(Method::POST, path, summary, handler)
}

/// Every route of the contract.
pub fn operations() -> Vec<Operation> {
    let groups = [
        public_operations(),
        auth_operations(),
        citizen_operations(),
        log_table::operations(),
        certificates::operations(),
        agreement_operations(),
        point_operations(),
        admin_operations(),
        scans::operations(),
        passkeys::operations(),
        people::operations(),
    ];
    groups.into_iter().flatten().collect()
}

/// Pages and files of the apps: addresses people open, not part of the contract.
pub fn pages() -> Vec<(&'static str, MethodRouter<Shared>)> {
    let file = || axum::routing::get(public::file);
    vec![
        ("/", axum::routing::get(public::choose)),
        ("/docs", axum::routing::get(public::docs)),
        ("/p", axum::routing::get(scans::page)),
        ("/me", file()),
        ("/desk", file()),
        ("/kiosk", file()),
        ("/board", axum::routing::get(public::board)),
        ("/check", file()),
        ("/sw.js", file()),
        ("/desk-sw.js", file()),
        ("/kiosk-sw.js", file()),
        ("/manifest.webmanifest", file()),
        ("/desk.webmanifest", file()),
        ("/kiosk.webmanifest", file()),
        ("/assets/{*path}", file()),
    ]
}

fn public_operations() -> Vec<Operation> {
    vec![
        get("/livez", "The process runs", public::live).gives_other(200, "text/plain"),
        get("/readyz", "The process and its store answer", public::ready).gives_other(200, "text/plain"),
        get("/openapi.json", "This contract", public::openapi).gives_other(200, "application/json"),
        get("/keys/list", "The signed key list", public::key_list).gives_other(200, "application/cose"),
        get("/keys/deny", "The signed deny list", public::deny_list).gives_other(200, "application/cose"),
        get("/keys/roots.json", "The pinned roots", public::roots).gives::<public::Roots>(),
        get("/v1/scenarios", "The cards of all scenarios", public::scenarios).paged().gives::<List<Value>>(),
        get(
            "/calendar/{id}",
            "A citizen's bookings as iCalendar, behind a secret name ending in `.ics`",
            calendar::feed,
        )
        .asks("lang", "`zh` or `en`")
        .gives_other(200, "text/calendar"),
        get("/v1/time", "The platform's clock", public::time).gives::<public::Time>(),
    ]
}

fn auth_operations() -> Vec<Operation> {
    vec![
        get("/auth/login", "Begin signing in", auth::login)
            .asks("return", "The path on this site to come back to")
            .redirects(),
        get("/auth/callback", "Come back from the provider", auth::callback)
            .asks("code", "The provider's code")
            .asks("state", "Our state")
            .asks("error", "The provider's error")
            .redirects(),
        post("/auth/logout", "Sign out", auth::logout).by(Caller::Citizen).unkeyed().gives::<auth::SignedOut>(),
    ]
}

fn citizen_operations() -> Vec<Operation> {
    let operations = vec![
        get("/v1/me", "Who I am", me::show).gives::<me::Me>(),
        post("/v1/me/devices", "This browser becomes my one live phone", me::enrol_device)
            .takes::<me::NewDevice>()
            .gives::<me::Enrolled>(),
        post("/v1/me/freeze", "Freeze or unfreeze my code", me::freeze).takes::<me::Freeze>().gives::<me::Freeze>(),
        post("/v1/me/tickets/prepare", "Name the tickets my phone should hold", me::prepare)
            .remembers()
            .takes::<me::Prepare>()
            .gives::<me::PreparedList>(),
        post("/v1/me/tickets/sign", "Sign tickets over my phone's anchors", me::sign)
            .remembers()
            .takes::<me::Sign>()
            .gives::<me::SignedList>(),
        get("/v1/me/things", "My loans, bills, bookings", mine::things)
            .asks("kind", "`loan`, `bill`, `booking`")
            .paged()
            .gives::<List<mine::MyThing>>(),
        get("/v1/me/venues", "Places and what I can start there", mine::venues)
            .paged()
            .gives::<List<mine::VenueHere>>(),
        get("/v1/me/list", "What a scenario lists for me at a place", mine::list)
            .asks("scenario", "The scenario")
            .asks("venue", "The place, as listed to me")
            .asks("action", "Which of its lists: `list` (mine) unless named, such as `sessions`")
            .asks("date", "Of which day, `YYYY-MM-DD`")
            .paged()
            .gives::<List<Value>>(),
        post("/v1/me/actions", "Do something in the app", mine::act)
            .remembers()
            .takes::<mine::MyAction>()
            .gives::<Done>()
            .gives_at::<Done>(202),
        get("/v1/me/attempts/{id}", "How an action of mine stands", mine::attempt)
            .gives::<Done>()
            .gives_at::<Done>(202),
        get("/v1/me/events", "News as it happens: what to look at again, and nothing else", live::mine)
            .gives_other(200, "text/event-stream"),
        get("/v1/me/calendar", "Where my bookings can be read by a calendar app", calendar::show)
            .gives::<calendar::CalendarAddress>(),
        post("/v1/me/calendar", "Make a new secret address for my calendar", calendar::open)
            .gives::<calendar::CalendarAddress>(),
        Operation::new(Method::DELETE, "/v1/me/calendar", "Take my calendar's address away", calendar::close)
            .gives::<calendar::CalendarAddress>(),
    ];
    operations.into_iter().map(|operation| operation.by(Caller::Citizen)).collect()
}

/// What the citizen is asked, has agreed to, and can take back.
fn agreement_operations() -> Vec<Operation> {
    let operations = vec![
        get("/v1/me/requests", "Questions that wait for my tap", questions::list)
            .paged()
            .gives::<List<questions::AskedOfMe>>(),
        post("/v1/me/requests/{id}", "Answer a question", questions::decide)
            .takes::<questions::Decide>()
            .gives::<questions::Decided>(),
        get("/v1/me/grants", "What I gave by one tap, with receipts", grants::mine)
            .paged()
            .gives::<List<grants::MyGrant>>(),
        post("/v1/me/grants/{id}/withdraw", "Take a grant back", grants::withdraw).takes::<Nothing>().gives::<Done>(),
        get("/v1/me/pin", "Whether I have set a PIN", grants::pin).gives::<grants::Pin>(),
        post("/v1/me/pin", "Set or change my PIN", grants::set_pin).takes::<grants::NewPin>().gives::<grants::Pin>(),
        get("/v1/me/consents", "My standing consents", mine::consents).paged().gives::<List<mine::Standing>>(),
        Operation::new(Method::DELETE, "/v1/me/consents/{id}", "Withdraw a consent", mine::end_consent)
            .gives::<mine::Ended>(),
    ];
    operations.into_iter().map(|operation| operation.by(Caller::Citizen)).collect()
}

fn point_operations() -> Vec<Operation> {
    let scenario = |operation: Operation| operation.asks("scenario", "The scenario");
    let operations = vec![
        get("/v1/points/{id}", "What this point is", points::show).gives::<points::PointView>(),
        get(
            "/v1/points/{id}/events",
            "News for this point as it happens: what to look at again, and nothing else",
            live::at_point,
        )
        .asks("of", "`board` for what its whole venue shows; else its own")
        .gives_other(200, "text/event-stream"),
        post("/v1/presentations", "A code was scanned", presentations::create)
            .takes::<presentations::NewPresentation>()
            .gives::<presentations::Presented>(),
        post("/v1/presentations/{id}/actions", "Do something for the holder", presentations::act)
            .takes::<presentations::PresentationAction>()
            .gives::<Done>()
            .gives_at::<Done>(202),
        get("/v1/presentations/{id}", "How a presentation stands", presentations::show)
            .gives::<presentations::Standing>(),
        post("/v1/presentations/{id}/close", "The counter is done with this person", presentations::close)
            .takes::<Nothing>()
            .gives::<presentations::Closed>(),
        post("/v1/grants/{id}/copies", "Look at the annotated copies of a grant", grants::copies)
            .takes::<grants::Look>()
            .gives::<grants::Copies>(),
        get("/v1/grants/{id}/receipt", "The receipt of a grant", grants::receipt_at).gives::<grants::Receipt>(),
        post("/v1/points/{id}/actions", "Do something that needs nobody's code", points::act)
            .takes::<points::PointAction>()
            .gives::<Done>()
            .gives_at::<Done>(202),
        scenario(get("/v1/points/{id}/list", "What a scenario lists for this point", points::list))
            .asks("action", "Which list; `list` unless said")
            .paged()
            .gives::<List<Value>>(),
        get("/v1/points/{id}/recent", "The last ones here, masked", points::recent)
            .paged()
            .gives::<List<points::RecentLine>>(),
        scenario(get("/v1/points/{id}/bundle", "What this gate decides from without network", points::bundle))
            .gives::<points::BundleView>(),
        post("/v1/points/{id}/facts", "Hand over what was decided without network", points::facts)
            .takes::<points::HandOver>()
            .gives::<points::HandedOver>(),
    ];
    let pair = post("/v1/points/pair", "Pair this point, once", points::pair)
        .unkeyed()
        .takes::<points::Pair>()
        .gives::<points::Paired>();
    operations.into_iter().map(|operation| operation.by(Caller::Point)).chain([pair]).collect()
}

fn admin_operations() -> Vec<Operation> {
    let operations = vec![
        post("/v1/admin/people", "Enrol a person", admin::person).takes::<admin::NewPerson>().gives::<admin::Person>(),
        post("/v1/admin/guardians", "Make one person another's guardian", admin::guardian)
            .takes::<admin::NewGuardian>()
            .gives::<admin::Granted>(),
        post("/v1/admin/purse", "Top up a purse", admin::purse).takes::<admin::TopUp>().gives::<admin::ToppedUp>(),
        post("/v1/admin/organisations", "Register an organisation", admin::organisation)
            .takes::<admin::NewOrganisation>()
            .gives::<admin::Registered>(),
        post("/v1/admin/venues", "Register a venue", admin::venue)
            .takes::<admin::NewVenue>()
            .gives::<admin::Registered>(),
        post("/v1/admin/points", "Register a point", admin::point)
            .takes::<admin::NewPoint>()
            .gives::<admin::RegisteredPoint>(),
    ];
    operations.into_iter().map(|operation| operation.by(Caller::Administrator)).collect()
}
