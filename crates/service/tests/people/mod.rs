//! People for people: guardians and delegates whose grants stop by themselves, paper codes, look-ups before a witness.

use crate::support::{House, Phone};
use serde_json::json;
use tongma_domain::{DocumentKind, Id, PointKind, Refusal, UnixMs};
use tongma_service::{Asked, LOOK_UP_SETTING, LookUp, Paper, PaperWish, Presentation, Scanned, Wish};

const DAY_S: i64 = 86_400;

fn wish(days: u16) -> Wish {
    Wish { scenarios: Vec::new(), organisations: Vec::new(), days }
}

async fn delegated(house: &House, subject: &Phone, actor: &Phone, wish: Wish) -> u8 {
    let invitation = house.platform.invite(&subject.citizen, wish).await.unwrap();
    let seen = house.platform.see_invitation(&actor.citizen, &invitation.code).await.unwrap();
    assert!(seen.waiting && seen.masked_name == "陈*");
    house.platform.take_invitation(&actor.citizen, &invitation.code).await.unwrap()
}

fn code(result: Result<Presentation, Refusal>) -> String {
    result.map_or_else(|refusal| refusal.code().to_owned(), |_| "good".into())
}

#[tokio::test]
async fn a_guardian_shows_for_a_child_and_both_logs_say_so() {
    let house = House::new().await;
    let (guardian, child) = (Phone::of(&house, "one").await, Phone::born(&house, "child", "2016-09-08").await);
    let actor = house.platform.grant_guardian(guardian.citizen.person, child.citizen.person, false).await.unwrap();
    assert_eq!(
        house.platform.grant_guardian(guardian.citizen.person, child.citizen.person, false).await.unwrap(),
        actor,
        "registered twice is registered once"
    );
    let shown = guardian.acting(&house, actor).unwrap();
    let presentation = house.scan(&shown.ticket(house.now_s()), "r1").await.unwrap();
    assert_eq!(presentation.masked_name, "林**");
    assert_eq!(presentation.shown_for.unwrap().zh, "陈*（监护人）代 林**");
    while house.platform.sweep().await > 0 {}
    for phone in [&guardian, &child] {
        let log = house.platform.log(&phone.citizen, None, 50, &[]).unwrap();
        assert!(log.items.iter().any(|item| item.text.zh.contains("陈*（监护人）代 林**")), "{:?}", log.items);
    }
    // Custody is lost: the code dies at once, and the offline list has it too.
    let header = shown.header_at(house.now_s());
    house.platform.end_guardian(guardian.citizen.person, child.citizen.person).await.unwrap();
    house.set_s(house.now_s() + 30);
    assert_eq!(code(house.scan(&shown.ticket(house.now_s()), "r2").await), "code.denied");
    assert!(house.denied(&header));
    assert!(guardian.acting(&house, actor).is_err());
    assert!(house.platform.me(&guardian.citizen).unwrap().wards.is_empty());
}

#[tokio::test]
async fn a_guardian_stops_on_the_eighteenth_birthday_without_anybodys_act() {
    let house = House::new().await;
    let today = UnixMs::from_millis(house.now_s() * 1000).date();
    let birth = format!("{:04}-{:02}-{:02}", today.year - 18, today.month, today.day + 1);
    let (guardian, youth) = (Phone::of(&house, "one").await, Phone::born(&house, "youth", &birth).await);
    let actor = house.platform.grant_guardian(guardian.citizen.person, youth.citizen.person, true).await.unwrap();
    let grant = house.platform.grants_of(&youth.citizen).unwrap().remove(0);
    let birthday_s = grant.until.unwrap().as_seconds();
    assert!(birthday_s > house.now_s() && birthday_s <= house.now_s() + DAY_S);
    let prepared = house.platform.prepare_tickets(&guardian.citizen, actor).unwrap();
    assert!(
        !prepared.is_empty() && prepared.iter().all(|ticket| ticket.end_ms <= birthday_s * 1000),
        "none outlives it"
    );
    let shown = guardian.acting(&house, actor).unwrap();
    assert_eq!(code(house.scan(&shown.ticket(house.now_s()), "r1").await), "good");
    house.set_s(birthday_s);
    assert!(guardian.acting(&house, actor).is_err());
    assert!(house.platform.me(&guardian.citizen).unwrap().wards.is_empty());
    assert!(house.platform.grants_of(&youth.citizen).unwrap().is_empty());
    let again = house.platform.grant_guardian(guardian.citizen.person, youth.citizen.person, true).await;
    assert_eq!(again.unwrap_err().code(), "grant.adult");
}

#[tokio::test]
async fn a_youth_is_asked_first() {
    let house = House::new().await;
    let (guardian, youth) = (Phone::of(&house, "one").await, Phone::born(&house, "youth", "2010-04-21").await);
    let actor = house.platform.grant_guardian(guardian.citizen.person, youth.citizen.person, false).await.unwrap();
    assert!(guardian.acting(&house, actor).is_err(), "nothing stands before the yes");
    assert!(house.platform.grants_of(&youth.citizen).unwrap()[0].waiting);
    house.platform.accept_grant(&youth.citizen, actor).await.unwrap();
    let shown = guardian.acting(&house, actor).unwrap();
    assert_eq!(code(house.scan(&shown.ticket(house.now_s()), "r1").await), "good");
    let refused = house.platform.end_grant(&youth.citizen, actor).await.unwrap_err();
    assert_eq!(refused.code(), "grant.guardian", "guardianship is not the youth's to end");
    let refused = house.platform.leave_grant(&guardian.citizen, actor).await.unwrap_err();
    assert_eq!(refused.code(), "grant.guardian", "nor the guardian's to give up");
    assert_eq!(house.platform.invite(&youth.citizen, wish(9)).await.unwrap_err().code(), "grant.minor");
}

#[tokio::test]
async fn a_delegate_is_held_to_scope_and_days_and_either_side_ends_it() {
    let house = House::new().await;
    let (subject, actor) = (Phone::of(&house, "one").await, Phone::other(&house, "two").await);
    let narrow = Wish { scenarios: vec!["stamps".into()], ..wish(2) };
    let index = delegated(&house, &subject, &actor, narrow).await;
    let shown = actor.acting(&house, index).unwrap();
    let presentation = house.scan(&shown.ticket(house.now_s()), "r1").await.unwrap();
    assert_eq!(presentation.shown_for.unwrap().en, "李* (delegate) for 陈*");
    // The grant ends between presentation and act: the act is refused.
    house.platform.end_grant(&subject.citizen, index).await.unwrap();
    let acted = house.act(presentation.id, "stamp", json!({"count": 1}), "k1").await.unwrap_err();
    assert_eq!(acted.refusal.code(), "grant.ended");
    assert_eq!(house.count(), 0);
    // Given again it is another grant; it covers only the organisations it names.
    let directory = house.platform.directory();
    let stranger = house.platform.register_organisation("别处", "Elsewhere").await.unwrap();
    assert!(directory.organisation(stranger).is_none() && house.platform.directory().organisation(stranger).is_some());
    let elsewhere = Wish { organisations: vec![stranger], ..wish(2) };
    let second = delegated(&house, &subject, &actor, elsewhere).await;
    assert_ne!(second, index, "an index is not used again");
    house.set_s(house.now_s() + 30);
    let shown = actor.acting(&house, second).unwrap();
    assert_eq!(code(house.scan(&shown.ticket(house.now_s()), "r2").await), "grant.scope");
    house.platform.leave_grant(&actor.citizen, second).await.unwrap();
    assert!(house.platform.grants_of(&subject.citizen).unwrap().is_empty());
    // On its day a grant stops by itself.
    let third = delegated(&house, &subject, &actor, wish(1)).await;
    house.set_s(house.now_s() + DAY_S);
    assert!(actor.acting(&house, third).is_err());
}

#[tokio::test]
async fn a_question_is_no_longer_a_delegates_once_the_day_is_over() {
    let house = House::new().await;
    let (subject, actor) = (Phone::of(&house, "one").await, Phone::other(&house, "two").await);
    let index = delegated(&house, &subject, &actor, wish(1)).await;
    let over_s = house.platform.grants_of(&subject.citizen).unwrap()[0].until.unwrap().as_seconds();
    house.set_s(over_s - 3600);
    let shown = actor.acting(&house, index).unwrap();
    house.set_s(over_s - 20);
    let presentation = house.scan(&shown.ticket(house.now_s()), "r1").await.unwrap().id;
    let asked = house.act(presentation, "seal", json!({}), "k1").await.unwrap_err();
    let request = asked.request.unwrap();
    assert_eq!(house.platform.questions(&actor.citizen).unwrap().len(), 1);
    house.set_s(over_s);
    assert!(house.platform.questions(&actor.citizen).unwrap().is_empty());
    let late = house.platform.decide_question(&actor.citizen, request, true).await.unwrap_err();
    assert_eq!((late.code(), house.count()), ("request.unknown", 0));
}

#[tokio::test]
async fn one_person_acts_for_two_and_they_are_never_mixed_up() {
    let house = House::new().await;
    let actor = Phone::other(&house, "two").await;
    let (first, second) = (Phone::of(&house, "one").await, Phone::born(&house, "child", "2016-09-08").await);
    let one = delegated(&house, &first, &actor, wish(9)).await;
    let two = house.platform.grant_guardian(actor.citizen.person, second.citizen.person, false).await.unwrap();
    assert_ne!(one, two);
    let names: Vec<String> =
        house.platform.my_wards(&actor.citizen).unwrap().into_iter().map(|ward| ward.masked_name).collect();
    assert_eq!(names, ["陈*", "林**"]);
    let shown = actor.acting(&house, two).unwrap();
    assert_eq!(house.scan(&shown.ticket(house.now_s()), "r1").await.unwrap().masked_name, "林**");
}

#[tokio::test]
async fn an_invitation_is_good_once_for_a_while_and_is_not_guessed() {
    let house = House::new().await;
    let (subject, actor) = (Phone::of(&house, "one").await, Phone::other(&house, "two").await);
    let invitation = house.platform.invite(&subject.citizen, wish(9)).await.unwrap();
    let own = house.platform.take_invitation(&subject.citizen, &invitation.code).await.unwrap_err();
    assert_eq!(own.code(), "grant.invitation");
    let index = house.platform.take_invitation(&actor.citizen, &invitation.code).await.unwrap();
    assert_eq!(house.platform.take_invitation(&actor.citizen, &invitation.code).await.unwrap(), index);
    let third = Phone::born(&house, "three", "1990-01-01").await;
    for tries in 0..10 {
        let refused = house.platform.take_invitation(&third.citizen, &invitation.code).await.unwrap_err();
        assert_eq!(refused.code(), "grant.invitation", "{tries}");
    }
    let refused = house.platform.see_invitation(&third.citizen, &invitation.code).await.unwrap_err();
    assert_eq!(refused.code(), "grant.tries");
    let late = house.platform.invite(&subject.citizen, wish(9)).await.unwrap();
    house.set_s(house.now_s() + tongma_service::INVITATION_LIFE_S);
    let refused = house.platform.take_invitation(&actor.citizen, &late.code).await.unwrap_err();
    assert_eq!(refused.code(), "grant.invitation");
}

#[tokio::test]
async fn what_is_done_in_the_app_for_somebody_is_theirs_and_in_both_logs() {
    let house = House::new().await;
    let (subject, actor) = (Phone::of(&house, "one").await, Phone::other(&house, "two").await);
    let index = delegated(&house, &subject, &actor, wish(9)).await;
    let code = house.platform.issue_venue_code(house.point, "any", 9).await.unwrap();
    let scan = house.platform.scan(&actor.citizen, &code.text, "s").await.unwrap();
    let asked = Asked { action: "collect".into(), input: json!({"count": 1}), idempotency_key: "k".into() };
    house.platform.act_scanned(&actor.citizen, index, "stamps", scan.id, asked.clone()).await.unwrap();
    while house.platform.sweep().await > 0 {}
    for (phone, words) in [(&subject, "盖了章"), (&actor, "代人办理")] {
        let log = house.platform.log(&phone.citizen, None, 50, &[]).unwrap();
        assert!(log.items.iter().any(|item| item.text.zh.contains(words)), "{words}");
    }
    let refused = house.platform.act_for(&actor.citizen, index + 1, "stamps", house.venue, asked).await.unwrap_err();
    assert_eq!(refused.code(), "grant.ended");
}

fn paper_wish(pin: &str) -> PaperWish {
    PaperWish { scenarios: Vec::new(), days: 30, reads_a_day: Some(2), pin: pin.into() }
}

async fn paper_at(house: &House, phone: &Phone, pin: &str) -> Paper {
    let presentation = house.scan(&phone.ticket(house.now_s()), &format!("p{}", house.now_s())).await.unwrap();
    house.platform.issue_paper_at(house.point, presentation.id, paper_wish(pin)).await.unwrap()
}

async fn read_at(
    house: &House,
    point: Id,
    text: &str,
    request: &str,
    pin: Option<&str>,
) -> Result<Presentation, Refusal> {
    let scanned =
        Scanned { text: text.into(), request_id: request.into(), purpose: "stamps".into(), operator: "李".into() };
    house.platform.present_with_pin(point, &scanned, pin).await
}

#[tokio::test]
async fn paper_is_read_again_and_again_up_to_its_cap_and_each_read_is_its_own() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let paper = paper_at(&house, &phone, "").await;
    let text = paper.text.unwrap();
    assert_eq!(text.len(), 222);
    let first = read_at(&house, house.point, &text, "r1", None).await.unwrap();
    assert_eq!((first.mode.as_str(), first.masked_name.as_str()), ("paper", "陈*"));
    assert_eq!(read_at(&house, house.point, &text, "r1", None).await.unwrap().id, first.id);
    let second = read_at(&house, house.other_point, &text, "r1", None).await.unwrap();
    assert_ne!(second.id, first.id, "another point's read is another claim");
    assert_eq!(code(read_at(&house, house.point, &text, "r3", None).await), "paper.often");
    house.set_s(house.now_s() + DAY_S);
    assert_eq!(code(read_at(&house, house.point, &text, "r4", None).await), "good");
    let done = house.act(first.id, "stamp", json!({"count": 1}), "k1").await.unwrap_err();
    assert_eq!(done.refusal.code(), "presentation.over");
    house.set_s(house.now_s() + 30 * DAY_S);
    assert_eq!(code(read_at(&house, house.point, &text, "r5", None).await), "code.expired");
    let log = house.platform.log(&phone.citizen, None, 50, &[]).unwrap();
    assert!(log.items.iter().any(|item| item.text.zh.contains("纸质码")));
}

#[tokio::test]
async fn a_lost_paper_is_dead_and_a_new_one_kills_the_old() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let first = paper_at(&house, &phone, "").await.text.unwrap();
    house.set_s(house.now_s() + 30);
    let second = paper_at(&house, &phone, "").await.text.unwrap();
    assert_eq!(code(read_at(&house, house.point, &first, "r1", None).await), "paper.stopped");
    assert_eq!(code(read_at(&house, house.point, &second, "r2", None).await), "good");
    house.set_s(house.now_s() + 30);
    let presentation = house.scan(&phone.ticket(house.now_s()), "lost").await.unwrap();
    assert_eq!(house.platform.end_papers_at(house.point, presentation.id).await.unwrap(), 1);
    assert_eq!(code(read_at(&house, house.point, &second, "r3", None).await), "paper.stopped");
    let handle = tongma_code::paper::PaperCode::from_text(&second).unwrap().header.handle;
    assert!(house.denies(&handle), "offline points refuse it too");
    let forged = format!("{}1", &second[..221]);
    assert!(
        ["code.forged", "code.unreadable"]
            .contains(&code(read_at(&house, house.point, &forged, "r4", None).await).as_str())
    );
}

#[tokio::test]
async fn nobody_attends_so_paper_needs_its_pin() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let gate = house.platform.register_point(house.venue, ("门", "Gate"), PointKind::Gate, vec!["stamps".into()]);
    let gate = gate.await.unwrap().0;
    let without = paper_at(&house, &phone, "").await.text.unwrap();
    assert_eq!(code(read_at(&house, gate, &without, "r1", None).await), "paper.attended");
    assert_eq!(code(read_at(&house, gate, &without, "r2", Some("1234")).await), "paper.attended");
    house.set_s(house.now_s() + 30);
    let with = paper_at(&house, &phone, "2580").await.text.unwrap();
    assert_eq!(code(read_at(&house, gate, &with, "r3", None).await), "paper.pin_needed");
    assert_eq!(code(read_at(&house, gate, &with, "r3", Some("2580")).await), "good", "the same read, with the PIN");
    for wrong in 0..5 {
        assert_eq!(code(read_at(&house, gate, &with, &format!("w{wrong}"), Some("0000")).await), "paper.pin_wrong");
    }
    assert_eq!(code(read_at(&house, gate, &with, "r4", Some("2580")).await), "paper.attended", "locked to the counter");
    assert_eq!(code(read_at(&house, house.point, &with, "r5", None).await), "good", "where somebody compares a face");
}

#[tokio::test]
async fn paper_is_for_one_organisation() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let text = paper_at(&house, &phone, "").await.text.unwrap();
    let organisation = house.platform.register_organisation("别处", "Elsewhere").await.unwrap();
    let venue = house.platform.directory().venue(house.venue).unwrap().clone();
    let other = tongma_domain::Venue { organisation, name_zh: "别馆".into(), ..venue };
    let other = house.platform.register_venue(other).await.unwrap();
    let desk = house.platform.register_point(other, ("丙", "C"), PointKind::Desk, vec!["stamps".into()]);
    let desk = desk.await.unwrap().0;
    assert_eq!(code(read_at(&house, desk, &text, "r1", None).await), "paper.elsewhere");
    for (days, pin, expected) in [(0, "", "paper.days"), (181, "", "paper.days"), (9, "12", "paper.pin_form")] {
        let wish = PaperWish { days, ..paper_wish(pin) };
        let refused = house.platform.issue_my_paper(&phone.citizen, house.venue, wish).await.unwrap_err();
        assert_eq!(refused.code(), expected);
    }
    let wish = PaperWish { scenarios: vec!["stars".into()], ..paper_wish("") };
    let refused = house.platform.issue_my_paper(&phone.citizen, house.venue, wish).await.unwrap_err();
    assert_eq!(refused.code(), "paper.not_here");
}

fn asked(number: &str) -> LookUp {
    LookUp {
        purpose: "stamps".into(),
        document_kind: DocumentKind::ResidentId,
        document_number: number.into(),
        operator: "李".into(),
        reason: "老人没有手机".into(),
        witness: "王".repeat(2),
    }
}

#[tokio::test]
async fn a_look_up_needs_the_right_a_reason_and_a_witness_and_is_in_the_log() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let number = "11010519491231002X";
    let look = async |asked: LookUp| code(house.platform.assist(house.point, &asked).await);
    assert_eq!(look(asked(number)).await, "look_up.not_allowed");
    let mut venue = house.platform.directory().venue(house.venue).unwrap().clone();
    venue.settings.insert(LOOK_UP_SETTING.into(), 1);
    house.platform.register_venue(venue).await.unwrap();
    assert_eq!(look(LookUp { reason: String::new(), ..asked(number) }).await, "look_up.reason");
    assert_eq!(look(LookUp { witness: String::new(), ..asked(number) }).await, "look_up.witness");
    assert_eq!(look(LookUp { operator: "王王".into(), ..asked(number) }).await, "look_up.witness");
    assert_eq!(look(asked("440524188001010014")).await, "person.unknown");
    let shown = house.platform.assist(house.point, &asked(number)).await.unwrap();
    assert_eq!((shown.mode.as_str(), shown.masked_name.as_str()), ("assisted", "陈*"));
    assert!(!serde_json::to_string(&shown).unwrap().contains(number));
    let log = house.platform.log(&phone.citizen, None, 50, &[]).unwrap();
    let line = log.items.iter().find(|item| item.kind == "staff_read").unwrap();
    assert_eq!((line.operator.as_deref(), line.detail["witness"].as_str()), (Some("李"), Some("王王")));
    assert_eq!(line.detail["reason"], "老人没有手机");
    for tries in 0..18 {
        assert_eq!(look(asked("440524188001010014")).await, "person.unknown", "{tries}");
    }
    assert_eq!(look(asked(number)).await, "look_up.often", "misses count too");
}
