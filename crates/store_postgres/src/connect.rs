//! Where the server is, and how to connect to it.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config};

use crate::queue::Sharing;
use crate::trouble::Trouble;

/// Every statement finds its rows by key. A plan made once while a table was small must not scan it when it has grown.
const PLANNING: &str = "SET plan_cache_mode = force_generic_plan; SET jit = off; SET enable_hashjoin = off; \
    SET enable_mergejoin = off; SET enable_seqscan = off";

/// A server and what is agreed with it.
#[derive(Clone)]
pub struct Target {
    config: Arc<Config>,
    pub connect_within: Duration,
    pub answer_within: Duration,
    session: Arc<str>,
    /// Settings for speed alone, where one PostgreSQL server has all buckets.
    planning: Option<&'static str>,
    #[cfg(feature = "tls")]
    tls: tokio_postgres_rustls::MakeRustlsConnect,
}

/// What is wrong with a server's address.
#[derive(Debug)]
pub struct AddressError(String);

impl core::fmt::Display for AddressError {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(out, "not the address of a PostgreSQL server: {}", self.0)
    }
}

impl core::error::Error for AddressError {}

impl Target {
    /// Reads an address: `postgres://user:password@host:port/database?…` or `host=… user=…`.
    pub fn new(address: &str, options: &crate::Options) -> Result<Self, AddressError> {
        // The driver's text names the part that is wrong; the address itself may hold a password and is not repeated.
        let mut config = Config::from_str(address).map_err(|error| AddressError(error.to_string()))?;
        let answer_within = options.answer_within;
        config.connect_timeout(options.connect_within).tcp_user_timeout(answer_within).keepalives(true);
        // Never a replica: what is decided is read where it is written.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        if config.get_application_name().is_none() {
            config.application_name("tongma");
        }
        // The server gives up before this side does, so that this side learns why.
        let statement_ms = answer_within.as_millis() * 3 / 4;
        let session = format!(
            "SET statement_timeout = {statement_ms}; SET lock_timeout = {}; \
             SET idle_in_transaction_session_timeout = {}",
            statement_ms / 2,
            answer_within.as_millis() * 2,
        );
        Ok(Self {
            config: Arc::new(config),
            connect_within: options.connect_within,
            answer_within,
            session: session.into(),
            planning: (options.sharing == Sharing::Any).then_some(PLANNING),
            #[cfg(feature = "tls")]
            tls: crate::tls::connector(options).map_err(AddressError)?,
        })
    }

    /// Connects; the connection's bytes are moved by a task of this runtime.
    pub async fn connect(&self, driver: &Handle) -> Result<Client, Trouble> {
        let down = |error: tokio_postgres::Error| match error.code() {
            // Cut off by an administrator while it came up: the server is there, and trying once more may help.
            Some(code) if *code == SqlState::ADMIN_SHUTDOWN => Trouble::Lost(reason(&error)),
            _ => Trouble::Down(reason(&error)),
        };
        #[cfg(feature = "tls")]
        let tls = self.tls.clone();
        #[cfg(not(feature = "tls"))]
        let tls = tokio_postgres::NoTls;
        let connecting = tokio::time::timeout(self.connect_within * 2, self.config.connect(tls)).await;
        let (client, connection) = connecting.map_err(|_| Trouble::Down("no answer in time".into()))?.map_err(down)?;
        driver.spawn(async move {
            // When the connection ends, every request on it fails and says why.
            let _ = connection.await;
        });
        // The server was there a moment ago: trying once more may help.
        client.batch_execute(&self.session).await.map_err(|error| Trouble::of(&error))?;
        if let Some(planning) = self.planning {
            // An engine that has no such settings has its own ways.
            let _ = client.batch_execute(planning).await;
        }
        Ok(client)
    }
}

/// An error with its causes; of the server's own words only what is about connecting.
fn reason(error: &tokio_postgres::Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}
