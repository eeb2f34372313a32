//! `tongma code mint | verify | inspect`: for whoever writes a verifier, or wonders what a scanner has just typed.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use tongma_code::chain::Chain;
use tongma_code::classify::{Kind, classify};
use tongma_code::limits::SKEW_S;
use tongma_code::short::ShortNumber;
use tongma_code::sign::PublicKey;
use tongma_code::ticket::{Header, ShownTicket, SignedTicket};
use tongma_domain::{Clock, Entropy, Refusal, UnixMs};
use tongma_service::{Citizen, Platform};
use tongma_store::MemoryStore;
use tongma_verify::Verifier;
use tongma_verify::cache::SignatureCache;
use tongma_verify::lists::{Denials, Keyring, Roots, Suites};
use tongma_verify::verdict::{ClockReading, Outcome};
use tongma_verify::verifier::NoReplay;

use crate::assembly;
use crate::data::{Data, hex, unhex};
use crate::demo::people::CITIZENS;
use crate::system::{SystemClock, SystemEntropy};

/// What to do with codes.
#[derive(Debug, Clone, Subcommand)]
pub enum CodeCommand {
    /// Print the 254 digits of a fresh demo code on a line of its own.
    ///
    /// The code is a demo citizen's, signed with the keys under the data directory, and lives for some thirty seconds.
    Mint(MintArgs),
    /// Check a code against the keys under the data directory; exits with 0 only for a good one.
    ///
    /// Format, time, chain and signature are checked. Whether it was used already, or frozen, only the platform knows.
    Verify(TextArgs),
    /// Explain every field of a code, or say whose code it is; nothing is checked.
    Inspect(TextArgs),
}

/// Options of `tongma code mint`.
#[derive(Debug, Clone, Args)]
pub struct MintArgs {
    /// Data directory with the keys; keys are made when there are none.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Whose code: the subject of a demo citizen.
    #[arg(long, default_value = "demo-adult")]
    person: String,
    /// Print the 24-digit short number as well, on a second line.
    #[arg(long)]
    short: bool,
}

/// A text and where the keys are.
#[derive(Debug, Clone, Args)]
pub struct TextArgs {
    /// What was scanned or typed.
    #[arg(allow_hyphen_values = true)]
    text: String,
    /// Data directory with the keys.
    #[arg(long, default_value = "data")]
    data: PathBuf,
}

/// Runs the command; `false` is a code that is not good.
///
/// # Errors
/// The keys cannot be read, or the demo has no such person.
pub async fn run(command: CodeCommand) -> io::Result<bool> {
    match command {
        CodeCommand::Mint(args) => mint(&args).await.map(|()| true),
        CodeCommand::Verify(args) => verify(&args),
        CodeCommand::Inspect(args) => {
            say!("{}", explain(&args.text));
            Ok(true)
        }
    }
}

fn told(refusal: &Refusal) -> io::Error {
    io::Error::other(refusal.to_string())
}

/// A platform that forgets everything at the end, with the real keys.
fn passing_platform(data: &Data) -> io::Result<Arc<Platform>> {
    assembly::platform(Arc::new(MemoryStore::new()), data.keys()?, Vec::new(), "127.0.0.1:8080".to_owned())
}

async fn mint(args: &MintArgs) -> io::Result<()> {
    let data = Data::open(&args.data)?;
    let platform = passing_platform(&data)?;
    let citizen = CITIZENS.iter().find(|citizen| !citizen.subject.is_empty() && citizen.subject == args.person);
    let citizen = citizen.ok_or_else(|| {
        let known: Vec<_> =
            CITIZENS.iter().map(|citizen| citizen.subject).filter(|subject| !subject.is_empty()).collect();
        io::Error::other(format!("the demo has no {}; it has {}", args.person, known.join(", ")))
    })?;
    let person = platform.enrol(citizen.enrolment("http://127.0.0.1:8081")).await.map_err(|refusal| told(&refusal))?;
    let (ticket, short, _) = mint_for(&platform, person, "tongma code mint").await.map_err(|refusal| told(&refusal))?;
    say!("{}", ticket.to_text());
    if args.short {
        say!("{short}");
    }
    let window = ticket.signed.header.window;
    let until_s = window.start_s() + (i64::from(ticket.step) + 1) * i64::from(window.step().seconds()) + SKEW_S;
    note!(
        "{}（{}）· 有效至 {} / good until then",
        citizen.name,
        citizen.subject,
        UnixMs::from_millis(until_s * 1000).to_rfc3339()
    );
    Ok(())
}

/// What the person's phone would show now: through the use cases that a phone goes through.
pub async fn mint_for(
    platform: &Arc<Platform>,
    person: tongma_domain::Id,
    device: &str,
) -> Result<(ShownTicket, String, Citizen), Refusal> {
    let token = platform.open_session(person).await?;
    platform.enrol_device(&platform.citizen(&token)?, device).await?;
    let phone = platform.citizen(&token)?;
    let now_ms = platform.now().as_millis();
    let prepared = platform.prepare_tickets(&phone, 0)?;
    let current = prepared
        .into_iter()
        .find(|ticket| ticket.kind == "ordinary" && (ticket.start_ms..ticket.end_ms).contains(&now_ms));
    let none = || {
        Refusal::unavailable(
            "mint.none",
            tongma_domain::Text::new("没有可用的票据", "There is no ticket for now"),
            tongma_domain::Text::new("请检查系统时间", "Check this machine's clock"),
        )
    };
    let bytes = current.and_then(|ticket| unhex::<26>(&ticket.header)).ok_or_else(none)?;
    let header = Header::from_bytes(&bytes).map_err(|_| none())?;
    let mut seed = [0; 12];
    SystemEntropy.fill(&mut seed);
    let chain = Chain::of_ticket(header.suite, &header.handle, header.window.steps(), &seed).ok_or_else(none)?;
    let signed = platform
        .sign_tickets(&phone, 0, &[(hex(&bytes), hex(&chain.anchor()))])?
        .into_iter()
        .next()
        .ok_or_else(none)?;
    let signature = unhex(&signed.signature).ok_or_else(none)?;
    let step = header.window.step_at(SystemClock.now().as_seconds()).ok_or_else(none)?;
    let value = chain.value(step).ok_or_else(none)?;
    let short = signed.short.and_then(|secrets| {
        let alias = tongma_code::short::SealedAlias::new(secrets.alias.parse().ok()?)?;
        let key = tongma_code::short::TicketKey(unhex(&secrets.key)?);
        Some(ShortNumber::of(alias, &key, step).to_text())
    });
    Ok((SignedTicket { header, signature }.show(step, value), short.unwrap_or_default(), phone))
}

fn verify(args: &TextArgs) -> io::Result<bool> {
    let keys_there = crate::data::KEY_FILES.iter().all(|name| Data::at(&args.data).key_file(name).exists());
    if !keys_there {
        return Err(io::Error::other(format!(
            "{} holds no keys to check with. Start the demo once (`tongma`), or name another directory: --data DIR",
            args.data.display()
        )));
    }
    let platform = passing_platform(&Data::at(&args.data))?;
    let unusable = || io::Error::other("the keys do not fit together; run `tongma doctor`");
    let root = |text: &str| unhex(text).map(PublicKey::Sm2).ok_or_else(unusable);
    let [first, second] = platform.codes().roots();
    let roots = Roots::new(&[root(&first)?, root(&second)?]).ok_or_else(unusable)?;
    let lists = platform.codes().lists();
    let keyring = Keyring::open(&roots, Suites::SM2, &lists.key_list, None).map_err(|_| unusable())?;
    let denials = Denials::open(&keyring, &lists.deny_list, None).map_err(|_| unusable())?;
    let verifier = Verifier::new(keyring, denials);
    let clock = ClockReading::synchronised(SystemClock.now().as_seconds());
    if classify(&args.text).0 == Kind::Short {
        say!(
            "短号只有平台能核验，请在服务台输入 / a short number can be checked by the platform alone: type it at a desk"
        );
        return Ok(false);
    }
    let verdict = verifier.check(&args.text, &clock, &NoReplay, None, &mut SignatureCache::new(0));
    Ok(match verdict.outcome {
        Outcome::Good(_) => {
            say!("有效 / good");
            true
        }
        Outcome::Doubtful(_, doubts) => {
            let reasons: Vec<_> = doubts.texts().map(|(_, zh, en)| format!("{zh} / {en}")).collect();
            say!("有效，但有疑点 / good, with a doubt: {}", reasons.join("; "));
            true
        }
        Outcome::Refused(reason) => {
            let (zh, en) = reason.texts();
            say!("无效 / not good: {} · {zh} / {en}", reason.code());
            false
        }
    })
}

/// What a text is, field by field.
fn explain(text: &str) -> String {
    let (kind, clean) = classify(text);
    let (zh, en) = kind.names();
    let mut lines = vec![format!("这是{zh} / this is {en} ({})", kind.code())];
    match kind {
        Kind::Ticket => match ShownTicket::from_text(clean) {
            Ok(ticket) => ticket_fields(&ticket, &mut lines),
            Err(error) => lines.push(format!("读不出来 / cannot be read: {error:?}")),
        },
        Kind::Short => match ShortNumber::from_text(clean) {
            Ok(number) => {
                lines.push(row("别名 34 位", "alias, 34 bits", &number.alias.bits().to_string()));
                lines.push(row("步进校验 32 位", "MAC of the step, 32 bits", &format!("{:08x}", number.mac)));
                lines
                    .push("只有平台能打开别名并核验 / only the platform opens the alias and checks the MAC".to_owned());
            }
            Err(error) => lines.push(format!("校验不过 / does not check: {error:?}")),
        },
        _ => {}
    }
    lines.join("\n")
}

fn row(zh: &str, en: &str, value: &str) -> String {
    format!("  {zh} / {en}: {value}")
}

fn ticket_fields(ticket: &ShownTicket, lines: &mut Vec<String>) {
    let header = &ticket.signed.header;
    let window = header.window;
    let clock = |seconds: i64| UnixMs::from_millis(seconds.saturating_mul(1000)).to_rfc3339();
    let step_s = i64::from(window.step().seconds());
    let begins_s = window.start_s() + i64::from(ticket.step) * step_s;
    let now_s = SystemClock.now().as_seconds();
    lines.extend([
        row("版本", "version", "0"),
        row("算法套件", "suite", &format!("{:?}", header.suite)),
        row("类型", "profile", "T1, chain ticket"),
        row("签发密钥序号", "issuer key index", &header.key_index.to_string()),
        row("句柄（只有平台能打开）", "handle, which the platform alone opens", &hex(&header.handle.0)),
        row("开始", "start", &clock(window.start_s())),
        row("结束", "end", &clock(window.end_s())),
        row("每步秒数 / 步数", "seconds a step, steps", &format!("{step_s}, {}", window.steps())),
        row("密钥日", "key day", &window.day().0.to_string()),
        row("范围（0 为通用）", "scope, 0 is general", &header.scope.0.to_string()),
        row("声明位（已掩码）", "claim bits, masked", &hex(&header.masked_claims)),
        row("平台签名 r‖s", "platform signature", &hex(&ticket.signed.signature)),
        row("当前步", "step shown", &format!("{}, {} – {}", ticket.step, clock(begins_s), clock(begins_s + step_s))),
        row("链值", "chain value", &hex(&ticket.value)),
        row("推得的锚", "anchor it leads to", &hex(&ticket.anchor())),
        row("此刻的时间判断", "how it lies to this moment", &format!("{:?}", window.check(ticket.step, now_s))),
        "  以上只是读出来的内容，未核验签名 / read, not verified; `tongma code verify` checks it".to_owned(),
    ]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(name: &str) -> PathBuf {
        let root = std::env::temp_dir().join(format!("tongma-codes-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        root
    }

    #[tokio::test]
    async fn a_minted_code_verifies_and_nothing_else_does() {
        let root = data("mint");
        let platform = passing_platform(&Data::open(&root).unwrap()).unwrap();
        let person = platform.enrol(CITIZENS[0].enrolment("http://issuer")).await.unwrap();
        let (ticket, short, _) = mint_for(&platform, person, "tongma code mint").await.unwrap();
        let text = ticket.to_text();
        assert_eq!((text.len(), short.len()), (254, 24));
        let good = |text: &str, data: &PathBuf| verify(&TextArgs { text: text.to_owned(), data: data.clone() });
        assert!(good(&text, &root).unwrap());
        let other = data("other");
        Data::open(&other).unwrap().keys().unwrap();
        assert!(!good(&text, &other).unwrap(), "keys of another platform");
        let mut forged = text.clone().into_bytes();
        forged[250] = if forged[250] == b'1' { b'2' } else { b'1' };
        assert!(!good(&String::from_utf8(forged).unwrap(), &root).unwrap());
        for not_ours in ["", "https://example.com", "130000000000000000", &short] {
            assert!(!good(not_ours, &root).unwrap(), "{not_ours}");
        }
        assert!(good(&text, &data("none")).is_err(), "no keys is an error, not a verdict");
        assert!(explain(&text).contains(&hex(&ticket.signed.header.handle.0)));
        assert!(explain("130000000000000000").contains("WeChat"));
        std::fs::remove_dir_all(&root).unwrap();
        std::fs::remove_dir_all(&other).unwrap();
    }
}
