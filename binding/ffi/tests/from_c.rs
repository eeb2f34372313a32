//! A C program, compiled here against `tongma.h` and the static library, asks the verifier.

#![expect(clippy::unwrap_used, reason = "a test stops when something is wrong")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use tongma_verify::code::chain::Chain;
use tongma_verify::code::list::{DenyList, KeyList, ListedKey, Uses, Validity};
use tongma_verify::code::sign::{Signer, SoftSm2};
use tongma_verify::code::ticket::{Handle, Header, Life, Scope, SignedTicket, Step, Suite, Window};

const NOW_S: i64 = 1_795_398_007;

/// The static library that cargo built beside this test.
fn library() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let is_ours = |path: &PathBuf| {
        let stem = path.file_stem().unwrap().to_string_lossy();
        stem.starts_with("libtongma_ffi") && path.extension().is_some_and(|ending| ending == "a")
    };
    let newest = files.filter(is_ours).max_by_key(|path| path.metadata().unwrap().modified().unwrap());
    newest.unwrap()
}

fn compiled() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gate");
    let status = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(here.join("include"))
        .arg(here.join("tests/gate.c"))
        .arg(library())
        .args(["-lpthread", "-ldl", "-lm", "-o"])
        .arg(&program)
        .status();
    assert!(status.is_ok_and(|status| status.success()), "a C compiler is needed: apt-get install gcc");
    program
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn ticket(issuer: &SoftSm2, handle: Handle) -> String {
    let window = Window::starting_at(NOW_S - 600, Life::Min30, Step::Sec15).unwrap();
    let header = Header { suite: Suite::Sm2, key_index: 3, handle, window, scope: Scope(9), masked_claims: [1, 2] };
    let chain = Chain::of_ticket(Suite::Sm2, &handle, window.steps(), &[5; 12]).unwrap();
    let signed = SignedTicket::issue(header, &chain.anchor(), issuer, &[6; 32]).unwrap();
    let step = window.step_at(NOW_S).unwrap();
    signed.show(step, chain.value(step).unwrap()).to_text()
}

#[test]
fn a_c_program_gets_the_same_verdicts() {
    let (root, issuer, stranger) =
        (SoftSm2::new(&[1; 32]).unwrap(), SoftSm2::new(&[2; 32]).unwrap(), SoftSm2::new(&[3; 32]).unwrap());
    let validity = Validity { seq: 1, iat_s: NOW_S - 60, ttl_s: 3600, exp_s: NOW_S + 86_400 };
    let (from_s, until_s) = (NOW_S - 86_400, NOW_S + 86_400);
    let uses = Uses::TICKET.with(Uses::LIST);
    let key = ListedKey { index: 3, uses, key: issuer.public_key(), from_s, until_s, killed: false };
    let keys = KeyList::new(validity, vec![key]).unwrap().seal(0, &root, &[7; 32]).unwrap();
    let (mine, lost) = (Handle([0x5a; 16]), Handle([0x6b; 16]));
    let denied = DenyList::new(validity, &[lost], &[]).seal(3, &issuer, &[8; 32]).unwrap();
    let roots = [root.public_key().bytes(), stranger.public_key().bytes()].concat();

    let texts: [&[u8]; 6] = [
        ticket(&issuer, mine).as_bytes(),
        ticket(&issuer, lost).as_bytes(),
        ticket(&stranger, mine).as_bytes(),
        b"134567890123456789",
        &[0xff, 0xfe],
        b"",
    ]
    .map(|text: &[u8]| -> &[u8] { Box::leak(text.into()) });
    let program = compiled();
    let run = |keys: &[u8], now_s: i64| {
        let mut command = Command::new(&program);
        command.arg(now_s.to_string()).args([hex(&roots), hex(keys), hex(&denied)]).args(texts.map(hex));
        let output = command.output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };

    let said = run(&keys, NOW_S);
    let lines: Vec<&str> = said.lines().collect();
    let starts = [
        "open 0",
        "0 0 0 good 40 5a5a 1800 有效 Valid",
        "0 2 0 code_denied 0 0000 0 ",
        "0 2 0 code_forged 0 0000 0 ",
        "0 2 0 wechat_pay 0 0000 0 这是微信付款码，请出示通码 This is",
        "0 2 0 unknown ",
        "0 2 0 empty ",
        "null 1 1",
        "closed 1",
    ];
    assert_eq!(lines.len(), starts.len(), "{said}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{line} does not begin with {start}");
    }
    assert!(run(&keys, NOW_S + 7200).contains("code_expired"));
    let mut broken = keys.clone();
    *broken.last_mut().unwrap() ^= 1;
    assert!(run(&broken, NOW_S).starts_with("open 4\nnull 1 1\nclosed 1"));
}
