//! The connector against the rail simulator, over real HTTP, with a second read of the rail's own books.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops by panicking")]

use std::time::Duration;

use serde_json::{Value, json};
use tongma_connector::client::JsonClient;
use tongma_connector::payment_code::{HttpRail, Patience, PaymentCode, simulator};
use tongma_connector::{Answer, Connector};
use tongma_domain::{Bucket, Id, SeededEntropy, UnixMs};

struct Setting {
    connector: PaymentCode<HttpRail>,
    books: JsonClient,
    base: String,
}

/// A simulator on a free port and a connector that waits a hundredth of what the guides say.
async fn setting() -> Setting {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, simulator::router()).await });
    let rail = HttpRail::new(&base, Duration::from_millis(400)).unwrap();
    let books = JsonClient::new(&base, Duration::from_secs(5)).unwrap();
    Setting { connector: PaymentCode::new(rail, Patience::GUIDES.scaled(0.01)), books, base }
}

fn order(number: u8) -> Id {
    Id::new(UnixMs::from_millis(1), Bucket::DIRECTORY, &mut SeededEntropy::new([number; 32]))
}

impl Setting {
    async fn pay(&self, number: u8, payment_code: &str) -> Answer {
        let request = json!({ "op": "pay", "order": order(number), "payment_code": payment_code, "amount_fen": 1250, "what": { "zh": "门诊费", "en": "Clinic" } });
        self.connector.call(request).await
    }

    async fn reverse(&self, number: u8) -> Answer {
        let request =
            json!({ "op": "reverse", "order": order(number), "amount_fen": 1250, "what": { "zh": "", "en": "" } });
        self.connector.call(request).await
    }

    /// What the rail's own books say of an order: its state and how often it was submitted.
    async fn book(&self, number: u8) -> (String, u64) {
        let (_, body) = self.books.get("/orders").await.unwrap();
        let items = body["items"].as_array().unwrap().clone();
        let number = order(number).to_string();
        let found = items.into_iter().find(|item| item["order"] == Value::String(number.clone()));
        let found = found.unwrap_or_else(|| panic!("the rail has no order {number}"));
        (found["state"].as_str().unwrap().to_owned(), found["submissions"].as_u64().unwrap())
    }
}

fn failure(code: &'static str) -> Answer {
    Answer::Failure { code }
}

fn is_success(answer: &Answer) -> bool {
    matches!(answer, Answer::Success { detail } if detail["amount_fen"] == 1250)
}

#[tokio::test]
async fn each_behaviour_ends_as_the_books_say() {
    let setting = setting().await;
    let paid = ["130000000000000000", "130000000000000002", "130000000000000005", "130000000000000007"];
    for (number, code) in (1..).zip(paid) {
        let answer = setting.pay(number, code).await;
        assert!(is_success(&answer), "{code}: {answer:?}");
        assert_eq!(setting.book(number).await, ("paid".into(), 1), "{code}");
    }
    let failed = [
        ("130000000000000001", "rail.insufficient"),
        ("130000000000000003", "rail.refused_by_payer"),
        ("130000000000000011", "rail.code_expired"),
    ];
    for (number, (code, expected)) in (20..).zip(failed) {
        assert_eq!(setting.pay(number, code).await, failure(expected), "{code}");
        assert_eq!(setting.book(number).await.0, "failed", "{code}");
    }
    let reversed = ["130000000000000004", "130000000000000008", "130000000000000009", "130000000000000010"];
    for (number, code) in (40..).zip(reversed) {
        assert_eq!(setting.pay(number, code).await, failure("rail.reversed"), "{code}");
        assert_eq!(setting.book(number).await.0, "reversed", "{code}");
    }
}

#[tokio::test]
async fn an_answer_later_than_the_deadline_is_found_by_asking() {
    let setting = setting().await;
    setting.books.post("/control", &json!({ "delay_ms": 600 })).await.unwrap();
    assert!(is_success(&setting.pay(1, "130000000000000006").await));
    assert_eq!(setting.book(1).await, ("paid".into(), 1));
}

#[tokio::test]
async fn the_same_order_twice_is_paid_once_and_a_code_serves_once() {
    let setting = setting().await;
    let first = setting.pay(1, "120000000000000050").await;
    assert!(is_success(&first));
    assert_eq!(setting.pay(1, "120000000000000050").await, first);
    assert_eq!(setting.book(1).await, ("paid".into(), 2));
    // Another order with the spent code, and a code that is none.
    assert_eq!(setting.pay(2, "120000000000000050").await, failure("rail.code_used"));
    assert_eq!(setting.pay(3, "280000000000000000").await, failure("rail.code_invalid"));
    // A failed payment spends its code as well.
    assert_eq!(setting.pay(4, "120000000000000001").await, failure("rail.insufficient"));
    assert_eq!(setting.pay(5, "120000000000000001").await, failure("rail.code_used"));
}

#[tokio::test]
async fn a_reversed_order_can_not_be_paid_any_more() {
    let setting = setting().await;
    assert!(is_success(&setting.pay(1, "120000000000000050").await));
    assert!(matches!(setting.reverse(1).await, Answer::Success { .. }));
    assert_eq!(setting.book(1).await.0, "reversed");
    // One that never came is closed by the reversal; the late payment finds it closed.
    assert!(matches!(setting.reverse(2).await, Answer::Success { .. }));
    assert!(!is_success(&setting.pay(2, "120000000000000051").await));
    assert_eq!(setting.book(2).await.0, "reversed");
}

#[tokio::test]
async fn a_rail_that_is_down_leaves_it_open_and_one_that_comes_back_is_asked() {
    let setting = setting().await;
    setting.books.post("/control", &json!({ "down": true })).await.unwrap();
    assert_eq!(setting.pay(1, "120000000000000050").await, Answer::Unknown);
    let back = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        setting.books.post("/control", &json!({ "down": false })).await.unwrap();
    };
    let (answer, ()) = tokio::join!(setting.pay(2, "120000000000000052"), back);
    assert!(is_success(&answer), "{answer:?}");
    // Nobody listens there at all.
    let nobody = HttpRail::new("http://127.0.0.1:1", Duration::from_millis(100)).unwrap();
    let nobody = Setting { connector: PaymentCode::new(nobody, Patience::GUIDES.scaled(0.001)), ..setting };
    assert_eq!(nobody.pay(3, "120000000000000053").await, Answer::Unknown);
    assert!(nobody.base.starts_with("http"));
}

#[tokio::test]
async fn the_control_decides_the_next_payment_only() {
    let setting = setting().await;
    setting.books.post("/control", &json!({ "next": "insufficient" })).await.unwrap();
    assert_eq!(setting.pay(1, "120000000000000050").await, failure("rail.insufficient"));
    assert!(is_success(&setting.pay(2, "120000000000000051").await));
}
