//! Compiles the browser's parts to WebAssembly and, for a release, embeds everything in `web/`, packed.
//!
//! `TONGMA_WASM_DIR` names a folder with finished `phone.wasm` and `desk.wasm`, for builds that may not run cargo.

#[path = "src/bundle.rs"]
mod bundle;

use std::{
    env,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

const TARGET: &str = "wasm32-unknown-unknown";
/// Package, artefact, and the name it is served by.
const PARTS: [(&str, &str, &str); 2] =
    [("tongma_wasm", "tongma_wasm.wasm", "phone.wasm"), ("tongma_wasm_desk", "tongma_wasm_desk.wasm", "desk.wasm")];

fn main() {
    if let Err(error) = run() {
        println!("cargo::error={error}");
    }
}

fn run() -> Result<(), String> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../..").canonicalize().map_err(text)?;
    let release = variable("PROFILE")? == "release";
    println!("cargo::rerun-if-env-changed=TONGMA_WASM_DIR");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/bundle.rs");
    let wasm = wasm_parts(&root, &out)?;
    let web = root.join("web");
    let mut list =
        format!("pub const FROM_DISK: bool = {};\npub const WEB: &str = {:?};\n", !release, web.display().to_string());
    if release {
        println!("cargo::rerun-if-changed={}", web.display());
        list.push_str("pub static WASM: &[(&str, &[u8])] = &[];\n");
        embed(&web, &wasm, &out, &mut list)?;
    } else {
        list.push_str("pub static FILES: &[Embedded] = &[];\npub static WASM: &[(&str, &[u8])] = &[\n");
        for (name, bytes) in &wasm {
            let path = out.join(name);
            fs::write(&path, bytes).map_err(text)?;
            writeln!(list, "({name:?}, include_bytes!({:?})),", path.display().to_string()).map_err(text)?;
        }
        list.push_str("];\n");
    }
    fs::write(out.join("embedded.rs"), list).map_err(text)
}

/// Writes every asset, plain and packed, and the list that includes them.
fn embed(web: &Path, wasm: &[(String, Vec<u8>)], out: &Path, list: &mut String) -> Result<(), String> {
    list.push_str("pub static FILES: &[Embedded] = &[\n");
    for (number, asset) in bundle::bundle(web, wasm)?.into_values().enumerate() {
        let include = |ending: &str, bytes: &[u8]| -> Result<String, String> {
            let path = out.join(format!("asset-{number}{ending}"));
            fs::write(&path, bytes).map_err(text)?;
            Ok(format!("include_bytes!({:?})", path.display().to_string()))
        };
        let (brotli, gzip) = (brotli(&asset.bytes)?, gzip(&asset.bytes)?);
        let packed = |ending: &str, bytes: &[u8]| -> Result<String, String> {
            if bytes.len() < asset.bytes.len() {
                Ok(format!("Some({})", include(ending, bytes)?))
            } else {
                Ok("None".into())
            }
        };
        let (brotli, gzip) = (packed(".br", &brotli)?, packed(".gz", &gzip)?);
        let plain = include("", &asset.bytes)?;
        writeln!(
            list,
            "Embedded {{ url: {:?}, media_type: {:?}, hash: {:?}, scripts: &{:?}, styles: &{:?}, plain: {plain}, brotli: {brotli}, gzip: {gzip} }},",
            asset.url, asset.media_type, asset.hash(), asset.scripts, asset.styles,
        )
        .map_err(text)?;
    }
    list.push_str("];\n");
    Ok(())
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 64 * 1024, 11, 22);
    writer.write_all(bytes).map_err(text)?;
    drop(writer);
    Ok(packed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes).map_err(text)?;
    writer.finish().map_err(text)
}

/// The compiled parts: given ready, or made by cargo in a target folder of their own (the outer cargo holds the lock of its).
fn wasm_parts(root: &Path, out: &Path) -> Result<Vec<(String, Vec<u8>)>, String> {
    let given = env::var_os("TONGMA_WASM_DIR").map(PathBuf::from);
    let folder = match &given {
        Some(folder) => folder.clone(),
        None => build_wasm(root, out)?,
    };
    let read = |artefact: &str| {
        fs::read(folder.join(artefact)).map_err(|error| format!("{}: {error}", folder.join(artefact).display()))
    };
    PARTS
        .iter()
        .map(|(_, artefact, name)| Ok(((*name).to_owned(), read(if given.is_some() { name } else { artefact })?)))
        .collect()
}

fn build_wasm(root: &Path, out: &Path) -> Result<PathBuf, String> {
    for folder in ["binding/wasm", "lib", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
    }
    add_target()?;
    // OUT_DIR is <target>/<profile>/build/<package>/out.
    let target = out.ancestors().nth(4).ok_or("OUT_DIR has no target folder above it")?.join("wasm-parts");
    for (package, ..) in PARTS {
        // One after the other: built together, the desk's part would switch on `std` in what both depend on.
        build_part(root, &target, package)?;
    }
    Ok(target.join(TARGET).join("wasm"))
}

fn build_part(root: &Path, target: &Path, package: &str) -> Result<(), String> {
    let mut command = Command::new(variable("CARGO")?);
    command
        .current_dir(root)
        .args(["build", "--quiet", "--profile", "wasm", "--target", TARGET, "--package", package, "--target-dir"])
        .arg(target);
    // What the outer cargo set for this build script is not meant for the inner one.
    for (name, _) in env::vars() {
        let of_outer = name.starts_with("CARGO_") && name != "CARGO_HOME" && name != "CARGO_NET_OFFLINE";
        if of_outer || matches!(name.as_str(), "RUSTFLAGS" | "RUSTC_WRAPPER" | "RUSTC_WORKSPACE_WRAPPER") {
            command.env_remove(name);
        }
    }
    let output = command.output().map_err(|error| format!("cargo for {TARGET}: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).replace('\n', " | ");
        return Err(format!("{package} did not compile for {TARGET}: {said}"));
    }
    Ok(())
}

/// Adds the target where rustup is at hand; else says what to do.
fn add_target() -> Result<(), String> {
    let rustc = variable("RUSTC")?;
    let found = Command::new(&rustc).args(["--print", "target-libdir", "--target", TARGET]).output().map_err(text)?;
    let folder = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    if found.status.success() && Path::new(&folder).is_dir() {
        return Ok(());
    }
    let added = Command::new("rustup").args(["target", "add", TARGET]).status();
    match added {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("the target {TARGET} is not installed; run: rustup target add {TARGET}")),
    }
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set"))
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands over the error itself")]
fn text(error: impl ToString) -> String {
    error.to_string()
}
