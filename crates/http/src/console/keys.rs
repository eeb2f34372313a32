//! Keys and signed lists: what is signed, how old it is, until when it serves.

use axum::{Extension, extract::State, response::Redirect};
use tongma_domain::Text;

use super::review::moment;
use super::{
    In, Who, page_of,
    view::{Block, Cell, Figure, Form, Page, Tone},
};
use crate::{edge::Shared, problem::Answer};

pub async fn show(State(edge): State<Shared>, Extension(staff): Who, Extension(language): In) -> Page {
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let codes = edge.platform.codes();
    let lists = codes.lists();
    let age_min = edge.platform.now().since(lists.made) / 60_000;
    let tone = if age_min > 120 { Tone::Mind } else { Tone::Good };
    let roots = codes.roots();
    let root = |number: usize| {
        roots.get(number).map_or_else(String::new, |key| format!("{}…", key.get(2..34).unwrap_or_default()))
    };
    page_of(&staff, language, "/console/keys", Text::new("密钥与名单", "Keys and lists"))
        .lead(Text::new("名单每小时重新签发，停用手机后立即签发；过了新鲜期的终端显示黄灯，过期则拒绝。", "Lists are signed every hour and at once when a phone is put out of use. Points turn amber past freshness and refuse past the end."))
        .with(Block::Figures(vec![
            Figure { label: t("名单签发于", "Lists signed"), value: format!("{age_min} {}", t("分钟前", "min ago")), note: moment(lists.made), tone },
            Figure { label: t("密钥名单", "Key list"), value: format!("{} B", lists.key_list.len()), note: t("COSE，由第一根签名", "COSE, signed by the first root"), tone: Tone::Plain },
            Figure { label: t("停用名单", "Deny list"), value: format!("{} B", lists.deny_list.len()), note: t("由签发密钥签名", "signed by the issuing key"), tone: Tone::Plain },
        ]))
        .with(Block::Facts(t("根与公开地址", "Roots, and where lists are served"), vec![
            (t("第一根（SM2）", "First root (SM2)"), Cell::text(root(0))),
            (t("第二根（SM2，备用）", "Second root (SM2, in reserve)"), Cell::text(root(1))),
            (t("密钥名单", "Key list"), Cell::text("/keys/list")),
            (t("停用名单", "Deny list"), Cell::text("/keys/deny")),
            (t("根", "Roots"), Cell::text("/keys/roots.json")),
        ]))
        .with(Block::Form(
            Form::new("/console/keys", t("立即重新签发", "Sign them anew now"))
                .titled(t("重新签发两份名单", "Sign both lists anew"))
                .lead(t(
                    "停用手机时已自动签发；这里用于恢复备份后，或终端报告名单过旧时。",
                    "This happens by itself when a phone is put out of use; here it is for after a restore, or when points report an old list.",
                )),
        ))
}

pub async fn sign(State(edge): State<Shared>, Extension(staff): Who) -> Answer<Redirect> {
    edge.platform.sign_lists(&staff).await?;
    Ok(Redirect::to("/console/keys"))
}
