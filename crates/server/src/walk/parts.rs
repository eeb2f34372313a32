//! What the stage is put together from.

use std::io;
use std::sync::Arc;

use axum::Router;
use tongma_capability::Scenario;
use tongma_code::sign::{Signer, SoftSm2};
use tongma_domain::{Clock, Entropy};
use tongma_http::demo_provider::{self, DemoProviderConfig};
use tongma_http::{Config, SignInConfig};
use tongma_service::Platform;
use tongma_store::Store;

use crate::assembly;
use crate::data::Keys;
use crate::demo::people::at_the_provider;
use crate::system::SystemEntropy;

/// The client id of the walk at its provider.
const CLIENT: &str = "tongma-walk";
/// Waiting times of the rails' guides, scaled down: the walk does not wait 45 seconds for an unknown answer.
const PATIENCE: f64 = 0.01;

/// The demo provider.
pub fn provider(issuer: &str, platform: &str, clock: Arc<dyn Clock>) -> Router {
    demo_provider::router(DemoProviderConfig {
        issuer: issuer.to_owned(),
        client_id: CLIENT.to_owned(),
        client_secret: None,
        redirects: vec![format!("{platform}/auth/callback")],
        people: at_the_provider(),
        seed: seed(),
        clock,
    })
}

/// The platform with fresh keys.
///
/// # Errors
/// The keys or the store do not serve.
pub fn platform(
    store: Arc<dyn Store>,
    catalogue: &'static [&'static dyn Scenario],
    clock: Arc<dyn Clock>,
    (rail, authority): (&str, &str),
    base: &str,
) -> io::Result<Arc<Platform>> {
    let connectors = vec![assembly::payment_code(rail, PATIENCE)?, assembly::lodging_authority(authority, PATIENCE)?];
    assembly::platform_of(store, keys()?, connectors, base.to_owned(), clock, catalogue)
}

/// The HTTP edge.
///
/// # Errors
/// The configuration does not fit.
pub fn edge(platform: Arc<Platform>, base: &str, provider: &str, admin_token: &str) -> io::Result<Router> {
    let config = Config {
        public_origin: base.to_owned(),
        sign_in: Some(SignInConfig {
            issuer: provider.to_owned(),
            client_id: CLIENT.to_owned(),
            client_secret_file: None,
            redirect: format!("{base}/auth/callback"),
        }),
        admin_token: Some(admin_token.to_owned()),
    };
    tongma_http::router(platform, &config).map_err(io::Error::other)
}

/// Keys that live as long as the walk.
fn keys() -> io::Result<Keys> {
    let signer = || SoftSm2::new(&seed()).map(|signer| Box::new(signer) as Box<dyn Signer>).map_err(io::Error::other);
    Ok(Keys { master: seed(), roots: [signer()?, signer()?], issuer: signer()? })
}

fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    SystemEntropy.fill(&mut seed);
    seed
}
