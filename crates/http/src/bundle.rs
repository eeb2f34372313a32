//! From `web/` as written to what is served: pages with their parts inlined, workers with their lists filled in.
//!
//! The build of a release runs this once and embeds the result; a debug build runs it on each request, so that an edit
//! shows at once. It uses the standard library and two hashes' worth of dependencies, since the build script compiles it too.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// One thing to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The path of its address.
    pub url: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// CSP hash sources of the scripts inlined in it.
    pub scripts: Vec<String>,
    /// CSP hash sources of the styles inlined in it.
    pub styles: Vec<String>,
}

impl Asset {
    /// The first half of the SHA-256 of the bytes, in hexadecimal: names the content.
    pub fn hash(&self) -> String {
        let digest = Sha256::digest(&self.bytes);
        digest.iter().take(16).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    }
}

/// The apps (the last is a page without a worker: what it shows is checked online): folder, page, worker, manifest,
/// and what of the other app's is not theirs.
const APPS: [App; 4] = [
    App {
        folder: "citizen",
        page: "/me",
        worker: "/sw.js",
        worker_file: "citizen/sw.js",
        manifest: "/manifest.webmanifest",
        not_its_own: "/assets/wasm/desk.wasm",
    },
    App {
        folder: "desk",
        page: "/desk",
        worker: "/desk-sw.js",
        worker_file: "shared/sw.js",
        manifest: "/desk.webmanifest",
        not_its_own: "/assets/wasm/phone.wasm",
    },
    App {
        folder: "kiosk",
        page: "/kiosk",
        worker: "/kiosk-sw.js",
        worker_file: "shared/sw.js",
        manifest: "/kiosk.webmanifest",
        not_its_own: "/assets/wasm/phone.wasm",
    },
    App {
        folder: "check",
        page: "/check",
        worker: "/check-sw.js",
        worker_file: "",
        manifest: "/check.webmanifest",
        not_its_own: "/assets/wasm/phone.wasm",
    },
];

struct App {
    folder: &'static str,
    page: &'static str,
    worker: &'static str,
    /// What its worker is made from; nothing for a page without one.
    worker_file: &'static str,
    manifest: &'static str,
    not_its_own: &'static str,
}

/// Everything there is to serve, by address. `wasm` are the compiled parts by name: `phone.wasm`, `desk.wasm`.
///
/// # Errors
/// What cannot be read, or a page that names a part there is not.
pub fn bundle(web: &Path, wasm: &[(String, Vec<u8>)]) -> Result<BTreeMap<String, Asset>, String> {
    let mut files = BTreeMap::new();
    for app in &APPS {
        read_folder(web, app.folder, &mut files)?;
    }
    read_folder(web, "console", &mut files)?;
    read_folder(web, "shared", &mut files)?;
    let mut assets = BTreeMap::new();
    for (path, bytes) in &files {
        let is_part = APPS.iter().any(|app| is_special(path, app));
        if !is_part {
            put(&mut assets, format!("/assets/{path}"), bytes.clone());
        }
    }
    for (name, bytes) in wasm {
        put(&mut assets, format!("/assets/wasm/{name}"), bytes.clone());
    }
    for app in &APPS {
        if let Some(manifest) = files.get(&format!("{}/manifest.webmanifest", app.folder)) {
            put(&mut assets, app.manifest.to_owned(), manifest.clone());
        }
        if files.contains_key(&format!("{}/index.html", app.folder)) {
            let page = page(app, &files)?;
            assets.insert(page.url.clone(), page);
        }
    }
    for app in &APPS {
        if let Some(worker) = files.get(app.worker_file) {
            let list = precache(app, &assets);
            let worker = String::from_utf8_lossy(worker).replace("/*PAGE*/", app.page);
            let text = filled(&worker, &list)
                .ok_or_else(|| format!("web/{} has no `/*PRECACHE*/ []` to fill in", app.worker_file))?;
            put(&mut assets, app.worker.to_owned(), text.into_bytes());
        }
    }
    Ok(assets)
}

/// A worker with its list. One without the mark would keep nothing, and the app would be gone with the network.
fn filled(worker: &str, list: &str) -> Option<String> {
    let (before, after) = worker.split_once("/*PRECACHE*/")?;
    let after = after.trim_start().strip_prefix("[]")?;
    Some(format!("{before}{list}{after}"))
}

fn is_special(path: &str, app: &App) -> bool {
    path == app.worker_file || path.strip_prefix(app.folder) == Some("/index.html")
}

fn put(assets: &mut BTreeMap<String, Asset>, url: String, bytes: Vec<u8>) {
    let media_type = media_type(&url);
    assets.insert(url.clone(), Asset { url, media_type, bytes, scripts: Vec::new(), styles: Vec::new() });
}

/// The files of a folder and its folders by their path below `web`, without tests and notes.
fn read_folder(web: &Path, folder: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), String> {
    let path = web.join(folder);
    let Ok(entries) = fs::read_dir(&path) else { return Ok(()) };
    for entry in entries {
        let entry = entry.map_err(|error| format!("{}: {error}", path.display()))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let below = format!("{folder}/{name}");
        let is_test = name.contains(".test.") || name == "test" || name == "tests";
        if is_test || name.starts_with('.') || ending(&name) == "md" || name == "package.json" {
            continue;
        }
        if entry.path().is_dir() {
            read_folder(web, &below, files)?;
        } else {
            let bytes = fs::read(entry.path()).map_err(|error| format!("{}: {error}", entry.path().display()))?;
            files.insert(below, bytes);
        }
    }
    Ok(())
}

/// An app's page with its parts inlined and their hashes taken.
fn page(app: &App, files: &BTreeMap<String, Vec<u8>>) -> Result<Asset, String> {
    let own = format!("{}/index.html", app.folder);
    let text = text_of(files, &own)?;
    let inlined: BTreeSet<String> = text.lines().filter_map(marker).map(|part| resolve(&own, part)).collect();
    let mut out = String::with_capacity(text.len() * 4);
    for line in text.lines() {
        match marker(line) {
            None => out.push_str(line),
            Some(part) => {
                let path = resolve(&own, part);
                let body = text_of(files, &path)?;
                out.push_str(&if ending(&path) == "js" { inlined_script(&path, &body, &inlined) } else { body });
            }
        }
        if !out.ends_with('\n') {
            out.push('\n');
        }
    }
    let (scripts, styles) = (hashes(&out, "script"), hashes(&out, "style"));
    Ok(Asset {
        url: app.page.to_owned(),
        media_type: media_type("index.html"),
        bytes: out.into_bytes(),
        scripts,
        styles,
    })
}

fn text_of(files: &BTreeMap<String, Vec<u8>>, path: &str) -> Result<String, String> {
    let bytes = files.get(path).ok_or_else(|| format!("web/{path}: there is no such file, and a page names it"))?;
    String::from_utf8(bytes.clone()).map_err(|_| format!("web/{path}: not UTF-8"))
}

/// The path in `<!-- inline: PATH -->`, when the line is that.
fn marker(line: &str) -> Option<&str> {
    Some(line.trim().strip_prefix("<!-- inline:")?.strip_suffix("-->")?.trim())
}

/// A path named in a file, as a path below `web`: `../shared/dom.js` in `citizen/app.js` is `shared/dom.js`.
fn resolve(from: &str, named: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in named.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// A module as part of a page's one script: imports of modules that are inlined beside it fall away (they share the scope),
/// others name the module's address, since the page has another; lines that are only comment stay in the repository.
fn inlined_script(path: &str, body: &str, inlined: &BTreeSet<String>) -> String {
    let mut out = String::with_capacity(body.len());
    let mut in_comment = false;
    for line in body.lines() {
        let bare = line.trim();
        if in_comment || bare.starts_with("/*") {
            in_comment = !bare.contains("*/");
            if in_comment || bare.ends_with("*/") {
                continue;
            }
        }
        if bare.is_empty() || bare.starts_with("//") {
            continue;
        }
        match imported(bare) {
            Some(named) if inlined.contains(&resolve(path, named)) => continue,
            Some(named) => out.push_str(&line.replace(named, &format!("/assets/{}", resolve(path, named)))),
            None => out.push_str(line.strip_prefix("export ").unwrap_or(line)),
        }
        out.push('\n');
    }
    out
}

/// The relative module that a line imports statically.
fn imported(line: &str) -> Option<&str> {
    let rest =
        line.strip_prefix("import ").or_else(|| line.strip_prefix("export ").filter(|rest| rest.contains(" from ")))?;
    let named = rest.rsplit_once("from ").map_or(rest, |(_, named)| named).trim().trim_end_matches(';');
    let named = named.strip_prefix('"').and_then(|named| named.strip_suffix('"'))?;
    named.starts_with('.').then_some(named)
}

/// CSP hash sources of the inline elements of this name.
fn hashes(page: &str, element: &str) -> Vec<String> {
    let (open, close) = (format!("<{element}"), format!("</{element}>"));
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once(&open) {
        let Some((attributes, after)) = after.split_once('>') else { break };
        let Some((body, after)) = after.split_once(&close) else { break };
        if !attributes.contains("src=") {
            found.push(format!("sha256-{}", STANDARD.encode(Sha256::digest(body))));
        }
        rest = after;
    }
    found
}

/// What an app's worker keeps, as `[["/me","<hash>"], …]`: its page, its own files, its manifest, and what they name.
fn precache(app: &App, assets: &BTreeMap<String, Asset>) -> String {
    let own = format!("/assets/{}/", app.folder);
    let mut wanted: BTreeSet<&str> = BTreeSet::new();
    let mut waiting: Vec<&Asset> = assets.values().filter(|asset| asset.url.starts_with(&own)).collect();
    waiting.extend(assets.get(app.page));
    waiting.extend(assets.get(app.manifest));
    while let Some(asset) = waiting.pop() {
        if asset.url != app.not_its_own && wanted.insert(&asset.url) {
            waiting.extend(named_in(asset, assets));
        }
    }
    let entries = wanted
        .iter()
        .filter_map(|url| assets.get(*url))
        .map(|asset| format!("[\"{}\",\"{}\"]", asset.url, asset.hash()));
    format!("[{}]", entries.collect::<Vec<_>>().join(","))
}

/// The assets that a page or script names in a quoted string.
fn named_in<'a>(asset: &Asset, assets: &'a BTreeMap<String, Asset>) -> Vec<&'a Asset> {
    if !asset.media_type.starts_with("text/") && !asset.media_type.contains("json") {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&asset.bytes);
    text.split(['"', '\'', '`'])
        .filter(|part| part.len() < 200 && part.contains('.') && (part.starts_with('/') || part.starts_with('.')))
        .filter_map(|part| {
            let url = if part.starts_with('/') {
                part.to_owned()
            } else {
                format!("/{}", resolve(asset.url.trim_start_matches('/'), part))
            };
            assets.get(&url).filter(|found| found.url.starts_with("/assets/"))
        })
        .collect()
}

/// What follows the last dot of a name.
fn ending(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

/// The media type by the ending of a name.
pub fn media_type(name: &str) -> &'static str {
    match ending(name) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "wasm" => "application/wasm",
        "wav" => "audio/wav",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let path = std::env::temp_dir().join(format!("tongma-bundle-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            for (file, text) in files {
                let file = path.join(file);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text).unwrap();
            }
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn text(assets: &BTreeMap<String, Asset>, url: &str) -> String {
        String::from_utf8(assets.get(url).unwrap_or_else(|| panic!("{url}")).bytes.clone()).unwrap()
    }

    #[test]
    fn a_page_is_one_file_and_its_worker_keeps_what_the_app_needs() {
        let page = "<style>\n<!-- inline: ../shared/a.css -->\n</style>\n<script type=\"module\">\n<!-- inline: one.js -->\n<!-- inline: two.js -->\n</script>\n<script src=\"/assets/citizen/late.js\"></script>\n";
        let folder = Folder::new(
            "page",
            &[
                ("citizen/index.html", page),
                ("citizen/one.js", "// why\n/** what\n * more */\nexport const one = \"/assets/wasm/phone.wasm\";\n"),
                (
                    "citizen/two.js",
                    "import { one } from \"./one.js\";\nimport { far } from \"../shared/far.js\";\nconsole.log(one, far);\n",
                ),
                ("citizen/late.js", "import(\"../shared/far.js\");\n"),
                ("citizen/late.test.js", "no"),
                ("citizen/sw.js", "const LIST = /*PRECACHE*/[];\n"),
                ("citizen/manifest.webmanifest", "{}"),
                ("shared/a.css", "b{}"),
                ("shared/far.js", "export const far = \"/assets/wasm/desk.wasm\";\n"),
                ("shared/unused.js", "0"),
                ("desk/index.html", "<p>desk</p>"),
                ("README.md", "no"),
            ],
        );
        let wasm = [("phone.wasm".to_owned(), vec![1]), ("desk.wasm".to_owned(), vec![2])];
        let assets = bundle(&folder.0, &wasm).unwrap();
        let shell = text(&assets, "/me");
        assert!(shell.contains("<style>\nb{}\n</style>"), "{shell}");
        let script = "\nconst one = \"/assets/wasm/phone.wasm\";\nimport { far } from \"/assets/shared/far.js\";\nconsole.log(one, far);\n";
        assert!(shell.contains(&format!("<script type=\"module\">{script}</script>")), "{shell}");
        assert_eq!(assets["/me"].scripts, [format!("sha256-{}", STANDARD.encode(Sha256::digest(script)))]);
        assert_eq!(assets["/me"].styles.len(), 1);
        let worker = text(&assets, "/sw.js");
        for url in [
            "/me",
            "/assets/citizen/late.js",
            "/assets/shared/far.js",
            "/assets/wasm/phone.wasm",
            "/manifest.webmanifest",
        ] {
            assert!(worker.contains(&format!("[\"{url}\",\"{}\"]", assets[url].hash())), "{url}: {worker}");
        }
        assert!(!worker.contains("desk") && !worker.contains("unused") && !worker.contains("test"), "{worker}");
        assert!(
            !assets.keys().any(|url| url.contains(".test.") || url.ends_with("sw.js") && url.starts_with("/assets"))
        );
    }

    #[test]
    fn a_page_that_names_a_part_there_is_not_fails_the_build() {
        let folder = Folder::new("missing", &[("desk/index.html", "<!-- inline: none.js -->\n")]);
        assert!(bundle(&folder.0, &[]).unwrap_err().contains("web/desk/none.js"));
    }

    #[test]
    fn a_worker_is_filled_however_it_is_laid_out_and_one_that_cannot_be_fails_the_build() {
        assert_eq!(filled("const A = /*PRECACHE*/ [];", "[1]").as_deref(), Some("const A = [1];"));
        assert_eq!(filled("const A = /*PRECACHE*/[];", "[1]").as_deref(), Some("const A = [1];"));
        let folder = Folder::new("unfilled", &[("shared/sw.js", "const A = [];\n")]);
        assert!(bundle(&folder.0, &[]).unwrap_err().contains("web/shared/sw.js"));
        let shared = Folder::new(
            "shared",
            &[
                ("shared/sw.js", "const A = \"/*PAGE*/\", B = /*PRECACHE*/[];\n"),
                ("desk/index.html", ""),
                ("kiosk/index.html", ""),
            ],
        );
        let assets = bundle(&shared.0, &[]).unwrap();
        for (page, worker) in [("/desk", "/desk-sw.js"), ("/kiosk", "/kiosk-sw.js")] {
            assert!(text(&assets, worker).starts_with(&format!("const A = \"{page}\", B = [[\"{page}\",")), "{worker}");
        }
    }
}
