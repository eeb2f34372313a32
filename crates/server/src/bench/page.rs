//! The citizen's first screen: its weight as served, and how soon the code is drawn in a real browser that was here before.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use clap::Parser as _;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tongma_connector::client::JsonClient;
use tongma_http::static_files::Assets;

use super::{Bar, Common, Figure, median};
use crate::serve::{ServeArgs, Server};

/// A shell larger than this needs more than the first flight of a TCP connection (ten segments; RFC 6928).
const SHELL_KB: f64 = 14.0;
/// How long the browser may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(100);

/// Measures.
///
/// # Errors
/// Chromium or its driver is missing, or the page does not show a code.
pub async fn figures(common: &Common) -> io::Result<Vec<Figure>> {
    let (shell, requests) = weight().await?;
    let mut figures = vec![
        Figure::alone("shell_compressed", shell, "KB").bar(Bar::AtMost(SHELL_KB)),
        Figure::alone("requests_to_code", requests, "").bar(Bar::AtMost(1.0)),
    ];
    let folder = std::env::temp_dir().join(format!("tongma-bench-page-{}", std::process::id()));
    let timed = in_chromium(common.rounds.max(1), &folder).await;
    // What cannot be removed from the temporary directory harms nobody.
    let _ = std::fs::remove_dir_all(&folder);
    let (warm, stopped) = timed?;
    figures.push(Figure::alone("code_visible_warm", median(warm), "ms").bar(Bar::AtMost(100.0)));
    figures.push(Figure::alone("code_visible_stopped", median(stopped), "ms").bar(Bar::AtMost(100.0)));
    Ok(figures)
}

/// Kilobytes of `/me` as a browser gets it, and how many requests a code needs beside nothing that is kept: the page
/// itself and whatever it names as a script or style.
async fn weight() -> io::Result<(f64, f64)> {
    let assets = Assets::default();
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("br, gzip"));
    let collect = |response: axum::response::Response| async {
        response.into_body().collect().await.map(http_body_util::Collected::to_bytes).map_err(io::Error::other)
    };
    let packed = collect(assets.serve("/me", &headers)).await?;
    let plain = collect(assets.serve("/me", &HeaderMap::new())).await?;
    let text = String::from_utf8_lossy(&plain);
    let named = text.matches("<script src=").count()
        + text.matches("<script type=\"module\" src=").count()
        + text.matches("rel=\"stylesheet\"").count();
    let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    Ok((count(packed.len()) / 1000.0, count(named + 1)))
}

/// Milliseconds from the start of the navigation to the drawn code: with the server there, and with it stopped.
async fn in_chromium(rounds: usize, folder: &std::path::Path) -> io::Result<(Vec<f64>, Vec<f64>)> {
    let args = Arguments::parse_from([
        "bench",
        "--store=memory",
        "--port=0",
        "--provider-port=0",
        "--rail-port=0",
        "--sms-port=0",
        "--authority-port=0",
        &format!("--data={}", folder.join("data").display()),
    ]);
    let server = Server::prepare(&args.serve).await?;
    let origin = server.origin.clone();
    let (stop, stopping) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async move {
        // A sender that is gone means the same.
        let _ = stopping.await;
    }));
    let browser = Browser::start(folder.join("browser")).await?;
    let result = measure(&browser, &origin, rounds, stop, running).await;
    browser.stop().await;
    result
}

/// The options of `serve` on their own, for a server inside the benchmark.
#[derive(clap::Parser)]
struct Arguments {
    #[command(flatten)]
    serve: ServeArgs,
}

async fn measure(
    browser: &Browser,
    origin: &str,
    rounds: usize,
    stop: tokio::sync::oneshot::Sender<()>,
    running: tokio::task::JoinHandle<io::Result<()>>,
) -> io::Result<(Vec<f64>, Vec<f64>)> {
    browser.go(&format!("{origin}/auth/login?return=/me")).await?;
    browser.until("return document.querySelector('[value=demo-student]') !== null").await?;
    browser.script("document.querySelector('[value=demo-student]').click()").await?;
    browser.until(SHOWN).await?;
    // The worker is in charge from the next load on.
    browser.until("return navigator.serviceWorker.controller !== null || (navigator.serviceWorker.ready.then(() => location.reload()), false)").await?;
    browser.until(SHOWN).await?;
    let mut warm = Vec::new();
    for _ in 0..rounds {
        warm.push(browser.start_of_code(&format!("{origin}/me")).await?);
    }
    // The server may be gone already; that is what was asked for.
    let _ = stop.send(());
    running.await.map_err(io::Error::other)??;
    let mut stopped = Vec::new();
    for _ in 0..rounds {
        stopped.push(browser.start_of_code(&format!("{origin}/me")).await?);
    }
    Ok((warm, stopped))
}

const SHOWN: &str = "return performance.getEntriesByName('tongma-code').length > 0";

/// Headless Chromium behind its driver (W3C WebDriver).
struct Browser {
    driver: Child,
    client: JsonClient,
    session: String,
}

impl Browser {
    async fn start(profile: PathBuf) -> io::Result<Self> {
        let port = TcpListener::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), 0)).await?.local_addr()?.port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                io::Error::other(format!("chromedriver: {error}. Install it: apt-get install chromium chromium-driver"))
            })?;
        let client = JsonClient::new(&format!("http://127.0.0.1:{port}"), PATIENCE)?;
        let options = json!({ "args": ["--headless=new", "--no-sandbox", "--window-size=390,844", format!("--user-data-dir={}", profile.display())] });
        let wanted =
            json!({ "capabilities": { "alwaysMatch": { "browserName": "chrome", "goog:chromeOptions": options } } });
        let mut last = String::new();
        for _ in 0..100 {
            match client.post("/session", &wanted).await {
                Ok((200, answer)) => {
                    let session =
                        answer.pointer("/value/sessionId").and_then(Value::as_str).unwrap_or_default().to_owned();
                    return Ok(Self { driver, client, session });
                }
                Ok((_, answer)) => last = answer.to_string(),
                Err(error) => last = format!("{error:?}"),
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(io::Error::other(format!(
            "Chromium did not start: {last}. Install it: apt-get install chromium chromium-driver"
        )))
    }

    async fn post(&self, path: &str, body: &Value) -> io::Result<Value> {
        let answer = self.client.post(&format!("/session/{}/{path}", self.session), body).await;
        match answer {
            Ok((200, answer)) => Ok(answer.get("value").cloned().unwrap_or(Value::Null)),
            Ok((_, answer)) => Err(io::Error::other(answer.to_string())),
            Err(error) => Err(io::Error::other(format!("{error:?}"))),
        }
    }

    async fn go(&self, address: &str) -> io::Result<()> {
        self.post("url", &json!({ "url": address })).await.map(drop)
    }

    async fn script(&self, script: &str) -> io::Result<Value> {
        self.post("execute/sync", &json!({ "script": script, "args": [] })).await
    }

    /// Waits until a script says true; a page that is just changing is asked again.
    async fn until(&self, script: &str) -> io::Result<()> {
        for _ in 0..300 {
            if matches!(self.script(script).await, Ok(Value::Bool(true))) {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        let said = self.script("return document.body.innerText.slice(0, 400)").await.unwrap_or_default();
        Err(io::Error::other(format!("the browser did not get to: {script}. The page says: {said}")))
    }

    /// Opens the page anew and gives the milliseconds to the drawn code.
    async fn start_of_code(&self, address: &str) -> io::Result<f64> {
        self.go("about:blank").await?;
        self.go(address).await?;
        self.until(SHOWN).await?;
        let at = self.script("return performance.getEntriesByName('tongma-code')[0].startTime").await?;
        at.as_f64().ok_or_else(|| io::Error::other("the page gave no time"))
    }

    async fn stop(mut self) {
        // The driver ends the browser; it is killed when it does not answer.
        let _ = tokio::time::timeout(
            Duration::from_secs(5),
            self.post("goog/cdp/execute", &json!({ "cmd": "Browser.close", "params": {} })),
        )
        .await;
        let _ = self.driver.kill().await;
    }
}
