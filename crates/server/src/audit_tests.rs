//! Rows changed and removed behind the platform's back, and receipts checked by two implementations.

use std::process::Command;

use serde_json::{Value, json};
use tongma_domain::DocumentKind;
use tongma_service::{Citizen, Enrolment, FaultKind};

use super::*;

const TOOL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/check_receipt.py");

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("tongma-audit-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        Self(root)
    }

    fn platform(&self) -> Arc<Platform> {
        let args = StoreArgs {
            data: self.0.clone(),
            store: "sqlite".to_owned(),
            log_host: "code.example.cn".to_owned(),
            checkpoint: Vec::new(),
        };
        platform(&args).unwrap()
    }

    /// Does something to the rows that no platform would do.
    fn tamper(&self, sql: &str) {
        let database = rusqlite::Connection::open(self.0.join("store").join("tongma.db")).unwrap();
        assert_eq!(database.execute(sql, []).unwrap(), 1, "{sql}");
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub async fn sealed_lines(platform: &Arc<Platform>, lines: usize) -> Citizen {
    let enrolment = Enrolment {
        name: "陈晨".into(),
        document_kind: DocumentKind::ResidentId,
        document_number: "11010519491231002X".into(),
        birth: None,
        phone: String::new(),
        particulars: tongma_domain::Particulars::default(),
        sign_in: None,
    };
    let person = platform.enrol(enrolment).await.unwrap();
    let token = platform.open_session(person).await.unwrap();
    let citizen = platform.citizen(&token).unwrap();
    for turn in 0..lines {
        platform.freeze(&citizen, turn % 2 == 0).await.unwrap();
    }
    while platform.seal().await.unwrap().entries > 0 {}
    citizen
}

/// The embedded store lets go of its folder a moment after its last owner has.
async fn reopened(place: &Place) -> Arc<Platform> {
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    place.platform()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_and_a_removed_row_are_found() {
    let place = Place::new("tamper");
    let platform = place.platform();
    sealed_lines(&platform, 12).await;
    assert_eq!(platform.audit(&[]).unwrap().fault_count, 0);
    drop(platform);
    place.tamper("UPDATE log SET at_ms = at_ms - 1 WHERE seq = 5");
    let platform = reopened(&place).await;
    let audit = platform.audit(&[]).unwrap();
    let found: Vec<_> = audit.faults.iter().map(|fault| (fault.entry, fault.kind)).collect();
    assert_eq!(found, [(5, FaultKind::Changed)]);
    drop(platform);
    place.tamper("UPDATE log SET at_ms = at_ms + 1 WHERE seq = 5");
    place.tamper("DELETE FROM log WHERE seq = 7");
    let platform = reopened(&place).await;
    let audit = platform.audit(&[]).unwrap();
    let found: Vec<_> = audit.faults.iter().map(|fault| (fault.entry, fault.kind)).collect();
    assert_eq!(found, [(7, FaultKind::Removed)]);
    drop(platform);
    // The newest row, which no later one misses.
    place.tamper("DELETE FROM log WHERE seq = 12");
    let platform = reopened(&place).await;
    let found: Vec<_> = platform.audit(&[]).unwrap().faults.iter().map(|fault| (fault.entry, fault.kind)).collect();
    assert_eq!(found, [(7, FaultKind::Removed), (12, FaultKind::Removed)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_checked_offline_by_two_implementations() {
    let place = Place::new("receipt");
    let platform = place.platform();
    let citizen = sealed_lines(&platform, 9).await;
    let number = platform.log(&citizen, None, 5, &[]).unwrap().items.last().unwrap().number;
    let proved = platform.proved(&citizen, number).unwrap();
    let good = json!({
        "format": FORMAT,
        "receipt": { "text": proved.receipt.text, "signature": proved.receipt.signature },
        "leaf": proved.leaf, "index": proved.index, "size": proved.size,
        "path": proved.path, "checkpoint": proved.checkpoint, "key": proved.key,
    });
    assert_eq!(both(&place, &good), Ok(()));
    let changed = |pointer: &str, to: Value| {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = to;
        bad
    };
    // Its first digit is another one: every text here has a digit, not every one has a 1 or a 2.
    let flip = |text: &str| {
        let digit = text.find(|letter: char| letter.is_ascii_digit()).unwrap();
        let other = if &text[digit..=digit] == "7" { "4" } else { "7" };
        format!("{}{other}{}", &text[..digit], &text[digit + 1..])
    };
    let text = proved.receipt.text.clone();
    for bad in [
        changed("/receipt/text", json!(text.replace("冻结", "解结"))),
        changed("/receipt/signature", json!(flip(&proved.receipt.signature))),
        changed("/index", json!(proved.index + 1)),
        changed("/size", json!(proved.size + 1)),
        changed("/path/0", json!(proved.leaf)),
        changed("/leaf", json!(flip(&proved.leaf))),
        changed("/checkpoint", json!(flip(&proved.checkpoint))),
        changed("/key", json!(flip(&proved.key))),
        changed("/format", json!("another")),
    ] {
        assert_eq!(both(&place, &bad), Err(()), "{bad}");
    }
}

/// What both checkers say; they must agree.
fn both(place: &Place, saved: &Value) -> Result<(), ()> {
    let file = place.0.join("receipt.json");
    std::fs::write(&file, saved.to_string()).unwrap();
    let ours = checked(&saved.to_string(), None, None).map(drop).map_err(drop);
    let ran = Command::new("python3").arg(TOOL).arg(&file).output().unwrap();
    let theirs = match ran.status.code() {
        Some(0) => Ok(()),
        Some(1) => Err(()),
        _ => panic!("{}", String::from_utf8_lossy(&ran.stderr)),
    };
    assert_eq!(ours, theirs, "{saved}");
    ours
}
