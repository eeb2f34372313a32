// The words of the citizen's app in Chinese. Its keys are those of i18n-en.js, one for one; a test holds that.
import { FIRST } from "../citizen/words-first.js";

export const ZH = {
  ...FIRST.zh,
  close: "关闭", cancel: "取消", back: "返回", retry: "再试一次", more: "再看更多", loading: "正在读取…", saved: "已保存", done: "好的", yes: "确定",
  none_yet: "还没有内容", offline_page: "现在没有网络，联网后再来看。亮码不受影响。", sign_in_again: "登录已过期，请重新登录，才能补充新码和查看记录。", sign_in: "登录",
  // When something fails
  problem_network: "没有连上网络", problem_network_next: "请检查网络后再试；亮码不受影响", problem_uncertain: "没有收到答复，不能确定是否办成", problem_uncertain_next: "请再按一次：同一件事不会办两遍",
  problem_server: "系统暂时忙不过来", problem_server_next: "请过一会儿再试", problem_human: "也可以到人工窗口办理，工作人员会帮您", problem_unknown: "没有办成",
  // The code
  just_now: "刚刚使用", used_at: "{venue} · {time}", whose_code: "亮谁的码", own: "本人", for_person: "代 {name} 亮码", new_code: "已换上新码",
  refill_done: "已补充新码", refill_failed: "这次没有补充成功，稍后会自动再试", frozen_now: "您的码已被冻结", code_shown_again: "可以亮码了",
  point_offline: "没有网络也能亮码", point_offline_text: "码存在手机里，地下室、山里都能用。", point_privacy: "码里没有您的身份", point_privacy_text: "场所只看到办事需要的那几项。", point_log: "每次使用都有记录", point_log_text: "谁看过、看了什么，您都能查。", sign_in_lead: "登录由身份服务完成，本页不经手您的密码。演示环境的登录页会列出可用的演示市民。",
  // Consent
  request_title: "请您确认", request_who: "谁要看", request_where: "在哪里", request_clerk: "经办人", request_what: "看什么、为什么、留多久", request_why: "做什么用",
  request_left: "还有 {n} 秒", request_agree: "同意", request_refuse: "不同意", request_agreed: "已同意", request_refused: "您没有同意，什么信息也没有给出", request_gone: "这次请求已经过期，什么信息也没有给出",
  request_uncertain: "没有收到答复。请在记录里查看信息是否给出。", request_amount: "金额", days_kept: "保留 {n} 天", days_none: "看过即删，不保留", request_basis: "依据：{basis}", request_wait: "正在处理…", see_log: "查看记录",
  // Claims
  claim_pseudonym: "只在该单位使用的代号", claim_masked_name: "姓名（隐去部分）", claim_age_class: "年龄段", claim_at_least18: "是否年满 18 岁", claim_at_least60: "是否年满 60 岁", claim_full_name: "姓名", claim_document_number: "证件种类和号码", claim_phone: "手机号码", claim_venue_number: "您在该单位的编号", claim_last_four: "证件号码后四位", claim_other: "其他：{claim}",
  // Things
  things_title: "我的办事", things_all: "全部", things_loan: "借阅", things_bill: "缴费", things_booking: "预约", things_none: "这里还没有内容。借书、看病缴费、预约之后，会出现在这里。", venues_title: "可以去办的地方", venue_coming: "即将开通", start: "去办理",
  due_on: "{date} 前归还", booked_for: "{date}", people: "{n} 人", amount: "金额", confirm_title: "请核对后确认", confirm_pay: "支付 {amount}", confirm_do: "确认{name}", confirm_stop: "再想想", acting: "正在办理…", act_pending: "正在处理，请稍候。可以离开此页，结果会记在记录里。", purse: "钱包余额",
  paid_on: "{date} 缴费", booking_number: "预约号 {n}", people_admitted: "{n} 人，已入馆 {k} 人", companions_hint: "不含本人。没有同行人就不用改。",
  account_number: "读者证 {n}", renewals_left: "还可续借 {n} 次", open_items: "在借 {n} 册", bill_total_fen: "合计", bill_fund_fen: "医保统筹", bill_personal_fen: "个人账户", bill_family_fen: "家庭共济", bill_paid: "已缴清", bill_unpaid: "待缴", overdue: "已逾期", fine_owed: "有滞纳金",
  // Booking
  book_title: "预约", book_date: "哪一天", book_session: "哪一场", book_people: "几个人（含本人）", book_adults: "成人", book_children: "儿童（14 岁以下）", book_left: "余 {n}", book_full: "约满", book_none: "这一天没有可约的场次", less: "减少", add: "增加", book_go: "提交预约", choose: "请选择",
  // The log
  log_title: "使用记录", log_lead: "谁在什么时候看过您的信息，都记在这里，谁也不能删改。只记看了哪几项，不记内容。", log_none: "还没有使用记录。", log_released: "给出的信息", log_operator: "经办人：{name}", log_nothing_released: "没有给出信息", receipt: "查看回执", receipt_lead: "平台签名的回执，可作凭证；持有平台公钥的人都能核验。", receipt_key: "签名（{n} 号钥匙）", log_money: "资金", log_consent: "授权", e_receipt: "电子收据", log_done: "已办成", log_presented: "已亮码", log_refused: "未办成", log_asked: "请求授权", log_staff_read: "工作人员查看", log_device: "手机与冻结", log_other: "其他",
  // Me
  account_title: "我的", consents: "长期授权", consents_lead: "您同意过、以后不再逐次询问的事。可以随时停止。", consents_none: "没有长期授权。", consent_given: "{date} 同意", consent_end: "停止授权", consent_ended: "已停止授权",
  devices: "手机与冻结", device_this: "正在使用的手机", device_other: "在另一部手机上使用", device_none: "还没有启用手机", device_since: "{date} 起使用", device_take: "换到这部手机", device_take_text: "换到这部手机后，原来手机上的码立即失效。", device_taken: "已换到这部手机",
  freeze: "冻结我的码", freeze_text: "手机丢了或觉得不对劲时，先冻结。冻结后谁也不能用您的码办事，随时可以解冻。", unfreeze: "解除冻结", freeze_sure: "冻结后，您的码马上停用，直到您解冻。", frozen_done: "已冻结", unfrozen_done: "已解冻",
  settings: "设置", language: "语言", size: "字的大小", size_plain: "标准", size_large: "长辈版（大字）", size_largest: "长辈版（特大字）", sign_out: "退出登录", sign_out_text: "退出后，这部手机上的码会清除，下次需要重新登录。", signed_out: "已退出登录", storage: "手机里存的码", storage_until: "可用到 {until}，共 {n} 张", storage_none: "没有", install: "安装到桌面", install_do: "安装", top_up: "立即补充",
  help: "帮助", help_call: "拨打 12345 热线", help_show: "怎样亮码？", help_show_text: "打开就是码，请工作人员扫。扫不上时，把屏幕调亮，或点条形码放大，请工作人员输入数字。", help_offline: "没有网络能用吗？", help_offline_text: "能。手机里存着一天的码和七天的备用码，联网时会自动补充。", help_lost: "手机丢了怎么办？", help_lost_text: "用别的手机登录，在“手机与冻结”里先冻结，或者直接换到新手机，旧手机上的码立即失效。", help_privacy: "别人能从码里看到我的身份吗？", help_privacy_text: "不能。码里没有姓名和证件号，每几秒换一次。场所只能看到办这件事需要的信息，并且都记在“记录”里。", help_screenshot: "可以截图发给别人吗？", help_screenshot_text: "不要。截图几秒钟就会失效；转发给别人，等于请别人替您办事。", help_person: "想找人帮忙", help_person_text: "任何场所都有人工窗口，出示身份证件也能办。",
  // Forms
  field_required: "请填写“{name}”", field_optional: "（可不填）", pieces_hint: "多个条码请用空格或换行隔开", amount_hint: "单位：元",
};
