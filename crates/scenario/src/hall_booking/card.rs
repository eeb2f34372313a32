//! The card of booking at a hall, and its refusals.

use tongma_domain::{
    Action, ActionsPerPresentation, Card, Cell, Claim, ClaimAsk, ConsentKind, Field, FieldKind, MATTER_CHOICES,
    OfflineRule, Setting, Starter, Text,
};

use crate::t;

const DATE: Field = Field { id: "date", name: t("日期", "Date"), kind: FieldKind::Date, required: true };
const SESSION: Field = Field {
    id: "session",
    name: t("时段（开始时间）", "Slot (its start)"),
    kind: FieldKind::Text { most: 5 },
    required: true,
};
const MATTER: Field =
    Field { id: "matter", name: t("事项", "Matter"), kind: FieldKind::Choice { of: MATTER_CHOICES }, required: true };

/// What this scenario is.
pub static CARD: Card = Card {
    id: "hall_booking",
    number: 1,
    name: t("大厅预约", "Booking at a hall"),
    summary: t(
        "预约办事的日期和时段，到大厅亮码取预约号；提前两小时可取消或改期。",
        "Book a day and slot for your matter; on the day your code gives a booked number. Cancel or move until two hours before.",
    ),
    capabilities: &["disclose", "bind", "reserve", "queue", "deliver", "paper"],
    actions: ACTIONS,
    claims: &[ClaimAsk {
        claim: Claim::MaskedName,
        purpose: t("核对预约人", "To check who booked"),
        retention_days: 30,
        basis: t("个人信息保护法第十三条第一款第三项：履行法定职责", "PIPL article 13(1)(3): statutory duties"),
    }],
    consent: ConsentKind::Contract,
    settings: SETTINGS,
    offline: OfflineRule::Never,
    actions_per_presentation: ActionsPerPresentation::Many,
    cells: CELLS,
};

const ACTIONS: &[Action] = &[
    Action {
        id: "book",
        name: t("预约", "Book"),
        by: &[Starter::Holder, Starter::Operator],
        form: &[MATTER, DATE, SESSION],
        moves_money: false,
    },
    Action { id: "cancel", name: t("取消预约", "Cancel"), by: &[Starter::Holder], form: &[DATE], moves_money: false },
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
        id: "arrive",
        name: t("到场取号", "Here: give a number"),
        by: &[Starter::Operator],
        form: &[],
        moves_money: false,
    },
    Action {
        id: "set_day",
        name: t("设定某天是否开放", "Open or close a day"),
        by: &[Starter::Point],
        form: &[
            DATE,
            Field {
                id: "open",
                name: t("是否开放", "Open"),
                kind: FieldKind::Choice { of: &[("open", t("开放", "Open")), ("closed", t("不开放", "Closed"))] },
                required: true,
            },
        ],
        moves_money: false,
    },
];

const fn setting(
    id: &'static str,
    name: Text,
    (least, default, most): (i64, i64, i64),
    source: &'static str,
) -> Setting {
    Setting { id, name, default, least, most, source }
}

/// The published rules of one hall: a day ahead at least, the next five working days, one a person and day, cancelled two
/// hours before at the latest, breaches counted and booking restricted.
const PUBLISHED: &str = "a hall's published booking rules";

const SETTINGS: &[Setting] = &[
    setting("opens_min", t("开门（零点起分钟）", "Opens, minutes after midnight"), (0, 540, 1440), "inference: 09:00"),
    setting("closes_min", t("关门（零点起分钟）", "Closes, minutes after midnight"), (0, 1020, 1440), "inference: 17:00"),
    setting("break_from_min", t("午休开始", "Break from"), (0, 720, 1440), "inference: 12:00"),
    setting("break_to_min", t("午休结束", "Break until"), (0, 840, 1440), "inference: 14:00"),
    setting("slot_min", t("时段长度（分钟）", "Length of a slot, minutes"), (5, 30, 480), "inference"),
    setting("slot_people", t("每时段人数", "People a slot"), (0, 20, 10_000), "inference"),
    setting("first_people", t("每时段留给优先改约的人数", "Places beside it for who may book first"), (0, 4, 1000), "inference"),
    setting("first_days", t("大厅取消后几天内可优先改约", "Days to book first after the hall cancelled"), (1, 30, 365), "inference"),
    setting("days_ahead_least", t("至少提前几个工作日", "Working days ahead at least"), (0, 1, 30), PUBLISHED),
    setting("days_ahead_most", t("最多提前几个工作日", "Working days ahead at most"), (0, 5, 60), PUBLISHED),
    setting("early_min", t("提前几分钟可取号", "Minutes early a number is given"), (0, 30, 480), "inference: -30"),
    setting("late_min", t("迟到几分钟仍算预约", "Minutes late that still count as booked"), (0, 15, 480), "inference: +15"),
    setting("cancel_before_min", t("最晚取消：提前几分钟", "Latest cancellation, minutes before"), (0, 120, 10_080), PUBLISHED),
    setting("no_shows_most", t("未到几次暂停网上预约", "No-shows until booking rests"), (1, 3, 100), "inference"),
    setting("no_show_window_days", t("未到累计天数", "Days in which they are counted"), (1, 90, 730), "inference"),
    setting("rest_days", t("暂停网上预约天数", "Days for which booking rests"), (0, 30, 365), "inference"),
    setting("weekdays", t("每周开放日（周一为 1，二进制）", "Days of the week, Monday is 1, binary"), (0, 31, 127), "Monday to Friday"),
    setting(
        "national_calendar",
        t("按国务院节假日安排（1 是 0 否）", "Follow the national holidays (1 yes, 0 no)"),
        (0, 1, 1),
        "国办发明电〔2025〕7号",
    ),
];

const CELLS: &[Cell] = &[
    Cell { id: "1.book", name: t("选事项、日期、时段，预约成功", "Matter, date, slot: booked") },
    Cell { id: "1.arrive", name: t("时段内亮码取预约号", "In the window the code gives a booked number") },
    Cell { id: "1.late", name: t("迟到转现场号", "Late: a walk-in's number") },
    Cell { id: "1.cancel", name: t("按时取消释放名额，不计未到", "Cancelled in time: place free, nothing counted") },
    Cell { id: "1.late_cancel", name: t("两小时内不能取消", "Not cancelled within two hours") },
    Cell { id: "1.move", name: t("改期：当天或另一天", "Moved, the same day or to another") },
    Cell { id: "1.no_show", name: t("三次未到暂停网上预约，现场照办", "Three no-shows: booking rests, walk-ins served") },
    Cell { id: "1.raced", name: t("一千人抢最后的名额", "The last places raced by a thousand") },
    Cell { id: "1.two_a_day", name: t("每人每天一次", "One a person and day") },
    Cell { id: "1.closed_day", name: t("休息日不能约，调休日可以约", "Closed days refused, days in exchange open") },
    Cell { id: "1.helper", name: t("工作人员代老人预约", "A helper books for an elder") },
    Cell { id: "1.hall_cancels", name: t("大厅取消，优先改约", "The hall cancels: rebook first") },
    Cell { id: "1.minimum_release", name: t("大厅只得到脱敏姓名和事项", "The hall learns masked name and matter alone") },
];

refusals! {
    unknown_action missing "action.unknown"
        ("这里没有这项业务", "There is no such action here")
        ("请从列表中选择", "Choose from the list");
    bad_date invalid "hall.date"
        ("日期不对", "That is not a date")
        ("请选择日期", "Choose a day");
    too_early invalid "hall.too_early"
        ("要提前预约", "Booking closes before this day")
        ("请选后面的工作日，或直接到大厅取现场号", "Choose a later day, or come as a walk-in");
    too_far invalid "hall.too_far"
        ("还没开放到这一天", "This day is not open for booking yet")
        ("请选近几个工作日", "Choose one of the next working days");
    no_slot invalid "hall.no_slot"
        ("没有这个时段", "There is no such slot")
        ("请从时段列表中选择", "Choose a slot from the list");
    slot_over conflict "hall.slot_over"
        ("这个时段已开始", "This slot has begun")
        ("请选后面的时段", "Choose a later one");
    closed_day conflict "hall.closed_day"
        ("这一天大厅不办公", "The hall is closed on this day")
        ("请选工作日", "Choose a working day");
    already_booked conflict "hall.already_booked"
        ("这一天已有预约，每人每天一次", "There is a booking for this day: one a person and day")
        ("可以改期或取消原预约", "Move or cancel that one");
    full conflict "hall.full"
        ("这个时段已约满", "This slot is full")
        ("请选其他时段，或到大厅取现场号", "Choose another, or come as a walk-in");
    no_booking conflict "hall.no_booking"
        ("这一天没有您的预约", "There is no booking of yours for this day")
        ("可在手机上预约，或直接取现场号", "Book on the phone, or take a number as a walk-in");
    early conflict "hall.early"
        ("还没到取号时间", "It is too early for a number")
        ("到时间再来亮码", "Show the code again then");
    come_already conflict "hall.come_already"
        ("已经到场取号", "A number has been given already")
        ("请看手机上的号，等候叫号", "See the number on your phone and wait for the call");
    too_late conflict "hall.too_late"
        ("离预约不到两小时，不能取消或改期", "Less than two hours before: it cannot be cancelled or moved")
        ("来不了也没关系，累计多次才会暂停网上预约；迟到可转现场号", "If you cannot come, only several misses count; if late, you wait as a walk-in");
    moving conflict "hall.moving"
        ("正在改期，请稍候", "It is being moved right now")
        ("稍后再看结果", "Look at the result in a moment");
    resting forbidden "hall.resting"
        ("网上预约暂停中", "Booking on the phone rests")
        ("请直接到大厅取现场号", "Come to the hall as a walk-in");
}
