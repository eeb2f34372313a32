//! Demands about one's data, and the end of an account.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "shared with the other tests")]
mod support;

use support::{House, Phone};
use tongma_domain::DocumentKind;
use tongma_service::{CaseAnswer, CaseKind, CaseState, Demand, Enrolment};

const DAY_S: i64 = 86_400;

async fn shown() -> (House, Phone, u64) {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    house.scan(&phone.ticket(house.now_s()), "r1").await.unwrap();
    let number = house.platform.log(&phone.citizen, None, 1, &[]).unwrap().items[0].number;
    (house, phone, number)
}

fn complaint(number: u64) -> Demand {
    Demand { kind: CaseKind::Complain, about: Some(number), words: "我没有去过那里".into() }
}

fn answer(state: CaseState) -> CaseAnswer {
    CaseAnswer { state, words: "核实是误扫，已更正".into(), operator: "王".into() }
}

#[tokio::test]
async fn a_complaint_reaches_its_owner_and_the_answer_comes_back() {
    let (house, phone, number) = shown().await;
    let platform = &house.platform;
    let id = platform.demand(&phone.citizen, complaint(number), "k1").await.unwrap();
    assert_eq!(platform.demand(&phone.citizen, complaint(number), "k1").await.unwrap(), id, "sent twice, opened once");
    house.platform.sweep().await;
    let owner = house.organisation();
    let owned = platform.owned_cases(Some(owner)).unwrap();
    assert_eq!((owned.len(), owned[0].masked_name.as_str()), (1, "陈*"));
    assert_eq!(owned[0].case.steps[0].words, "我没有去过那里");
    assert!(platform.owned_cases(None).unwrap().is_empty(), "it is the organisation's, not the platform's");
    let other = platform.answer_case(None, id, answer(CaseState::Done)).await.unwrap_err();
    assert_eq!(other.code(), "case.unknown");
    platform.answer_case(Some(owner), id, answer(CaseState::Done)).await.unwrap();
    let again = platform.answer_case(Some(owner), id, answer(CaseState::Declined)).await.unwrap_err();
    assert_eq!(again.code(), "case.over");
    house.platform.sweep().await;
    assert!(platform.owned_cases(Some(owner)).unwrap().is_empty());
    let mine = platform.cases(&phone.citizen).unwrap();
    assert_eq!((mine[0].state, mine[0].steps[1].words.as_str()), (CaseState::Done, "核实是误扫，已更正"));
    let inbox = platform.messages(&phone.citizen, None, 5).unwrap();
    assert_eq!(inbox.items[0].topic.id, "request");
}

#[tokio::test]
async fn what_is_not_answered_in_time_is_late_and_told() {
    let (house, phone, number) = shown().await;
    let platform = &house.platform;
    platform.demand(&phone.citizen, complaint(number), "k1").await.unwrap();
    house.platform.sweep().await;
    let due = platform.cases(&phone.citizen).unwrap()[0].due;
    assert!(due.since(platform.now()) <= 30 * DAY_S * 1000);
    house.set_s(due.as_seconds() - 1);
    house.platform.sweep().await;
    assert!(!platform.cases(&phone.citizen).unwrap()[0].overdue && platform.late_cases().unwrap().is_empty());
    house.set_s(due.as_seconds() + 2);
    house.platform.sweep().await;
    house.platform.sweep().await;
    assert!(platform.cases(&phone.citizen).unwrap()[0].overdue);
    assert_eq!(platform.late_cases().unwrap().len(), 1);
    let inbox = platform.messages(&phone.citizen, None, 5).unwrap();
    assert_eq!(inbox.items.iter().filter(|message| message.topic.id == "request").count(), 1);
}

#[tokio::test]
async fn nobody_demands_about_a_line_that_is_not_theirs() {
    let (house, phone, number) = shown().await;
    let refused = house.platform.demand(&phone.citizen, complaint(number + 50), "k1").await.unwrap_err();
    assert_eq!(refused.code(), "case.line");
    let silent = Demand { words: " ".into(), ..complaint(number) };
    assert_eq!(house.platform.demand(&phone.citizen, silent, "k2").await.unwrap_err().code(), "case.words");
}

#[tokio::test]
async fn closing_ends_everything_at_once_and_the_person_may_begin_anew() {
    let (house, phone, _) = shown().await;
    let platform = &house.platform;
    let person = phone.citizen.person;
    let token = platform.open_session(person).await.unwrap();
    let said = platform.closing(&phone.citizen).unwrap();
    assert!(said.blocks.is_empty() && !said.ends.is_empty() && said.keeps[0].until.is_some());
    house.set_s(house.now_s() + 30);
    let text = phone.ticket(house.now_s());
    let header = phone.header_at(house.now_s());
    platform.close_account(&phone.citizen).await.unwrap();
    assert!(house.scan(&text, "r9").await.is_err(), "the code is dead online");
    assert!(house.denied(&header), "and on the deny list for gates without network");
    assert_eq!(platform.citizen(&token).unwrap_err().code(), "session.none");
    let gone = platform.person_of_sign_in("https://id.example.cn", "one").unwrap_err();
    assert_eq!(gone.code(), "person.unknown");
    // The same person enrols again and is another account, without the old one's log.
    let anew = Phone::of(&house, "one").await;
    assert_ne!(anew.citizen.person, person);
    assert!(house.platform.log(&anew.citizen, None, 20, &["presented"]).unwrap().items.is_empty());
}

#[tokio::test]
async fn money_left_stands_in_the_way() {
    let (house, phone, _) = shown().await;
    house.platform.top_up(phone.citizen.person, 1, house.point).await.unwrap();
    let refused = house.platform.close_account(&phone.citizen).await.unwrap_err();
    assert_eq!(refused.code(), "account.blocked");
    assert!(refused.title.zh.contains("0.01"), "{}", refused.title.zh);
    for expected in [1, 0] {
        let paid = house.platform.pay_out(phone.citizen.person, house.other_point).await.unwrap();
        assert_eq!(paid.get(), expected, "paid out once");
    }
    house.platform.close_account(&phone.citizen).await.unwrap();
}

#[tokio::test]
async fn a_death_needs_two_people_and_leaves_the_log() {
    let (house, phone, _) = shown().await;
    let person = phone.citizen.person;
    for (first, second) in [("甲", "甲"), ("甲", " "), ("", "乙")] {
        assert_eq!(
            house.platform.record_death(person, (first, second)).await.unwrap_err().code(),
            "account.two_needed"
        );
    }
    house.platform.record_death(person, ("甲", "乙")).await.unwrap();
    house.set_s(house.now_s() + 30);
    assert!(house.scan(&phone.ticket(house.now_s()), "r9").await.is_err());
    let kinds: Vec<String> =
        house.platform.log(&phone.citizen, None, 20, &[]).unwrap().items.into_iter().map(|item| item.kind).collect();
    assert!(kinds.contains(&"account".to_owned()) && kinds.contains(&"presented".to_owned()), "{kinds:?}");
}

#[tokio::test]
async fn a_changed_number_finds_the_person_and_the_old_one_can_be_anothers() {
    let (house, phone, _) = shown().await;
    let platform = &house.platform;
    let person = phone.citizen.person;
    let (old, new) = ("11010519491231002X", "440524188001010014");
    let enrolment = |name: &str, number: &str| Enrolment {
        name: name.into(),
        document_kind: DocumentKind::ResidentId,
        document_number: number.into(),
        birth: None,
        phone: String::new(),
        particulars: tongma_domain::Particulars::default(),
        sign_in: None,
    };
    platform.change_identity(person, enrolment("陈新", new)).await.unwrap();
    platform.change_identity(person, enrolment("陈新", new)).await.unwrap();
    assert_eq!(platform.person_of_document(DocumentKind::ResidentId, new).unwrap(), person);
    let former = platform.person_of_document(DocumentKind::ResidentId, old).unwrap_err();
    assert_eq!(former.code(), "person.former_number");
    // Somebody else had been given the same number, and has it still.
    let other = platform.enrol(enrolment("李四", old)).await.unwrap();
    assert_ne!(other, person);
    assert_eq!(platform.person_of_document(DocumentKind::ResidentId, old).unwrap(), other);
    let taken = platform.change_identity(person, enrolment("陈新", old)).await.unwrap_err();
    assert_eq!(taken.code(), "person.number_taken");
}
