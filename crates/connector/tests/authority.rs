//! The connector against the authority's simulator, over real HTTP, with a second read of the authority's own book.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops by panicking")]

use std::time::Duration;

use serde_json::{Value, json};
use tongma_connector::client::JsonClient;
use tongma_connector::lodging_authority::{HttpAuthority, LodgingAuthority, simulator};
use tongma_connector::{Answer, Connector};

struct Setting {
    connector: LodgingAuthority<HttpAuthority>,
    book: JsonClient,
}

async fn setting() -> Setting {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, simulator::router()).await });
    let authority = HttpAuthority::new(&base, Duration::from_millis(500)).unwrap();
    let book = JsonClient::new(&base, Duration::from_secs(5)).unwrap();
    Setting { connector: LodgingAuthority::new(authority, Duration::from_millis(20)), book }
}

fn identity() -> Value {
    json!({
        "full_name": "张三", "sex": "female", "nation": "汉", "birth": "1949-12-31", "address": "演示市样例路1号",
        "document_kind": "resident_id", "document_number": "11010519491231002X",
    })
}

impl Setting {
    async fn send(&self, number: &str, identity: Value, again: bool, more: Value) -> Answer {
        let mut request = json!({ "op": "arrive", "room": "101", "again": again });
        request.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        self.connector.call(json!({ "business_no": number, "identity": identity, "request": request })).await
    }

    async fn control(&self, body: Value) {
        self.book.post("/control", &body).await.unwrap();
    }

    async fn entry(&self, number: &str) -> Value {
        let (_, body) = self.book.get("/reports").await.unwrap();
        body["items"].as_array().unwrap().iter().find(|item| item["business_no"] == number).cloned().unwrap_or_default()
    }
}

fn accepted(answer: &Answer) -> bool {
    matches!(answer, Answer::Success { detail } if detail["receipt"].as_str().is_some_and(|text| text.starts_with("GA")))
}

#[tokio::test]
async fn a_report_is_taken_once_whatever_happens_to_the_answer() {
    let setting = setting().await;
    assert!(accepted(&setting.send("A-1", identity(), false, json!({})).await));
    for odd in ["drop_reply", "delay"] {
        setting.control(json!({ "next": odd, "delay_ms": 2000 })).await;
        let number = odd.replace('_', "-");
        assert!(accepted(&setting.send(&number, identity(), false, json!({})).await), "{odd}");
        let entry = setting.entry(&number).await;
        assert_eq!((&entry["submissions"], &entry["queries"]), (&json!(1), &json!(1)), "{odd}");
    }
    assert!(accepted(&setting.send("A-1", identity(), true, json!({})).await));
    assert_eq!(setting.entry("A-1").await["submissions"], 1, "what was sent before is asked for first");
    setting.control(json!({ "down": true })).await;
    assert_eq!(setting.send("B-1", identity(), false, json!({})).await, Answer::Unknown);
    setting.control(json!({ "down": false })).await;
    assert!(setting.entry("B-1").await.is_null());
    assert!(accepted(&setting.send("B-1", identity(), true, json!({})).await));
    assert_eq!(setting.entry("B-1").await["submissions"], 1);
}

#[tokio::test]
async fn what_cannot_be_is_put_back_and_names_its_part() {
    let setting = setting().await;
    let without = |name: &str| {
        let mut identity = identity();
        identity.as_object_mut().unwrap().remove(name);
        identity
    };
    let failure = |code: &'static str| Answer::Failure { code };
    let none = json!({});
    assert_eq!(
        setting.send("C-1", without("address"), false, none.clone()).await,
        failure("authority.correct.identity")
    );
    let mut wrong = identity();
    wrong["document_number"] = json!("110105194912310021");
    assert_eq!(setting.send("C-2", wrong, false, none.clone()).await, failure("authority.correct.identity"));
    let minor = json!({ "minor": { "company": "alone" } });
    assert_eq!(setting.send("C-3", identity(), false, minor).await, failure("authority.correct.guardian"));
    let passport = json!({
        "full_name": "Maria Silva", "sex": "female", "birth": "1986-10-05", "nationality": "PRT",
        "document_kind": "passport", "document_number": "XZ9999994",
    });
    assert_eq!(setting.send("C-4", passport.clone(), false, none.clone()).await, failure("authority.correct.entry"));
    let form =
        |visa: &str| json!({ "foreign": { "entry_date": "2026-11-20", "visa_kind": "tourist", "visa_number": visa } });
    assert_eq!(setting.send("C-5", passport.clone(), false, form("?")).await, failure("authority.correct.visa"));
    assert!(accepted(&setting.send("C-6", passport, false, form("V12345678")).await));
    setting.control(json!({ "next": "reject" })).await;
    assert_eq!(setting.send("C-7", identity(), false, none.clone()).await, failure("authority.rejected"));
    setting.control(json!({ "next": "correct:room" })).await;
    assert_eq!(setting.send("C-8", identity(), false, none).await, failure("authority.correct.room"));
}

#[tokio::test]
async fn a_wanted_person_is_marked_in_the_book_and_answered_like_anybody() {
    let setting = setting().await;
    setting.control(json!({ "wanted": "11010519491231002X" })).await;
    let answer = setting.send("D-1", identity(), false, json!({})).await;
    assert!(accepted(&answer));
    assert_eq!(setting.entry("D-1").await["hit"], true);
    assert!(!format!("{answer:?}").contains("hit"));
}
