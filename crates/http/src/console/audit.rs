//! What the audit office reads: every act of staff, the check of the log, and what is odd.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tongma_domain::{Id, Text, Venue, Words};
use tongma_service::{ActEntry, Audit, FaultKind, Office, Staff};

use super::review::moment;
use super::{
    In, Who, page_of,
    tables::{Table, Wanted},
    view::{Block, Cell, Form, Page, Tone},
};
use crate::{
    edge::Shared,
    problem::{Answer, Language, internal},
};

/// How many acts one page goes through.
const MOST: usize = 500;

/// From where, and which.
#[derive(Debug, Default, Deserialize)]
pub struct Search {
    before: Option<u64>,
    find: Option<String>,
}

pub async fn acts(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Extension(language): In,
    Query(search): Query<Search>,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    let (entries, more) = edge.platform.acts(&staff, search.before, MOST)?;
    let oldest = entries.last().map(|entry| entry.seq);
    let find = search.find.as_deref().unwrap_or_default().trim().to_lowercase();
    let table = table(&entries, &find, language);
    if wanted.file() {
        edge.platform.note_export(&staff, "acts", table.rows.len()).await?;
        return Ok(table.file(&wanted, "acts", language));
    }
    let mut view = table.view(&wanted, language);
    if !find.is_empty() {
        // A search stays with the table's own links.
        let kept = format!("&find={}", encoded(&find));
        let headings = view.headings.iter_mut().map(|heading| &mut heading.link);
        headings
            .chain(&mut view.before)
            .chain(&mut view.after)
            .chain(&mut view.csv)
            .for_each(|link| link.push_str(&kept));
    }
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let hint = t("姓名、动作或内容", "A name, an act or words");
    let mut page = page_of(&staff, language, "/console/acts", Text::new("操作审计", "Staff acts"))
        .lead(Text::new(
            "每一次登录、审批、查询、导出都在这里，只增不改；您的查看不改变任何东西。",
            "Every sign-in, approval, look-up and export is here; the list only grows, and reading it changes nothing.",
        ))
        .with(Block::Search(t("查找", "Find"), "/console/acts".into(), find, hint))
        .with(Block::Table(view));
    if let Some(oldest) = oldest.filter(|_| more) {
        let older = Cell::text(t("更早的记录", "Older acts")).to(format!("/console/acts?before={oldest}"));
        page.blocks.push(Block::Facts(String::new(), vec![(t("还有", "There is more"), older)]));
    }
    Ok(page.into_response())
}

fn table(entries: &[ActEntry], find: &str, language: Language) -> Table {
    let rows = entries.iter().map(|entry| {
        vec![
            Cell::text(entry.seq.to_string()).by(i64::try_from(entry.seq).unwrap_or(i64::MAX)),
            Cell::text(moment(entry.at)).by(entry.at.as_millis()),
            Cell::text(&entry.act.name).under(language.pick(entry.act.office.name())),
            Cell::text(language.of(&entry.act.text)).under(&entry.act.act),
        ]
    });
    let holds =
        |row: &Vec<Cell>| row.iter().any(|cell| format!("{} {}", cell.text, cell.under).to_lowercase().contains(find));
    Table {
        at: "/console/acts".into(),
        caption: Text::new("工作人员操作", "What staff did"),
        empty: Text::new("没有符合的记录", "Nothing of that kind"),
        columns: vec![
            Text::new("序号", "Number"),
            Text::new("时间", "When"),
            Text::new("谁", "Who"),
            Text::new("做了什么", "What"),
        ],
        rows: rows.filter(holds).collect(),
        csv: true,
    }
}

/// Text as part of an address.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

const CHECK: Text = Text::new("日志校验", "Log check");

fn check_page(staff: &Staff, language: Language) -> Page {
    let t = |zh, en| language.pick(Text::new(zh, en));
    page_of(staff, language, "/console/audit", CHECK)
        .lead(Text::new(
            "把每一条日志与封存的树、树与已签名的检查点逐一核对。只读，不改变任何东西。",
            "Compares every row of every log with the sealed tree, and the tree with its signed checkpoint. It reads and changes nothing.",
        ))
        .with(Block::Form(Form::new("/console/audit", t("开始校验", "Check now"))))
}

pub async fn verification(Extension(staff): Who, Extension(language): In) -> Page {
    check_page(&staff, language)
}

pub async fn verify(State(edge): State<Shared>, Extension(staff): Who, Extension(language): In) -> Answer<Page> {
    let asked = (Arc::clone(&edge), staff.clone());
    // It may read for a while; other requests go on meanwhile.
    let audit = tokio::task::spawn_blocking(move || {
        asked.1.must_hold(Office::Audit)?;
        asked.0.platform.audit(&[])
    });
    let audit = audit.await.map_err(|_| internal())??;
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let mut page = check_page(&staff, language);
    let count = match language {
        Language::Chinese => format!("核对 {} 条，其中 {} 条还没有封存。", audit.rows, audit.unsealed),
        Language::English => format!("{} rows compared, {} of them not sealed yet.", audit.rows, audit.unsealed),
    };
    if audit.fault_count == 0 {
        let good = t("没有一条被改过、删过或插入过", "Not a row was changed, removed or slipped in");
        page.blocks.push(Block::Notice(Tone::Good, good, count));
    } else {
        let bad = format!("{}: {}", t("发现问题", "Faults found"), audit.fault_count);
        page.blocks.push(Block::Notice(Tone::Bad, bad, count));
        page.blocks.push(faults(&audit, language));
    }
    page.blocks.push(Block::Facts(
        String::new(),
        vec![
            (t("封存的条数", "Rows in the tree"), Cell::text(audit.leaves.to_string())),
            (t("根（十六进制）", "Its root (hexadecimal)"), Cell::text(audit.root)),
            (t("已签名的检查点", "The signed checkpoint"), Cell::text("/v1/log/checkpoint")),
        ],
    ));
    Ok(page)
}

/// What is wrong, row by row.
fn faults(audit: &Audit, language: Language) -> Block {
    let name = |kind: FaultKind| {
        language.pick(match kind {
            FaultKind::Changed => Text::new("被改过", "Changed"),
            FaultKind::Removed => Text::new("被删除", "Removed"),
            FaultKind::Gap => Text::new("编号有缺", "A gap in the numbers"),
            FaultKind::Unplaced => Text::new("不在封存的树里", "Not in the sealed tree"),
            FaultKind::Root => Text::new("与根不符", "Does not lead to the root"),
            FaultKind::Signature => Text::new("检查点签名不对", "The checkpoint's signature does not hold"),
            FaultKind::History => Text::new("与留存的检查点不符", "Not the history of a kept checkpoint"),
        })
    };
    let rows = audit.faults.iter().map(|fault| {
        vec![
            Cell::chip(name(fault.kind), Tone::Bad),
            Cell::text(fault.bucket.to_string()),
            Cell::text(fault.entry.to_string()),
        ]
    });
    let columns = vec![Text::new("问题", "Fault"), Text::new("分区", "Bucket"), Text::new("编号", "Entry")];
    let caption = Text::new("问题", "Faults");
    let table =
        Table { at: String::new(), caption, empty: caption, columns, rows: rows.take(20).collect(), csv: false };
    let mut view = table.view(&Wanted::default(), language);
    view.headings.iter_mut().for_each(|heading| heading.link.clear());
    Block::Table(view)
}

pub async fn oddities(State(edge): State<Shared>, Extension(staff): Who, Extension(language): In) -> Answer<Page> {
    let directory = edge.platform.directory();
    let name = |id: Id| {
        let Ok(record) = directory.point(id) else { return String::new() };
        let venue = directory.venue(record.point.venue).map(Venue::names).unwrap_or_default();
        let point = Words::new(record.point.name_zh.clone(), record.point.name_en.clone());
        format!("{} · {}", language.of(&venue), language.of(&point))
    };
    let alarms = edge.platform.oddities(&staff)?.into_iter().map(|(at, oddity)| {
        let place = oddity.point.map_or_else(|| "—".to_owned(), name);
        vec![
            Cell::text(moment(at)),
            Cell::chip(language.of(&oddity.text), Tone::Mind).under(oddity.code),
            Cell::text(place),
        ]
    });
    let holes = edge.platform.holes(&staff)?.into_iter().map(|holes| {
        let ranges = holes.missing.iter().map(|(first, last)| format!("{first}–{last}")).collect::<Vec<_>>();
        vec![Cell::text(name(holes.point)), Cell::text(ranges.join(", "))]
    });
    let plain = |caption, empty, columns, rows| {
        let table = Table { at: String::new(), caption, empty, columns, rows, csv: false };
        let mut view = table.view(&Wanted::default(), language);
        view.headings.iter_mut().for_each(|heading| heading.link.clear());
        Block::Table(view)
    };
    Ok(page_of(&staff, language, "/console/oddities", Text::new("异常", "Oddities"))
        .lead(Text::new("由审计管理员负责：核对现场，必要时要求系统管理员停用终端。", "These are the audit office's to follow up: ask at the place, and have the system office suspend a point where needed."))
        .with(plain(
            Text::new("告警", "Alarms"),
            Text::new("没有告警", "No alarms"),
            vec![Text::new("时间", "When"), Text::new("什么", "What"), Text::new("哪里", "Where")],
            alarms.collect(),
        ))
        .with(plain(
            Text::new("离线记录有缺号的终端", "Points whose offline numbers have holes"),
            Text::new("没有缺号", "No holes"),
            vec![Text::new("终端", "Point"), Text::new("缺的编号", "Missing numbers")],
            holes.collect(),
        )))
}
