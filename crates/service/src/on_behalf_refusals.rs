//! What people who act for people are refused with.

use tongma_domain::{Refusal, Text};

/// What an ended grant answers, at a counter and in the app.
pub(crate) fn grant_ended() -> Refusal {
    Refusal::forbidden(
        "grant.ended",
        Text::new("代办关系已结束", "The grant to act for this person has ended"),
        Text::new("请本人出示，或重新办理委托", "Let the person show their own code, or grant it again"),
    )
}

pub(crate) fn out_of_scope() -> Refusal {
    Refusal::forbidden(
        "grant.scope",
        Text::new("这项业务或场所不在委托范围内", "The grant does not cover this service or place"),
        Text::new("请本人办理，或由本人扩大委托范围", "The person can do it, or widen the grant"),
    )
}

pub(crate) fn youth_decides() -> Refusal {
    Refusal::forbidden(
        "grant.youth_consent",
        Text::new("14 至 17 岁的本人要自己同意这一项", "From 14 to 17 the young person consents to this themselves"),
        Text::new("请本人出示自己的码并确认", "Let them show their own code and agree on their phone"),
    )
}

pub(crate) fn adult() -> Refusal {
    Refusal::conflict(
        "grant.adult",
        Text::new("对方已年满十八周岁，没有监护人", "This person is of age and has no guardian"),
        Text::new("请由本人发出委托邀请", "They can invite a delegate themselves"),
    )
}

pub(crate) fn minor() -> Refusal {
    Refusal::conflict(
        "grant.minor",
        Text::new("未满十八周岁由监护人代办，不能自行委托", "Under 18 a guardian acts; delegates cannot be named"),
        Text::new("请监护人办理", "Ask the guardian"),
    )
}

pub(crate) fn oneself() -> Refusal {
    Refusal::invalid(
        "grant.oneself",
        Text::new("不能委托给自己", "Nobody acts for themselves under a grant"),
        Text::new("请换一个人", "Choose somebody else"),
    )
}

pub(crate) fn too_many() -> Refusal {
    Refusal::conflict(
        "person.too_many_grants",
        Text::new("授权人数已达上限", "There are too many grants already"),
        Text::new("请先收回不用的授权", "Withdraw one that is not used"),
    )
}

pub(crate) fn bad_days() -> Refusal {
    Refusal::invalid(
        "grant.days",
        Text::new("委托期限为 1 到 365 天", "A grant lasts 1 to 365 days"),
        Text::new("请改正天数", "Correct the number of days"),
    )
}

pub(crate) fn bad_invitation() -> Refusal {
    Refusal::missing(
        "grant.invitation",
        Text::new("邀请码不对、已用过或已过期", "This invitation is wrong, taken or too old"),
        Text::new("请对方重新发一个", "Ask for a new one"),
    )
}

pub(crate) fn too_many_tries() -> Refusal {
    Refusal::with_status(
        429,
        "grant.tries",
        Text::new("试得太多了", "Too many tries"),
        Text::new("请一小时后再试，或请对方重新发一个", "Try again in an hour, or ask for a new one"),
    )
}

pub(crate) fn unknown_grant() -> Refusal {
    Refusal::missing(
        "grant.unknown",
        Text::new("没有这项代办关系", "There is no such grant"),
        Text::new("请刷新列表", "Refresh the list"),
    )
}

pub(crate) fn guardians_is_the_registrys() -> Refusal {
    Refusal::forbidden(
        "grant.guardian",
        Text::new(
            "监护关系由登记机关变更，满十八周岁自动结束",
            "Guardianship is changed at the registry, and ends at 18 by itself",
        ),
        Text::new("请到监护登记机关办理", "Go to the guardianship office"),
    )
}
