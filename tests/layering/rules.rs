//! Who may use whom.

use std::collections::HashMap;

use crate::paths::{Path, paths};

/// Small modules of core that everything may use.
const SHARED: &[&str] = &["crc", "map", "sort", "time", "uuid"];

/// The modules of core in their order, each with what it may use besides [`SHARED`] and itself.
///
/// `io::Now` is the exception to the client's standing apart: both halves are told the time alike.
const CORE: &[(&str, &[&str])] = &[
    ("crc", &[]),
    ("map", &[]),
    ("sort", &[]),
    ("uuid", &[]),
    ("time", &[]),
    ("protocol", &[]),
    ("record", &["protocol"]),
    ("storage", &["protocol"]),
    // What the broker asks of storage is said without knowing anything else.
    ("storage::effect", &[]),
    ("io", &["storage"]),
    ("log", &["protocol", "record", "storage", "io"]),
    ("topic", &["protocol", "record", "storage", "io", "log"]),
    ("group", &["protocol", "record", "storage", "io", "log", "topic"]),
    ("transaction", &["protocol", "record", "storage", "io", "log", "topic"]),
    ("api", &["protocol", "record", "storage", "io", "log", "topic", "group", "transaction"]),
    (
        "broker",
        &["protocol", "record", "storage", "io", "log", "topic", "group", "transaction", "api"],
    ),
    ("client", &["protocol", "record", "io::Now"]),
];

/// What core has none of: I/O, clocks, threads, and randomness of its own.
const NOT_IN_CORE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::thread",
    "std::process",
    "std::env",
    "std::time::Instant",
    "std::time::SystemTime",
    "rand",
    "getrandom",
    "tokio",
];

/// Crates that only the crate `ottla-wasm` names.
const JAVASCRIPT: &[&str] =
    &["wasm_bindgen", "wasm_bindgen_futures", "js_sys", "web_sys", "serde_wasm_bindgen"];

/// The names that core's root gives to what its modules hold: `Uuid` is `uuid::Uuid`.
pub(crate) type Reexports = HashMap<String, Vec<String>>;

/// Reads core's `lib.rs`.
pub(crate) fn reexports(source: &str) -> Result<Reexports, String> {
    let found = paths(source, &[])?.into_iter();
    Ok(found.map(|Path { segments, name, .. }| (name, segments)).collect())
}

/// What is wrong with a file of core, which is the module `module`.
pub(crate) fn check_core(
    source: &str,
    module: &[&str],
    reexports: &Reexports,
) -> Result<Vec<String>, String> {
    let mut wrong = check_no_javascript(source)?;
    // The root names all its modules.
    let Some(&own) = module.first() else { return Ok(wrong) };
    let module_path: Vec<String> = module.iter().map(ToString::to_string).collect();
    let place = CORE.iter().rfind(|(name, _)| begins_with(&module_path, name));
    let Some((_, allowed)) = place else {
        wrong.push(format!("the module {own} has no place in the order of the modules"));
        return Ok(wrong);
    };
    for path in paths(source, module)? {
        let Path { segments, line, .. } = path;
        if let Some(named) = NOT_IN_CORE.iter().find(|name| begins_with(&segments, name)) {
            wrong.push(format!("line {line}: core may not use {named}"));
        }
        let [root, used, ..] = &segments[..] else { continue };
        if root != "crate" {
            continue;
        }
        let real = match reexports.get(used) {
            Some(real) if !CORE.iter().any(|(name, _)| name == used) => real.clone(),
            _ => segments[1..].to_vec(),
        };
        let Some(used) = real.first() else { continue };
        // Names that a macro of the root brought, and the like.
        if !CORE.iter().any(|(name, _)| name == used) {
            continue;
        }
        let fine = used == own
            || SHARED.contains(&used.as_str())
            || allowed.iter().any(|name| begins_with(&real, name));
        if !fine {
            wrong.push(format!("line {line}: {own} may not use {}", real.join("::")));
        }
    }
    Ok(wrong)
}

/// What is wrong with a Rust file outside `wasm/`.
pub(crate) fn check_no_javascript(source: &str) -> Result<Vec<String>, String> {
    let mut wrong = check_no_indexed_db(source)?;
    for Path { segments, line, .. } in paths(source, &[])? {
        if let Some(name) = segments.first().filter(|name| JAVASCRIPT.contains(&name.as_str())) {
            wrong.push(format!("line {line}: only wasm/ may use {name}"));
        }
    }
    Ok(wrong)
}

/// What is wrong with a Rust file outside `wasm/src/idb`.
pub(crate) fn check_no_indexed_db(source: &str) -> Result<Vec<String>, String> {
    let is_idb =
        |segment: &&String| *segment == "indexed_db_futures" || is_interface(segment, "Idb");
    let mut wrong = Vec::new();
    for Path { segments, line, .. } in paths(source, &[])? {
        if let Some(name) = segments.iter().find(is_idb) {
            wrong.push(format!("line {line}: only wasm/src/idb may use {name}"));
        }
    }
    Ok(wrong)
}

/// What is wrong with a JavaScript or TypeScript file outside `wasm/src/idb`: none knows IndexedDB.
pub(crate) fn check_script(source: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (line, text) in numbered(source) {
        // Whether it is there at all may be asked.
        let text = text.replace("typeof indexedDB", "");
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        for word in words.filter(|word| is_indexed_db_name(word)) {
            wrong.push(format!("line {line}: only wasm/src/idb may use {word}"));
        }
    }
    wrong
}

fn is_indexed_db_name(word: &str) -> bool {
    word == "indexedDB" || is_interface(word, "IDB")
}

/// `IdbDatabase` and its like; not a mere `Idb`.
fn is_interface(word: &str, prefix: &str) -> bool {
    word.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(char::is_uppercase))
}

/// What is wrong with a script of the demo, `depth` folders below `web/`: it uses the package by its
/// name, as any user would.
pub(crate) fn check_demo(source: &str, depth: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    for (line, text) in numbered(source) {
        for specifier in specifiers(text) {
            let up = specifier.split('/').filter(|part| *part == "..").count();
            if up > depth {
                wrong.push(format!("line {line}: {specifier} lies outside web/"));
            }
            if specifier.starts_with("ottla/") || specifier.starts_with("ottla-wasm") {
                wrong.push(format!("line {line}: the package is 'ottla', not {specifier}"));
            }
        }
    }
    wrong
}

/// The quoted words behind `from`, `import` and `import(` of a line.
fn specifiers(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for word in ["from", "import", "require"] {
        for (at, _) in text.match_indices(word) {
            let rest = text[at + word.len()..].trim_start_matches([' ', '(']);
            let Some(quote) = rest.chars().next().filter(|c| ['\'', '"', '`'].contains(c)) else {
                continue;
            };
            if let Some((specifier, _)) = rest[1..].split_once(quote) {
                found.push(specifier);
            }
        }
    }
    found
}

/// The lines with their numbers, without those that are comments.
fn numbered(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let comment = |text: &str| ["//", "*", "/*"].iter().any(|sign| text.starts_with(sign));
    (1..).zip(source.lines()).filter(move |(_, text)| !comment(text.trim_start()))
}

fn begins_with(segments: &[String], name: &str) -> bool {
    let mut segments = segments.iter();
    name.split("::").all(|part| segments.next().is_some_and(|segment| segment == part))
}
