//! How long a question takes from the desk to the phone: over real HTTP, on a durable store, the phone listening as the
//! app does. For `tongma bench consent`.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use tokio::sync::mpsc;
use tongma_store::Store;

use super::certificate::{ID, hall, question};
use super::phone::Phone;
use super::stage::Stage;
use super::steps::Failed;
use crate::system::moment;

/// The longest wait for an event before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Milliseconds from the desk's request to the phone having the whole question, for each round.
///
/// # Errors
/// A step was refused, or an event did not come.
pub async fn round_trips(store: Arc<dyn Store>, rounds: usize) -> io::Result<Vec<f64>> {
    let stage = Stage::open(store, tongma_scenario::catalogue()).await?;
    measure(&stage, rounds).await.map_err(|failed| io::Error::other(failed.to_string()))
}

async fn measure(stage: &Stage, rounds: usize) -> Result<Vec<f64>, Failed> {
    let (_, window) = hall(stage).await?;
    let mut phone = Phone::of(stage, "demo-student").await?;
    let mut told = listen(&stage.url("/v1/me/events"), phone.cookie()).await?;
    let mut times = Vec::with_capacity(rounds);
    for round in 0..rounds {
        if round % 60 == 59 {
            phone.refill().await?;
        }
        let presentation = window.present(ID, &phone.code()?).await?;
        while told.try_recv().is_ok() {}
        let began: Instant = moment();
        let asking = async { window.act(&presentation, "request", json!({ "matter": "student" })).await };
        let hearing = async {
            loop {
                let event = tokio::time::timeout(PATIENCE, told.recv()).await.map_err(Failed::because)?;
                if event.is_some_and(|event| event.contains("event: question")) {
                    // The event says nothing but "look": the question is on the phone once it has looked.
                    let asked = question(&phone).await?;
                    return Ok::<_, Failed>((asked, began.elapsed()));
                }
            }
        };
        let (asked, heard) = tokio::join!(asking, hearing);
        asked?.refused("consent.needed")?;
        times.push(heard?.1.as_secs_f64() * 1000.0);
    }
    Ok(times)
}

/// Opens the phone's live connection and passes on what comes.
async fn listen(url: &str, cookie: &str) -> Result<mpsc::UnboundedReceiver<String>, Failed> {
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let request = axum::http::Request::builder().uri(url).header("cookie", cookie);
    let request = request.body(Empty::new()).map_err(Failed::because)?;
    let response = client.request(request).await.map_err(Failed::because)?;
    let (send, receive) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let (mut body, _client) = (response.into_body(), client);
        while let Some(Ok(frame)) = body.frame().await {
            let Some(data) = frame.data_ref() else { continue };
            if send.send(String::from_utf8_lossy(data).into_owned()).is_err() {
                return;
            }
        }
    });
    Ok(receive)
}
