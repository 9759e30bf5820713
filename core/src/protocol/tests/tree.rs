//! Reads what `Debug` prints of a message, ours or the oracle's, so that the two can be compared
//! field by field: names, values, and the defaults of fields that a version does not have.

use std::collections::BTreeMap;

use crate::Uuid;

/// A value, without the names of types. Null, an empty text and an empty array are one: the wire's
/// bytes tell them apart, and the default of a nullable field is a matter of taste.
#[derive(Debug, PartialEq)]
pub(super) enum Tree {
    Empty,
    Leaf(String),
    List(Vec<Tree>),
    Struct(BTreeMap<String, Tree>),
}

pub(super) fn tree(value: &impl std::fmt::Debug) -> Tree {
    let text = format!("{value:?}");
    let mut rest = text.as_str();
    let tree = parse(&mut rest);
    assert_eq!(rest, "", "behind the value in {text}");
    tree
}

fn eat(rest: &mut &str, token: &str) -> bool {
    match rest.strip_prefix(token) {
        Some(behind) => {
            *rest = behind;
            true
        }
        None => false,
    }
}

fn word(rest: &mut &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let (word, behind) = rest.split_at(end);
    *rest = behind;
    word.to_owned()
}

fn quoted(rest: &mut &str) -> Tree {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            '"' if !escaped => {
                let text = rest[..at].to_owned();
                *rest = &rest[at + 1..];
                return if text.is_empty() { Tree::Empty } else { Tree::Leaf(text) };
            }
            _ => escaped = c == '\\' && !escaped,
        }
    }
    panic!("no closing quote in {rest}")
}

fn parse(rest: &mut &str) -> Tree {
    if eat(rest, "b\"") || eat(rest, "\"") {
        return quoted(rest);
    }
    if eat(rest, "[") {
        let mut items = Vec::new();
        while !eat(rest, "]") {
            items.push(parse(rest));
            eat(rest, ", ");
        }
        return if items.is_empty() { Tree::Empty } else { Tree::List(items) };
    }
    if eat(rest, "{}") {
        return Tree::Empty;
    }
    let word = word(rest);
    if eat(rest, "(") {
        let inner = parse(rest);
        assert!(eat(rest, ")"), "no closing parenthesis before {rest}");
        return inner;
    }
    if eat(rest, " { ") {
        let mut fields = BTreeMap::new();
        while !eat(rest, " }") {
            let name = self::word(rest);
            assert!(eat(rest, ": "), "no value for {name} before {rest}");
            let value = parse(rest);
            if name != "unknown_tagged_fields" {
                fields.insert(name, value);
            } else {
                assert_eq!(value, Tree::Empty, "a tagged field that the oracle does not know");
            }
            eat(rest, ", ");
        }
        return Tree::Struct(fields);
    }
    match word.as_str() {
        "None" => Tree::Empty,
        // The oracle prints an id in hexadecimal, with hyphens.
        id if id.len() == 36 => {
            let bits = u128::from_str_radix(&id.replace('-', ""), 16).unwrap();
            Tree::Leaf(Uuid(bits.to_be_bytes()).to_string())
        }
        _ => Tree::Leaf(word),
    }
}

#[test]
fn trees_see_through_the_types() {
    #[derive(Debug)]
    #[allow(dead_code)] // Read by Debug.
    struct Outer {
        a: Option<i32>,
        b: Vec<Inner>,
        c: Option<String>,
    }
    #[derive(Debug)]
    #[allow(dead_code)] // Read by Debug.
    struct Inner {
        text: &'static str,
    }
    let outer = Outer { a: Some(-1), b: vec![Inner { text: "\"{}, " }], c: None };
    let inner = BTreeMap::from([("text".into(), Tree::Leaf("\\\"{}, ".into()))]);
    let expected = BTreeMap::from([
        ("a".into(), Tree::Leaf("-1".into())),
        ("b".into(), Tree::List(vec![Tree::Struct(inner)])),
        ("c".into(), Tree::Empty),
    ]);
    assert_eq!(tree(&outer), Tree::Struct(expected));
}
