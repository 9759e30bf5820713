//! Finds the paths that a Rust file names, by its tokens: those of `use`, of expressions, and those
//! inside macros, which no syntax tree shows.

use std::iter::Peekable;

use proc_macro2::{Delimiter, TokenStream, TokenTree, token_stream};

/// A path as the crate's root sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    /// Its segments; `crate` first where it begins at the crate's root.
    pub(crate) segments: Vec<String>,
    /// The name it is given, its last segment unless there is an `as`.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) line: usize,
}

/// All paths of a file that is the module `module` (empty for `lib.rs`), but those in modules named
/// `tests`. Paths through `super` and `self` are resolved.
pub(crate) fn paths(source: &str, module: &[&str]) -> Result<Vec<Path>, String> {
    let tokens: TokenStream = source.parse().map_err(|error| format!("not Rust: {error}"))?;
    let mut walk = Walk { found: Vec::new() };
    let module: Vec<String> = module.iter().map(ToString::to_string).collect();
    walk.module(tokens, &module);
    Ok(walk.found)
}

type Tokens = Peekable<token_stream::IntoIter>;

struct Walk {
    found: Vec<Path>,
}

impl Walk {
    fn module(&mut self, tokens: TokenStream, module: &[String]) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) if ident == "mod" => {
                    let Some(TokenTree::Ident(name)) = tokens.next() else { continue };
                    if let Some(TokenTree::Group(body)) = next_group(&mut tokens)
                        && name != "tests"
                    {
                        let inner: Vec<_> =
                            module.iter().cloned().chain([name.to_string()]).collect();
                        self.module(body.stream(), &inner);
                    }
                }
                TokenTree::Ident(ident) => {
                    let line = ident.span().start().line;
                    self.path(ident.to_string(), line, &mut tokens, module, &[]);
                }
                TokenTree::Group(group) => self.module(group.stream(), module),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    /// Follows the path that begins with `first`, behind `prefix`.
    fn path(
        &mut self,
        first: String,
        line: usize,
        tokens: &mut Tokens,
        module: &[String],
        prefix: &[String],
    ) {
        let mut segments = prefix.to_vec();
        push(&mut segments, first, module);
        while skip_colons(tokens) {
            match tokens.next() {
                Some(TokenTree::Ident(ident)) => push(&mut segments, ident.to_string(), module),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    self.tree(group.stream(), module, &segments);
                    return;
                }
                // `*`, or a turbofish, whose types follow as paths of their own.
                _ => break,
            }
        }
        if segments.len() < 2 && prefix.is_empty() {
            return;
        }
        let mut name = segments.last().cloned().unwrap_or_default();
        if matches!(tokens.peek(), Some(TokenTree::Ident(ident)) if ident == "as") {
            tokens.next();
            if let Some(TokenTree::Ident(ident)) = tokens.peek() {
                name = ident.to_string();
            }
        }
        self.found.push(Path { segments, name, line });
    }

    /// The `{a, b::c}` of a `use`.
    fn tree(&mut self, tokens: TokenStream, module: &[String], prefix: &[String]) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            if let TokenTree::Ident(ident) = token {
                let line = ident.span().start().line;
                self.path(ident.to_string(), line, &mut tokens, module, prefix);
            }
        }
    }
}

/// Adds a segment, resolving those that are relative to `module`.
fn push(segments: &mut Vec<String>, segment: String, module: &[String]) {
    match segment.as_str() {
        "self" if segments.is_empty() => {
            segments.push("crate".into());
            segments.extend(module.iter().cloned());
        }
        "super" if segments.is_empty() => {
            segments.push("crate".into());
            segments.extend(module.iter().take(module.len().saturating_sub(1)).cloned());
        }
        "super" => {
            segments.pop();
        }
        "self" => {}
        _ => segments.push(segment),
    }
}

fn skip_colons(tokens: &mut Tokens) -> bool {
    let mut ahead = tokens.clone();
    let colon = |token: Option<TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    if colon(ahead.next()) && colon(ahead.next()) {
        *tokens = ahead;
        return true;
    }
    false
}

/// The brace group that comes next, if one does.
fn next_group(tokens: &mut Tokens) -> Option<TokenTree> {
    tokens.next_if(
        |token| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace),
    )
}
