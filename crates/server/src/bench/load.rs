//! A loader that costs as little as it can: prepared bytes out, status and length in, over connections that stay open.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::system::moment;

/// What came of a load.
#[derive(Debug)]
pub struct Loaded {
    /// Answers a second.
    pub per_second: f64,
    /// How long it took, in seconds.
    pub elapsed_s: f64,
    /// What this whole process, the loader included, computed for one answer, in microseconds.
    pub cpu_us: f64,
    /// The time within which half of the answers came.
    pub p50: Duration,
    /// The time within which 99 of 100 came.
    pub p99: Duration,
}

/// Sends every request once, over so many connections, and checks every answer.
///
/// # Errors
/// A connection broke, or an answer is not a 200 that contains `expected`.
pub async fn run(
    address: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    connections: usize,
    expected: &'static str,
) -> io::Result<Loaded> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut opened = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        opened.push(stream);
    }
    let (began, cpu_began_s) = (moment(), cpu_s());
    let tasks: Vec<_> = opened
        .into_iter()
        .map(|stream| tokio::spawn(drive(stream, Arc::clone(&requests), Arc::clone(&next), expected)))
        .collect();
    let mut times = Vec::with_capacity(requests.len());
    for task in tasks {
        times.extend(task.await.map_err(io::Error::other)??);
    }
    let (elapsed, cpu_s) = (began.elapsed().as_secs_f64(), cpu_s() - cpu_began_s);
    times.sort_unstable();
    // Counted in thousandths, so that no place is rounded through a float.
    let at = |per_mille: usize| {
        let place = times.len() * per_mille / 1000;
        times.get(place.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
    };
    let count = f64::from(u32::try_from(times.len()).unwrap_or(u32::MAX));
    let cpu_us = cpu_s * 1e6 / count;
    Ok(Loaded { per_second: count / elapsed, elapsed_s: elapsed, cpu_us, p50: at(500), p99: at(990) })
}

/// The processor time of this process so far, all threads, in seconds, as Linux counts it; 0 where it does not tell.
/// It hardly moves when others use the machine too, which the rates do.
fn cpu_s() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds: u64 = tasks
        .filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok())
        .filter_map(|text| text.split(' ').next()?.parse::<u64>().ok())
        .sum();
    std::time::Duration::from_nanos(nanoseconds).as_secs_f64()
}

/// Sends the requests again and again for about so many seconds; gives the answers a second and the processor time of
/// one, over the whole time.
///
/// # Errors
/// As [`run`]; any 200 will do.
pub async fn run_for(
    address: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    connections: usize,
    seconds: f64,
) -> io::Result<(f64, f64)> {
    let (mut answers, mut elapsed_s, mut cpu_us) = (0.0, 0.0, 0.0);
    while elapsed_s < seconds {
        let loaded = run(address, Arc::clone(&requests), connections, "").await?;
        elapsed_s += loaded.elapsed_s;
        answers += loaded.per_second * loaded.elapsed_s;
        cpu_us += loaded.cpu_us * loaded.per_second * loaded.elapsed_s;
    }
    Ok((answers / elapsed_s, cpu_us / answers))
}

async fn drive(
    mut stream: TcpStream,
    requests: Arc<Vec<Vec<u8>>>,
    next: Arc<AtomicUsize>,
    expected: &'static str,
) -> io::Result<Vec<Duration>> {
    let mut times = Vec::new();
    let mut buffer = Vec::with_capacity(8192);
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let began = moment();
        stream.write_all(request).await?;
        answer(&mut stream, &mut buffer).await?;
        times.push(began.elapsed());
        let holds = expected.is_empty() || buffer.windows(expected.len()).any(|part| part == expected.as_bytes());
        if !buffer.starts_with(b"HTTP/1.1 200") || !holds {
            let text = String::from_utf8_lossy(&buffer);
            return Err(io::Error::other(format!("not the answer that was measured: {text}")));
        }
    }
    Ok(times)
}

/// Reads one answer with a stated length.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.clear();
    loop {
        if let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head_text = String::from_utf8_lossy(buffer.get(..head).unwrap_or_default()).to_ascii_lowercase();
            let length = head_text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if buffer.len() >= head + 4 + length.unwrap_or(0_usize) {
                return Ok(());
            }
        }
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
