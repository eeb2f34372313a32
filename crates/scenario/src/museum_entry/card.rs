//! The card of museum entry and its refusals.

use tongma_domain::{
    Action, ActionsPerPresentation, Card, Cell, Claim, ClaimAsk, ConsentKind, Field, FieldKind, OfflineRule, Setting,
    Starter,
};

use crate::t;

const DATE: Field = Field { id: "date", name: t("日期", "Date"), kind: FieldKind::Date, required: true };
const SESSION: Field = Field {
    id: "session",
    name: t("时段（开始时间）", "Session (its start)"),
    kind: FieldKind::Text { most: 5 },
    required: true,
};
const PEOPLE: Field = Field {
    id: "people",
    name: t("人数（不填为全部）", "People (empty: all)"),
    kind: FieldKind::Number { least: 1, most: 50 },
    required: false,
};
const NUMBER: Field = Field {
    id: "booking_number",
    name: t("预约号（无码时由工作人员输入）", "Booking number (typed by staff when there is no code)"),
    kind: FieldKind::Barcode,
    required: false,
};

/// What this scenario is.
pub static CARD: Card = Card {
    id: "museum_entry",
    number: 7,
    name: t("博物馆扫码进馆", "Museum entry"),
    summary: t(
        "预约时段，可带同行人；入馆亮码，没有网络也能进。",
        "Book a session, bring companions, enter with your code, also offline.",
    ),
    capabilities: &["disclose", "reserve", "admit", "paper"],
    actions: ACTIONS,
    claims: &[
        ClaimAsk {
            claim: Claim::MaskedName,
            purpose: t("核对预约人", "To check who booked"),
            retention_days: 7,
            basis: t("个人信息保护法第十三条第一款第二项：履行预约", "PIPL article 13(1)(2): to perform the booking"),
        },
        ClaimAsk {
            claim: Claim::AgeClass,
            purpose: t("未成年人须有成人陪同", "Children come with an adult"),
            retention_days: 7,
            basis: t("个人信息保护法第十三条第一款第二项：履行预约", "PIPL article 13(1)(2): to perform the booking"),
        },
    ],
    consent: ConsentKind::Contract,
    settings: SETTINGS,
    offline: OfflineRule::Bundle,
    actions_per_presentation: ActionsPerPresentation::Many,
    cells: CELLS,
};

const ACTIONS: &[Action] = &[
    Action {
        id: "book",
        name: t("预约", "Book"),
        by: &[Starter::Holder],
        form: &[
            DATE,
            SESSION,
            Field {
                id: "companions",
                name: t("同行人", "Companions"),
                kind: FieldKind::Companions { most: 9 },
                required: false,
            },
        ],
        moves_money: false,
    },
    Action {
        id: "cancel", name: t("取消预约", "Cancel"), by: &[Starter::Holder], form: &[DATE], moves_money: false
    },
    Action {
        id: "move",
        name: t("改期", "Move"),
        by: &[Starter::Holder],
        form: &[
            DATE,
            Field {
                id: "to_date",
                name: t("改到日期（不填为当天）", "To date (empty: same day)"),
                kind: FieldKind::Date,
                required: false,
            },
            SESSION,
        ],
        moves_money: false,
    },
    Action {
        id: "admit",
        name: t("入馆", "Let in"),
        by: &[Starter::Operator, Starter::Point, Starter::Fact],
        form: &[PEOPLE, NUMBER],
        moves_money: false,
    },
    Action {
        id: "exit",
        name: t("出馆", "Count out"),
        by: &[Starter::Operator, Starter::Point, Starter::Fact],
        form: &[PEOPLE],
        moves_money: false,
    },
];

const SETTINGS: &[Setting] = &[
    Setting {
        id: "opens_min",
        name: t("开馆（零点起分钟）", "Opens, minutes after midnight"),
        default: 540,
        least: 0,
        most: 1440,
        source: "inference: 09:00",
    },
    Setting {
        id: "closes_min",
        name: t("闭馆（零点起分钟）", "Closes, minutes after midnight"),
        default: 1020,
        least: 0,
        most: 1440,
        source: "inference: 17:00",
    },
    Setting {
        id: "session_min",
        name: t("时段长度（分钟）", "Length of a session, minutes"),
        default: 240,
        least: 10,
        most: 1440,
        source: "Yangzhou museums: morning and afternoon",
    },
    Setting {
        id: "session_people",
        name: t("每时段人数", "People a session"),
        default: 1200,
        least: 1,
        most: 50_000,
        source: "Guangdong Museum, March 2020: 2,400 a day",
    },
    Setting {
        id: "headcount_most",
        name: t("同时在馆人数上限", "Most people inside at once"),
        default: 1500,
        least: 1,
        most: 50_000,
        source: "inference",
    },
    Setting {
        id: "days_ahead",
        name: t("可提前预约天数", "Days ahead one may book"),
        default: 7,
        least: 0,
        most: 60,
        source: "National Museum of China, 2023-07-13: 7 days",
    },
    Setting {
        id: "people_most",
        name: t("每个账号每天人数（含本人）", "People per account and day, oneself included"),
        default: 5,
        least: 1,
        most: 10,
        source: "National Museum of China, 2023-07-13: 5",
    },
    Setting {
        id: "children_most",
        name: t("其中未满14岁人数", "Of these under 14"),
        default: 3,
        least: 0,
        most: 10,
        source: "National Museum of China, 2023-07-13: 3",
    },
    Setting {
        id: "early_min",
        name: t("可提前入馆（分钟）", "Early entry, minutes"),
        default: 15,
        least: 0,
        most: 240,
        source: "inference",
    },
    Setting {
        id: "late_min",
        name: t("时段结束后仍可入馆（分钟）", "Late entry after the session's end, minutes"),
        default: 15,
        least: 0,
        most: 240,
        source: "inference",
    },
    Setting {
        id: "cancel_before_min",
        name: t("最晚取消：时段开始前（分钟）", "Latest cancellation before the session, minutes"),
        default: 0,
        least: 0,
        most: 2880,
        source: "inference: a cancellation in time is never punished",
    },
    Setting {
        id: "no_shows_most",
        name: t("未到几次暂停预约", "No-shows until booking rests"),
        default: 3,
        least: 1,
        most: 100,
        source: "National Museum of China, 2023-07-13: three failures",
    },
    Setting {
        id: "no_show_window_days",
        name: t("未到累计天数", "Days in which no-shows are counted"),
        default: 90,
        least: 1,
        most: 730,
        source: "inference",
    },
    Setting {
        id: "rest_days",
        name: t("暂停预约天数", "Days that booking rests"),
        default: 30,
        least: 1,
        most: 365,
        source: "National Museum of China, 2023-07-13: 30 days",
    },
    Setting {
        id: "no_show_after_h",
        name: t("闭馆后多少小时认定未到", "Hours after closing until a no-show is counted"),
        default: 24,
        least: 0,
        most: 168,
        source: "inference: a gate without network hands over within a day",
    },
    Setting {
        id: "reentry",
        name: t("允许再次入馆（1 是 0 否）", "Re-entry allowed (1 yes, 0 no)"),
        default: 0,
        least: 0,
        most: 1,
        source: "inference",
    },
];

const CELLS: &[Cell] = &[
    Cell { id: "7.book", name: t("预约时段并带同行人", "A session booked with companions") },
    Cell { id: "7.cancel", name: t("取消即释放名额", "A cancellation frees the places") },
    Cell { id: "7.move", name: t("改期：当天或改到另一天", "Moved, the same day or to another") },
    Cell { id: "7.slot_quota", name: t("时段名额不超", "A session never holds more than its quota") },
    Cell { id: "7.headcount", name: t("在馆人数不超上限", "The house never lets in more than its bound") },
    Cell { id: "7.k_of_n", name: t("分批入馆：n 人中先进 k 人", "The gate lets in k of n") },
    Cell { id: "7.early", name: t("早到先等候", "Too early: wait") },
    Cell { id: "7.late", name: t("过时不能进", "Too late: not let in") },
    Cell { id: "7.used_twice", name: t("同一预约不能进两次", "A booking is not used twice") },
    Cell {
        id: "7.used_twice_offline",
        name: t("离线重复使用记为差异，有责任人", "Used twice offline: a named difference with an owner"),
    },
    Cell { id: "7.child_alone", name: t("未满14岁须有成人同行", "Under 14 only with an adult") },
    Cell {
        id: "7.exit_counted", name: t("出馆计数，进减出等于在馆", "Exits are counted; in minus out is inside")
    },
    Cell { id: "7.no_show", name: t("多次未到暂停预约", "No-shows rest booking for a while") },
    Cell { id: "7.cancel_spares", name: t("按时取消不算未到", "A cancellation in time is no no-show") },
    Cell { id: "7.reentry", name: t("再次入馆按本馆规则", "Re-entry as the house rules") },
    Cell {
        id: "7.offline_gate",
        name: t("断网时闸机照常判断，事后补交", "The gate decides offline and hands over later"),
    },
    Cell {
        id: "7.minimum_release",
        name: t("闸机只得到脱敏姓名、年龄段和人数", "The gate learns masked name, age class and people alone"),
    },
];

refusals! {
    unknown_action missing "action.unknown"
        ("这里没有这项业务", "There is no such action here")
        ("请从列表中选择", "Choose from the list");
    bad_date invalid "museum.date"
        ("这一天不能预约", "This day cannot be booked")
        ("请选择开放预约的日期", "Choose a day that is open for booking");
    no_session invalid "museum.no_session"
        ("没有这个时段", "There is no such session")
        ("请从时段列表中选择", "Choose a session from the list");
    session_over conflict "museum.session_over"
        ("这个时段已结束", "This session is over")
        ("请选择后面的时段", "Choose a later session");
    too_many invalid "museum.too_many"
        ("超过每个账号可预约的人数", "More people than one account may book for")
        ("请减少同行人，或分别预约", "Bring fewer, or let others book for themselves");
    too_many_children invalid "museum.too_many_children"
        ("未满14岁的同行人超过上限", "More children than one booking may have")
        ("请由另一位成人带其余孩子预约", "Let another adult book for the other children");
    adult_needed conflict "museum.adult_needed"
        ("未满14岁须有成人同行", "Under 14 only together with an adult")
        ("请由成人预约并一同入馆", "Let an adult book, and come in together");
    already_booked conflict "museum.already_booked"
        ("本人这一天已有预约", "There is a booking for this day already")
        ("可以改期或取消原预约", "Move or cancel that one");
    full conflict "museum.full"
        ("这个时段名额已满", "This session is full")
        ("请选择其他时段或日期", "Choose another session or day");
    no_booking conflict "museum.no_booking"
        ("今天没有本人的预约", "There is no booking of this person for this day")
        ("可在手机上预约余下时段，或到服务台办理", "Book a free session on the phone, or ask at the desk");
    early conflict "museum.early"
        ("还没到预约时段", "The booked session has not begun")
        ("请稍候，到点再亮码", "Please wait, and show the code again when it begins");
    late conflict "museum.late"
        ("预约时段已过", "The booked session is over")
        ("可在手机上改约余下时段，或到服务台办理", "Book a free session on the phone, or ask at the desk");
    used conflict "museum.used"
        ("这个预约已全部入馆", "Everyone of this booking has come in")
        ("如有疑问，请到服务台核对", "If that is not so, ask at the desk");
    too_many_now conflict "museum.too_many_now"
        ("人数超过预约余下的人数", "More people than are left of the booking")
        ("请按预约人数入馆，其余人另行预约", "Let in those who are booked; the others book for themselves");
    inside_full conflict "museum.inside_full"
        ("馆内人数已达上限", "The house is full at the moment")
        ("请稍候，有人出馆后即可入馆", "Please wait until someone leaves");
    not_inside conflict "museum.not_inside"
        ("没有这么多人在馆内", "Not so many are inside")
        ("请核对人数", "Check the number of people");
    already_in conflict "museum.already_in"
        ("已有人入馆，不能再改动预约", "Someone has come in already; the booking cannot change any more")
        ("如需帮助，请到服务台", "Ask at the desk if you need help");
    too_late conflict "museum.too_late"
        ("已过取消或改期的时间", "It is too late to cancel or move")
        ("如需帮助，请联系服务台", "Ask the desk if you need help");
    resting conflict "museum.resting"
        ("多次预约未到，暂停预约", "Missed too often: booking rests")
        ("到期后即可再约；需要帮助请到服务台", "Book again when the rest is over, or ask at the desk");
    moving conflict "museum.moving"
        ("正在改期，请稍候", "It is being moved right now")
        ("稍后再看结果", "Look at the result in a moment");
}
