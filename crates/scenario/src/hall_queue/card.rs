//! The card of taking numbers, and its refusals.

use tongma_domain::{
    Action, ActionsPerPresentation, Card, Cell, Claim, ClaimAsk, ConsentKind, Field, FieldKind, MATTER_CHOICES,
    OfflineRule, Setting, Starter, Text,
};

use crate::t;

const MATTER: Field = Field {
    id: "matter",
    name: t("事项（有预约可不选）", "Matter (empty with a booking)"),
    kind: FieldKind::Choice { of: MATTER_CHOICES },
    required: false,
};
const TO_MATTER: Field =
    Field { id: "matter", name: t("转到事项", "To matter"), kind: FieldKind::Choice { of: MATTER_CHOICES }, required: true };
const ONLY_MATTER: Field = Field {
    id: "matter",
    name: t("只受理（不选为全部）", "Only (empty: all matters)"),
    kind: FieldKind::Choice { of: MATTER_CHOICES },
    required: false,
};
const PRIORITY: Field = Field {
    id: "priority",
    name: t("优先（到窗口出示证件）", "Priority (shown at the counter)"),
    kind: FieldKind::Choice { of: PRIORITIES },
    required: false,
};
const PRIORITIES: &[(&str, Text)] = &[
    ("elder", t("60 岁及以上", "60 or older")),
    ("disabled", t("残疾人", "Disabled")),
    ("service_member", t("军人、退役军人", "Service member or veteran")),
];
const AS_WALK_IN: Field = Field {
    id: "as_walk_in",
    name: t("未到预约时间，改取现场号", "Too early for the booking: as a walk-in"),
    kind: FieldKind::Choice { of: &[("yes", t("改取现场号", "As a walk-in"))] },
    required: false,
};
const TICKET: Field =
    Field { id: "ticket", name: t("号", "Number"), kind: FieldKind::Reference, required: true };

/// What this scenario is.
pub static CARD: Card = Card {
    id: "hall_queue",
    number: 2,
    name: t("大厅取号", "Taking a number"),
    summary: t(
        "到大厅亮码或扫大厅的码取号，手机上看前面几人；办完可以评价。",
        "Show your code or scan the hall's to get a number; see how many are ahead; rate the service afterwards.",
    ),
    capabilities: &["disclose", "queue", "paper"],
    actions: ACTIONS,
    claims: &[
        ClaimAsk {
            claim: Claim::MaskedName,
            purpose: t("叫号时核对", "To check who is called"),
            retention_days: 30,
            basis: t("个人信息保护法第十三条第一款第三项：履行法定职责", "PIPL article 13(1)(3): statutory duties"),
        },
        ClaimAsk {
            claim: Claim::AtLeast60,
            purpose: t("老年人优先", "Elders are served first"),
            retention_days: 30,
            basis: t("老年人权益保障法：优先服务", "Law on the Protection of the Rights of the Elderly: served first"),
        },
    ],
    consent: ConsentKind::Contract,
    settings: SETTINGS,
    offline: OfflineRule::Record,
    actions_per_presentation: ActionsPerPresentation::Many,
    cells: CELLS,
};

const fn at_counter(id: &'static str, name: Text, form: &'static [Field]) -> Action {
    Action { id, name, by: &[Starter::Point], form, moves_money: false }
}

const fn mine(id: &'static str, name: Text, form: &'static [Field]) -> Action {
    Action { id, name, by: &[Starter::Holder], form, moves_money: false }
}

const ACTIONS: &[Action] = &[
    Action {
        id: "take",
        name: t("取号", "Take a number"),
        by: &[Starter::Operator, Starter::Point, Starter::Holder, Starter::Fact],
        form: &[MATTER, PRIORITY, AS_WALK_IN],
        moves_money: false,
    },
    mine("back", t("我回来了", "I am back"), &[TICKET]),
    mine("leave", t("退出排队", "Leave the queue"), &[TICKET]),
    mine(
        "rate",
        t("评价", "Rate"),
        &[
            TICKET,
            Field {
                id: "stars",
                name: t("满意程度（1 至 5，5 为非常满意）", "Satisfaction (1 to 5, 5 is best)"),
                kind: FieldKind::Number { least: 1, most: 5 },
                required: true,
            },
            Field {
                id: "tag",
                name: t("主要原因", "Mainly because of"),
                kind: FieldKind::Choice {
                    of: &[
                        ("attitude", t("服务态度", "Manner")),
                        ("speed", t("办理速度", "Speed")),
                        ("clarity", t("告知清楚", "Clear words")),
                        ("place", t("环境设施", "The place")),
                    ],
                },
                required: false,
            },
            Field {
                id: "words",
                name: t("想说的话", "In your words"),
                kind: FieldKind::Text { most: 200 },
                required: false,
            },
        ],
    ),
    at_counter("open_counter", t("开窗", "Open the counter"), &[ONLY_MATTER]),
    at_counter("call", t("叫下一位", "Call the next"), &[]),
    at_counter("recall", t("重叫", "Call again"), &[]),
    Action {
        id: "serve",
        name: t("开始办理", "Begin"),
        by: &[Starter::Operator, Starter::Point],
        form: &[],
        moves_money: false,
    },
    at_counter("done", t("办结", "Done"), &[]),
    at_counter("pass", t("过号", "Pass"), &[]),
    at_counter("transfer", t("转事项", "Hand over"), &[TO_MATTER]),
    at_counter("close_counter", t("关窗", "Close the counter"), &[]),
    at_counter("kiosk_block", t("离线号段", "Offline numbers"), &[]),
];

const fn minutes_of_day(id: &'static str, name: Text, default: i64, source: &'static str) -> Setting {
    Setting { id, name, default, least: 0, most: 1440, source }
}

const SETTINGS: &[Setting] = &[
    minutes_of_day("opens_min", t("发号开始（零点起分钟）", "Numbers from, minutes after midnight"), 510, "inference: 08:30"),
    minutes_of_day(
        "last_number_min",
        t("发号截止（零点起分钟）", "Numbers until, minutes after midnight"),
        1020,
        "inference: 17:00",
    ),
    Setting {
        id: "booked_run",
        name: t("每叫几个预约号叫一个现场号", "Booked numbers called for each walk-in"),
        default: 2,
        least: 1,
        most: 10,
        source: "inference: booked to walk-in 2 : 1",
    },
    Setting {
        id: "priority_run",
        name: t("连续优先号最多几个", "Most priority numbers in a row"),
        default: 3,
        least: 1,
        most: 20,
        source: "inference: nobody starves",
    },
    Setting {
        id: "calls_most",
        name: t("叫号次数", "Calls before a number passes"),
        default: 3,
        least: 1,
        most: 10,
        source: "customary at halls: three calls",
    },
    Setting {
        id: "return_within_min",
        name: t("过号后几分钟内可返回", "Minutes to come back after a passed number"),
        default: 30,
        least: 0,
        most: 480,
        source: "inference",
    },
    Setting {
        id: "places_behind",
        name: t("过号返回排在几人之后", "Places behind, for who is back"),
        default: 3,
        least: 0,
        most: 50,
        source: "customary at halls: three places",
    },
    Setting {
        id: "service_guess_min",
        name: t("未测得时每人估计分钟", "Minutes a person until measured"),
        default: 10,
        least: 1,
        most: 240,
        source: "inference",
    },
    Setting {
        id: "rating_days",
        name: t("办结后几天内可评价", "Days to rate a service"),
        default: 5,
        least: 1,
        most: 90,
        source: "inference",
    },
];

const CELLS: &[Cell] = &[
    Cell { id: "2.kiosk", name: t("自助机扫码取号，找到预约", "The kiosk gives a number and finds the booking") },
    Cell { id: "2.walk_in", name: t("没有预约按事项取现场号", "Without a booking: a walk-in number by matter") },
    Cell { id: "2.scan_hall", name: t("扫大厅的码取号", "A number by scanning the hall's code") },
    Cell { id: "2.served", name: t("叫号、办理、办结", "Called, served, done") },
    Cell { id: "2.board_masked", name: t("屏上只有脱敏姓名", "The board shows masked names") },
    Cell { id: "2.two_kiosks", name: t("两台自助机不发同一个号", "Two kiosks never give one number") },
    Cell { id: "2.passed", name: t("过号：叫三次，限时返回，二次作废", "Passed: three calls, back in time, then void") },
    Cell { id: "2.counter_closes", name: t("关窗后已叫的人排在下一个", "A counter closes: whom it called is next") },
    Cell { id: "2.starved", name: t("现场号不会一直等", "Walk-ins are not starved") },
    Cell { id: "2.midnight", name: t("零点换号，旧号失效", "At midnight numbers begin anew, old ones lapse") },
    Cell { id: "2.duplicate", name: t("每人每事项一个号", "One live number a person and matter") },
    Cell { id: "2.transferred", name: t("转事项不重新排", "Handed over without queueing again") },
    Cell { id: "2.kiosk_offline", name: t("自助机断网发号，事后并入", "A kiosk gives numbers offline and merges later") },
    Cell { id: "2.rating", name: t("办完评价一次，不见姓名", "Rated once, without a name") },
    Cell { id: "2.minimum_release", name: t("大厅只得到脱敏姓名、事项和优先", "The hall learns masked name, matter and priority") },
];

refusals! {
    unknown_action missing "action.unknown"
        ("这里没有这项业务", "There is no such action here")
        ("请从列表中选择", "Choose from the list");
    choose_matter invalid "queue.choose_matter"
        ("请选择要办的事项", "Choose what you came for")
        ("从列表中选一项", "Choose from the list");
    scan_first conflict "queue.scan_first"
        ("到大厅才能取号", "Numbers are given at the hall")
        ("请到大厅，扫描大厅的二维码，或在自助机亮码", "At the hall, scan its code or show yours at a kiosk");
    early conflict "queue.early"
        ("还没到预约时间", "It is too early for the booking")
        ("到时间再取预约号，或改取现场号", "Come back then, or take a number as a walk-in");
    duplicate conflict "queue.duplicate"
        ("您已有这个事项的号", "You have a number for this matter already")
        ("请看手机上的号，等候叫号", "See the number on your phone and wait for the call");
    closed_now conflict "queue.closed"
        ("现在不发号", "No numbers are given now")
        ("请在发号时间内取号，或在手机上预约", "Come in the hours when they are, or book on the phone");
    no_ticket missing "queue.no_ticket"
        ("没有这个号", "There is no such number")
        ("请重新取号", "Take a new number");
    not_passed conflict "queue.not_passed"
        ("这个号没有过号", "This number has not passed")
        ("请等候叫号", "Please wait for the call");
    too_late_back conflict "queue.too_late_back"
        ("超过返回时限，号已失效", "It is too late to come back; the number is void")
        ("请重新取号", "Take a new number");
    over_at_counter conflict "queue.being_served"
        ("已在窗口办理，或号已结束", "You are being served, or the number has ended")
        ("如需帮助，请告诉窗口工作人员", "Tell the clerk if you need help");
    point_needed conflict "queue.point_needed"
        ("这一步要在窗口办理", "This is done at a counter")
        ("请在窗口终端上操作", "Use the counter's own device");
    nobody conflict "queue.nobody"
        ("现在没有人在等", "Nobody waits at the moment")
        ("稍后再叫", "Call again in a while");
    nobody_called conflict "queue.nobody_called"
        ("窗口现在没有叫到的人", "Nobody is called to this counter")
        ("请先叫号", "Call the next first");
    counter_closed conflict "queue.counter_closed"
        ("窗口没有开", "This counter is closed")
        ("请先开窗", "Open it first");
    busy conflict "queue.busy"
        ("上一位还没有结束", "The one before has not ended")
        ("请先办结、过号或转事项", "Finish, pass or hand over first");
    often_enough conflict "queue.often_enough"
        ("已叫满次数", "Called as often as may be")
        ("没有人来就过号", "If nobody comes, let it pass");
    call_again conflict "queue.call_again"
        ("还没有叫满次数", "Not called often enough to pass")
        ("请再叫一次", "Call again");
    not_this_person conflict "queue.not_this_person"
        ("出示的码不是叫到的人", "The code shown is not that of the person called")
        ("请叫到的人出示，或重叫", "Ask the person called to show it, or call again");
    finish_first conflict "queue.finish_first"
        ("还有人在办理", "Somebody is still being served")
        ("请先办结或转事项，再关窗", "Finish or hand over first, then close");
    not_served conflict "queue.not_served"
        ("现在不能评价", "This cannot be rated now")
        ("办结后限时内可以评价", "A service can be rated for some days after it ended");
    rated_already conflict "queue.rated"
        ("已经评价过了", "It has been rated already")
        ("每次服务评价一次，谢谢", "Once for each service, thank you");
}
