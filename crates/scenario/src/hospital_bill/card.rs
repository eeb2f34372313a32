//! The card of hospital bills and its refusals.

use tongma_domain::{
    Action, ActionsPerPresentation, Card, Cell, Claim, ClaimAsk, ConsentKind, Field, FieldKind, OfflineRule, Setting,
    Starter,
};

use crate::t;

const FILE: Field =
    Field { id: "file_number", name: t("病案号", "File number"), kind: FieldKind::Barcode, required: true };
const BILL: Field =
    Field { id: "bill_number", name: t("账单号", "Bill number"), kind: FieldKind::Barcode, required: true };
/// Which bill; may be left out when only one is open.
const WHICH: Field = Field {
    id: "bill_number",
    name: t("账单号（只有一张可不填）", "Bill number (if there are several)"),
    kind: FieldKind::Barcode,
    required: false,
};
const LINES: Field = Field {
    id: "lines",
    name: t(
        "明细，每行：名称|金额|统筹|个人账户|家庭共济（单位：分）",
        "Lines, each: name|amount|fund|personal account|family account, in fen",
    ),
    kind: FieldKind::Text { most: 4000 },
    required: true,
};

/// What this scenario is.
pub static CARD: Card = Card {
    id: "hospital_bill",
    number: 11,
    name: t("扫码就医缴费", "Hospital bills"),
    summary: t(
        "查看医院账单，医保分担后支付自付部分，得到电子收据。",
        "See a bill, pay your own part after insurance, keep the receipt.",
    ),
    capabilities: &["bind", "disclose", "charge", "deliver"],
    actions: ACTIONS,
    claims: &[
        ClaimAsk {
            claim: Claim::VenueNumber,
            purpose: t("找到本人在本院的病案与账单", "To find the person's file and bills here"),
            retention_days: 3650,
            basis: t("医疗机构病历管理规定", "Rules for medical records of medical institutions"),
        },
        ClaimAsk {
            claim: Claim::Pseudonym,
            purpose: t("付款人标识，用于对账和退款", "The payer's token, for accounts and refunds"),
            retention_days: 3650,
            basis: t("会计档案管理办法", "Rules for accounting records"),
        },
    ],
    consent: ConsentKind::Contract,
    settings: &[
        Setting {
            id: "quote_min",
            name: t("核价有效时间（分钟）", "How long a quote holds, minutes"),
            default: 15,
            least: 1,
            most: 1440,
            source: "inference",
        },
        Setting {
            id: "lock_s",
            name: t("付款占用账单的时间（秒）", "How long a payment under way keeps others out, seconds"),
            default: 180,
            least: 1,
            most: 900,
            source: "inference: above the 30 to 45 s after which payment providers give up",
        },
    ],
    offline: OfflineRule::Never,
    actions_per_presentation: ActionsPerPresentation::Many,
    cells: CELLS,
};

const ACTIONS: &[Action] = &[
    Action {
        id: "quote",
        name: t("核价", "Quote"),
        by: &[Starter::Operator, Starter::Holder],
        form: &[WHICH],
        moves_money: false,
    },
    Action {
        id: "pay",
        name: t("缴费", "Pay"),
        by: &[Starter::Operator, Starter::Holder],
        form: &[
            WHICH,
            Field {
                id: "payment_code",
                name: t("付款码（不填则从钱包支付）", "Payment code (empty: from the purse)"),
                kind: FieldKind::PaymentCode,
                required: false,
            },
        ],
        moves_money: true,
    },
    Action {
        id: "open_file",
        name: t("建档", "Open a file"),
        by: &[Starter::Operator],
        form: &[FILE],
        moves_money: false,
    },
    Action {
        id: "add_bill",
        name: t("开出账单", "Raise a bill"),
        by: &[Starter::Point],
        form: &[
            FILE,
            BILL,
            Field { id: "title", name: t("名目", "Title"), kind: FieldKind::Text { most: 60 }, required: true },
            LINES,
        ],
        moves_money: false,
    },
    Action {
        id: "change_bill",
        name: t("更改账单", "Change a bill"),
        by: &[Starter::Point],
        form: &[FILE, BILL, LINES],
        moves_money: false,
    },
];

const CELLS: &[Cell] = &[
    Cell {
        id: "11.open_file",
        name: t("建档并绑定，一个病案号一个主人", "A file is opened and bound; one owner a number"),
    },
    Cell {
        id: "11.quote_locked", name: t("核价后在有效期内金额不变", "A quote fixes the amount while it holds")
    },
    Cell {
        id: "11.split",
        name: t("统筹、个人账户、家庭共济、自付分列", "Split by fund, personal, family and own money"),
    },
    Cell {
        id: "11.pay_purse", name: t("钱包支付、结算、电子收据", "Paid from the purse, settled, with a receipt")
    },
    Cell {
        id: "11.pay_code", name: t("付款码支付、结算、电子收据", "Paid by payment code, settled, with a receipt")
    },
    Cell {
        id: "11.bill_changed",
        name: t("核价后账单变更须重新核价", "A bill changed after its quote must be quoted again"),
    },
    Cell {
        id: "11.two_windows",
        name: t("两个窗口同时缴同一账单，后者被拒", "Two windows at once: the second is refused"),
    },
    Cell {
        id: "11.paid_not_settled", name: t("已付未结：自动退回", "Paid but not settled: goes back by itself")
    },
    Cell {
        id: "11.settled_not_paid",
        name: t("已结未付：自动撤销结算", "Settled but not paid: the settlement is undone"),
    },
    Cell {
        id: "11.unknown_rail",
        name: t("支付结果未知：等待、查询、再定", "Unknown rail answer: waited for, asked again, decided"),
    },
    Cell {
        id: "11.late_success", name: t("撤销后迟到的成功也退回", "A success after the reversal goes back too")
    },
    Cell { id: "11.insufficient", name: t("余额不足不扣款", "Too little money: nothing is taken") },
    Cell { id: "11.twice_is_once", name: t("重复请求只扣一次", "The same request twice pays once") },
    Cell {
        id: "11.minimum_release", name: t("窗口看不到明细和姓名", "The cashier sees neither lines nor name")
    },
];

refusals! {
    unknown_action missing "action.unknown"
        ("这里没有这项业务", "There is no such action here")
        ("请从列表中选择", "Choose from the list");
    no_file conflict "bill.no_file"
        ("本人在这家医院还没有建档", "This person has no file at this hospital yet")
        ("请先到窗口亮码建档", "Show the code at the desk to open one");
    unknown_file missing "bill.unknown_file"
        ("没有这个病案号，或尚未建好", "There is no such file, or it is not ready yet")
        ("请核对病案号，或稍后再试", "Check the number, or try again in a moment");
    unknown_bill missing "bill.unknown"
        ("没有这张账单", "There is no such bill")
        ("请核对账单号", "Check the bill number");
    which invalid "bill.which"
        ("待缴账单不止一张，或没有", "There is not exactly one open bill")
        ("请填写账单号", "Name the bill");
    exists conflict "bill.exists"
        ("这个账单号已用于另一张账单", "This bill number is used by another bill")
        ("请更换账单号，或使用更改账单", "Use another number, or change the bill");
    bad_lines invalid "bill.lines"
        ("明细格式有误", "The lines do not fit")
        ("每行写：名称|金额|统筹|个人账户|家庭共济，单位为分，分担之和不超过金额", "Write each line as name|amount|fund|personal|family in fen; the parts must not exceed the amount");
    paid conflict "bill.paid"
        ("这张账单已缴清", "This bill is paid")
        ("收据在“我的事项”中", "The receipt is in “my things”");
    locked conflict "bill.locked"
        ("这张账单正在另一处支付", "This bill is being paid elsewhere right now")
        ("请稍候，看结果后再决定", "Wait a moment and look at the result");
    no_quote conflict "bill.no_quote"
        ("请先核价再缴费", "The bill has to be quoted first")
        ("点“核价”，确认金额后再缴费", "Tap “quote”, look at the amount, then pay");
    quote_expired conflict "bill.quote_expired"
        ("核价已过有效期", "The quote has run out")
        ("请重新核价", "Quote it again");
    changed conflict "bill.changed"
        ("账单在核价后有变更，没有扣款或款项已退回", "The bill changed after the quote; nothing was taken, or it went back")
        ("请重新核价，确认新金额", "Quote it again and look at the new amount");
}
