// 取号机与叫号屏的文字。键与 i18n-en.js 一一对应，由测试保证。
export const ZH = {
  app: "通码大厅", app_kiosk: "自助取号", app_board: "叫号屏", other_language: "English", skip: "跳到内容", second_page: "通码取号已在另一个页面打开，请回到那个页面",
  net_off: "没有网络，照常取号", net_on: "已联网", to_hand_over: "待上传 {n} 个号",
  pair_title: "配对这台设备", pair_lead: "只需一次。配对码由大厅管理员在“点位”里生成。", pair_code: "8 位配对码", pair_go: "配对", pair_eight: "配对码是 8 位数字", use_as: "这台设备用作", as_kiosk: "自助取号", as_board: "叫号屏",
  idle_title: "请亮通码取号", idle_lead: "把手机上的码对准摄像头，或用扫码枪", no_phone: "没有手机？直接取号", checking: "正在取号…",
  camera_off: "摄像头已关闭", camera_starting: "正在打开摄像头…", camera_on: "摄像头工作中", camera_refused: "浏览器不允许使用摄像头，可用扫码枪", camera_missing: "没有找到摄像头，可用扫码枪", camera_broken: "摄像头打不开，可用扫码枪",
  choose_title: "请选择要办的事项", choose_person: "您好，{name}", priority_title: "优先服务（到窗口出示证件）", priority_elder: "60 岁及以上", priority_disabled: "残疾人", priority_service_member: "军人、退役军人", back: "返回",
  matter_id_card: "身份证办理", matter_household: "户籍业务", matter_social_security: "社保医保", matter_residence: "居住证办理", matter_business: "企业开办", matter_real_estate: "不动产登记", matter_tax: "办税服务", matter_general: "综合咨询",
  ticket_title: "您的号", ticket_ahead: "前面还有 {n} 人，约 {m} 分钟", ticket_next: "您是下一位", ticket_offline: "现在没有网络。请保管好这个号，网络恢复后自动排队，按取号时间先后。", ticket_time: "取号时间 {time}", ticket_print: "打印", ticket_done: "完成", ticket_keep: "过号后 30 分钟内回来，可继续排队",
  trouble_title: "没有取到号", trouble_human: "请到导办台，工作人员会帮您取号", not_a_code: "这不是通码。请打开手机上的通码再试", as_walk_in: "改取现场号", no_block: "这台机器还没有离线号段，请到导办台取号",
  board_title: "正在叫号", board_none: "现在没有叫号", board_waiting: "等候人数", board_people: "{n} 人", board_counters: "{n} 个窗口", board_counter_none: "暂无窗口", board_serving: "办理中", board_called: "请到", board_again: "第 {n} 次", voice_on: "打开语音", voice_off: "关闭语音", voice_none: "这台设备没有语音，请看屏幕", board_stale: "没有网络，显示的是 {time} 的情况", number: "号", counter: "窗口", person: "姓名",
  code_title: "扫码取号", code_lead: "打开“我的码”，点“扫一扫”。这个码每 15 秒更换一次。",
  stop: "。",
};
