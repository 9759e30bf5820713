//! What the description of a field says beside its type, as data: one [`Rule`] per field, which the
//! reader and the writer of a struct walk along.

/// How many bytes the values of a type take at least, which bounds the claimed length of an array.
#[derive(Clone, Copy)]
pub enum Size {
    /// So many, always.
    Bytes(u8),
    /// A length, 16 (`short`) or 32 bits wide where it is not compact.
    Prefix {
        /// Whether the length is 16 bits wide.
        short: bool,
    },
    /// Those of a struct's fields.
    Fields(&'static [Rule]),
}

impl Size {
    /// The bytes of a value in one version.
    pub fn min_bytes(self, version: i16, flexible: bool) -> usize {
        let Size::Fields(rules) = self else {
            return usize::from(self.least(flexible));
        };
        let mut sum = usize::from(flexible);
        for rule in rules {
            if rule.tag == Rule::NO_TAG && rule.covers(version) {
                sum += usize::from(rule.min_bytes[usize::from(flexible)]);
            }
        }
        sum
    }

    /// The bytes of a value in any version. A struct's are taken for none but the tagged fields'.
    const fn least(self, flexible: bool) -> u8 {
        match self {
            Size::Bytes(bytes) => bytes,
            Size::Prefix { .. } if flexible => 1,
            Size::Prefix { short: true } => 2,
            Size::Prefix { short: false } => 4,
            Size::Fields(_) => flexible as u8,
        }
    }
}

/// In which versions a field exists, where it is written, and in which versions it may be null.
///
/// Six bytes, because there is one for each field of each message.
pub struct Rule {
    since: i8,
    until: i8,
    /// The first version in which the field may be null, if its type has null.
    null_since: i8,
    /// The number of a tagged field, or [`Rule::NO_TAG`].
    tag: i8,
    /// What [`Size`] says of the type, for versions that are not flexible and for those that are.
    min_bytes: [u8; 2],
}

impl Rule {
    /// The tag of a field that has none.
    const NO_TAG: i8 = -1;

    /// A field that every version has, untagged, and null wherever its type has null.
    pub const fn new(size: Size) -> Rule {
        let min_bytes = [size.least(false), size.least(true)];
        Rule { since: 0, until: i8::MAX, null_since: 0, tag: Rule::NO_TAG, min_bytes }
    }

    /// The field exists in these versions.
    pub const fn versions(self, since: i8, until: i8) -> Rule {
        Rule { since, until, ..self }
    }

    /// The field is tagged.
    pub const fn tag(self, tag: i8) -> Rule {
        Rule { tag, ..self }
    }

    /// The field may be null in this version and in later ones.
    pub const fn null(self, null_since: i8) -> Rule {
        Rule { null_since, ..self }
    }

    fn covers(&self, version: i16) -> bool {
        i16::from(self.since) <= version && version <= i16::from(self.until)
    }
}

/// A walk along the rules of a struct: each field in turn asks whether it is due.
///
/// There is one walk for the fields without a tag, and when it comes to tagged fields another for
/// each of them, in which the struct's function is called once more and that field alone is due.
pub(super) struct Walk {
    rules: &'static [Rule],
    /// The tag that is due; [`Rule::NO_TAG`] for the fields without.
    due: i8,
    /// The first version in which the field at hand may be null.
    null_since: i8,
}

impl Walk {
    pub(super) fn plain(rules: &'static [Rule]) -> Walk {
        Walk { rules, due: Rule::NO_TAG, null_since: i8::MIN }
    }

    /// The walk to one tagged field; `None` where the version has no such tag.
    pub(super) fn tagged(rules: &'static [Rule], tag: u32, version: i16) -> Option<Walk> {
        let due = i8::try_from(tag).ok()?;
        let known = rules.iter().any(|rule| rule.tag == due && rule.covers(version));
        known.then_some(Walk { rules, due, null_since: i8::MIN })
    }

    /// The next field's tag, if the version has the field.
    pub(super) fn next(&mut self, version: i16) -> Option<i8> {
        let (rule, rest) = self.rules.split_first()?;
        self.rules = rest;
        self.null_since = rule.null_since;
        rule.covers(version).then_some(rule.tag)
    }

    /// Whether the next field is due.
    pub(super) fn is_due(&mut self, version: i16) -> bool {
        self.next(version) == Some(self.due)
    }

    /// Whether the field at hand may be null. What is within it asks for itself.
    pub(super) fn take_null(&mut self, version: i16) -> bool {
        version >= i16::from(std::mem::replace(&mut self.null_since, i8::MIN))
    }
}
