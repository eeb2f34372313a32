// Words, dates, numbers and money in the reader's language. Pure: the tables are arguments.

/** Fills `{name}` in a text with values; an unknown name stays as it is, so that a mistake is seen. */
export const filled = (text, values = {}) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

/** A function from keys to words; a key that is missing throws, since a screen without words is a fault. */
export const translator = (table) => (key, values) => {
  if (!(key in table)) throw new Error(`no words for ${key}`);
  return filled(table[key], values);
};

/** The reader's words of a pair `{zh, en}`; the other language before nothing at all. */
export const pick = (words, language) => (words ? words[language] || words.zh || words.en || "" : "");

const ZONE = "Asia/Shanghai";
const locale = (language) => (language === "zh" ? "zh-CN" : "en-GB");

/** Dates, times and money as the reader writes them. Times are those of Beijing, where every counter is. */
export function formats(language) {
  const make = (options) => new Intl.DateTimeFormat(locale(language), { timeZone: ZONE, ...options });
  const [clock, day, full] = [
    make({ hour: "2-digit", minute: "2-digit", hour12: false }),
    make({ month: language === "zh" ? "long" : "short", day: "numeric", weekday: "short" }),
    make({ year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false }),
  ];
  const money = new Intl.NumberFormat(locale(language), { style: "currency", currency: "CNY", currencyDisplay: "narrowSymbol" });
  return {
    /** `14:05` */
    time: (ms) => clock.format(ms),
    /** `11月24日周二`, `Tue 24 Nov` */
    day: (ms) => day.format(ms),
    /** A date `YYYY-MM-DD` as a day. */
    date: (text) => day.format(Date.parse(`${text}T12:00:00+08:00`)),
    /** Day and time with the year. */
    moment: (ms) => full.format(ms),
    /** Fen as yuan: `¥12.50` */
    money: (fen) => money.format(fen / 100),
    /** `YYYY-MM-DD` in Beijing, for sorting and forms. */
    isoDay: (ms) => new Date(ms + 8 * 3600_000).toISOString().slice(0, 10),
  };
}
