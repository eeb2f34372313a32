//! `tongma audit verify | check | seal`: the sealed log from the outside.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde::Deserialize;
use tongma_code::sign::PublicKey;
use tongma_domain::{Clock, UnixMs};
use tongma_service::{Audit, Platform};
use tongma_tlog::{Note, VerifierKey, verify_inclusion};
use tongma_verify::key::VerifyingKey;

use crate::data::{Data, hex, unhex};
use crate::system::SystemClock;
use crate::{assembly, stores};

/// What a receipt's message begins with.
const RECEIPT_TAG: &[u8] = b"tongma/receipt/v0\0";
/// The format of a receipt with its proof.
const FORMAT: &str = "tongma-receipt-proof-1";

/// The commands around the sealed log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Compare every row of every log with what was sealed; finds any that was changed or removed.
    Verify(StoreArgs),
    /// Seal what is new and say how fast; the platform does this by itself while it runs.
    Seal(StoreArgs),
    /// Check a receipt with its proof, without a network and without the platform.
    Check(CheckArgs),
}

/// Which log.
#[derive(Debug, Args)]
pub struct StoreArgs {
    /// Data directory of the platform.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Where everything is kept, as for `tongma serve`.
    #[arg(long, default_value = "sqlite", value_name = "URL")]
    store: String,
    /// The host that the log is named after: that of the platform's public origin.
    #[arg(long, default_value = "127.0.0.1:8080")]
    log_host: String,
    /// A checkpoint that was kept elsewhere; may be given several times.
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
}

/// What to check.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The file saved from the app: a receipt with its proof.
    receipt: PathBuf,
    /// A checkpoint from elsewhere, of the same size; the one in the file is used without it.
    checkpoint: Option<PathBuf>,
    /// The log's key from elsewhere (`name+id+base64`, or a file with it); the one in the file is used without it.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
}

/// Runs a command; false when something was found wrong.
///
/// # Errors
/// The store or a file cannot be read.
pub async fn run(command: AuditCommand) -> io::Result<bool> {
    match command {
        AuditCommand::Verify(args) => verify(&args),
        AuditCommand::Seal(args) => seal(&args).await,
        AuditCommand::Check(args) => check(&args),
    }
}

fn platform(args: &StoreArgs) -> io::Result<Arc<Platform>> {
    let data = Data::open(&args.data)?;
    let store = stores::open(&args.store, &data.store())?;
    assembly::platform(store, data.keys()?, Vec::new(), args.log_host.clone())
}

fn refused(refusal: &tongma_domain::Refusal) -> io::Error {
    io::Error::other(refusal.to_string())
}

fn verify(args: &StoreArgs) -> io::Result<bool> {
    let platform = platform(args)?;
    let kept = args.checkpoint.iter().map(std::fs::read_to_string).collect::<io::Result<Vec<_>>>()?;
    let began = SystemClock.now();
    let audit = platform.audit(&kept).map_err(|refusal| refused(&refusal))?;
    report(&audit, seconds_since(began));
    Ok(audit.fault_count == 0)
}

#[expect(clippy::cast_precision_loss, reason = "a span for people to read")]
fn seconds_since(began: UnixMs) -> f64 {
    SystemClock.now().since(began) as f64 / 1000.0
}

fn report(audit: &Audit, seconds: f64) {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let rate = audit.rows as f64 / seconds.max(0.001);
    say!("{} 条已核对 / rows compared ({rate:.0}/s), {} 条待封存 / not sealed yet", audit.rows, audit.unsealed);
    say!("{} 个叶子 / leaves, root {}", audit.leaves, audit.root);
    for fault in &audit.faults {
        let kind = serde_json::to_value(fault.kind).unwrap_or_default();
        say!("  ✗ {} · bucket {} · entry {}", kind.as_str().unwrap_or_default(), fault.bucket, fault.entry);
    }
    match audit.fault_count {
        0 => say!("✓ 没有改动、没有缺失 / nothing was changed, nothing is missing"),
        count => say!("✗ {count} 处不符 / faults"),
    }
}

async fn seal(args: &StoreArgs) -> io::Result<bool> {
    let platform = platform(args)?;
    let (began, mut entries, mut idle) = (SystemClock.now(), 0, 0);
    let mut size = 0;
    // A turn that looks at buckets without anything new is no sign that the others have nothing.
    while idle < 32 {
        let turn = platform.seal().await.map_err(|refusal| refused(&refusal))?;
        if let Some((bucket, entry)) = turn.gap {
            say!("✗ bucket {} · entry {entry} 缺失 / missing; nothing behind it is sealed", bucket.number());
            return Ok(false);
        }
        entries += turn.entries;
        idle = if turn.entries == 0 { idle + 1 } else { 0 };
        size = turn.size;
    }
    let seconds = seconds_since(began);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let rate = entries as f64 / seconds.max(0.001);
    say!("{entries} 条已封存 / entries sealed in {seconds:.2} s ({rate:.0}/s); {size} 个叶子 / leaves");
    Ok(true)
}

#[derive(Deserialize)]
struct Saved {
    format: String,
    receipt: SavedReceipt,
    leaf: String,
    index: u64,
    size: u64,
    path: Vec<String>,
    checkpoint: String,
    key: String,
}

#[derive(Deserialize)]
struct SavedReceipt {
    text: String,
    signature: String,
}

fn check(args: &CheckArgs) -> io::Result<bool> {
    let text = std::fs::read_to_string(&args.receipt)?;
    let note = args.checkpoint.as_deref().map(std::fs::read_to_string).transpose()?;
    let key = args.key.as_deref().map(key_text).transpose()?;
    match checked(&text, note.as_deref(), key.as_deref()) {
        Ok(said) => {
            say!("✓ {said}");
            if args.key.is_none() {
                say!(
                    "  用的是文件里的公钥；请与官网公布的核对 / the key is the file's own: compare it with the published one"
                );
            }
            Ok(true)
        }
        Err(why) => {
            say!("✗ {why}");
            Ok(false)
        }
    }
}

/// A key given as text, or as a file with the text.
fn key_text(given: &str) -> io::Result<String> {
    if Path::new(given).is_file() { std::fs::read_to_string(given) } else { Ok(given.to_owned()) }
}

/// Checks everything that a receipt's file claims; gives the line it is about, or why it proves nothing.
fn checked(text: &str, note: Option<&str>, key: Option<&str>) -> Result<String, &'static str> {
    let saved: Saved =
        serde_json::from_str(text).map_err(|_| "这不是带证明的回执 / this is no receipt with a proof")?;
    if saved.format != FORMAT {
        return Err("格式不认识 / an unknown format");
    }
    let key = VerifierKey::parse(key.unwrap_or(&saved.key)).ok_or("公钥写法不对 / this is no log key")?;
    let verifier = VerifyingKey::plain(&PublicKey::Sm2(key.key)).ok_or("公钥不在曲线上 / the key is no point")?;
    let note = Note::parse(note.unwrap_or(&saved.checkpoint), &key)
        .map_err(|_| "检查点不是这本日志的 / the checkpoint is not this log's")?;
    if !verifier.verify(&note.checkpoint.message(), &note.signature) {
        return Err("检查点签名不对 / the checkpoint's signature is bad");
    }
    let message = [RECEIPT_TAG, saved.receipt.text.as_bytes()].concat();
    let signature: [u8; 64] =
        unhex(&saved.receipt.signature).ok_or("回执签名写法不对 / the receipt's signature is no signature")?;
    if !verifier.verify(&message, &signature) {
        return Err("回执签名不对 / the receipt's signature is bad");
    }
    let said: serde_json::Value =
        serde_json::from_str(&saved.receipt.text).map_err(|_| "回执不是 JSON / the receipt is no JSON")?;
    let leaf = said.get("leaf").and_then(serde_json::Value::as_str).unwrap_or_default();
    if leaf != saved.leaf {
        return Err("回执说的不是这片叶子 / the receipt names another leaf");
    }
    let path: Option<Vec<[u8; 32]>> = saved.path.iter().map(|hash| unhex(hash)).collect();
    let (leaf, path) = (unhex(leaf).ok_or("叶子写法不对 / no leaf")?, path.ok_or("路径写法不对 / no path")?);
    if note.checkpoint.size != saved.size {
        return Err("检查点大小与证明不同 / the checkpoint has another size than the proof");
    }
    verify_inclusion(&leaf, saved.index, saved.size, &path, &note.checkpoint.root)
        .map_err(|_| "这片叶子不在日志里 / the leaf is not in the log")?;
    let what = said.pointer("/what/zh").and_then(serde_json::Value::as_str).unwrap_or_default();
    let at = said.get("at").and_then(serde_json::Value::as_str).unwrap_or_default();
    Ok(format!("{at} {what}: 第 {} / {} 条，root {}", saved.index, saved.size, hex(&note.checkpoint.root)))
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "audit_postgres_tests.rs"]
mod postgres_tests;
