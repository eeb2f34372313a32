//! The side processes: the demo's sign-in provider, and the simulators of a payment rail and of the lodging authority.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use clap::Args;
use tokio::net::TcpListener;
use tongma_connector::{lodging_authority, payment_code::simulator};
use tongma_domain::Entropy;
use tongma_http::demo_provider::{self, DemoProviderConfig};

use crate::children::{LISTENING, parent_gone};
use crate::data::Data;
use crate::demo::people;
use crate::listen::{asked_to_stop, listen, serve_until};
use crate::system::{SystemClock, SystemEntropy};

/// The platform's client id at the demo provider.
pub const CLIENT_ID: &str = "tongma";

/// Options of `tongma demo-provider`.
#[derive(Debug, Clone, Args)]
pub struct ProviderArgs {
    /// Address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 8081)]
    port: u16,
    /// Data directory with the secret that platform and provider share.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// An address people may be sent back to; may be given several times.
    #[arg(long = "redirect", default_value = "http://127.0.0.1:8080/auth/callback")]
    redirects: Vec<String>,
    /// End when standard input closes.
    #[arg(long, hide = true)]
    with_parent: bool,
}

/// Options of `tongma sms-simulator`.
#[derive(Debug, Clone, Args)]
pub struct SmsArgs {
    /// Address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 8083)]
    port: u16,
    /// End when standard input closes.
    #[arg(long, hide = true)]
    with_parent: bool,
}

/// Options of `tongma rail-simulator`.
#[derive(Debug, Clone, Args)]
pub struct RailArgs {
    /// Address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 8082)]
    port: u16,
    /// End when standard input closes.
    #[arg(long, hide = true)]
    with_parent: bool,
}

/// Options of `tongma authority-simulator`.
#[derive(Debug, Clone, Args)]
pub struct AuthorityArgs {
    /// Address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 8084)]
    port: u16,
    /// End when standard input closes.
    #[arg(long, hide = true)]
    with_parent: bool,
}

/// Runs the demo provider.
///
/// # Errors
/// The port is taken, or the shared secret cannot be read.
pub async fn provider(args: ProviderArgs) -> io::Result<()> {
    let listener = listen(args.host, args.port, "--port").await?;
    let data = Data::open(&args.data)?;
    let mut seed = [0; 32];
    SystemEntropy.fill(&mut seed);
    let config = DemoProviderConfig {
        issuer: format!("http://{}", listener.local_addr()?),
        client_id: CLIENT_ID.to_owned(),
        client_secret: Some(client_secret(&data)?),
        redirects: args.redirects,
        people: people::at_the_provider(),
        seed,
        clock: Arc::new(SystemClock),
    };
    run(listener, demo_provider::router(config), args.with_parent).await
}

/// The secret that the platform shows to the demo provider; the file `keys/provider.secret` holds the same text.
///
/// # Errors
/// It cannot be read or made.
pub fn client_secret(data: &Data) -> io::Result<String> {
    data.secret(&data.key_file("provider.secret")).map(|secret| crate::data::hex(&secret))
}

/// Runs the rail simulator.
///
/// # Errors
/// The port is taken.
pub async fn rail(args: RailArgs) -> io::Result<()> {
    let listener = listen(args.host, args.port, "--port").await?;
    run(listener, simulator::router(), args.with_parent).await
}

/// Runs the text gateway's simulator.
///
/// # Errors
/// The port is taken.
pub async fn sms(args: SmsArgs) -> io::Result<()> {
    let listener = listen(args.host, args.port, "--port").await?;
    run(listener, tongma_connector::sms::simulator::router(), args.with_parent).await
}

/// Runs the simulator of the police system for lodging houses.
///
/// # Errors
/// The port is taken.
pub async fn authority(args: AuthorityArgs) -> io::Result<()> {
    let listener = listen(args.host, args.port, "--port").await?;
    run(listener, lodging_authority::simulator::router(), args.with_parent).await
}

async fn run(listener: TcpListener, router: Router, with_parent: bool) -> io::Result<()> {
    say!("{LISTENING}http://{}", listener.local_addr()?);
    let stop = async move {
        if with_parent {
            // The terminal sends Ctrl-C to the parent as well, which then closes our input.
            parent_gone().await;
        } else {
            asked_to_stop().await;
        }
    };
    serve_until(listener, router, stop).await
}
