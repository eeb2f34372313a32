//! The data directory: keys, the administrator's token, the store.
//!
//! ```text
//! data/
//! ├─ keys/master.key      32 bytes, hexadecimal: handles, blind indexes, encryption at rest
//! ├─ keys/root-0.key      signs key lists
//! ├─ keys/root-1.key      the second root, for the day the first is lost
//! ├─ keys/issuer.key      signs tickets, deny lists and bundles
//! ├─ keys/provider.secret the demo provider's secret for this platform
//! ├─ admin.token          the administrator's bearer token
//! └─ store/               the embedded store
//! ```
//! Everything here is readable by its owner alone. Whoever has `keys/` is the platform.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tongma_code::sign::{Signer, SoftSm2};
use tongma_domain::Entropy;

use crate::system::SystemEntropy;

/// A data directory.
#[derive(Debug, Clone)]
pub struct Data {
    root: PathBuf,
}

/// The platform's secrets, loaded.
pub struct Keys {
    /// The master secret.
    pub master: [u8; 32],
    /// The two roots.
    pub roots: [Box<dyn Signer>; 2],
    /// The issuer.
    pub issuer: Box<dyn Signer>,
}

/// The names of the key files inside `keys/`.
pub const KEY_FILES: [&str; 4] = ["master.key", "root-0.key", "root-1.key", "issuer.key"];

fn invalid(path: &Path, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}: {what}", path.display()))
}

fn named(path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    let path = path.to_path_buf();
    move |error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

impl Data {
    /// The directory at this path, made if it is not there, for its owner alone.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(root: &Path) -> io::Result<Self> {
        let make = |path: &Path| DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(named(path));
        make(root)?;
        make(&root.join("keys"))?;
        Ok(Self { root: root.to_path_buf() })
    }

    /// The directory as it is; nothing is made.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    /// Its path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The embedded store's directory.
    pub fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    /// A file among the keys.
    pub fn key_file(&self, name: &str) -> PathBuf {
        self.root.join("keys").join(name)
    }

    /// The administrator's token file.
    pub fn admin_token_file(&self) -> PathBuf {
        self.root.join("admin.token")
    }

    /// Reads a secret of 32 bytes in hexadecimal; makes it on the first start.
    ///
    /// # Errors
    /// The file cannot be read or made, or holds something else.
    pub fn secret(&self, path: &Path) -> io::Result<[u8; 32]> {
        match fs::read_to_string(path) {
            Ok(text) => unhex(text.trim()).ok_or_else(|| invalid(path, "should hold 64 hexadecimal digits")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let secret = fresh_secret();
                write_once(path, &hex(&secret))?;
                Ok(secret)
            }
            Err(error) => Err(named(path)(error)),
        }
    }

    /// The platform's keys; made on the first start.
    ///
    /// # Errors
    /// A file cannot be read or made, or holds no key.
    pub fn keys(&self) -> io::Result<Keys> {
        let signer = |name: &str| {
            let path = self.key_file(name);
            let signer = SoftSm2::new(&self.secret(&path)?).map_err(|_| invalid(&path, "is no SM2 private key"))?;
            io::Result::Ok(Box::new(signer) as Box<dyn Signer>)
        };
        let [master, root, second, issuer] = KEY_FILES;
        let roots = [signer(root)?, signer(second)?];
        Ok(Keys { master: self.secret(&self.key_file(master))?, roots, issuer: signer(issuer)? })
    }

    /// The administrator's token; made on the first start.
    ///
    /// # Errors
    /// The file cannot be read or made.
    pub fn admin_token(&self) -> io::Result<String> {
        let path = self.admin_token_file();
        self.secret(&path).map(|token| hex(&token))
    }
}

/// Random bytes that are an SM2 private key as well: between 1 and n − 2. All but one draw in 2^32 are.
fn fresh_secret() -> [u8; 32] {
    let mut secret = [0; 32];
    loop {
        SystemEntropy.fill(&mut secret);
        if SoftSm2::new(&secret).is_ok() {
            return secret;
        }
    }
}

/// Writes a file for its owner alone; one that is there already stays as it is. The content is synced before the name is.
fn write_once(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(named(path))?;
    writeln!(file, "{text}").and_then(|()| file.sync_all()).map_err(named(path))?;
    if let Some(folder) = path.parent() {
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(named(folder))?;
    }
    Ok(())
}

/// Whether others than the owner can read a file or directory.
///
/// # Errors
/// It cannot be looked at.
pub fn is_open_to_others(path: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of hexadecimal text of exactly that length.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    for (place, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_once_and_only_their_owner_reads_them() {
        let root = std::env::temp_dir().join(format!("tongma-data-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let data = Data::open(&root).unwrap();
        let first = data.keys().unwrap();
        let again = data.keys().unwrap();
        assert_eq!(first.master, again.master);
        assert_eq!(first.issuer.public_key(), again.issuer.public_key());
        assert_ne!(first.roots[0].public_key(), first.roots[1].public_key());
        for name in KEY_FILES {
            assert!(!is_open_to_others(&data.key_file(name)).unwrap(), "{name}");
        }
        assert_eq!(data.admin_token().unwrap(), data.admin_token().unwrap());
        assert!(!is_open_to_others(&data.admin_token_file()).unwrap());
        fs::write(data.key_file("issuer.key"), "short").unwrap();
        assert!(data.keys().is_err());
        fs::remove_dir_all(&root).unwrap();
    }
}
