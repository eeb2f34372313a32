//! The card of one-tap grants at a window, and its refusals.

use tongma_domain::{
    Action, ActionsPerPresentation, Card, Cell, Claim, ClaimAsk, ConsentKind, Field, FieldKind, OfflineRule, Setting,
    Starter, TEMPLATE_FIELD,
};

use super::matters;
use crate::t;

const GRANT: Field = Field { id: "grant", name: t("授权", "Grant"), kind: FieldKind::Reference, required: true };

/// What this scenario is.
pub static CARD: Card = Card {
    id: "certificate_grant",
    number: 3,
    name: t("政务服务大厅窗口扫码授权使用电子证照", "Certificates at a window, by one tap"),
    summary: t(
        "窗口按事项请求证照，您在手机上一键授权全部或部分，随时可收回。",
        "A window asks by matter; you give all or some with one tap, and can take it back.",
    ),
    capabilities: &["disclose", "deliver"],
    actions: ACTIONS,
    claims: &[ClaimAsk {
        claim: Claim::Phone,
        purpose: t("通知办理进度", "To tell how the matter goes"),
        retention_days: 365,
        basis: t("个人信息保护法第十三条第一款第一项：同意", "PIPL article 13(1)(1): consent"),
    }],
    consent: ConsentKind::Explicit,
    settings: SETTINGS,
    offline: OfflineRule::Never,
    actions_per_presentation: ActionsPerPresentation::Many,
    cells: CELLS,
};

const ACTIONS: &[Action] = &[
    Action {
        id: "request",
        name: t("请求授权", "Ask for certificates"),
        by: &[Starter::Operator],
        form: &[Field {
            id: TEMPLATE_FIELD,
            name: t("事项", "Matter"),
            kind: FieldKind::Choice { of: matters::CHOICES },
            required: true,
        }],
        moves_money: false,
    },
    Action { id: "close", name: t("办结", "Close"), by: &[Starter::Point], form: &[GRANT], moves_money: false },
    Action { id: "withdraw", name: t("收回授权", "Withdraw"), by: &[Starter::Holder], form: &[GRANT], moves_money: false },
    Action {
        id: "acknowledge",
        name: t("确认收回", "Acknowledge a withdrawal"),
        by: &[Starter::Point],
        form: &[GRANT],
        moves_money: false,
    },
];

const SETTINGS: &[Setting] = &[
    Setting {
        id: "consent_wait_s",
        name: t("等待本人授权的时间（秒）", "How long the holder may take to answer, seconds"),
        default: 300,
        least: 30,
        most: 900,
        source: "agreed: five minutes at a window",
    },
    Setting {
        id: "fetch_min",
        name: t("加注件可取时间（分钟）", "How long the copies may be fetched, minutes"),
        default: 30,
        least: 5,
        most: 480,
        source: "inference: one matter at a window, with room",
    },
    Setting {
        id: "acknowledge_days",
        name: t("确认收回的期限（天）", "Days in which a withdrawal has to be acknowledged"),
        default: 15,
        least: 1,
        most: 30,
        source: "GB/T 35273-2020 section 8.7 allows 30 days; the 2019 rules on apps 15 working days",
    },
];

const CELLS: &[Cell] = &[
    Cell { id: "3.derived", name: t("选事项即得出所需证照", "The matter says which certificates are asked") },
    Cell {
        id: "3.shown",
        name: t(
            "手机显示谁、哪里、哪位经办人、要什么、为什么、留多久",
            "The phone shows who, where, which clerk, what, why, how long",
        ),
    },
    Cell { id: "3.all", name: t("一键授权全部，窗口看到加注件", "One tap for all; the window sees annotated copies") },
    Cell { id: "3.some", name: t("只授权部分，其余不出平台", "One tap for some; the rest does not leave") },
    Cell { id: "3.receipts", name: t("双方凭据相同且可验签", "Both sides hold the same receipt, and it verifies") },
    Cell { id: "3.closes", name: t("办结后双方可见", "It is closed, and both see it") },
    Cell {
        id: "3.revocable",
        name: t("随时收回，场所被告知并须确认", "Withdrawn at any time; the venue is told and acknowledges"),
    },
    Cell { id: "3.overdue", name: t("逾期不确认会告知本人", "An acknowledgement that is late is told to the holder") },
    Cell {
        id: "3.states",
        name: t(
            "证照暂扣、失效、吊销等状态（02–07、99）是结果",
            "Suspended, lapsed, revoked and the other states (02–07, 99) are results",
        ),
    },
    Cell {
        id: "3.revoked_between",
        name: t("授权后被吊销的证照取不到", "Revoked between grant and fetch: a result without fields"),
    },
    Cell { id: "3.refused", name: t("拒绝是结果不是错误", "A refusal is a result, not an error") },
    Cell { id: "3.refetch", name: t("办结后再取被拒", "A fetch after closing is refused") },
    Cell { id: "3.timeout", name: t("超时未答即结束", "No answer in time ends it") },
    Cell { id: "3.guardian", name: t("儿童证照由监护人授权", "A child's certificate is given by the guardian") },
    Cell { id: "3.matter_changed", name: t("换事项须重新授权", "Another matter needs another consent") },
    Cell { id: "3.step_up", name: t("敏感证照须再验密码", "Sensitive kinds need a stronger step") },
    Cell { id: "3.nothing_extra", name: t("授权以外一项不出", "Nothing beyond what was agreed leaves") },
];

refusals! {
    unknown_action missing "action.unknown"
        ("这里没有这项业务", "There is no such action here")
        ("请从列表中选择", "Choose from the list");
    unknown_matter missing "grant.unknown_matter"
        ("没有登记这个事项", "This matter is not registered")
        ("请从列表中选择事项", "Choose a matter from the list");
    not_for_them conflict "grant.not_for_them"
        ("这个事项不向这位群众要证照", "Nothing is asked of this person for this matter")
        ("请核对事项", "Check the matter");
}
