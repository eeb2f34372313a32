//! How the platform is doing: what this process has counted, said as such.

use axum::{Extension, extract::State};
use tongma_domain::{Text, UnixMs};
use tongma_service::{Figures, MINUTES};

use super::{
    In, Who, chart, page_of,
    tables::{Table, Wanted},
    view::{Block, Cell, Figure, Page, Tone},
};
use crate::{
    edge::{Edge, Shared},
    problem::Language,
};

/// A point counts as online when it was heard from within this time.
const ONLINE_MS: i64 = 5 * 60 * 1000;

/// What refusals are called; others show their code alone.
const REASONS: [(&str, Text); 14] = [
    ("code.expired", Text::new("码已过期", "Code too old")),
    ("code.stale", Text::new("码不是当前的", "Code not the current one")),
    ("code.future", Text::new("码的时间超前", "Code ahead of time")),
    ("code.used", Text::new("码已用过", "Code used already")),
    ("code.denied", Text::new("手机已停用", "Phone out of use")),
    ("code.frozen", Text::new("本人已冻结", "Frozen by its holder")),
    ("code.forged", Text::new("签名不对", "Signature does not hold")),
    ("code.unproved", Text::new("数字核对不上", "Number does not match")),
    ("code.not_ours", Text::new("不是个人码", "Not a personal code")),
    ("code.unreadable", Text::new("读不懂", "Unreadable")),
    ("code.unknown_key", Text::new("签名密钥不认识", "Unknown signing key")),
    ("point.not_for_this", Text::new("终端不办这项业务", "Point does not serve this")),
    ("store.busy", Text::new("系统正忙", "Store busy")),
    ("store.unavailable", Text::new("系统无法记录", "Store unavailable")),
];

pub async fn show(State(edge): State<Shared>, Extension(staff): Who, Extension(language): In) -> Page {
    let now = edge.platform.now();
    let figures = edge.platform.counters().figures(now);
    let mut page = page_of(&staff, language, "/console", Text::new("运行总览", "Overview"));
    page.lead = match language {
        Language::Chinese => format!(
            "本进程自 {} 启动以来的计数；重启从零开始，多个进程各自计数。每 5 秒更新。",
            figures.since.to_clock_text()
        ),
        Language::English => format!(
            "Counted by this process since it started at {}. A restart begins at zero; each process counts for itself. Drawn anew every 5 seconds.",
            figures.since.to_clock_text()
        ),
    };
    page.live = true;
    page.with(tiles(&edge, &figures, now, language)).with(hour(&figures, language)).with(reasons(&figures, language))
}

fn tiles(edge: &Edge, figures: &Figures, now: UnixMs, language: Language) -> Block {
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let (good, refused) = figures.minutes.iter().fold((0, 0), |(good, bad), (more, worse)| (good + more, bad + worse));
    let all = good + refused;
    let share = (all > 0).then(|| good * 1000 / all);
    let directory = edge.platform.directory();
    let known = directory.points().filter(|record| record.key.is_some()).count();
    let online = figures.heard.values().filter(|at| now.since(**at) <= ONLINE_MS).count();
    let figure = |label: String, value: String, note: String, tone: Tone| Figure { label, value, note, tone };
    let time = |ms: Option<f64>| {
        ms.map_or_else(|| "—".to_owned(), |ms| if ms < 10.0 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") })
    };
    Block::Figures(vec![
        figure(
            t("近一小时扫码", "Scans in the last hour"),
            all.to_string(),
            t("本进程", "by this process"),
            Tone::Plain,
        ),
        figure(
            t("成功率", "Accepted"),
            share.map_or_else(|| "—".to_owned(), |share| format!("{}.{} %", share / 10, share % 10)),
            format!("{} {refused}", t("拒绝", "refused")),
            match share {
                Some(share) if share < 800 => Tone::Mind,
                _ => Tone::Plain,
            },
        ),
        figure(
            t("答复用时（一半以内）", "Time to answer, half"),
            time(figures.p50_ms),
            t("p50，近一小时", "p50, last hour"),
            Tone::Plain,
        ),
        figure(
            t("答复用时（95% 以内）", "Time to answer, 95 %"),
            time(figures.p95_ms),
            t("p95，近一小时，取档位上界", "p95, last hour, upper bound of its class"),
            Tone::Plain,
        ),
        figure(
            t("在线终端", "Points online"),
            format!("{online} / {known}"),
            t("五分钟内有请求 / 已配对", "heard from within 5 minutes / paired"),
            Tone::Plain,
        ),
    ])
}

fn hour(figures: &Figures, language: Language) -> Block {
    let (good, refused) = figures.minutes.iter().fold((0, 0), |(good, bad), (more, worse)| (good + more, bad + worse));
    let (head, title, words, ends) = match language {
        Language::Chinese => (
            "每分钟扫码",
            format!("近 {MINUTES} 分钟每分钟扫码：共接受 {good} 次，拒绝 {refused} 次"),
            format!("蓝色为接受（{good}），红色在上为拒绝（{refused}）。"),
            ("60 分钟前", "现在"),
        ),
        Language::English => (
            "Scans each minute",
            format!("Scans in each of the last {MINUTES} minutes: {good} accepted, {refused} refused"),
            format!("Blue: accepted ({good}). Red, on top: refused ({refused})."),
            ("60 minutes ago", "now"),
        ),
    };
    Block::Chart(head.to_owned(), chart::bars(&figures.minutes, &title, ends), words)
}

fn reasons(figures: &Figures, language: Language) -> Block {
    let rows = figures.refusals.iter().map(|(code, count)| {
        let words = REASONS.iter().find(|(known, _)| known == code).map(|(_, text)| language.pick(*text));
        vec![
            Cell::text(words.unwrap_or(code)).under(if words.is_some() { code.as_str() } else { "" }),
            Cell::text(count.to_string()).by(i64::try_from(*count).unwrap_or(i64::MAX)),
        ]
    });
    let table = Table {
        at: "/console".into(),
        caption: Text::new("拒绝原因（启动以来）", "Refusals by reason, since the start"),
        empty: Text::new("还没有拒绝过", "Nothing has been refused yet"),
        columns: vec![Text::new("原因", "Reason"), Text::new("次数", "How often")],
        rows: rows.collect(),
        csv: false,
    };
    let mut view = table.view(&Wanted::default(), language);
    view.headings.iter_mut().for_each(|heading| heading.link.clear());
    Block::Table(view)
}
