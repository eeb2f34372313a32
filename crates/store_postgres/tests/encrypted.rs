//! TLS to a real server: trusted, not trusted, and refused where the server has none.
#![cfg(feature = "tls")]
#![expect(clippy::unwrap_used, reason = "a test tells what is wrong by panicking")]

mod server;

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::process::Command;

use server::Server;
use tongma_domain::{Bucket, SeededEntropy, UnixMs};
use tongma_store::{Key, run_blocking};
use tongma_store_postgres::{OpenError, Options, PostgresStore};

/// A port that nobody has at the moment.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Gives the server a key and a certificate of its own, and a port.
fn encrypt(server: &Server, port: u16) -> std::path::PathBuf {
    let data = server.sockets().join("data");
    let (key, certificate) = (data.join("server.key"), data.join("server.crt"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output();
    assert!(made.is_ok_and(|made| made.status.success()), "this test needs the program `openssl`");
    let owner = std::fs::metadata(&data).unwrap();
    for file in [&key, &certificate] {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
        chown(file, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    server.execute("ALTER SYSTEM SET ssl = on");
    server.execute("ALTER SYSTEM SET listen_addresses = 'localhost'");
    server.execute(&format!("ALTER SYSTEM SET port = {port}"));
    server.control(&["restart", "--wait", "--log=log"]);
    certificate
}

fn open(port: u16, options: &Options) -> Result<PostgresStore, OpenError> {
    let address = format!("postgres://tongma@localhost:{port}/postgres?sslmode=require");
    PostgresStore::open(&address, options, &mut SeededEntropy::new([1; 32]))
}

#[test]
fn a_server_is_trusted_by_its_certificate() {
    let server = Server::start("tls");
    // Where TLS is not asked for, a server without it will do.
    drop(server.store("plain", &Options::default()));
    let sockets = server.address("public").replace("options=", "sslmode=require options=");
    let refused = PostgresStore::open(&sockets, &Options::default(), &mut SeededEntropy::new([1; 32])).err().unwrap();
    assert!(refused.to_string().contains("TLS"), "a server without TLS is refused when TLS is asked: {refused}");
    let port = free_port();
    let certificate = encrypt(&server, port);
    let refused = open(port, &Options::default()).err().unwrap().to_string();
    assert!(refused.contains("certificate"), "{refused}");
    let store = open(port, &Options { root_certificates: Some(certificate), ..Options::default() }).unwrap();
    let append = |txn: &mut dyn tongma_store::Txn| txn.append(&Key::from("a"), UnixMs::default(), Vec::new());
    assert_eq!(run_blocking(&store, Bucket::default(), append), Ok(1));
    drop(store);
    let missing = Options { root_certificates: Some("/none.pem".into()), ..Options::default() };
    assert!(open(port, &missing).err().unwrap().to_string().contains("/none.pem"));
}
