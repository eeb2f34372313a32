//! The card of hotel stays.

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
    id: "hotel_stay",
    number: 4,
    name: t("酒店入住登记", "Hotel registration"),
    summary: t(
        "每位住客出示自己的码登记入住；法定信息由平台直接报送公安，酒店只得到姓名和住宿。",
        "Every guest shows the own code. What the law asks goes from the platform to the police; the hotel has a name and a stay.",
    ),
    capabilities: &["stay", "bind", "disclose", "handover", "charge", "deliver"],
    actions: ACTIONS,
    claims: &told(90),
    consent: ConsentKind::Law,
    settings: SETTINGS,
    offline: OfflineRule::Never,
    actions_per_presentation: ActionsPerPresentation::Many,
    cells: CELLS,
};

const SETTINGS: &[Setting] = &{
    let [alarm, foreign, call, nights, noon] = settings();
    [
        alarm,
        foreign,
        call,
        nights,
        noon,
        setting("visit_min", t("访客可停留（分钟）", "How long a visitor may stay, minutes"), (180, 15, 720), "inference"),
        setting("deposit_fen", t("押金（分）", "Deposit, fen"), (20_000, 1, 1_000_000), "inference"),
        setting(
            "lock_s",
            t("付款占用账单的时间（秒）", "How long a payment under way keeps others out, seconds"),
            (180, 1, 900),
            "inference: above the 30 to 45 s after which payment providers give up",
        ),
    ]
};

const fn action(id: &'static str, name: Text, by: &'static [Starter], form: &'static [Field]) -> Action {
    Action { id, name, by, form, moves_money: false }
}

const fn money(id: &'static str, name: Text) -> Action {
    Action { id, name, by: &[Starter::Operator, Starter::Holder], form: &[], moves_money: true }
}

const AGREED: Field = field(
    "agreed",
    t("住客同意会客", "The guest agrees"),
    FieldKind::Choice { of: &[("yes", t("已致电房间，同意", "Called the room; agrees")), ("no", t("不同意", "Does not agree"))] },
    true,
);
const BEDS: Field = field("beds", t("床位", "Beds"), FieldKind::Number { least: 1, most: 20 }, true);
const RATE: Field = field("rate", t("每晚房价", "Price of a night"), FieldKind::Amount, true);
const TITLE: Field = field("title", t("名目", "What for"), FieldKind::Text { most: 40 }, true);
const AMOUNT: Field = field("amount", t("金额", "Amount"), FieldKind::Amount, true);
const MORE: Field = field("nights", t("再住几晚", "More nights"), FieldKind::Number { least: 1, most: 30 }, true);
const ORDER_MAYBE: Field = field("order", t("预订号（有就填）", "Booking number, if there is one"), FieldKind::Barcode, false);

use Starter::{Holder, Operator, Point};

const ACTIONS: &[Action] = &[
    action("register", t("入住登记", "Register"), &[Operator], PLAIN),
    action("register_minor", t("未成年人登记", "Register a minor"), &[Operator], MINOR),
    action("register_foreigner", t("境外人员登记", "Register a foreigner"), &[Operator], FOREIGNER),
    action("give_key", t("交钥匙", "Hand over the key"), &[Operator], &[]),
    money("deposit", t("付押金", "Pay the deposit")),
    money("pay", t("结账", "Pay the bill")),
    action("check_out", t("退房", "Check out"), &[Operator, Holder], &[]),
    action("extend", t("续住", "Stay longer"), &[Operator, Holder], &[MORE]),
    action("move", t("换房", "Move"), &[Operator], &[ROOM]),
    action("visit", t("访客登记", "Register a visitor"), &[Operator], &[ROOM, COMPARED, AGREED]),
    action("reserve", t("预订", "Book"), &[Holder], &[DATE, NIGHTS, PEOPLE]),
    action("cancel", t("取消预订", "Cancel the booking"), &[Holder], &[ORDER]),
    action("arrive", t("到店扫码登记", "Register at the door"), &[Holder], &[ORDER_MAYBE, NIGHTS, PEOPLE, RELATION]),
    action("overview", t("在住与报送", "The sheet"), &[Point], &[]),
    action("approve", t("确认到店客人", "Let a waiting guest in"), &[Point], &[NUMBER, ROOM, COMPARED, RELATION]),
    action("turn_away", t("回绝到店客人", "Turn a waiting guest away"), &[Point], &[NUMBER]),
    action("correct", t("更正报送", "Correct a report"), &[Point], CORRECT),
    action("visitor_left", t("访客离开", "A visitor left"), &[Point], &[NUMBER]),
    action("patrol", t("巡查记录", "Went past a room"), &[Point], &[ROOM]),
    action("concern", t("可疑情况报告", "Report a suspicion"), &[Point], &[ROOM, NOTE]),
    action("add_extra", t("加消费", "Add to the bill"), &[Point], &[ROOM, TITLE, AMOUNT]),
    action("add_room", t("登记客房", "Register a room"), &[Point], &[ROOM, BEDS, RATE]),
];

const fn cell(id: &'static str, name: Text) -> Cell {
    Cell { id, name }
}

const CELLS: &[Cell] = &[
    cell("4.register", t("住客亮码登记，公安收到一次，酒店不见证件号", "A guest registers; the police have it once, the hotel sees no document number")),
    cell("4.scan_you", t("住客扫酒店的码到店登记，店员确认", "The guest scans the hotel's code, the clerk lets in")),
    cell("4.reserved", t("预订、到店使用、取消、未到释放", "Booked, used, cancelled, released when nobody came")),
    cell("4.rejected", t("公安退回，更正后收到", "Put back by the police, corrected, taken")),
    cell("4.upload_down", t("报送中断 6 小时：照常入住、提醒、恢复后各报一次", "Reports down for six hours: guests get in, staff are told, each arrives once")),
    cell("4.reply_lost", t("公安回执丢失：先查询，不重复报送", "A lost receipt is asked for, not sent again")),
    cell("4.key", t("一间房的钥匙只有一个保管人", "A room's key has one custodian")),
    cell("4.money", t("押金、消费、结账与退还，分毫不差", "Deposit, extras, the bill and what goes back, to the fen")),
    cell("4.move", t("换房与续住都报送变更", "Moves and longer stays are reported as changes")),
    cell("4.check_out", t("退房报送离店，房间重新可用", "Leaving is reported and the room is free")),
    cell("4.not_the_holder", t("来人不是码的主人：婉拒，不留登记", "Somebody else than the holder: refused kindly, nothing recorded")),
    cell("4.minor", t("未成年人五必须，一项也不能跳过", "The five duties for minors, none can be skipped")),
    cell("4.minor_alone", t("16 岁以下单独入住须与监护人通话", "Under 16 and alone: a call to the guardian")),
    cell("4.foreigner", t("境外人员登记表与 24 小时时钟", "The foreigner's form and the 24 hour clock")),
    cell("4.permits", t("港澳台证件照常登记", "Permits of Hong Kong, Macao and Taiwan register like others")),
    cell("4.co_lodgers", t("每位同住人各自登记并写明关系", "Everybody who shares registers, with the relation")),
    cell("4.visitor", t("访客经同意登记、限时、离开", "Visitors: agreed to, registered, for a while, seen to leave")),
    cell("4.hit_silent", t("在册人员命中只有公安知道", "A hit is known to the police alone")),
    cell("4.twice_is_once", t("重复请求只登记一次", "The same request twice registers once")),
    cell("4.minimum_release", t("酒店得到的不超出姓名、年龄段和代号", "The hotel gets no more than name, age class and token")),
];
