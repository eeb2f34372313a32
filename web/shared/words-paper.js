// The words on a printed code, the same from a counter and from the citizen's own printer.
export const ZH = {
  paper_title: "通码 · 纸质码",
  paper_qr: "纸质码二维码",
  paper_name: "持码人",
  paper_place: "使用单位",
  paper_for: "可办",
  paper_valid: "有效期至",
  paper_manners: "请同时带上身份证件。工作人员会核对本人。",
  paper_lost: "丢失请马上停用：打开通码“我的 · 纸质码”，或到窗口，或拨 12345。",
};

export const EN = {
  paper_title: "Tongma · paper code",
  paper_qr: "QR of the paper code",
  paper_name: "Holder",
  paper_place: "Good at",
  paper_for: "For",
  paper_valid: "Good until",
  paper_manners: "Bring your identity document as well. Staff compare the person.",
  paper_lost: "If it is lost, stop it at once: in Tongma under “Me · Paper code”, at the counter, or call 12345.",
};
