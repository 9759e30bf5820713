//! Enforces who may use whom: the order of core's modules, that only `wasm` knows JavaScript and only
//! its IndexedDB module IndexedDB, and that the demo knows nothing but the package.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

mod paths;
mod planted;
mod rules;

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All files below `folder` with one of these endings, as (path below `folder`, text). What was
/// built or installed is left out.
fn files(folder: &Path, endings: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["node_modules", "target", "dist", "pkg"].contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(folder).unwrap().to_path_buf(), text));
            }
        }
    }
    found.sort();
    found
}

/// `log/index.rs` is the module `log::index`, `log/mod.rs` is `log`, `lib.rs` is the root.
fn module(path: &Path) -> Vec<String> {
    let without = path.with_extension("");
    let mut names: Vec<String> =
        without.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|name| name == "mod" || name == "lib") {
        names.pop();
    }
    names
}

fn assert_none_wrong(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// Puts the file's name before each complaint.
fn at<'a>(folder: &'a str, path: &'a Path) -> impl Fn(String) -> String + 'a {
    move |wrong| format!("{folder}/{}: {wrong}", path.display())
}

#[test]
fn the_modules_of_core_keep_their_order() {
    let sources = files(&root().join("core/src"), &[".rs"]);
    assert!(!sources.is_empty());
    let lib = &sources.iter().find(|(path, _)| path == Path::new("lib.rs")).unwrap().1;
    let reexports = rules::reexports(lib).unwrap();

    let mut wrong = Vec::new();
    for (path, source) in &sources {
        let module = module(path);
        if module.iter().any(|name| name == "tests") {
            continue;
        }
        let module: Vec<&str> = module.iter().map(String::as_str).collect();
        let found = rules::check_core(source, &module, &reexports).unwrap();
        wrong.extend(found.into_iter().map(at("core/src", path)));
    }
    assert_none_wrong(wrong);
}

#[test]
fn only_wasm_knows_javascript() {
    let mut wrong = Vec::new();
    for folder in ["core", "native"] {
        for (path, source) in files(&root().join(folder), &[".rs"]) {
            let found = rules::check_no_javascript(&source).unwrap();
            wrong.extend(found.into_iter().map(at(folder, &path)));
        }
    }
    assert_none_wrong(wrong);
}

#[test]
fn only_the_driver_knows_indexed_db() {
    let mut wrong = Vec::new();
    for (path, source) in files(&root().join("wasm/src"), &[".rs"]) {
        if path.starts_with("idb") || path == Path::new("idb.rs") {
            continue;
        }
        let found = rules::check_no_indexed_db(&source).unwrap();
        wrong.extend(found.into_iter().map(at("wasm/src", &path)));
    }
    for folder in ["wasm", "web"] {
        for (path, source) in files(&root().join(folder), &[".ts", ".tsx", ".js", ".mjs"]) {
            // Tests look into the database from outside.
            if path.iter().any(|name| name == "tests" || name == "test") {
                continue;
            }
            // The driver's own part in JavaScript.
            if folder == "wasm" && path.starts_with("src/idb") {
                continue;
            }
            let mut source = source;
            if folder == "wasm" && path == Path::new("js/storage/databases.ts") {
                // It lists databases and deletes them, and knows nothing of what is in them.
                for method in ["databases", "deleteDatabase"] {
                    source = source.replace(&format!("indexedDB.{method}"), "");
                }
            }
            wrong.extend(rules::check_script(&source).into_iter().map(at(folder, &path)));
        }
    }
    assert_none_wrong(wrong);
}

#[test]
fn the_demo_knows_only_the_package() {
    let mut wrong = Vec::new();
    for (path, source) in files(&root().join("web"), &[".ts", ".tsx", ".js", ".mjs", ".html"]) {
        let depth = path.iter().count() - 1;
        wrong.extend(rules::check_demo(&source, depth).into_iter().map(at("web", &path)));
    }
    assert_none_wrong(wrong);
}
