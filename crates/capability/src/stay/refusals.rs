//! What a house says no to, each with the next step.

use tongma_domain::{Refusal, Text};

macro_rules! refusals {
    ($($name:ident $kind:ident $code:literal ($zh:literal, $en:literal) ($next_zh:literal, $next_en:literal);)*) => {
        $(#[doc = concat!("`", $code, "`: ", $en, ".")]
        pub fn $name() -> Refusal {
            Refusal::$kind($code, Text::new($zh, $en), Text::new($next_zh, $next_en))
        })*
    };
}

refusals! {
    unknown_action missing "action.unknown"
        ("这里没有这项业务", "There is no such action here")
        ("请从列表中选择", "Choose from the list");
    not_the_holder forbidden "stay.not_the_holder"
        ("来人与码的主人不一致，没有办理登记", "This is not the person whose code was shown; nobody was registered")
        ("请本人出示自己的码或证件；每位住客都要登记", "Ask for the person's own code or document; every guest registers");
    already conflict "stay.already"
        ("本人已在这里登记", "This person is registered here already")
        ("在“在住”里可以看到房号；换房请用“换房”", "The sheet names the room; use “move” to change it");
    not_here conflict "stay.not_here"
        ("本人没有在这里登记入住", "This person is not registered here")
        ("请先办理入住登记", "Register first");
    unknown_stay missing "stay.unknown"
        ("没有这个登记号", "There is no stay of this number")
        ("请在“在住”里核对登记号", "Check the number on the sheet");
    unknown_room missing "stay.unknown_room"
        ("没有这间房", "There is no such room")
        ("请核对房号", "Check the room number");
    room_taken conflict "stay.room_taken"
        ("这间房有人住", "This room is taken")
        ("请换一间空房", "Choose a free room");
    room_empty conflict "stay.room_empty"
        ("这间房没有住客", "Nobody stays in this room")
        ("请核对房号", "Check the room number");
    room_full conflict "stay.room_full"
        ("这间房的床位已住满", "Every bed of this room is taken")
        ("请加开一间房，或换一间更大的", "Take another room, or a larger one");
    house_full conflict "stay.house_full"
        ("这几晚没有空房", "There is no free room for these nights")
        ("请换日期或减少晚数", "Choose other dates or fewer nights");
    relation_needed invalid "stay.relation"
        ("同住人要登记与先入住客人的关系", "Who shares a room states the relation to the guest who is there")
        ("请询问并选择关系", "Ask, and choose the relation");
    minor_form conflict "stay.minor_form"
        ("住客未满 18 岁，必须用“未成年人登记”", "The guest is under 18: use “register a minor”")
        ("请按未成年人入住“五必须”询问并填写", "Ask and fill in what the law requires for minors");
    not_a_minor conflict "stay.not_a_minor"
        ("住客已满 18 岁", "The guest is of age")
        ("请用“入住登记”", "Use the ordinary registration");
    minor_contact invalid "stay.minor_contact"
        ("必须询问并记录监护人的联系方式", "A guardian's telephone number must be asked for and written down")
        ("请询问监护人姓名关系与电话；问不到的，请联系派出所", "Ask for it; if it cannot be had, call the police station");
    minor_relation invalid "stay.minor_relation"
        ("必须询问并记录同住人员的关系", "With whom the minor sleeps must be asked and written down")
        ("请询问与谁同住并选择", "Ask with whom, and choose");
    minor_adult_first conflict "stay.minor_adult_first"
        ("同住的成年人还没有在这间房登记", "The adult is not registered in this room yet")
        ("请先为同住的成年人登记", "Register the adult first");
    guardian_call conflict "stay.guardian_call"
        ("必须先打电话给监护人并得到同意", "The guardian must be called and agree first")
        ("请拨打监护人电话；联系不上或不同意的，不能入住，并联系派出所", "Call the guardian; if nobody answers or agrees, do not lodge the minor and call the police station");
    foreign_form conflict "stay.foreign_form"
        ("住客持护照，必须用“境外人员登记”", "The guest holds a passport: use “register a foreigner”")
        ("请对照护照填写签证与入境信息，24 小时内报送", "Fill in visa and entry from the passport; reported within 24 hours");
    not_foreign conflict "stay.not_foreign"
        ("住客不是持护照的境外人员", "The guest does not hold a passport")
        ("请用“入住登记”", "Use the ordinary registration");
    entry_needed invalid "stay.entry"
        ("入境日期不能晚于今天", "The entry date cannot be after today")
        ("请对照护照上的入境章", "Compare it with the stamp in the passport");
    key_out conflict "stay.key_out"
        ("这间房的钥匙在同住客人手里", "The key of this room is with a guest who shares it")
        ("请同住客人开门；要另配钥匙，请先收回", "Ask that guest; take it back before giving it to another");
    unpaid conflict "stay.unpaid"
        ("房费还没有付清", "The room is not paid")
        ("请先“结账”，再退房", "Pay the bill, then check out");
    nothing_owed conflict "stay.nothing_owed"
        ("没有要付的款项", "There is nothing to pay")
        ("可以直接退房", "You can check out");
    deposit_there conflict "stay.deposit_there"
        ("押金已经付过", "The deposit is paid")
        ("不用再付", "There is no need to pay again");
    folio_locked conflict "stay.paying"
        ("这笔钱正在付款中", "This is being paid right now")
        ("请稍候，看结果后再决定", "Wait a moment and look at the result");
    folio_changed conflict "stay.bill_changed"
        ("账单在付款时有变动，款项已退回", "The bill changed while it was being paid; the money goes back")
        ("请重新结账", "Pay again");
    not_the_payer conflict "stay.not_the_payer"
        ("账单由先入住的客人付", "The guest who came first pays the bill")
        ("请先入住的客人来付", "Ask that guest");
    visitor_needs_yes conflict "visit.not_agreed"
        ("住客没有同意会客", "The guest has not agreed to see a visitor")
        ("请打电话到房间，住客同意后再登记", "Call the room; register when the guest agrees");
    visitor_minor conflict "visit.minor"
        ("这间房只有未成年人，不接待访客", "Only minors stay in this room: no visitors")
        ("请在大堂会客，或联系监护人", "Meet in the lobby, or call the guardian");
    nothing_to_correct conflict "report.nothing_to_correct"
        ("这次登记没有要更正的报送", "No report of this stay waits for a correction")
        ("请在“在住与报送”里核对", "Check the sheet");
    unknown_booking missing "booking.unknown"
        ("没有这个预订", "There is no such booking")
        ("请核对预订号", "Check the booking number");
    booking_past invalid "booking.past"
        ("入住日期不能早于今天", "The first night cannot be before today")
        ("请选择今天或以后", "Choose today or later");
    scan_needed conflict "stay.scan_needed"
        ("请到店后扫店里的码", "Scan the house's code when you are there")
        ("不在店里不能自助登记", "Nobody registers from afar");
    other_house conflict "stay.other_house"
        ("这张码不是您预订的那一家", "This code belongs to another house than the one you booked")
        ("请核对门牌和房东；码可能被人调换，没有登记任何信息", "Check the door and the host; the sticker may have been swapped. Nothing was recorded");
    desk_form conflict "stay.desk_form"
        ("未成年人和持护照的客人要由店家当面登记", "Minors and passport holders are registered by the house in person")
        ("请向店家出示您的码", "Show your code to the house");
    not_at_door conflict "stay.not_at_door"
        ("这位客人不在等候中", "This guest is not waiting at the door")
        ("请在“在住与报送”里核对", "Check the sheet");
    more_than_declared conflict "stay.more_than_declared"
        ("人数超过申报，这一位没有登记", "More people than declared; this one was not registered")
        ("请房东核对人数：如实更改申报人数，或请多出的人离开", "The host checks: correct the number declared, or ask the others to leave");
    not_registered forbidden "homestay.not_registered"
        ("这家民宿没有有效的登记，不能接待", "This homestay has no valid registration and may not take guests")
        ("房东请到当地文化和旅游部门登记；客人请另选住处", "The host registers with the local tourism office; guests choose another place");
    not_certified forbidden "homestay.not_certified"
        ("这家民宿的粤商通认证没有或已过期，不能接待新客人", "This homestay's Yueshangtong certification is missing or has run out: no new guests")
        ("房东请在粤商通续办认证；已入住的客人不受影响", "The host renews it in Yueshangtong; guests already here are not affected");
    too_large forbidden "homestay.too_large"
        ("这家的规模超过民宿上限", "This house is larger than a homestay may be")
        ("请按旅馆业办理许可", "Apply for a hotel's licence");
}
