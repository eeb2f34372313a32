//! Listening, and ending in order.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// How long requests under way may still take when the process is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Listens on an address; port 0 takes a free one.
///
/// # Errors
/// In words that say what to do.
pub async fn listen(host: IpAddr, port: u16, option: &str) -> io::Result<TcpListener> {
    TcpListener::bind((host, port)).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => io::Error::new(
            error.kind(),
            format!(
                "port {port} is in use. Stop the program that has it (is another `tongma` running?), or choose another port: {option} {} (0 takes any free one)",
                port.saturating_add(1000)
            ),
        ),
        io::ErrorKind::PermissionDenied => io::Error::new(
            error.kind(),
            format!("port {port} needs rights that this process does not have. Choose one above 1023: {option} 8080"),
        ),
        io::ErrorKind::AddrNotAvailable => {
            io::Error::new(error.kind(), format!("{host} is not an address of this machine. Try --host 127.0.0.1"))
        }
        _ => io::Error::new(error.kind(), format!("cannot listen on {host}:{port}: {error}")),
    })
}

/// Ends when the process is asked to: Ctrl-C or SIGTERM.
pub async fn asked_to_stop() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Serves until `stop` ends, then lets requests under way finish, but not for ever.
///
/// # Errors
/// Of the listener.
pub async fn serve_until(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (told, mut hear) = tokio::sync::watch::channel(false);
    let stopping = async move {
        stop.await;
        // Nobody listening any more is the same as having been told.
        let _ = told.send(true);
    };
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stopping);
    let patience = async move {
        let _ = hear.wait_for(|stopped| *stopped).await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = serving => served,
        () = patience => Ok(()),
    }
}
