//! The console by its addresses: each office reaches its own pages and no other's, no other site can press a button, and
//! whoever is looked up reads of it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on fails here")]
mod support;

use axum::http::StatusCode;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{Got, House, ORIGIN, send};
use tongma_http::console::{Allowed, routes};
use tongma_service::Office;

/// The origin of the pages: passkeys belong to a name.
const HERE: &str = "http://localhost:8080";

/// A member of staff with an authenticator of software.
struct Colleague {
    key: SigningKey,
    id: Vec<u8>,
    counter: u32,
    cookie: String,
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

async fn post_json(house: &House, at: &str, cookie: &str, body: &Value) -> Got {
    let headers =
        [("content-type", "application/json"), ("origin", HERE), ("host", "localhost:8080"), ("cookie", cookie)];
    send(&house.router, "POST", at, &headers, body.to_string()).await
}

impl Colleague {
    /// Enrols with a code, as the page's script does.
    async fn enrol(house: &House, seed: u8, code: &str, name: &str) -> Self {
        let mut colleague = Self {
            key: SigningKey::from_slice(&[seed; 32]).unwrap(),
            id: vec![seed; 16],
            counter: 0,
            cookie: String::new(),
        };
        let begun = post_json(house, "/console/enrol/begin", "", &json!({ "code": code, "name": name })).await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
        let ceremony = format!("tongma_ceremony={}", begun.cookie("tongma_ceremony").unwrap());
        let answer = colleague.registration(begun.json()["challenge"].as_str().unwrap());
        let done = post_json(house, "/console/enrol/finish", &ceremony, &answer).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
        colleague.cookie = format!("tongma_staff={}", done.cookie("tongma_staff").unwrap());
        colleague
    }

    fn data(&self, flags: u8, tail: &[u8]) -> Vec<u8> {
        let mut data = Sha256::digest("localhost").to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data.extend(tail);
        data
    }

    fn registration(&self, challenge: &str) -> Value {
        let point = self.key.verifying_key().to_sec1_point(false);
        let mut tail = vec![0; 16];
        tail.extend([0, 16]);
        tail.extend(&self.id);
        // A COSE key in CBOR: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
        tail.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        tail.extend(&point.as_bytes()[1..33]);
        tail.extend([0x22, 0x58, 32]);
        tail.extend(&point.as_bytes()[33..]);
        let data = self.data(0x45, &tail);
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        let client = json!({ "type": "webauthn.create", "challenge": challenge, "origin": HERE }).to_string();
        json!({ "rawId": text(&self.id), "response": { "clientDataJSON": text(client.as_bytes()), "attestationObject": text(&object) } })
    }

    fn assertion(&mut self, challenge: &str) -> Value {
        self.counter += 1;
        let data = self.data(0x05, &[]);
        let client = json!({ "type": "webauthn.get", "challenge": challenge, "origin": HERE }).to_string();
        let message = [&data[..], &Sha256::digest(&client)].concat();
        let signature: Signature = self.key.sign(&message);
        json!({ "rawId": text(&self.id), "response": {
            "clientDataJSON": text(client.as_bytes()), "authenticatorData": text(&data), "signature": text(signature.to_der().as_bytes()),
        } })
    }

    async fn see(&self, house: &House, at: &str) -> Got {
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("host", "localhost:8080"),
            ("accept", "text/html"),
            ("accept-language", "en"),
        ];
        send(&house.router, "GET", at, &headers, "").await
    }

    async fn press(&self, house: &House, at: &str, form: &str) -> Got {
        self.press_from(house, at, form, HERE).await
    }

    async fn press_from(&self, house: &House, at: &str, form: &str, origin: &str) -> Got {
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("host", "localhost:8080"),
            ("origin", origin),
            ("accept", "text/html"),
            ("accept-language", "en"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        send(&house.router, "POST", at, &headers, form.to_owned()).await
    }

    /// Invites somebody: the code that the page shows.
    async fn invite(&self, house: &House, name: &str, office: &str) -> String {
        let page = self.press(house, "/console/staff", &format!("name={name}&office={office}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        code_of(&page)
    }
}

fn code_of(page: &Got) -> String {
    page.text
        .split("<p class=\"code\">")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .unwrap_or_else(|| panic!("{}", page.text))
        .to_owned()
}

/// The three offices, each held by one person.
async fn three(house: &House) -> (Colleague, Colleague, Colleague) {
    let code = house.platform.first_staff_code().await.unwrap().unwrap();
    let security = Colleague::enrol(house, 11, &code, "Shen").await;
    let system_code = security.invite(house, "Xi", "system").await;
    let audit_code = security.invite(house, "Ji", "audit").await;
    let system = Colleague::enrol(house, 12, &system_code, "").await;
    let audit = Colleague::enrol(house, 13, &audit_code, "").await;
    (system, security, audit)
}

#[tokio::test]
async fn every_route_is_open_to_the_offices_of_the_table_and_to_nobody_else() {
    let house = House::new().await;
    let (system, security, audit) = three(&house).await;
    let id = "0".repeat(32);
    let mut refused = 0;
    for route in routes() {
        if matches!(route.path, "/console/sign-out") || route.allowed == Allowed::Anyone {
            continue;
        }
        let path = route.path.replace("{id}", &id);
        for (office, who) in [(Office::System, &system), (Office::Security, &security), (Office::Audit, &audit)] {
            let got =
                if route.method == "GET" { who.see(&house, &path).await } else { who.press(&house, &path, "").await };
            let open = route.allowed == Allowed::AnyOffice || route.allowed == Allowed::Only(office);
            let other_office = got.status == StatusCode::FORBIDDEN && got.text.contains("belongs to another office");
            assert_eq!(!other_office, open, "{} {path} by {office:?}: {}", route.method, got.status);
            assert_ne!(got.status, StatusCode::INTERNAL_SERVER_ERROR, "{} {path}", route.method);
            refused += usize::from(other_office);
        }
        // Without a session: to the sign-in, and nothing is done.
        let nobody = Colleague {
            cookie: String::new(),
            ..Colleague {
                key: SigningKey::from_slice(&[1; 32]).unwrap(),
                id: vec![],
                counter: 0,
                cookie: String::new(),
            }
        };
        let got =
            if route.method == "GET" { nobody.see(&house, &path).await } else { nobody.press(&house, &path, "").await };
        assert_eq!((got.status, got.header("location")), (StatusCode::SEE_OTHER, "/console/sign-in"), "{path}");
    }
    assert!(refused > 50, "{refused} refusals looked at");
}

#[tokio::test]
async fn no_other_site_presses_a_button_and_a_code_opens_once() {
    let house = House::new().await;
    let (_, security, audit) = three(&house).await;
    for origin in ["https://evil.example", "null", "http://localhost:8081"] {
        let got = security.press_from(&house, "/console/staff", "name=E&office=system", origin).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{origin}");
        assert!(!got.text.contains("class=\"code\""), "{origin}");
    }
    // A code is used up by whoever enrols with it; guesses and used ones are answered alike.
    let code = security.invite(&house, "Wu", "system").await;
    Colleague::enrol(&house, 14, &code, "").await;
    for wrong in [code.as_str(), "1234 5678 9012 3456", ""] {
        let got = post_json(&house, "/console/enrol/begin", "", &json!({ "code": wrong, "name": "E" })).await;
        assert_eq!((got.status, got.code().as_str()), (StatusCode::UNAUTHORIZED, "staff.invitation"), "{wrong}");
    }
    // The passkey of one office cannot be enrolled for a second one.
    let again = security.invite(&house, "Ji", "system").await;
    let begun = post_json(&house, "/console/enrol/begin", "", &json!({ "code": again })).await;
    let ceremony = format!("tongma_ceremony={}", begun.cookie("tongma_ceremony").unwrap());
    let answer = audit.registration(begun.json()["challenge"].as_str().unwrap());
    assert_eq!(post_json(&house, "/console/enrol/finish", &ceremony, &answer).await.code(), "staff.passkey_taken");
    // And an answer is taken once, also when it was refused.
    assert_eq!(post_json(&house, "/console/enrol/finish", &ceremony, &answer).await.code(), "passkey.expired");
}

#[tokio::test]
async fn a_session_ends_by_idling_by_leaving_and_by_the_day() {
    let house = House::new().await;
    let (mut system, security, _) = three(&house).await;
    let wait = |seconds: i64| house.clock.0.fetch_add(seconds * 1000, std::sync::atomic::Ordering::SeqCst);
    wait(14 * 60);
    assert_eq!(system.see(&house, "/console").await.status, StatusCode::OK);
    wait(14 * 60);
    assert_eq!(system.see(&house, "/console").await.status, StatusCode::OK, "a request keeps it open");
    wait(16 * 60);
    assert_eq!(system.see(&house, "/console").await.status, StatusCode::SEE_OTHER, "nobody was there");
    // Signing in again, by passkey alone; the same answer does not open a second session.
    let begun = post_json(&house, "/console/sign-in/begin", "", &json!({})).await;
    let ceremony = format!("tongma_ceremony={}", begun.cookie("tongma_ceremony").unwrap());
    let answer = system.assertion(begun.json()["challenge"].as_str().unwrap());
    let done = post_json(&house, "/console/sign-in/finish", &ceremony, &answer).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!(post_json(&house, "/console/sign-in/finish", &ceremony, &answer).await.code(), "passkey.expired");
    system.cookie = format!("tongma_staff={}", done.cookie("tongma_staff").unwrap());
    assert_eq!(system.see(&house, "/console").await.status, StatusCode::OK);
    assert_eq!(system.press(&house, "/console/sign-out", "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(system.see(&house, "/console").await.status, StatusCode::SEE_OTHER);
    assert_eq!(security.see(&house, "/console").await.status, StatusCode::SEE_OTHER, "idle as well");
}

#[tokio::test]
async fn whoever_is_looked_up_reads_who_did_and_why() {
    let house = House::new().await;
    let (system, security, audit) = three(&house).await;
    let number = "11010519491231002X";
    let search = |reason: &str| format!("kind=resident_id&number={number}&reason={reason}");
    let none = system.press(&house, "/console/people", &search("")).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY, "no reason, no look-up");
    let log = async || house.me("GET", "/v1/me/log", "", &Value::Null).await.json();
    let read =
        |log: &Value| log["items"].as_array().unwrap().iter().filter(|line| line["kind"] == "staff_read").count();
    assert_eq!(read(&log().await), 0);
    let page = system.press(&house, "/console/people", &search("called+about+a+lost+phone")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    for hidden in [number, "陈晨", "13800138000"] {
        assert!(!page.text.contains(hidden), "{hidden} is shown");
    }
    assert!(page.text.contains("陈*") && page.text.contains("11**"), "{}", page.text);
    let lines = log().await;
    assert_eq!(read(&lines), 1);
    assert!(lines.to_string().contains("called about a lost phone") && lines.to_string().contains("Xi"), "{lines}");

    // Unmasking: asked by one, agreed by another, seen once.
    let person = page.text.split("name=\"person\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    system.press(&house, "/console/people/ask", &format!("person={person}&reason=court+order+17")).await;
    let waiting = security.see(&house, "/console/unmask").await;
    assert!(waiting.text.contains("court order 17") && !waiting.text.contains("陈"), "{}", waiting.text);
    let id = waiting.text.split("action=\"/console/unmask/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let early = system.press(&house, &format!("/console/people/see/{id}"), "").await;
    assert_eq!(early.status, StatusCode::CONFLICT, "nobody has agreed yet");
    assert_eq!(
        security.press(&house, &format!("/console/unmask/{id}"), "choice=yes").await.status,
        StatusCode::SEE_OTHER
    );
    let seen = system.press(&house, &format!("/console/people/see/{id}"), "").await;
    assert!(seen.text.contains(number) && seen.text.contains("陈晨"), "{}", seen.text);
    assert_eq!(
        system.press(&house, &format!("/console/people/see/{id}"), "").await.status,
        StatusCode::CONFLICT,
        "once"
    );
    assert_eq!(read(&log().await), 2);
    // The audit office reads all of it; what a person is called is in none of it.
    let acts = audit.see(&house, "/console/acts").await;
    for act in ["staff.enrolled", "staff.invited", "person.looked_up", "unmask.asked", "unmask.agreed", "unmask.seen"] {
        assert!(acts.text.contains(act), "{act}: {}", acts.text);
    }
    assert!(!acts.text.contains(number) && !acts.text.contains("陈"));
}

#[tokio::test]
async fn a_venue_applies_is_reviewed_by_one_and_approved_by_another() {
    let house = House::new().await;
    let (system, security, audit) = three(&house).await;
    let form = |uscc: &str| {
        format!(
            "organisation_zh=花城书屋&uscc={uscc}&venue_zh=花城书屋&address=广州&point_zh=前台&kind=desk&scenario=stamps&purpose=盖章&basis=本人同意"
        )
    };
    let encoded = |text: &str| {
        text.bytes()
            .map(|byte| if byte.is_ascii_graphic() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect::<String>()
    };
    let nobody =
        Colleague { key: SigningKey::from_slice(&[1; 32]).unwrap(), id: vec![], counter: 0, cookie: String::new() };
    let wrong = nobody.press(&house, "/apply", &encoded(&form("91350100M000100Y44"))).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("credit code is not right") && wrong.text.contains("花城书屋"), "{}", wrong.text);
    let sent = nobody.press(&house, "/apply", &encoded(&form("91350100M000100Y43"))).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let follow = sent.header("location").to_owned();
    assert_eq!(
        nobody.press(&house, &format!("{follow}/code"), "").await.status,
        StatusCode::CONFLICT,
        "not approved yet"
    );

    let list = system.see(&house, "/console/review").await;
    let id = list.text.split("href=\"/console/review/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    // Approval before review is refused, and the wrong office cannot even try.
    assert_eq!(
        security.press(&house, &format!("/console/approve/{id}"), "choice=yes").await.status,
        StatusCode::CONFLICT
    );
    assert_eq!(
        system.press(&house, &format!("/console/approve/{id}"), "choice=yes").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        system.press(&house, &format!("/console/review/{id}"), "choice=yes&note=ok").await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        security.press(&house, &format!("/console/approve/{id}"), "choice=yes&note=").await.status,
        StatusCode::SEE_OTHER
    );
    let code = code_of(&nobody.press(&house, &format!("{follow}/code"), "").await);
    assert_eq!(code.len(), 8);

    let paired = support::pair(&house.router, &code, 21).await;
    let shown = house.code().await;
    let body = json!({ "point": paired.id, "purpose": "stamps", "text": shown, "request_id": "ab".repeat(16), "operator": "A" });
    let presented = house.at(&paired, "POST", "/v1/presentations", "k", &body).await;
    assert_eq!(presented.status, StatusCode::OK, "{}", presented.text);
    assert_eq!(
        nobody.press(&house, &format!("{follow}/code"), "").await.status,
        StatusCode::CONFLICT,
        "paired already"
    );

    // Suspended, the point opens nothing any more; what happened offline is still taken in.
    let venues = system.see(&house, "/console/venues?sort=0").await;
    let venue = venues
        .text
        .split("花城书屋")
        .next()
        .unwrap()
        .rsplit("href=\"/console/venues/")
        .next()
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    system.press(&house, &format!("/console/venues/{venue}"), "choice=suspend").await;
    let later = house.at(&paired, "POST", "/v1/presentations", "l", &body).await;
    assert_eq!(later.code(), "venue.suspended");
    let facts =
        house.at(&paired, "POST", &format!("/v1/points/{}/facts", paired.id), "m", &json!({ "events": [] })).await;
    assert_ne!(facts.code(), "venue.suspended");
    system.press(&house, &format!("/console/venues/{venue}"), "choice=yes").await;
    assert_eq!(
        house.at(&paired, "POST", "/v1/presentations", "k", &body).await.status,
        StatusCode::OK,
        "the retry of the same read"
    );

    let overview = audit.see(&house, "/console").await;
    assert!(overview.text.contains("Points online"), "{}", overview.text);
    let file = system.see(&house, "/console/venues?format=csv").await;
    assert!(
        file.header("content-type").starts_with("text/csv") && file.text.contains("花城书屋")
            || file.text.contains("One"),
        "{}",
        file.text
    );
    assert!(audit.see(&house, "/console/acts").await.text.contains("list.exported"));
    assert_eq!(ORIGIN, "http://127.0.0.1:8080");
}
