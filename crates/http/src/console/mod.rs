//! The console: pages for the three offices, and the two public ones on which a venue applies.
//!
//! [`routes`] is the table of who may open what. The guard in front of each route reads that same table, so a page cannot
//! be served to an office the table does not name; the matrix test walks it.

mod apply;
mod audit;
mod cases;
mod chart;
mod entry;
mod house;
mod keys;
mod overview;
mod people;
mod premises;
mod review;
mod roster;
mod tables;
mod view;

use std::{convert::Infallible, sync::Arc};

use axum::{
    Extension,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, Method, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{MethodRouter, get, post},
};
use tongma_domain::Text;
use tongma_service::passkey::RelyingParty;
use tongma_service::{Office, Staff, other_office};

use crate::{
    edge::{Edge, Shared},
    problem::{self, Language, Problem},
    security,
};
use view::{Link, Page};

/// The cookie of a staff session.
pub const STAFF_COOKIE: &str = "tongma_staff";
/// The cookie of the language chosen by hand.
const LANGUAGE_COOKIE: &str = "tongma_language";
/// The longest form, in bytes.
const MOST_FORM_BYTES: usize = 16 * 1024;

/// Who may open a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// Anyone.
    Anyone,
    /// Any office: the overview, which changes nothing, and signing out.
    AnyOffice,
    /// One office and no other.
    Only(Office),
}

/// A route of the console.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path.
    pub path: &'static str,
    /// Who may open it.
    pub allowed: Allowed,
    handler: MethodRouter<Shared>,
}

const SYSTEM: Allowed = Allowed::Only(Office::System);
const SECURITY: Allowed = Allowed::Only(Office::Security);
const AUDIT: Allowed = Allowed::Only(Office::Audit);

fn see(path: &'static str, allowed: Allowed, handler: MethodRouter<Shared>) -> Route {
    Route { method: Method::GET, path, allowed, handler }
}

fn change(path: &'static str, allowed: Allowed, handler: MethodRouter<Shared>) -> Route {
    Route { method: Method::POST, path, allowed, handler }
}

/// Every route of the console, and who may open it.
pub fn routes() -> Vec<Route> {
    vec![
        see("/apply", Allowed::Anyone, get(apply::form)),
        change("/apply", Allowed::Anyone, post(apply::send)),
        see("/apply/{token}", Allowed::Anyone, get(apply::standing)),
        change("/apply/{token}/code", Allowed::Anyone, post(apply::code)),
        see("/console/sign-in", Allowed::Anyone, get(entry::sign_in)),
        change("/console/sign-in/begin", Allowed::Anyone, post(entry::begin_sign_in)),
        change("/console/sign-in/finish", Allowed::Anyone, post(entry::finish_sign_in)),
        see("/console/enrol", Allowed::Anyone, get(entry::enrol)),
        change("/console/enrol/begin", Allowed::Anyone, post(entry::begin_enrolment)),
        change("/console/enrol/finish", Allowed::Anyone, post(entry::finish_enrolment)),
        see("/console/language/{tag}", Allowed::Anyone, get(entry::language)),
        see("/console", Allowed::AnyOffice, get(overview::show)),
        change("/console/sign-out", Allowed::AnyOffice, post(entry::sign_out)),
        see("/console/review", SYSTEM, get(review::list)),
        see("/console/review/{id}", SYSTEM, get(review::one)),
        change("/console/review/{id}", SYSTEM, post(review::decide)),
        see("/console/venues", SYSTEM, get(premises::venues)),
        see("/console/venues/{id}", SYSTEM, get(premises::venue)),
        change("/console/venues/{id}", SYSTEM, post(premises::change_venue)),
        see("/console/points", SYSTEM, get(premises::points)),
        see("/console/points/{id}", SYSTEM, get(premises::point)),
        change("/console/points/{id}", SYSTEM, post(premises::change_point)),
        see("/console/templates", SYSTEM, get(premises::templates)),
        see("/console/people", SYSTEM, get(people::form)),
        change("/console/people", SYSTEM, post(people::look_up)),
        change("/console/people/ask", SYSTEM, post(people::ask)),
        change("/console/people/see/{id}", SYSTEM, post(people::unmask)),
        see("/console/cases", SYSTEM, get(cases::list)),
        see("/console/cases/{id}", SYSTEM, get(cases::one)),
        change("/console/cases/{id}", SYSTEM, post(cases::answer)),
        see("/console/approve", SECURITY, get(review::approvals)),
        see("/console/approve/{id}", SECURITY, get(review::approval)),
        change("/console/approve/{id}", SECURITY, post(review::approve)),
        see("/console/unmask", SECURITY, get(people::asked)),
        change("/console/unmask/{id}", SECURITY, post(people::decide)),
        see("/console/staff", SECURITY, get(roster::list)),
        change("/console/staff", SECURITY, post(roster::invite)),
        change("/console/staff/{id}", SECURITY, post(roster::end)),
        see("/console/keys", SECURITY, get(keys::show)),
        change("/console/keys", SECURITY, post(keys::sign)),
        see("/console/acts", AUDIT, get(audit::acts)),
        see("/console/audit", AUDIT, get(audit::verification)),
        change("/console/audit", AUDIT, post(audit::verify)),
        see("/console/oddities", AUDIT, get(audit::oddities)),
    ]
}

/// The navigation of an office.
const LINKS: [(&str, Allowed, Text); 14] = [
    ("/console", Allowed::AnyOffice, Text::new("运行总览", "Overview")),
    ("/console/review", SYSTEM, Text::new("申请审核", "Applications")),
    ("/console/venues", SYSTEM, Text::new("场所", "Venues")),
    ("/console/points", SYSTEM, Text::new("终端", "Points")),
    ("/console/templates", SYSTEM, Text::new("授权模板", "Templates")),
    ("/console/people", SYSTEM, Text::new("查询个人", "Look up a person")),
    ("/console/cases", SYSTEM, Text::new("个人信息请求", "Requests about data")),
    ("/console/approve", SECURITY, Text::new("接入审批", "Approvals")),
    ("/console/unmask", SECURITY, Text::new("完整信息审批", "Unmasking")),
    ("/console/staff", SECURITY, Text::new("工作人员", "Staff")),
    ("/console/keys", SECURITY, Text::new("密钥与名单", "Keys and lists")),
    ("/console/acts", AUDIT, Text::new("操作审计", "Staff acts")),
    ("/console/audit", AUDIT, Text::new("日志校验", "Log check")),
    ("/console/oddities", AUDIT, Text::new("异常", "Oddities")),
];

/// Adds the console to a router.
pub fn add(mut router: axum::Router<Shared>, edge: &Shared) -> axum::Router<Shared> {
    for route in routes() {
        let state = (Arc::clone(edge), route.allowed);
        let handler = route
            .handler
            .layer::<_, Infallible>(middleware::from_fn_with_state(state, guard))
            .layer::<_, Infallible>(DefaultBodyLimit::max(MOST_FORM_BYTES));
        router = router.route(route.path, handler);
    }
    router
}

/// In front of every route: who is asking, from where, and whether the table lets them.
async fn guard(State((edge, allowed)): State<(Shared, Allowed)>, mut request: Request, next: Next) -> Response {
    let language = language_of(request.headers());
    let page = problem::wants_page(request.headers());
    if let Some(there) = by_name(&edge, &request) {
        return Redirect::temporary(&there).into_response();
    }
    // The request itself may not be held while waiting: its body belongs to one thread.
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let staff = match admit(&edge, allowed, &method, &headers).await {
        Ok(staff) => staff,
        Err(problem) if page && problem.refusal.code() == "staff.session" => {
            return Redirect::to("/console/sign-in").into_response();
        }
        Err(problem) => return told(problem, None, language, page),
    };
    if let Some(staff) = &staff {
        request.extensions_mut().insert(staff.clone());
    }
    request.extensions_mut().insert(language);
    let here = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) => told(problem, staff.as_ref().map(|staff| (staff, here.as_str())), language, page),
        None => response,
    }
}

async fn admit(edge: &Edge, allowed: Allowed, method: &Method, headers: &HeaderMap) -> Result<Option<Staff>, Problem> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        security::same_origin(headers, &edge.public_origin)?;
    }
    if allowed == Allowed::Anyone {
        return Ok(None);
    }
    let token = security::cookie(headers, STAFF_COOKIE).unwrap_or_default().to_owned();
    let staff = edge.platform.staff(&token).await?;
    match allowed {
        Allowed::Only(office) if staff.office != office => Err(other_office().into()),
        _ => Ok(Some(staff)),
    }
}

/// A refusal as a page of the console, with its own way on.
fn told(problem: Problem, staff: Option<(&Staff, &str)>, language: Language, page: bool) -> Response {
    if !page {
        return problem.into_response();
    }
    let title = Text::new("没有办成", "Not done");
    let drawn = match staff {
        Some((staff, here)) => page_of(staff, language, here, title),
        None => Page::new(language, title),
    };
    let status = problem.status();
    let mut response = drawn.with(view::refused(&problem.refusal, language)).into_response();
    *response.status_mut() = status;
    response
}

/// Passkeys belong to a name, never to an address of numbers: on this machine the name is `localhost`.
fn by_name(edge: &Edge, request: &Request) -> Option<String> {
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    let port = host.strip_prefix("127.0.0.1").or_else(|| host.strip_prefix("[::1]"))?;
    let local = party(edge).id == "localhost";
    (local && *request.method() == Method::GET && request.uri().path().starts_with("/console"))
        .then(|| format!("http://localhost{port}{}", request.uri()))
}

/// The site, as passkeys know it.
fn party(edge: &Edge) -> RelyingParty {
    edge.relying_party()
}

/// The language chosen by hand, or the one that the browser asks for.
fn language_of(headers: &HeaderMap) -> Language {
    match security::cookie(headers, LANGUAGE_COOKIE) {
        Some("zh") => Language::Chinese,
        Some("en") => Language::English,
        _ => Language::of_headers(headers),
    }
}

/// A page of somebody signed in.
fn page_of(staff: &Staff, language: Language, here: &str, title: Text) -> Page {
    let mut page = Page::new(language, title);
    page.who = Some((staff.name.clone(), language.pick(staff.office.name())));
    let mine = |allowed: &Allowed| *allowed == Allowed::AnyOffice || *allowed == Allowed::Only(staff.office);
    page.links = LINKS
        .iter()
        .filter(|(_, allowed, _)| mine(allowed))
        .map(|(to, _, label)| Link {
            to,
            label: language.pick(*label),
            here: here == *to || (*to != "/console" && here.starts_with(&format!("{to}/"))),
        })
        .collect();
    page
}

/// What a handler needs to know of its caller.
type Who = Extension<Staff>;
/// And in which language.
type In = Extension<Language>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_route_that_changes_something_is_open_to_two_offices() {
        let routes = routes();
        for route in &routes {
            let shared = route.allowed == Allowed::AnyOffice;
            let harmless = route.method == Method::GET || route.path == "/console/sign-out";
            assert!(!shared || harmless, "{} {}", route.method, route.path);
        }
        // The only page that all three share is the overview.
        let shared: Vec<_> = routes.iter().filter(|route| route.allowed == Allowed::AnyOffice).collect();
        assert_eq!(shared.iter().map(|route| route.path).collect::<Vec<_>>(), ["/console", "/console/sign-out"]);
        // Nothing under the console is open to anyone but the ways in.
        for route in routes.iter().filter(|route| route.allowed == Allowed::Anyone) {
            let way_in = ["/apply", "/console/sign-in", "/console/enrol", "/console/language"];
            assert!(way_in.iter().any(|begin| route.path.starts_with(begin)), "{}", route.path);
        }
    }

    #[test]
    fn every_link_leads_to_a_route_of_the_same_office() {
        let routes = routes();
        for (to, allowed, _) in &LINKS {
            assert!(routes.iter().any(|route| route.path == *to && route.allowed == *allowed), "{to}");
        }
    }
}
