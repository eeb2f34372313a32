//! The card of library loans and its refusals.

use tongma_domain::{
    Action, ActionsPerPresentation, Card, Cell, Claim, ClaimAsk, ConsentKind, Field, FieldKind, OfflineRule, Setting,
    Starter,
};

use crate::t;

const ITEMS: Field = Field {
    id: "items",
    name: t("图书条码", "Book bar codes"),
    kind: FieldKind::Barcodes { most: 30 },
    required: true,
};

/// What this scenario is.
pub static CARD: Card = Card {
    id: "library_loan",
    number: 6,
    name: t("图书馆扫码借阅", "Library loans"),
    summary: t(
        "亮码借书，还书不用码；本联盟各馆通借通还。",
        "Borrow with your code, return without; all libraries of the union.",
    ),
    capabilities: &["bind", "disclose", "handover", "charge", "paper"],
    actions: ACTIONS,
    claims: &[
        ClaimAsk {
            claim: Claim::VenueNumber,
            purpose: t("记录借阅的读者证号", "The reader number the loans are kept under"),
            retention_days: 61,
            basis: t("个人信息保护法第十三条第一款第一项：同意", "PIPL article 13(1)(1): consent"),
        },
        ClaimAsk {
            claim: Claim::AgeClass,
            purpose: t("判断是否适用少儿借阅规则", "Whether the rules for children apply"),
            retention_days: 61,
            basis: t("个人信息保护法第十三条第一款第一项：同意", "PIPL article 13(1)(1): consent"),
        },
    ],
    consent: ConsentKind::Standing,
    settings: SETTINGS,
    offline: OfflineRule::Never,
    actions_per_presentation: ActionsPerPresentation::Many,
    cells: CELLS,
};

const ACTIONS: &[Action] = &[
    Action { id: "borrow", name: t("借书", "Lend"), by: &[Starter::Operator], form: &[ITEMS], moves_money: false },
    Action { id: "return", name: t("还书", "Return"), by: &[Starter::Point], form: &[ITEMS], moves_money: false },
    Action {
        id: "renew",
        name: t("续借", "Renew"),
        by: &[Starter::Operator, Starter::Holder],
        form: &[Field {
            id: "item", name: t("图书条码", "Book bar code"), kind: FieldKind::Barcode, required: true
        }],
        moves_money: false,
    },
    Action {
        id: "hold",
        name: t("预约图书", "Place a hold"),
        by: &[Starter::Operator, Starter::Holder],
        form: &[Field {
            id: "item", name: t("图书条码", "Book bar code"), kind: FieldKind::Barcode, required: true
        }],
        moves_money: false,
    },
    Action {
        id: "unhold",
        name: t("取消图书预约", "Give up the hold"),
        by: &[Starter::Operator, Starter::Holder],
        form: &[Field {
            id: "item", name: t("图书条码", "Book bar code"), kind: FieldKind::Barcode, required: true
        }],
        moves_money: false,
    },
    Action {
        id: "pay_fine",
        name: t("缴滞纳金", "Pay the fine"),
        by: &[Starter::Operator, Starter::Holder],
        form: &[Field {
            id: "payment_code",
            name: t("付款码（不填则从钱包支付）", "Payment code (empty: from the purse)"),
            kind: FieldKind::PaymentCode,
            required: false,
        }],
        moves_money: true,
    },
    Action {
        id: "add_copy",
        name: t("登记馆藏", "Register a copy"),
        by: &[Starter::Point],
        form: &[
            Field { id: "barcode", name: t("条码", "Bar code"), kind: FieldKind::Barcode, required: true },
            Field { id: "title", name: t("书名", "Title"), kind: FieldKind::Text { most: 80 }, required: true },
        ],
        moves_money: false,
    },
];

const SETTINGS: &[Setting] = &[
    Setting {
        id: "loan_limit_items",
        name: t("最多可借册数", "Most items on loan"),
        default: 30,
        least: 1,
        most: 100,
        source: "Guangzhou union of libraries: 30 books",
    },
    Setting {
        id: "loan_days",
        name: t("借期（天）", "Loan period, days"),
        default: 31,
        least: 1,
        most: 180,
        source: "Guangzhou union of libraries: 31 days",
    },
    Setting {
        id: "renewals_most",
        name: t("可续借次数", "Renewals of a loan"),
        default: 1,
        least: 0,
        most: 9,
        source: "Guangzhou union of libraries: 1 renewal",
    },
    Setting {
        id: "child_loan_limit_items",
        name: t("少儿读者最多可借册数", "Most items on loan to a child"),
        default: 10,
        least: 1,
        most: 100,
        source: "Nanshan Bookhouse, Shenzhen: 10 books for readers with a full card; for children an inference",
    },
    Setting {
        id: "child_fine_percent",
        name: t("少儿读者滞纳金比例（%）", "Part of the fine that children owe, percent"),
        default: 100,
        least: 0,
        most: 100,
        source: "inference: some libraries ask nothing of children",
    },
    Setting {
        id: "holds_most",
        name: t("同时预约册数上限", "Most holds at once"),
        default: 5,
        least: 0,
        most: 50,
        source: "inference",
    },
    Setting {
        id: "hold_shelf_days",
        name: t("预约架保留天数", "Days a book stands on the pick-up shelf"),
        default: 3,
        least: 1,
        most: 30,
        source: "inference",
    },
    Setting {
        id: "fine_fen_per_day",
        name: t("每册每天滞纳金（分）", "Fine per item and day, fen"),
        default: 10,
        least: 0,
        most: 10_000,
        source: "Guangzhou Library: 0.1 yuan a day and item",
    },
    Setting {
        id: "fine_cap_fen_per_item",
        name: t("每册滞纳金上限（分）", "Most fine per item, fen"),
        default: 1000,
        least: 0,
        most: 100_000,
        source: "Guangzhou Library: cap 10 yuan",
    },
    Setting {
        id: "fine_block_fen",
        name: t("欠费达到多少暂停借书（分）", "Fine owed that stops borrowing, fen"),
        default: 1000,
        least: 1,
        most: 1_000_000,
        source: "inference: the cap of one item",
    },
    Setting {
        id: "lock_s",
        name: t("缴费占用时间（秒）", "How long a payment under way keeps others out, seconds"),
        default: 180,
        least: 30,
        most: 900,
        source: "inference: above the 30 to 45 s after which payment providers give up",
    },
];

const CELLS: &[Cell] = &[
    Cell {
        id: "6.first_use_binds",
        name: t("首次使用：同意一次即建立读者证", "First use: one consent makes a reader"),
    },
    Cell {
        id: "6.borrow", name: t("码加条码即借出并有应还日期", "Code and bar codes make loans with due dates")
    },
    Cell { id: "6.renew", name: t("可续借，且有次数限制", "Renewal, within its limit") },
    Cell { id: "6.hold", name: t("预约在借的书，还回后留给预约人", "A hold keeps the book for whoever waits") },
    Cell {
        id: "6.on_hold_for_another", name: t("留给别人的书不外借", "A book kept for another is not lent"),
    },
    Cell {
        id: "6.hold_elsewhere",
        name: t("异馆还回的预约书送到取书馆", "A held book returned elsewhere goes to where it is picked up"),
    },
    Cell { id: "6.hold_lapses", name: t("逾期未取即轮到下一位", "Not fetched in time: the next one's turn") },
    Cell { id: "6.hold_keeps_from_renewal", name: t("有人预约时不能续借", "No renewal while somebody waits") },
    Cell { id: "6.child", name: t("少儿读者另有册数，监护人可代办", "Children have a limit of their own; a guardian acts for them") },
    Cell { id: "6.return_book_alone", name: t("还书只需书", "A return needs the book alone") },
    Cell { id: "6.return_elsewhere", name: t("联盟内异馆还书", "Return at another member of the union") },
    Cell {
        id: "6.fine", name: t("逾期按天计费有上限，可缴清", "Late days cost up to a cap, and can be paid")
    },
    Cell { id: "6.limit_reached", name: t("达到册数上限不再借出", "At the limit nothing more is lent") },
    Cell { id: "6.overdue_blocks_borrowing", name: t("有逾期不能借", "Overdue items block borrowing") },
    Cell { id: "6.overdue_returns", name: t("有逾期可以还", "Overdue items can be returned") },
    Cell { id: "6.item_out", name: t("一册书只有一个保管人", "A copy has one custodian") },
    Cell {
        id: "6.reply_lost",
        name: t("借出后应答丢失，重试得到同一答复", "Reply lost after check-out: the same answer"),
    },
    Cell {
        id: "6.minimum_release",
        name: t("图书馆只得到读者证号和年龄段", "The library learns number and age class alone"),
    },
];

refusals! {
    unknown_action missing "action.unknown"
        ("这里没有这项业务", "There is no such action here")
        ("请从列表中选择", "Choose from the list");
    unknown_item missing "loan.unknown_item"
        ("馆藏中没有这个条码", "No copy has this bar code")
        ("请重新扫描书后条码，或交工作人员登记", "Scan the code on the back again, or have staff register the copy");
    item_out conflict "loan.item_out"
        ("这册书在别的读者名下", "This copy is on loan to another reader")
        ("请先办理还书，再借出", "Take it back first, then lend it");
    limit conflict "loan.limit"
        ("已到可借册数上限", "The limit of loans is reached")
        ("请先归还部分图书，或减少本次册数", "Return some items first, or take fewer");
    overdue conflict "loan.overdue"
        ("有逾期未还的图书，暂不能借书", "Items are overdue; borrowing has to wait")
        ("请先归还逾期图书，还书不受影响", "Return the overdue items first; returning always works");
    fine_owed conflict "loan.fine_owed"
        ("滞纳金未缴，暂不能借书", "A fine is owed; borrowing has to wait")
        ("请先缴清滞纳金", "Pay the fine first");
    not_yours conflict "loan.not_yours"
        ("这册书不在本人名下", "This copy is not on loan to this person")
        ("请核对条码", "Check the bar code");
    renewed_out conflict "loan.renewed_out"
        ("续借次数已用完", "No renewal is left")
        ("请按期归还，还后可再借", "Return it in time; it can be borrowed again");
    too_early conflict "loan.renew_too_early"
        ("现在续借不会更晚还", "Renewing now would give no more time")
        ("续借没有用掉；请临近到期再续借", "No renewal was used; renew nearer to the due date");
    on_hold conflict "loan.on_hold"
        ("这册书已留给预约的读者", "This copy is kept for a reader who asked for it")
        ("请借其他复本，或预约排队", "Take another copy, or place a hold");
    wanted conflict "loan.wanted"
        ("有读者在等这册书，不能续借", "Another reader waits for this copy; it cannot be renewed")
        ("请按期归还，还后可再预约", "Return it in time, and place a hold of your own");
    in_house conflict "hold.in_house"
        ("这册书在馆，可以直接借", "This copy is in the library and can be borrowed")
        ("请到书架取书，或请工作人员帮忙", "Take it from the shelf, or ask the staff");
    yours conflict "hold.yours"
        ("这册书正在本人名下", "You have this copy on loan")
        ("无需预约", "No hold is needed");
    holds_full conflict "hold.limit"
        ("预约册数已到上限", "The limit of holds is reached")
        ("请先取书或取消一册预约", "Fetch or give up one of them first");
    no_hold missing "hold.none"
        ("没有这册书的预约", "There is no hold on this copy")
        ("请刷新后再看", "Look again after a moment");
    no_fine conflict "fine.none"
        ("没有欠费", "Nothing is owed")
        ("无需缴费", "There is nothing to pay");
    fine_locked conflict "fine.locked"
        ("这笔费用正在另一处支付", "This fine is being paid elsewhere right now")
        ("请稍候，看结果后再决定", "Wait a moment and look at the result");
    fine_changed conflict "fine.changed"
        ("欠费金额已变化，款项已退回", "What is owed has changed; the money went back")
        ("请重新发起缴费", "Start the payment again");
}
