//! Puts the platform together from its parts.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tongma_capability::{Reply, Scenario};
use tongma_connector::lodging_authority::{self, HttpAuthority, LodgingAuthority};
use tongma_connector::payment_code::{EXCHANGE_S, HttpRail, Patience, PaymentCode};
use tongma_connector::sms::{self, Sms};
use tongma_connector::{Answer, Connector};
use tongma_domain::Clock;
use tongma_service::{Outside, Parts, Platform};
use tongma_store::Store;

use crate::data::Keys;
use crate::system::{SystemClock, SystemEntropy};

/// A connector as the platform calls it.
struct Outward(Arc<dyn Connector>);

impl Outside for Outward {
    fn call(&self, request: Value) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>> {
        Box::pin(async move {
            match self.0.call(request).await {
                Answer::Success { detail } => Reply::Success { detail },
                Answer::Failure { code } => Reply::Failure { code: code.to_owned() },
                Answer::Unknown => Reply::Unknown,
            }
        })
    }
}

/// The payment-code rail at a base address; `patience` scales the waiting times of the providers' guides.
///
/// # Errors
/// The client cannot be made.
pub fn payment_code(base: &str, patience: f64) -> io::Result<Arc<dyn Connector>> {
    let rail = HttpRail::new(base, Duration::from_secs(EXCHANGE_S).mul_f64(patience.clamp(0.1, 1.0)))?;
    Ok(Arc::new(PaymentCode::new(rail, Patience::GUIDES.scaled(patience))))
}

/// What stands in front of every text.
const SMS_SIGNATURE: &str = "粤通码";

/// The text gateway at a base address.
///
/// # Errors
/// The client cannot be made.
pub fn texts(base: &str) -> io::Result<Arc<dyn Connector>> {
    Ok(Arc::new(Sms::new(base, SMS_SIGNATURE, Duration::from_secs(sms::EXCHANGE_S))?))
}

/// The lodging authority at a base address; `patience` scales the pause before an unclear answer is asked for.
///
/// # Errors
/// The client cannot be made.
pub fn lodging_authority(base: &str, patience: f64) -> io::Result<Arc<dyn Connector>> {
    let patience = patience.clamp(0.01, 1.0);
    let authority = HttpAuthority::new(base, Duration::from_secs(lodging_authority::EXCHANGE_S))?;
    Ok(Arc::new(LodgingAuthority::new(authority, Duration::from_secs(2).mul_f64(patience))))
}

/// A platform on a store, with these keys and connectors. `host` is what point codes name.
///
/// # Errors
/// The store does not answer, or the keys do not fit.
pub fn platform(
    store: Arc<dyn Store>,
    keys: Keys,
    connectors: Vec<Arc<dyn Connector>>,
    host: String,
) -> io::Result<Arc<Platform>> {
    platform_of(store, keys, connectors, host, Arc::new(SystemClock), tongma_scenario::catalogue())
}

/// A platform with a clock and a catalogue of the caller's: the walk moves the one and plants faults in the other.
///
/// # Errors
/// As [`platform`].
pub fn platform_of(
    store: Arc<dyn Store>,
    keys: Keys,
    connectors: Vec<Arc<dyn Connector>>,
    host: String,
    clock: Arc<dyn Clock>,
    catalogue: &'static [&'static dyn Scenario],
) -> io::Result<Arc<Platform>> {
    let outside: BTreeMap<String, Arc<dyn Outside>> = connectors
        .into_iter()
        .map(|connector| (connector.name().to_owned(), Arc::new(Outward(connector)) as Arc<dyn Outside>))
        .collect();
    Platform::new(Parts {
        store,
        clock,
        entropy: Box::new(SystemEntropy),
        catalogue,
        outside,
        master: keys.master,
        roots: keys.roots,
        issuer: keys.issuer,
        host,
    })
    .map_err(|refusal| io::Error::other(refusal.to_string()))
}
