//! `tongma serve`: the platform, and with the demo its two side processes.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tongma_connector::Connector;
use tongma_domain::{Clock, PointKind};
use tongma_http::Config;
use tongma_http::sign_in::SignInConfig;
use tongma_service::Platform;

use crate::assembly;
use crate::children::Running;
use crate::data::Data;
use crate::demo::people::CITIZENS;
use crate::demo::seed::{Seeded, seed};
use crate::listen::{asked_to_stop, listen, serve_until};
use crate::side::{CLIENT_ID, client_secret};
use crate::stores::StoreArgs;
use crate::system::SystemClock;

/// How often the signed lists are made anew and old once-rows are dropped.
const UPKEEP: Duration = Duration::from_secs(600);

/// Options of `tongma serve`, and of `tongma` alone.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Data directory: keys, administrator's token, embedded store. Made on the first start.
    #[arg(long, env = "TONGMA_DATA", default_value = "data")]
    pub data: PathBuf,
    /// Address to listen on.
    #[arg(long, env = "TONGMA_HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
    /// Port to listen on; 0 takes any free one.
    #[arg(long, env = "TONGMA_PORT", default_value_t = 8080)]
    pub port: u16,
    /// The origin people see, when it is not http://HOST:PORT: `https://tongma.example`.
    #[arg(long, env = "TONGMA_PUBLIC_ORIGIN", value_name = "ORIGIN")]
    pub public_origin: Option<String>,
    /// Where to keep everything.
    #[command(flatten)]
    pub store: StoreArgs,
    /// Start without the demo: nobody is enrolled, no side process runs.
    #[arg(long, env = "TONGMA_NO_DEMO")]
    pub no_demo: bool,
    /// Port of the demo's sign-in provider; 0 takes any free one.
    #[arg(long, default_value_t = 8081)]
    pub provider_port: u16,
    /// Port of the demo's payment rail; 0 takes any free one.
    #[arg(long, default_value_t = 8082)]
    pub rail_port: u16,
    /// Sign in with this OpenID Connect issuer instead of the demo provider.
    #[arg(long, env = "TONGMA_ISSUER", value_name = "URL")]
    pub issuer: Option<String>,
    /// Our client id at that issuer.
    #[arg(long, env = "TONGMA_CLIENT_ID", default_value = CLIENT_ID)]
    pub client_id: String,
    /// File with our client secret at that issuer.
    #[arg(long, env = "TONGMA_CLIENT_SECRET_FILE", value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,
    /// Port of the demo's lodging authority; 0 takes any free one.
    #[arg(long, default_value_t = 8084)]
    pub authority_port: u16,
    /// Lodging authority to report to instead of the simulator.
    #[arg(long, value_name = "URL")]
    pub lodging_authority: Option<String>,
    /// Payment-code rail to use instead of the simulator.
    #[arg(long, env = "TONGMA_RAIL", value_name = "URL")]
    pub rail: Option<String>,
    /// Port of the demo's text gateway; 0 takes any free one.
    #[arg(long, default_value_t = 8083)]
    pub sms_port: u16,
    /// Text gateway to use instead of the simulator.
    #[arg(long, value_name = "URL")]
    pub sms: Option<String>,
    /// Scales the waiting times of the payment rails' guides; 1 is what they say.
    #[arg(long, env = "TONGMA_RAIL_PATIENCE", default_value_t = 0.1, value_name = "FACTOR")]
    pub rail_patience: f64,
}

/// A server that is ready, and what belongs to it.
pub struct Server {
    /// The use cases.
    pub platform: Arc<Platform>,
    /// `http://127.0.0.1:8080`.
    pub origin: String,
    /// What the demo has, when there is one.
    pub demo: Option<Seeded>,
    /// The demo provider, when it runs here.
    pub provider: Option<Running>,
    /// The rail simulator, when it runs here.
    pub rail: Option<Running>,
    /// The text gateway's simulator, when it runs here.
    pub sms: Option<Running>,
    /// The lodging authority's simulator, when it runs here.
    pub authority: Option<Running>,
    listener: TcpListener,
    router: axum::Router,
    /// The code for the first member of staff, while there is none.
    first_staff_code: Option<String>,
}

impl Server {
    /// Gets everything ready. The port is taken before anything else is touched.
    ///
    /// # Errors
    /// In words that say what to do.
    pub async fn prepare(args: &ServeArgs) -> io::Result<Self> {
        let listener = listen(args.host, args.port, "--port").await?;
        let here = format!("http://{}", listener.local_addr()?);
        let origin = args.public_origin.clone().unwrap_or(here).trim_end_matches('/').to_owned();
        let data = Data::open(&args.data)?;
        let keys = data.keys()?;
        let admin_token = data.admin_token()?;
        let store = args.store.open(&data.store())?;
        let redirect = format!("{origin}/auth/callback");
        let (provider, sign_in) = sign_in(args, &data, redirect).await?;
        let (rail, mut connectors) = rail(args).await?;
        let (sms, texts) = sms(args).await?;
        connectors.extend(texts);
        let (authority, reporting) = authority(args).await?;
        connectors.extend(reporting);
        // Point codes and certificates name the whole origin, scheme included.
        let platform = assembly::platform(store, keys, connectors, origin.clone())?;
        let demo = match (&sign_in, args.no_demo) {
            (Some(sign_in), false) => Some(
                seed(&platform, &sign_in.issuer)
                    .await
                    .map_err(|refusal| io::Error::other(format!("the demo could not be set up: {refusal}")))?,
            ),
            _ => None,
        };
        let config = Config { public_origin: origin.clone(), sign_in, admin_token: Some(admin_token) };
        let router = tongma_http::router(Arc::clone(&platform), &config).map_err(io::Error::other)?;
        let first_staff_code =
            platform.first_staff_code().await.map_err(|refusal| io::Error::other(refusal.to_string()))?;
        Ok(Self { platform, origin, demo, provider, rail, sms, authority, listener, router, first_staff_code })
    }

    /// Serves until `stop` ends; then lets requests finish and ends the side processes.
    ///
    /// # Errors
    /// Of the listener.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let Self { platform, provider, rail, sms, authority, listener, router, .. } = self;
        let background = [
            tokio::spawn(Arc::clone(&platform).work()),
            tokio::spawn(Arc::clone(&platform).seal_on()),
            tokio::spawn(upkeep(Arc::clone(&platform))),
        ];
        let kept = Arc::clone(&platform);
        let watched = [provider, rail, sms, authority].map(|child| child.map(watch));
        let served = serve_until(listener, router, stop).await;
        background.iter().for_each(JoinHandle::abort);
        if let Err(refusal) = kept.write_recent().await {
            note!("tongma: the last lines of the recent lists were not written: {refusal}");
        }
        for (end, watcher) in watched.into_iter().flatten() {
            // The watcher may have ended with its child; there is nothing left to stop then.
            let _ = end.send(());
            let _ = watcher.await;
        }
        served
    }
}

async fn sign_in(
    args: &ServeArgs,
    data: &Data,
    redirect: String,
) -> io::Result<(Option<Running>, Option<SignInConfig>)> {
    if let Some(issuer) = args.issuer.clone() {
        let client_secret_file = args.client_secret_file.clone();
        return Ok((
            None,
            Some(SignInConfig { issuer, client_id: args.client_id.clone(), client_secret_file, redirect }),
        ));
    }
    if args.no_demo {
        return Ok((None, None));
    }
    client_secret(data)?;
    let arguments = [
        "--port".to_owned(),
        args.provider_port.to_string(),
        "--data".to_owned(),
        args.data.display().to_string(),
        "--redirect".to_owned(),
        redirect.clone(),
    ];
    let running = Running::start("demo-provider", &arguments).await?;
    let sign_in = SignInConfig {
        issuer: running.address.clone(),
        client_id: CLIENT_ID.to_owned(),
        client_secret_file: Some(data.key_file("provider.secret")),
        redirect,
    };
    Ok((Some(running), Some(sign_in)))
}

async fn rail(args: &ServeArgs) -> io::Result<(Option<Running>, Vec<Arc<dyn Connector>>)> {
    let (running, base) = match (&args.rail, args.no_demo) {
        (Some(base), _) => (None, base.clone()),
        (None, true) => return Ok((None, Vec::new())),
        (None, false) => {
            let running = Running::start("rail-simulator", &["--port".to_owned(), args.rail_port.to_string()]).await?;
            let base = running.address.clone();
            (Some(running), base)
        }
    };
    Ok((running, vec![assembly::payment_code(&base, args.rail_patience)?]))
}

async fn sms(args: &ServeArgs) -> io::Result<(Option<Running>, Option<Arc<dyn Connector>>)> {
    let (running, base) = match (&args.sms, args.no_demo) {
        (Some(base), _) => (None, base.clone()),
        (None, true) => return Ok((None, None)),
        (None, false) => {
            let running = Running::start("sms-simulator", &["--port".to_owned(), args.sms_port.to_string()]).await?;
            let base = running.address.clone();
            (Some(running), base)
        }
    };
    Ok((running, Some(assembly::texts(&base)?)))
}

async fn authority(args: &ServeArgs) -> io::Result<(Option<Running>, Option<Arc<dyn Connector>>)> {
    let (running, base) = match (&args.lodging_authority, args.no_demo) {
        (Some(base), _) => (None, base.clone()),
        (None, true) => return Ok((None, None)),
        (None, false) => {
            let port = ["--port".to_owned(), args.authority_port.to_string()];
            let running = Running::start("authority-simulator", &port).await?;
            let base = running.address.clone();
            (Some(running), base)
        }
    };
    Ok((running, Some(assembly::lodging_authority(&base, 1.0)?)))
}

/// Says so when a side process ends before it should; stops it when told.
fn watch(mut child: Running) -> (tokio::sync::oneshot::Sender<()>, JoinHandle<()>) {
    let (end, ending) = tokio::sync::oneshot::channel();
    let watcher = tokio::spawn(async move {
        tokio::select! {
            _ = ending => child.stop().await,
            said = child.ended() => note!("tongma: {said}; start again to have it back"),
        }
    });
    (end, watcher)
}

/// New lists and no old once-rows, for ever.
async fn upkeep(platform: Arc<Platform>) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        if let Err(refusal) = platform.refresh_lists() {
            note!("tongma: the signed lists could not be renewed: {refusal}");
        }
    }
}

/// `tongma serve`.
///
/// # Errors
/// In words that say what to do.
pub async fn run(args: ServeArgs) -> io::Result<()> {
    let server = Server::prepare(&args).await?;
    announce(&server, &args);
    server.run(asked_to_stop()).await?;
    say!("已停止 / stopped");
    Ok(())
}

fn announce(server: &Server, args: &ServeArgs) {
    let origin = &server.origin;
    say!("通码 Tongma · {}", SystemClock.now().to_rfc3339());
    say!("  首页 / start page      {origin}/");
    say!("  市民 / citizen         {origin}/me");
    say!("  服务台、闸机 / desk, gate  {origin}/desk");
    // Passkeys belong to a name: on this machine that is `localhost`.
    say!("  管理台 / console       {}/console", origin.replace("://127.0.0.1", "://localhost"));
    say!("  场所接入 / apply       {origin}/apply");
    if let Some(code) = &server.first_staff_code {
        say!("  首位安全管理员邀请码 / code for the first security administrator  {code}");
    }
    say!("  接口 / OpenAPI         {origin}/openapi.json");
    say!("  管理令牌 / admin token {}", Data::at(&args.data).admin_token_file().display());
    if let Some(provider) = &server.provider {
        say!("  登录 / sign-in         {} (process {})", provider.address, provider.id().unwrap_or_default());
    }
    if let Some(rail) = &server.rail {
        say!("  收款通道 / rail        {} (process {})", rail.address, rail.id().unwrap_or_default());
    }
    if let Some(sms) = &server.sms {
        say!("  短信网关 / texts        {} (process {})", sms.address, sms.id().unwrap_or_default());
    }
    if let Some(authority) = &server.authority {
        say!("  住宿报送 / reports     {} (process {})", authority.address, authority.id().unwrap_or_default());
    }
    if let Some(demo) = &server.demo {
        announce_demo(demo);
        announce_venue_codes(demo);
    }
    say!("按 Ctrl-C 停止 / Ctrl-C stops it");
}

fn announce_demo(demo: &Seeded) {
    say!(
        "\n演示 / demo: {} 人 / people, {} 个场所开放 / venues open, {} 个即将开放 / coming",
        demo.people,
        demo.open,
        demo.coming
    );
    say!("登录时任选一人，例如 / sign in as anyone, for example:");
    for citizen in
        CITIZENS.iter().filter(|citizen| ["demo-adult", "demo-elder", "demo-parent"].contains(&citizen.subject))
    {
        say!("  {:<12} {}（{} / {}）", citizen.subject, citizen.name, citizen.note.0, citizen.note.1);
    }
    say!("配对码（24 小时内、一次有效）/ pairing codes (good once, for 24 hours):");
    for waiting in first_of_each(demo) {
        let kind = waiting.kind.name();
        say!(
            "  {}  {} · {}（{} / {}，{}）",
            waiting.code,
            waiting.venue,
            waiting.name,
            kind.zh,
            kind.en,
            waiting.scenario
        );
    }
}

/// The first few venue codes: each is an address whose page can be printed and scanned.
fn announce_venue_codes(demo: &Seeded) {
    say!("场所码（打开即可打印，供群众扫）/ venue codes (open to print; citizens scan them):");
    for waiting in first_of_each(demo) {
        if let Some(text) = &waiting.venue_code {
            say!("  {} · {}（{}）", waiting.venue, waiting.name, waiting.scenario);
            say!("    {text}");
        }
    }
}

/// One desk for each scenario, and every gate.
fn first_of_each(demo: &Seeded) -> Vec<&crate::demo::seed::Waiting> {
    let mut seen = std::collections::BTreeSet::new();
    demo.waiting.iter().filter(|waiting| waiting.kind == PointKind::Gate || seen.insert(waiting.scenario)).collect()
}
