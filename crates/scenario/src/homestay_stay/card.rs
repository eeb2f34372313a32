//! The card of homestays.

use tongma_domain::{
    Action, ActionsPerPresentation, Card, Cell, ConsentKind, Duty, Field, FieldKind, OfflineRule, Setting, Starter, Text,
};

use crate::lodging_parts::{
    COMPARED, CORRECT, DATE, FOREIGNER, MINOR, NIGHTS, NOTE, NUMBER, ORDER, PEOPLE, PLAIN, RELATION, ROOM, duty, field,
    setting, settings, told,
};
use crate::t;

/// The report to the police.
pub static DUTY: Duty = duty();

/// What this scenario is.
pub static CARD: Card = Card {
    id: "homestay_stay",
    number: 5,
    name: t("民宿入住登记", "Homestay registration"),
    summary: t(
        "房东用手机扫住客的码，或住客扫民宿的签名码、房东确认；人齐后得到门锁密码。",
        "The host's phone scans the guests, or guests scan the house's signed code and the host lets them in; the PIN comes when all are there.",
    ),
    capabilities: &["stay", "bind", "disclose", "handover"],
    actions: ACTIONS,
    claims: &told(30),
    consent: ConsentKind::Law,
    settings: SETTINGS,
    offline: OfflineRule::Never,
    actions_per_presentation: ActionsPerPresentation::Many,
    cells: CELLS,
};

const LOCAL_RULES: &str = "local rules under Guangdong's homestay order of 2019 (粤府令第260号)";

const SETTINGS: &[Setting] = &{
    let [alarm, foreign, call, nights, noon] = settings();
    [
        alarm,
        foreign,
        call,
        nights,
        noon,
        setting("most_rooms", t("民宿最多几间客房", "Most rooms of a homestay"), (14, 1, 20), LOCAL_RULES),
        setting("most_floors", t("最多几层", "Most floors"), (4, 1, 10), LOCAL_RULES),
        setting("most_area_m2", t("最大建筑面积（平方米）", "Largest floor area, square metres"), (800, 1, 2000), LOCAL_RULES),
    ]
};

const fn action(id: &'static str, name: Text, by: &'static [Starter], form: &'static [Field]) -> Action {
    Action { id, name, by, form, moves_money: false }
}

const BEDS: Field = field("beds", t("床位", "Beds"), FieldKind::Number { least: 1, most: 20 }, true);
const ORDER_MAYBE: Field = field("order", t("预订号（有就填）", "Booking number, if there is one"), FieldKind::Barcode, false);
const PEOPLE_NOW: Field =
    field("people", t("如实申报几人", "How many people really"), FieldKind::Number { least: 1, most: 20 }, true);

use Starter::{Holder, Operator, Point};

const ACTIONS: &[Action] = &[
    action("register", t("入住登记", "Register"), &[Operator], PLAIN),
    action("register_minor", t("未成年人登记", "Register a minor"), &[Operator], MINOR),
    action("register_foreigner", t("境外人员登记", "Register a foreigner"), &[Operator], FOREIGNER),
    action("arrive", t("到店扫码登记", "Register at the door"), &[Holder], &[ORDER_MAYBE, NIGHTS, PEOPLE, RELATION]),
    action("check_out", t("退房", "Check out"), &[Operator, Holder], &[]),
    action("overview", t("在住与报送", "The sheet"), &[Point], &[]),
    action("approve", t("确认到店客人", "Let a waiting guest in"), &[Point], &[NUMBER, ROOM, COMPARED, RELATION]),
    action("turn_away", t("回绝到店客人", "Turn a waiting guest away"), &[Point], &[NUMBER]),
    action("invite", t("记下预订", "Write down a booking"), &[Point], &[ORDER, DATE, NIGHTS, PEOPLE]),
    action("declare", t("更改申报人数", "Put the number of people right"), &[Point], &[ROOM, PEOPLE_NOW]),
    action("left", t("整间已离店", "Everybody has left a room"), &[Point], &[ROOM]),
    action("correct", t("更正报送", "Correct a report"), &[Point], CORRECT),
    action("concern", t("可疑情况报告", "Report a suspicion"), &[Point], &[ROOM, NOTE]),
    action("add_room", t("登记客房", "Register a room"), &[Point], &[ROOM, BEDS]),
];

const fn cell(id: &'static str, name: Text) -> Cell {
    Cell { id, name }
}

const CELLS: &[Cell] = &[
    cell("5.host_scans", t("房东手机扫码登记，公安收到一次", "The host's phone scans; the police have it once")),
    cell("5.guest_scans", t("住客扫签名码，房东确认后登记", "The guest scans the signed code, the host lets in")),
    cell("5.pin", t("人齐才有门锁密码，退房后失效", "The PIN comes when all are there and goes with them")),
    cell("5.not_registered", t("未登记的民宿开不了业，也扫不了码", "A homestay without registration neither opens nor scans")),
    cell("5.too_large", t("超过 14 间、4 层或 800 平方米不能开业", "More than 14 rooms, 4 floors or 800 square metres do not open")),
    cell("5.lapsed", t("认证过期：不能再扫码，已入住者不受影响", "Certification run out: no new scan, guests already here unaffected")),
    cell("5.swapped_sticker", t("码被调换成另一家的：认出并拒绝，那家不留记录", "Another house's sticker: named, refused, and nothing recorded there")),
    cell("5.more_than_declared", t("人数超过申报的拒绝，房东更正后才登记", "More people than declared: refused until the host puts it right")),
    cell("5.from_afar", t("不到店不能自助登记", "Nobody registers from afar")),
    cell("5.turned_away", t("房东回绝，不报送不留登记", "Turned away: not reported, not registered")),
    cell("5.minor", t("未成年人不能自助登记，五必须照样适用", "Minors do not register themselves; the five duties hold")),
    cell("5.twice_is_once", t("重复请求只登记一次", "The same request twice registers once")),
    cell("5.minimum_release", t("房东得到的不超出姓名、年龄段和代号", "The host gets no more than name, age class and token")),
];
