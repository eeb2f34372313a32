use serde_json::{Value, json};
use tongma_capability::{Cause, Holder};
use tongma_domain::{Date, Id, Outcome, PointKind, UnixMs};

use super::Entry;
use crate::harness::{Answer, Post, World, attempt, code, person};

/// A hall at ten in the morning.
struct Hall {
    world: World,
    attempts: u32,
    points: Vec<Id>,
}

impl Hall {
    fn new() -> Self {
        let mut world = World::new(&Entry);
        world.point.kind = PointKind::Kiosk;
        let points = (0..3_u8).map(|number| Id::derived(&[b"point", &[number]])).collect();
        let mut hall = Self { world, attempts: 0, points };
        hall.at(0);
        hall
    }

    /// From here on at this point.
    fn at(&mut self, number: usize) -> &mut Self {
        self.world.point.id = self.points[number];
        self.world.point.name_zh = format!("{number}号窗口");
        self
    }

    fn attempt(&mut self) -> Id {
        self.attempts += 1;
        attempt(self.attempts)
    }

    fn kiosk(&mut self, holder: &Holder, matter: &str) -> Answer {
        let attempt = self.attempt();
        let input = if matter.is_empty() { json!({}) } else { json!({"matter": matter}) };
        self.world.now = UnixMs::from_millis(self.world.now.as_millis() + 1000);
        self.world.at_desk("take", holder, input, attempt)
    }

    fn point(&mut self, action: &str) -> Answer {
        self.point_with(action, json!({}))
    }

    fn point_with(&mut self, action: &str, input: Value) -> Answer {
        let attempt = self.attempt();
        self.world.at_point(action, input, attempt)
    }

    fn app(&mut self, action: &str, holder: &Holder, input: Value) -> Answer {
        let attempt = self.attempt();
        self.world.in_app(action, holder, input, attempt)
    }

    fn ticket(&self, holder: &Holder) -> Option<Value> {
        let mut own = self.world.mirrored(holder.person, "ticket");
        own.sort_by_key(|ticket| ticket["number"].to_string());
        own.into_iter().next()
    }

    fn number(answer: &Answer) -> String {
        answer.as_ref().unwrap().detail["number"].as_str().unwrap().to_owned()
    }

    fn wait_min(&mut self, minutes: i64) {
        self.world.now = self.world.now.plus_s(60 * minutes);
        let due: Vec<_> = self.world.timers.iter().filter(|(at, _)| *at <= self.world.now).cloned().collect();
        self.world.timers.retain(|(at, _)| *at > self.world.now);
        for (_, leg) in due {
            self.world.leg(&leg, Cause::Timer).unwrap();
        }
        self.world.deliver();
    }

    /// Calls until the number may pass, and lets it.
    fn pass(&mut self) -> Outcome {
        while code(&self.point("recall")) == "ok" {}
        self.point("pass").unwrap()
    }
}

fn adult(name: &str) -> Holder {
    person(name, "1988-03-12")
}

#[test]
fn a_number_is_taken_called_served_and_rated_once() {
    let mut hall = Hall::new();
    let chen = adult("陈");
    assert_eq!(code(&hall.kiosk(&chen, "")), "queue.choose_matter");
    let taken = hall.kiosk(&chen, "tax");
    assert_eq!(Hall::number(&taken), "G001");
    assert_eq!(hall.ticket(&chen).unwrap()["note"]["zh"], "您是下一位");
    assert_eq!(code(&hall.kiosk(&chen, "tax")), "queue.duplicate");
    assert_eq!(Hall::number(&hall.kiosk(&chen, "general")), "H001");
    hall.at(1);
    assert_eq!(code(&hall.point("done")), "queue.nobody_called");
    let called = hall.point("call").unwrap();
    assert_eq!((called.word.zh.as_ref(), &called.detail["masked_name"]), ("G001", &json!("陈**")));
    assert_eq!(code(&hall.point("call")), "queue.busy");
    let board = hall.world.list(Cause::Point, "board", None, &json!({}));
    assert_eq!((&board[0]["number"], &board[0]["counter"]["zh"]), (&json!("G001"), &json!("1号窗口")));
    let (li, attempt) = (adult("李"), hall.attempt());
    assert_eq!(code(&hall.world.at_desk("serve", &li, json!({}), attempt)), "queue.not_this_person");
    let attempt = hall.attempt();
    hall.world.at_desk("serve", &chen, json!({}), attempt).unwrap();
    hall.wait_min(7);
    hall.point("done").unwrap();
    let ticket = hall.ticket(&chen).unwrap();
    assert_eq!((&ticket["state"], &ticket["actions"]), (&json!("done"), &json!(["rate"])));
    let rating = json!({"ticket": ticket["ticket"], "stars": 4, "tag": "speed", "words": "快"});
    assert_eq!(code(&hall.app("rate", &li, rating.clone())), "queue.no_ticket");
    hall.app("rate", &chen, rating.clone()).unwrap();
    assert_eq!(code(&hall.app("rate", &chen, rating)), "queue.rated");
    let ratings = hall.world.list(Cause::Point, "ratings", None, &json!({}));
    assert_eq!(ratings.len(), 1);
    let told = ratings[0].to_string();
    assert!(told.contains("满意") && !told.contains('陈') && !told.contains("G001"), "{told}");
    assert_eq!(hall.ticket(&chen).unwrap()["number"], "H001", "the rated one is put away");
}

#[test]
fn an_unanswered_rating_closes() {
    let mut hall = Hall::new();
    let chen = adult("陈");
    hall.kiosk(&chen, "tax").unwrap();
    for action in ["call", "serve", "done"] {
        hall.point(action).unwrap();
    }
    let ticket = hall.ticket(&chen).unwrap()["ticket"].clone();
    hall.wait_min(5 * 24 * 60);
    assert_eq!(hall.ticket(&chen), None);
    assert_eq!(code(&hall.app("rate", &chen, json!({"ticket": ticket, "stars": 5}))), "queue.not_served");
}

#[test]
fn elders_first_and_the_rest_in_turn() {
    let mut hall = Hall::new();
    let walk_in = adult("甲");
    hall.kiosk(&walk_in, "tax").unwrap();
    let elders: Vec<Holder> = (0..5).map(|n| person(&format!("老{n}"), "1950-01-01")).collect();
    for elder in &elders {
        hall.kiosk(elder, "tax").unwrap();
    }
    let mut order = Vec::new();
    for _ in 0..6 {
        order.push(hall.point("call").unwrap().word.zh.into_owned());
        hall.point("serve").unwrap();
        hall.point("done").unwrap();
    }
    assert_eq!(order, ["G002", "G003", "G004", "G001", "G005", "G006"]);
    for one in elders.iter().skip(1).chain([&walk_in]) {
        let topics = hall.world.notices.iter().filter(|(person, _)| *person == one.person).map(|(_, topic)| topic.as_str());
        assert_eq!(topics.collect::<Vec<_>>(), ["queue_near", "queue_called"], "each is told once, in this order");
    }
    assert_eq!(code(&hall.point("call")), "queue.nobody");
}

#[test]
fn a_passed_number_comes_back_once_behind_three() {
    let mut hall = Hall::new();
    let people: Vec<Holder> = (0..6).map(|n| adult(&format!("人{n}"))).collect();
    for one in &people {
        hall.kiosk(one, "tax").unwrap();
    }
    hall.point("call").unwrap();
    assert_eq!(code(&hall.point("pass")), "queue.call_again");
    let passed = hall.pass();
    assert_eq!(passed.detail["passes"], 1);
    assert_eq!(code(&hall.point("pass")), "queue.nobody_called");
    let ticket = hall.ticket(&people[0]).unwrap();
    assert_eq!(ticket["actions"], json!(["back", "leave"]));
    hall.wait_min(29);
    hall.app("back", &people[0], json!({"ticket": ticket["ticket"]})).unwrap();
    let mut order = Vec::new();
    for _ in 0..4 {
        order.push(hall.point("call").unwrap().word.zh.into_owned());
        hall.pass();
    }
    assert_eq!(order, ["G002", "G003", "G004", "G001"]);
    assert_eq!(hall.ticket(&people[0]), None, "passed a second time: void");
    // The second person comes back too late; at the kiosk that is a new number.
    let late = hall.ticket(&people[1]).unwrap();
    hall.world.now = hall.world.now.plus_s(31 * 60);
    assert_eq!(code(&hall.app("back", &people[1], json!({"ticket": late["ticket"]}))), "queue.too_late_back");
    assert_eq!(Hall::number(&hall.kiosk(&people[1], "tax")), "G007");
    // The third one says nothing, and the timer lets the number go.
    hall.wait_min(1);
    assert_eq!(hall.ticket(&people[2]), None);
}

#[test]
fn a_counter_that_closes_leaves_nobody_behind() {
    let mut hall = Hall::new();
    let people: Vec<Holder> = (0..3).map(|n| adult(&format!("人{n}"))).collect();
    for one in &people {
        hall.kiosk(one, "tax").unwrap();
    }
    hall.at(1).point_with("open_counter", json!({"matter": "tax"})).unwrap();
    hall.point("call").unwrap();
    let closed = hall.point("close_counter").unwrap();
    assert_eq!((&closed.detail["returned"], closed.detail["unserved"].as_array().unwrap().len()), (&json!("G001"), 1));
    assert_eq!(code(&hall.point("call")), "queue.counter_closed");
    assert_eq!(hall.at(2).point("call").unwrap().word.zh, "G001");
    hall.point("serve").unwrap();
    assert_eq!(code(&hall.point("close_counter")), "queue.finish_first");
    // Handed over, the first keeps the time waited and is called before a later comer of that matter.
    let later = adult("后");
    hall.kiosk(&later, "general").unwrap();
    hall.point_with("transfer", json!({"matter": "general"})).unwrap();
    hall.at(1).point_with("open_counter", json!({"matter": "general"})).unwrap();
    assert_eq!(hall.point("call").unwrap().word.zh, "G001");
}

#[test]
fn at_midnight_everything_begins_anew() {
    let mut hall = Hall::new();
    let people: Vec<Holder> = (0..103).map(|n| adult(&format!("人{n}"))).collect();
    for one in &people {
        hall.kiosk(one, "tax").unwrap();
    }
    hall.world.now = Date::parse("2026-11-24").unwrap().start();
    for _ in 0..3 {
        hall.wait_min(0);
        hall.world.now = hall.world.now.plus_s(1);
    }
    assert!(people.iter().all(|one| hall.ticket(one).is_none()));
    assert_eq!(code(&hall.kiosk(&people[0], "tax")), "queue.closed", "no numbers at midnight");
    hall.world.now = Date::parse("2026-11-24").unwrap().start().plus_s(9 * 3600);
    assert_eq!(Hall::number(&hall.kiosk(&people[5], "tax")), "G001");
}

#[test]
fn from_home_no_number_is_given_and_the_halls_code_gives_one() {
    let mut hall = Hall::new();
    let chen = adult("陈");
    assert_eq!(code(&hall.app("take", &chen, json!({"matter": "tax"}))), "queue.scan_first");
    hall.world.scanned = true;
    assert_eq!(Hall::number(&hall.app("take", &chen, json!({"matter": "tax"}))), "G001");
    let ticket = hall.ticket(&chen).unwrap();
    let own = hall.world.list(Cause::Holder, "list", Some(&chen), &json!({}));
    assert_eq!(own[0]["of"]["ahead"], 0);
    hall.app("leave", &chen, json!({"ticket": ticket["ticket"]})).unwrap();
    assert_eq!(hall.ticket(&chen), None);
    assert_eq!(code(&hall.app("leave", &chen, json!({"ticket": ticket["ticket"]}))), "queue.being_served");
    assert_eq!(code(&hall.point("call")), "queue.nobody");
}

#[test]
fn a_kiosk_without_network_is_never_refused() {
    let mut hall = Hall::new();
    hall.world.post = Post::Twice;
    assert_eq!(hall.point("kiosk_block").unwrap().detail["block"], "K1");
    assert_eq!(hall.at(1).point("kiosk_block").unwrap().detail["block"], "K2");
    assert_eq!(hall.at(0).point("kiosk_block").unwrap().detail["block"], "K1");
    let (first, second) = (adult("先"), adult("后"));
    let began = hall.world.now;
    hall.wait_min(20);
    hall.kiosk(&second, "tax").unwrap();
    // At ten past a number was given on paper; it comes in now, and is called first.
    let mut fact = |holder: Option<&Holder>, number: &str, minutes: i64| {
        let evidence = json!({"number": number, "matter": "tax"});
        let cause = Cause::Fact { happened_at: began.plus_s(60 * minutes), evidence };
        let attempt = hall.attempt();
        let answer = hall.world.step(cause.clone(), "take", holder, json!({}), attempt).unwrap();
        let again = hall.world.step(cause, "take", holder, json!({}), attempt).unwrap();
        assert_eq!(answer.word, again.word);
        answer.detail
    };
    assert_eq!(fact(Some(&first), "GK1-001", 10)["difference"], Value::Null);
    assert_eq!(fact(None, "GK1-001", 11)["difference"], "number_twice");
    assert_eq!(fact(Some(&second), "GK1-003", 12)["difference"], "second_number");
    assert_eq!(fact(None, "x\u{7}", 13)["paper"], "K-000");
    assert_eq!(fact(None, "GK1-009", -24 * 60)["difference"], "after_close");
    let listed = hall.world.list(Cause::Point, "differences", None, &json!({}));
    assert!(listed.iter().all(|one| one["owner"] == "hall_duty"));
    assert_eq!(listed.len(), 2, "yesterday's is kept under yesterday");
    let mut order = Vec::new();
    while let Ok(called) = hall.point("call") {
        order.push(called.word.zh.into_owned());
        hall.point("serve").unwrap();
        hall.point("done").unwrap();
    }
    assert_eq!(order, ["GK1-001", "G003", "K-000", "G001"]);
}
