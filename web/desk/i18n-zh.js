// 服务台与闸机的文字。键与 i18n-en.js 一一对应，由测试保证。
export const ZH = {
  app: "通码", app_desk: "通码服务台", other_language: "English", skip: "跳到内容", menu: "菜单", size_said: "文字大小，第 {n} 档，共 3 档", stop: "。", optional: "（选填）",
  yes: "是", no: "否", add: "添加", cancel: "取消", retry: "再试一次", back_to_work: "返回工作", second_page: "通码已在另一个页面打开", second_page_text: "一个终端只开一个页面，事件编号才不会重复。请回到那个页面，或关闭它再试。",
  // 灯
  net_unknown: "正在连接", net_on: "已联网", net_off: "没有网络", keys_age: "密钥名单：{age}", clock_doubt: "时钟待校准", to_hand_over: "待上传 {n} 条", handed_over: "已全部上传",
  age_now: "刚刚更新", age_minutes: "{n} 分钟前", age_hours: "{n} 小时前", age_days: "{n} 天前",
  // 配对
  pair_title: "配对这个终端", pair_lead: "只需一次。配对码由场所管理员在“点位”里生成，一个码只能用一次。", pair_code: "8 位配对码", pair_go: "配对", pair_eight: "配对码是 8 位数字", pair_key: "密钥在这个浏览器里生成，不能导出；换浏览器要重新配对。",
  // 开班
  shift_title: "开始当班", shift_title_gate: "启用闸机", shift_name: "姓名或工号", shift_need_name: "请填写姓名或工号，群众的记录里会写明由谁办理", shift_scenario: "办理事项", shift_none: "这个终端还没有获准的事项，请联系场所管理员。", shift_go: "开始", shift_end: "下班",
  // 待扫
  ready_title: "请出示通码", ready_lead: "{name}：摄像头、扫码枪都可以，也可以手工输入", ready_form: "填好后办理；条码可以直接扫入", checking: "正在核验…", typed_label: "手工输入码下的 24 位数字", typed_go: "核验", number_prefix: "通码短码以 86 开头", number_short: "还没有输满 24 位", number_long: "多于 24 位，请核对", number_check: "校验不符，有一位输错了，请核对",
  without_code: "不用出示通码", recent_title: "最近办理", recent_none: "今天还没有办理", last_title: "上一次",
  camera_off: "摄像头已关闭", camera_starting: "正在打开摄像头…", camera_on: "摄像头工作中", camera_refused: "浏览器不允许使用摄像头。可用扫码枪或手工输入；要用摄像头，请在地址栏里允许。", camera_missing: "没有找到摄像头。可用扫码枪或手工输入。", camera_broken: "摄像头打不开，可能被别的程序占用。可用扫码枪或手工输入。", camera_start: "打开摄像头", camera_stop: "关闭摄像头",
  // 办理
  serve_title: "正在办理", person_unnamed: "已核验", acts_for: "代 {name} 办理", code_was_offline: "对方手机没有网络，码有效", choose_action: "办什么", no_actions: "这里没有可以办理的事项", finish: "办完，下一位", seconds_left: "剩 {n} 秒", presentation_over: "这次出示已超时，请重新出示通码", scan_not_now: "先办完这一位，再扫下一位",
  claim_age_class: "年龄段", claim_at_least_18: "年满 18 岁", claim_at_least_60: "年满 60 岁", claim_full_name: "姓名", claim_document_number: "证件号码", claim_last_four: "证件号后四位", claim_document_kind: "证件种类", claim_sex: "性别", claim_nation: "民族", claim_birth: "出生日期", claim_address: "住址", claim_nationality: "国籍", claim_phone: "手机号", claim_venue_number: "本单位编号", claim_pseudonym: "本机构代号",
  age_class_child: "未满 14 岁", age_class_youth: "14 至 17 岁", age_class_adult: "成年人", age_class_elder: "60 岁以上",
  // 表单
  form_go: "办理：{name}", form_confirm: "确认：{name}", hint_scan: "扫入或输入", hint_scan_many: "逐本扫入，或输入后按回车", hint_payment: "扫对方的付款码", hint_yuan: "元", hint_reference: "单据编号", companions_adults: "成人", companions_children: "14 岁以下儿童", fewer: "{name}减一", more: "{name}加一", take_out: "移除 {text}",
  fault_missing: "请填写", fault_too_long: "太长了", fault_not_a_number: "请填写整数", fault_out_of_range: "超出允许范围", fault_not_a_barcode: "不是条码", fault_too_many: "超过最多数量", fault_not_an_amount: "请填写大于零的金额，最多两位小数", fault_not_a_date: "请填写存在的日期", fault_not_offered: "请选择一项", fault_not_a_payment_code: "不是付款码", fault_not_a_reference: "不是单据编号", fault_unknown_kind: "本页面不认识这种字段，请更新",
  scan_added: "已扫入 {text}", scan_twice: "{text} 已经在里面了", scan_full: "已到最多数量，{text} 没有加入", scan_person: "这是个人的通码，这里要扫的是物品条码", scan_nowhere: "{text} 不是这张表需要的条码",
  // 等待本人
  consent_title: "请本人在手机上点“同意”", consent_lead: "对方手机上已显示：谁、要什么、为什么、保存多久。", consent_then: "同意后会自动办理，不用再扫。", consent_stop: "不等了，返回", consent_lapsed: "本人没有在时间内答复，没有提供任何信息", consent_lapsed_next: "可以向本人说明用途后再问一次",
  // 结果
  result_next: "下一步：", result_keep: "停留", result_go: "知道了", human_desk: "仍然不行时，请用证件由工作人员人工办理",
  word_used: "已用过", word_expired: "已过期", word_early: "还没到时间", word_frozen: "不能使用", word_other_code: "不是通码", word_not_valid: "无效的码", word_refused: "没有办理", word_ask: "请核对", word_uncertain: "尚不确定", word_no_network: "没有网络", word_no_answer: "没有答复", word_no_list: "没有名单",
  silence_network: "现在连不上平台，没有办理任何事", silence_network_next: "检查网络后再扫一次", silence_uncertain: "平台没有回答，不确定是否已经办好", silence_uncertain_next: "点“再试一次”，同一件事不会办两次；或看最近办理",
  offline_n1: "短码要联网才能核验", offline_n1_next: "请对方出示二维码，或等网络恢复", offline_genuine: "码是真的，但这件事要联网才能办", show_tongma: "请对方打开通码，出示正在变化的二维码", refresh_code: "请对方打开通码页面，等画面换成新码再扫",
  // 闸机
  gate_title_in: "请出示通码进馆", gate_title_out: "请出示通码出馆", gate_lead: "对准摄像头或扫码口，亮绿灯后通过", direction: "方向", way_in: "进", way_out: "出", people: "人数", people_n: "{n} 人", people_all: "全部", people_one: "1", people_in: "这次进几人", people_out: "这次出几人", today_in: "今天进", today_out: "今天出", hand_over: "离线记录", booking_label: "输入 10 位预约号", booking_go: "查找", booking_ten: "预约号是 10 位数字", admit_by_hand: "核对无误，人工放行", turn_away: "不放行", gate_no_list: "这台闸机还没有今天的名单，连不上平台时不能自己判断", gate_no_list_next: "连上网络取一次名单；现在请工作人员查看预约后放行",
  passed_in: "请进", passed_out: "再见", gate_by_list: "离线判断 · 名单 {time}（{age}）", gate_by_staff: "人工放行，已记录", gate_people: "本次 {people} 人，预约共 {party} 人，还可进 {left} 人", gate_more: "还要再核对", list_none: "还没有名单", list_of: "{time} 的名单（{age}）", list_failed: "名单没有通过核验", kept_fault: "没能保存，闸门没有打开", kept_fault_text: "这台终端的存储出了问题，请人工放行并联系管理员", hand_over_done: "已上传 {n} 条离线记录", hand_over_look: "已上传 {n} 条离线记录，其中 {m} 条要核对",
  // 检查
  check_title: "自检", check_sound: "声音", tone_green: "成功", tone_amber: "核对", tone_red: "拒绝", tone_duplicate: "重复", check_scanner: "扫码", check_scan_now: "现在扫任何一个码试试", check_scanned: "读到 {n} 个字符（{by}）", source_camera: "摄像头", source_wedge: "扫码枪", check_clock: "时钟", clock_never: "还没有校准过", clock_off: "与平台相差 {n} 秒", check_lists: "名单取回时间", check_gate_list: "闸机名单", check_point: "终端编号", check_operator: "当班",
  unpair: "解除配对", unpair_sure: "解除后，这个浏览器不再是这个终端，要新的配对码才能再用。", unpair_not_yet: "还有 {n} 条离线记录没有上传。联网上传之后才能解除配对。", unpair_go: "确定解除",
  // 结果里的名称
  label_fund_fen: "医保统筹", label_personal_fen: "个人账户", label_family_fen: "家庭账户", label_paid: "已缴", label_quote_until: "核价有效至", label_barcode: "条码", label_hold: "预约", label_slip: "取书条", label_until: "保留到", label_place: "排位", label_due_date: "应还", label_late_days: "逾期天数", label_was_on_loan: "原在借", label_reader_number: "读者证号", label_number: "编号", label_renewals_left: "还可续借", label_out: "借出", label_open_items: "在借册数", label_age_class: "年龄段", label_codes: "条码", label_to_pay_fen: "应付", label_visit: "就诊", label_booked: "预约人数", label_booking_number: "预约号", label_of: "预约人数", label_admitted: "已进", label_masked_name: "姓名", label_file_number: "病案号", label_bill_number: "账单号", label_lines: "明细", label_loans: "在借", label_items: "明细", label_title: "名称", label_due: "应还", label_due_ms: "应还", label_count: "数量", label_total_fen: "合计", label_amount_fen: "金额", label_paid_fen: "已付", label_fine_fen: "应缴", label_bills: "账单", label_people: "人数", label_party: "预约人数", label_left: "还可进", label_inside: "馆内", label_entered: "已进", label_remaining: "剩余", label_session: "场次", label_date: "日期", label_yes: "是", label_no: "否", label_due_on: "应还", label_limit: "上限", label_open: "在借数", label_reader: "读者证号", label_name: "名称", label_receipt: "票据", label_own_fen: "自付", label_insurance_fen: "医保支付", label_state: "状态",
  // 加注件，与本窗口待办
  copies_title: "已授权证照（加注件）", copies_receipt: "凭据 {number}", copies_until: "{time} 前可查看", copies_kept_back: "未授权：{items}", copies_claims: "平台登记的信息", copies_no_fields: "不能从中取得信息", copies_again: "再取一次", copies_close: "办结", copies_more: "办另一个事项", copies_gone: "加注件已不可取", copies_valid_until: "有效期至 {date}",
  listed_title: "待办", listed_overdue: "已逾期",
  // 住宿：在住单与报送。
  label_room: "房号", label_nights: "晚数", label_until_ms: "至", label_deadline_ms: "报送期限", label_stays: "在住与等候", label_waiting: "待报送", label_alarms: "要处理", label_report: "报送", label_alarm: "提醒", label_role: "身份", label_minor: "未成年人", label_patrols: "巡查次数", label_correct: "要更正", label_beds: "床位", label_was: "原房号", label_deposit_back_fen: "退回押金", label_owed_fen: "未付", label_more: "还有更多", label_there: "已登记", role_guest: "住客", role_visitor: "访客", state_at_door: "门口等候", state_verified: "已登记", state_in_house: "在住", state_left: "已离开", state_turned_away: "已回绝", report_waiting: "等回执", report_accepted: "已收到", report_correct: "被退回", report_rejected: "不受理", report_none: "无", "correct_authority.correct.identity": "身份信息（请客人到登记机关更正后重报）", "correct_authority.correct.room": "房号", "correct_authority.correct.guardian": "监护人电话", "correct_authority.correct.relation": "关系", "correct_authority.correct.visa": "签证号码", "correct_authority.correct.entry": "入境信息", "correct_authority.correct.other": "其他，请致电派出所", "correct_authority.rejected": "不受理，请致电派出所",
  label_matter: "事项", label_until: "可查看至", label_certificates: "证照",
};
