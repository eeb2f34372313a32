//! What a paper code is refused with: what happened, what to do, who helps.

use tongma_domain::{Refusal, Text};

pub(crate) fn bad_days() -> Refusal {
    Refusal::invalid(
        "paper.days",
        Text::new("纸质码有效期为 1 到 180 天", "A paper code lasts 1 to 180 days"),
        Text::new("请改正天数", "Correct the number of days"),
    )
}

pub(crate) fn bad_pin() -> Refusal {
    Refusal::invalid(
        "paper.pin_form",
        Text::new("口令为 4 到 8 位数字", "A PIN has 4 to 8 digits"),
        Text::new("请改正口令，或不设口令", "Correct it, or leave it out"),
    )
}

pub(crate) fn too_many() -> Refusal {
    Refusal::conflict(
        "paper.too_many",
        Text::new("纸质码太多了", "There are too many paper codes"),
        Text::new("请先停用不用的", "Stop one that is not used first"),
    )
}

pub(crate) fn not_on_paper() -> Refusal {
    Refusal::conflict(
        "paper.not_here",
        Text::new("这项业务不接受纸质码", "This service takes no paper codes"),
        Text::new("请出示手机上的码，或由工作人员协助查找", "Show the code on a phone, or let the staff look you up"),
    )
}

pub(crate) fn unknown_paper() -> Refusal {
    Refusal::missing(
        "paper.unknown",
        Text::new("没有这张纸质码", "There is no such paper code"),
        Text::new("请刷新列表", "Refresh the list"),
    )
}

pub(crate) fn stopped() -> Refusal {
    Refusal::forbidden(
        "paper.stopped",
        Text::new("这张纸质码已停用", "This paper code has been stopped"),
        Text::new("请本人凭证件到窗口换一张", "Bring your document to a counter for a new one"),
    )
}

pub(crate) fn elsewhere() -> Refusal {
    Refusal::forbidden(
        "paper.elsewhere",
        Text::new("这张纸质码不用于这里或这项业务", "This paper code is not for this place or service"),
        Text::new("请到码上印的单位使用", "Use it where it says on the paper"),
    )
}

pub(crate) fn often() -> Refusal {
    Refusal::forbidden(
        "paper.often",
        Text::new("这张纸质码今天用的次数已满", "This paper code has been read often enough today"),
        Text::new("请明天再用，或由工作人员协助查找", "Come back tomorrow, or let the staff look you up"),
    )
}

pub(crate) fn attended_only() -> Refusal {
    Refusal::forbidden(
        "paper.attended",
        Text::new(
            "纸质码不能在无人处使用，请叫工作人员",
            "Paper opens nothing where nobody attends; please call the staff",
        ),
        Text::new("请按呼叫按钮或到人工窗口", "Press the call button or go to the counter"),
    )
    .asking()
}

pub(crate) fn pin_needed() -> Refusal {
    Refusal::forbidden(
        "paper.pin_needed",
        Text::new("请输入纸质码的口令", "Type the PIN of this paper code"),
        Text::new("忘记口令请叫工作人员", "If it is forgotten, call the staff"),
    )
    .asking()
}

pub(crate) fn wrong_pin() -> Refusal {
    Refusal::forbidden(
        "paper.pin_wrong",
        Text::new("口令不对", "That is not the PIN"),
        Text::new("请再输一次；错五次后只能到人工窗口", "Try again; after five wrong ones only a counter helps"),
    )
}
