//! Server-sent events: what a page is told to look at again, and nothing else.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    http::{HeaderMap, HeaderValue},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use futures_core::Stream;
use tongma_service::live::{Event, Listener};

/// A line that means nothing, so often that no proxy takes the connection for dead (common limits: 30 and 60 s).
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A connection ends by itself after so long; the browser comes back by itself and is asked anew who it is.
const LONGEST: Duration = Duration::from_secs(600);
/// How long a browser waits before it comes back.
const COME_BACK: Duration = Duration::from_millis(1500);

/// The number of the last event a page heard before its connection broke.
pub fn last_heard(headers: &HeaderMap) -> Option<&str> {
    headers.get("last-event-id")?.to_str().ok()
}

/// The events of a listener as a stream that a browser's `EventSource` reads.
pub fn stream(listener: Listener) -> Response {
    let looks = Looks { next: next(listener), ends: Box::pin(tokio::time::sleep(LONGEST)) };
    let mut response = Sse::new(looks).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("·")).into_response();
    // A proxy that collects answers before it passes them on would hold back every event.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

type Next = Pin<Box<dyn Future<Output = (Listener, Event)> + Send>>;

fn next(mut listener: Listener) -> Next {
    Box::pin(async move {
        let event = listener.next().await;
        (listener, event)
    })
}

struct Looks {
    next: Next,
    ends: Pin<Box<tokio::time::Sleep>>,
}

impl Stream for Looks {
    type Item = Result<sse::Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ends.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        match self.next.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready((listener, event)) => {
                self.next = next(listener);
                let told = sse::Event::default().event(event.name).id(event.id).data("").retry(COME_BACK);
                Poll::Ready(Some(Ok(told)))
            }
        }
    }
}
