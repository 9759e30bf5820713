//! Patterns of topics that a member subscribes to (KIP-848's SubscribedTopicRegex).

/// A pattern, which must match a topic's whole name, as Kafka has it match.
///
/// The syntax is that of RE2/J as far as it can tell topic names apart, which are ASCII: there are no
/// Unicode classes such as `\pL`.
#[cfg(feature = "patterns")]
pub(super) struct Pattern(regex_lite::Regex);

#[cfg(feature = "patterns")]
impl Pattern {
    /// Reads a pattern; what is wrong with it otherwise.
    pub(super) fn new(pattern: &str) -> Result<Pattern, String> {
        let invalid = |error| format!("`{pattern}` is no regular expression: {error}.");
        // By itself at first, for what closes a parenthesis that it has not opened is no pattern.
        regex_lite::Regex::new(pattern).map_err(invalid)?;
        regex_lite::Regex::new(&format!("^(?:{pattern})$")).map(Pattern).map_err(invalid)
    }

    pub(super) fn is_match(&self, topic: &str) -> bool {
        self.0.is_match(topic)
    }
}

/// None: the broker was built without the feature `patterns`.
#[cfg(not(feature = "patterns"))]
pub(super) enum Pattern {}

#[cfg(not(feature = "patterns"))]
impl Pattern {
    pub(super) fn new(_: &str) -> Result<Pattern, String> {
        Err("this broker knows no patterns; subscribe to topics by name".to_owned())
    }

    pub(super) fn is_match(&self, _: &str) -> bool {
        match *self {}
    }
}
