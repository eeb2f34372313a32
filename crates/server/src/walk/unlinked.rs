//! Two venues that keep every byte any answer ever held cannot tell that one person was at both, by anything they got
//! from the platform. One person and their twin (alike in all that is coarse: class of age, masked name, what is done)
//! visit venues of different organisations; whatever two of the person's venues share, and the twin's do not hold, would
//! be a link.

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tongma_code::ticket::ShownTicket;
use tongma_scenario::catalogue;
use tongma_store::MemoryStore;

use super::certificate::{answer, ask, fetch, question, seen};
use super::phone::Phone;
use super::point::Point;
use super::stage::Stage;
use super::steps::Failed;
use crate::data::hex;

/// Between two visits, in seconds: the phone shows another ticket, as its app does after each use.
const LATER_S: i64 = 31 * 60;
/// So many letters, or so many packed bytes, in a row are no coincidence.
const RUN: usize = 12;
/// Of a run, so much that somebody else keeps as well makes it a coincidence: what everybody is told, and a chance byte beside it.
const fn context(run: usize) -> usize {
    run - run / 4 - (run < RUN) as usize
}
/// A ticket's short name, by which a gate's list knows it, has so many bytes.
const NAME: usize = 8;
/// Whole numbers from here on may name somebody; smaller ones are counts, shares and hours.
const TELLING: u64 = 100_000;

/// What a venue keeps of one visit, in comparable pieces.
#[derive(Default)]
struct Kept {
    /// Numbers, and strings of a few letters, whole.
    whole: BTreeSet<String>,
    /// Every run of letters and digits in every string.
    letters: BTreeSet<Vec<u8>>,
    /// Every run of bytes of what is packed in some string: base64, hexadecimal, the digits of a code.
    bytes: BTreeSet<Vec<u8>>,
    /// Every run of bytes as long as a short name, in the codes that were scanned and in the gate's lists.
    names: BTreeSet<Vec<u8>>,
}

/// Runs that differ enough in themselves to be no filling.
fn runs(bytes: &[u8], length: usize) -> impl Iterator<Item = Vec<u8>> {
    let telling = move |run: &&[u8]| {
        run.iter().collect::<BTreeSet<_>>().len() > length / 2 && !run.windows(2).any(|pair| pair == [0, 0])
    };
    bytes.windows(length).filter(telling).map(<[u8]>::to_vec)
}

impl Kept {
    fn of(answers: &[String]) -> Self {
        let mut kept = Self::default();
        for answer in answers {
            match serde_json::from_str(answer) {
                Ok(value) => kept.value(&value),
                Err(_) => kept.text(answer),
            }
        }
        kept
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(list) =
                    fields.get("bundle").and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok())
                {
                    self.names.extend(runs(&list, NAME));
                }
                fields.values().for_each(|field| self.value(field));
            }
            Value::Array(items) => items.iter().for_each(|item| self.value(item)),
            Value::String(text) => self.text(text),
            Value::Number(number) if number.as_u64().is_some_and(|number| number >= TELLING) => {
                self.whole.insert(number.to_string());
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if text.chars().count() >= 4 {
            self.whole.insert(text.to_owned());
        }
        if let Ok(bytes) = STANDARD.decode(text)
            && bytes.len() > 2 * RUN
            && !text.bytes().all(|letter| letter.is_ascii_hexdigit())
        {
            self.bytes.extend(runs(&bytes, RUN));
            return;
        }
        for word in text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-' && letter != '_') {
            self.letters.extend(word.split(['-', '_']).flat_map(|part| runs(part.as_bytes(), RUN)));
            for bytes in URL_SAFE_NO_PAD.decode(word).into_iter().chain(unhex(word)) {
                self.bytes.extend(runs(&bytes, RUN));
            }
            if let Ok(shown) = ShownTicket::from_text(word) {
                self.bytes.extend(runs(&shown.to_bytes(), RUN));
                self.names.extend(runs(&shown.to_bytes(), NAME));
            }
        }
    }
}

/// Bytes of any length written in hexadecimal.
fn unhex(word: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = word.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    rest.is_empty().then(|| pairs.iter().map(byte).collect()).flatten()
}

/// One kind of runs.
type Runs = fn(&Kept) -> &BTreeSet<Vec<u8>>;

/// What others keep, who never met the person, or met the twin: nothing of it is a link.
#[derive(Default)]
struct Known {
    kept: Kept,
    /// Every shorter run inside the longer ones.
    contexts: BTreeSet<Vec<u8>>,
}

impl Known {
    fn add(&mut self, kept: Kept) {
        let all = kept.letters.iter().chain(&kept.bytes).chain(&kept.names);
        self.contexts.extend(all.flat_map(|run| run.windows(context(run.len()))).map(<[u8]>::to_vec));
        self.kept.whole.extend(kept.whole);
        self.kept.letters.extend(kept.letters);
        self.kept.bytes.extend(kept.bytes);
        self.kept.names.extend(kept.names);
    }

    fn explains(&self, run: &[u8]) -> bool {
        run.windows(context(run.len())).any(|part| self.contexts.contains(part))
    }
}

/// What two venues share of a person and nobody else keeps.
fn links(one: &Kept, other: &Kept, known: &Known) -> Vec<String> {
    let shared = one.whole.intersection(&other.whole);
    let mut found: Vec<String> = shared.filter(|piece| !known.kept.whole.contains(*piece)).cloned().collect();
    let kinds: [Runs; 3] = [|kept| &kept.letters, |kept| &kept.bytes, |kept| &kept.names];
    for of in kinds {
        let shared = of(one).intersection(of(other));
        let shared = shared.filter(|run| !of(&known.kept).contains(*run) && !known.explains(run));
        found.extend(shared.map(|run| String::from_utf8(run.clone()).unwrap_or_else(|_| hex(run))));
    }
    found
}

/// Where the visits are.
#[derive(Clone, Copy, PartialEq)]
enum Of<'a> {
    /// Each at an organisation of its own.
    Strangers,
    /// All at this one.
    One(&'a str),
}

async fn point<'a>(
    stage: &'a Stage,
    scenario: &str,
    kind: &str,
    settings: &[(&str, i64)],
    of: Of<'_>,
) -> (String, Point<'a>) {
    let site = match of {
        Of::Strangers => stage.site(scenario, &[kind], settings, &[]).await,
        Of::One(organisation) => stage.site_of(organisation, scenario, &[kind], settings).await,
    };
    let site = site.unwrap();
    let point = stage.pair(&site, 0).await.unwrap();
    (site.name, point)
}

/// Everything the point can read beside.
async fn look_around(point: &Point<'_>, scenario: &str, lists: &[&str]) {
    for path in [String::new(), "/recent".to_owned(), "/cases".to_owned(), format!("/bundle?scenario={scenario}")]
        .into_iter()
        .chain(lists.iter().map(|list| format!("/list?scenario={scenario}&action={list}")))
    {
        point.get(&format!("/v1/points/{}{path}", point.id)).await.unwrap();
    }
}

async fn library(stage: &Stage, phone: &Phone<'_>, of: Of<'_>) -> Result<Kept, Failed> {
    let (_, desk) = point(stage, "library_loan", "desk", &[], of).await;
    desk.alone("library_loan", "add_copy", json!({ "barcode": "B0001", "title": "岭南草木" })).await?.good()?;
    let presentation = desk.present("library_loan", &phone.code()?).await?;
    desk.act(&presentation, "borrow", json!({ "items": ["B0001"] })).await?.refused("consent.needed")?;
    phone.answer(true).await?;
    desk.get(&format!("/v1/presentations/{presentation}")).await?.good()?;
    let number = desk.scan("library_loan", &phone.number()?).await?.good()?;
    desk.act(number.text_at("/presentation/id"), "renew", json!({ "items": ["B0001"] })).await?;
    look_around(&desk, "library_loan", &["list"]).await;
    Ok(Kept::of(&desk.heard()))
}

async fn museum(stage: &Stage, phone: &Phone<'_>, of: Of<'_>) -> Result<Kept, Failed> {
    let always = [("opens_min", 0), ("closes_min", 1440), ("session_min", 1440)];
    let (name, gate) = point(stage, "museum_entry", "gate", &always, of).await;
    let date = stage.now().date().to_string();
    let input = json!({ "date": date, "session": "00:00", "companions": { "adults": 0, "children": 0 } });
    phone.act("museum_entry", &name, "book", input).await?.good()?;
    look_around(&gate, "museum_entry", &["sessions", "differences"]).await;
    let presentation = gate.present("museum_entry", &phone.code()?).await?;
    gate.act(&presentation, "admit", json!({})).await?.good()?;
    let evidence = json!({ "text": phone.code()?, "people": 1 });
    let event = gate.event("museum_entry", "exit", stage.now().as_millis(), &evidence);
    gate.hand_over(&[event]).await?;
    look_around(&gate, "museum_entry", &["sessions", "differences"]).await;
    Ok(Kept::of(&gate.heard()))
}

async fn queue(stage: &Stage, phone: &Phone<'_>, of: Of<'_>) -> Result<Kept, Failed> {
    let always = [("opens_min", 0), ("last_number_min", 1440)];
    let (_, counter) = point(stage, "hall_queue", "desk", &always, of).await;
    let presentation = counter.present("hall_queue", &phone.code()?).await?;
    counter.act(&presentation, "take", json!({ "matter": "tax" })).await?.good()?;
    look_around(&counter, "hall_queue", &["board", "differences", "ratings"]).await;
    for action in ["call", "serve", "done"] {
        counter.alone("hall_queue", action, json!({})).await?.good()?;
        look_around(&counter, "hall_queue", &["board", "ratings"]).await;
    }
    Ok(Kept::of(&counter.heard()))
}

/// The one place that is told a name, since the holder agrees to it.
async fn certificate(stage: &Stage, phone: &Phone<'_>, of: Of<'_>) -> Result<Kept, Failed> {
    let (_, window) = point(stage, "certificate_grant", "desk", &[], of).await;
    let presentation = ask(&window, phone, "student").await?;
    answer(phone, &question(phone).await?, None, None).await?.good()?;
    let last = seen(&window, &presentation).await?;
    let grant = last["outcome"]["detail"]["grant"].as_str().unwrap_or_default();
    fetch(&window, grant).await?.good()?;
    window.get(&format!("/v1/grants/{grant}/receipt")).await?.good()?;
    look_around(&window, "certificate_grant", &["list"]).await;
    Ok(Kept::of(&window.heard()))
}

/// All four visits of one person.
async fn visits(stage: &Stage, phone: &Phone<'_>, of: Of<'_>, outsider: &Point<'_>) -> Vec<Kept> {
    let mut kept = Vec::new();
    for number in 0..4 {
        stage.advance_s(LATER_S);
        let visit = match number {
            0 => library(stage, phone, of).await,
            1 => museum(stage, phone, of).await,
            2 => queue(stage, phone, of).await,
            _ => certificate(stage, phone, of).await,
        };
        // What everybody is told now: who can tell it apart from nobody's is told nothing.
        look_around(outsider, "museum_entry", &["sessions"]).await;
        kept.push(visit.unwrap_or_else(|failed| panic!("visit {number}: {failed}")));
    }
    kept
}

/// What the person agreed to tell both halls.
const AGREED: [&str; 3] = ["甲某某", "示范学院", "S20260001"];
/// Their passport.
const DOCUMENT: &str = "XW000001";

async fn somebody<'a>(stage: &'a Stage, name: &str, number: &str) -> Phone<'a> {
    let phone = stage.somebody(name, number).await.unwrap();
    let fields = json!({ "school": AGREED[1], "student_number": format!("S2026{}", &number[4..]) });
    let body = json!({
        "document_kind": "passport", "document_number": number, "kind": "student_card",
        "serial": stage.fresh_key()[..16].to_uppercase(), "fields": fields,
    });
    stage.admin("/v1/admin/certificates", &body).await.unwrap();
    phone
}

async fn stage() -> Stage {
    Stage::open(Arc::new(MemoryStore::new()), catalogue()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_venues_cannot_link_one_person() {
    let stage = stage().await;
    let outsider = point(&stage, "museum_entry", "gate", &[], Of::Strangers).await.1;
    let person = somebody(&stage, AGREED[0], DOCUMENT).await;
    let twin = somebody(&stage, "甲某人", "XW000002").await;
    let first = visits(&stage, &person, Of::Strangers, &outsider).await;
    let mut known = Known::default();
    visits(&stage, &twin, Of::Strangers, &outsider).await.into_iter().for_each(|kept| known.add(kept));
    let second = visits(&stage, &person, Of::Strangers, &outsider).await;
    known.add(Kept::of(&outsider.heard()));
    // What the holder agreed to tell both windows is theirs.
    known.add(Kept::of(&[json!(AGREED).to_string()]));
    let all: Vec<&Kept> = first.iter().chain(&second).collect();
    let mut shared = Vec::new();
    for (place, one) in all.iter().enumerate() {
        assert!(one.whole.len() > 20 && one.letters.len() > 100 && one.bytes.len() > 50, "visit {place} was heard");
        let told =
            one.whole.iter().any(|piece| piece.contains(DOCUMENT) || place % 4 != 3 && piece.contains(AGREED[0]));
        assert!(!told, "visit {place} was told who it is");
        for (other_place, other) in all.iter().enumerate().skip(place + 1) {
            let found = links(one, other, &known);
            if let [some, ..] = found.as_slice() {
                shared.push(format!("visits {place} and {other_place} share {}: {some} …", found.len()));
            }
        }
    }
    assert!(shared.is_empty(), "{}", shared.join("\n"));
}

/// The same comparison finds what it should: inside one organisation a person has one name, and one stable thing told
/// twice, whole or packed, is a link.
#[tokio::test(flavor = "multi_thread")]
async fn a_stable_name_is_found() {
    let stage = stage().await;
    let outsider = point(&stage, "museum_entry", "gate", &[], Of::Strangers).await.1;
    let person = somebody(&stage, AGREED[0], DOCUMENT).await;
    let twin = somebody(&stage, "甲某人", "XW000002").await;
    let mut known = Known::default();
    visits(&stage, &twin, Of::Strangers, &outsider).await.into_iter().for_each(|kept| known.add(kept));
    let name = json!({ "name_zh": "同一机构", "name_en": "One body" });
    let organisation = stage.admin("/v1/admin/organisations", &name).await.unwrap();
    let of = Of::One(organisation["id"].as_str().unwrap());
    let visits = visits(&stage, &person, of, &outsider).await;
    known.add(Kept::of(&outsider.heard()));
    for pair in visits.windows(2) {
        assert!(!links(&pair[0], &pair[1], &known).is_empty());
    }
    let id = [0x51, 0x0a, 0x93, 0x22, 0xe7, 0x4c, 0x18, 0xbb, 0x60, 0x7d, 0xf1, 0x35, 0x09, 0x8e, 0xa4, 0xd2];
    let told = |text: String| Kept::of(&[json!({ "at": 1, "in": [format!("为 {text} 办理"), text] }).to_string()]);
    for text in [hex(&id), STANDARD.encode(id), URL_SAFE_NO_PAD.encode(id)] {
        assert!(!links(&told(text), &told(hex(&id)), &known).is_empty());
    }
    let number = |number: u64| Kept::of(&[json!({ "number": number }).to_string()]);
    assert!(!links(&number(4_400_001), &number(4_400_001), &known).is_empty());
    assert!(links(&number(4_400_001), &number(4_400_002), &known).is_empty());
}
