//! How a message is described: one list of fields, from which its type, its encoder and its decoder
//! follow for every version.
//!
//! ```text
//! message! {
//!     /// What the struct is.
//!     struct Name {
//!         /// A field that every version has.
//!         a: i32,
//!         /// A field of versions 3 and later, with a default other than zero.
//!         b: i32 [3..] = -1,
//!         /// A nullable field of versions up to 12.
//!         c: Option<String> [..=12],
//!         /// A tagged field (KIP-482) with tag 0, in versions 12 and later.
//!         d: Option<String> [12.., tag 0],
//!         /// A field of every version that may be null in versions 10 and later only.
//!         e: Option<String> [0.., null 10..],
//!     }
//! }
//! nullable! { Name } // Where a field is an `Option` of the struct.
//! api! { Name, NameRequest => NameResponse, versions 0..=4, flexible from 2 }
//! ```
//!
//! A field that a version does not have is left out when writing, whatever its value, and gets its
//! default when reading. Null where a version has no null is refused when reading, and written as
//! the empty value. A nullable field without a default starts as null (in Java's client: empty).
//!
//! # What a description becomes
//!
//! A page loads the codec of every message, so a message has to be small. Its versions become data,
//! one [`Rule`] of six bytes per field; its code is two functions that do no more than to offer each
//! field in turn, one call each ([`FieldsOut`], [`FieldsIn`]):
//!
//! ```text
//! fn read_fields(&mut self, from: &mut Reader) {
//!     from.field(&mut self.a);
//!     from.field(&mut self.b);
//!     from.tagged(&mut self.d);
//! }
//! ```
//!
//! The [`Reader`] and the [`Writer`] walk along the rules as the fields are offered, and take those
//! that are due: those of the version, without a tag. Tagged fields stand behind the others. They
//! come in further walks, in which the same function offers every field once more and only the one
//! with the tag is due. The rest is one piece of code for all messages.

use std::fmt::Debug;
use std::ops::RangeInclusive;

use bytes::Bytes;

use super::ApiKey;
use super::field::Field;
use super::rule::Rule;
use super::wire::{DecodeError, Reader, Writer};

/// How a struct is written: each field is offered to the writer, in the order of the rules.
pub trait FieldsOut {
    /// What is said of each field.
    fn rules(&self) -> &'static [Rule];
    /// Offers each field; the writer writes those that are due.
    fn write_fields(&self, out: &mut Writer);
}

/// How a struct is read: each field is offered to the reader, in the order of the rules.
///
/// Apart from [`FieldsOut`], so that the code to read what is only ever written is left out.
pub trait FieldsIn {
    /// What is said of each field.
    fn rules(&self) -> &'static [Rule];
    /// Offers each field; the reader reads those that are due and leaves the others as they are.
    fn read_fields(&mut self, from: &mut Reader);
}

/// No fields: of a flexible version, tags that nobody knows.
impl FieldsIn for () {
    fn rules(&self) -> &'static [Rule] {
        &[]
    }
    fn read_fields(&mut self, _from: &mut Reader) {}
}

/// A request or a response: a struct with an API key and a range of versions.
pub trait Message: Field + FieldsIn + FieldsOut + Clone + Debug + Default + PartialEq {
    /// The API that the message belongs to.
    const API: ApiKey;
    /// The versions that are described.
    const VERSIONS: RangeInclusive<i16>;
    /// The first flexible version; `i16::MAX` where there is none.
    const FLEXIBLE_FROM: i16;
}

/// A request, which knows the type of its response.
pub trait Request: Message {
    /// What answers it.
    type Response: Message;
}

/// Encodes the body of a message, without a header, behind what `out` already holds.
pub fn encode_message<M: Message>(message: &M, version: i16, out: Vec<u8>) -> Vec<u8> {
    let mut writer = Writer::new(out, version, version >= M::FLEXIBLE_FROM);
    writer.fields(message);
    writer.into_inner()
}

/// Decodes the body of a message; every byte must belong to it.
pub fn decode_message<M: Message>(bytes: Bytes, version: i16) -> Result<M, DecodeError> {
    let mut reader = Reader::new(bytes, version, false);
    let mut message = M::default();
    reader.message(&mut message, &M::VERSIONS, M::FLEXIBLE_FROM)?;
    reader.end()?;
    Ok(message)
}

macro_rules! message {
    ($(
        $(#[$doc:meta])*
        struct $name:ident { $(
            $(#[$field_doc:meta])*
            $field:ident: $ty:ty $([$($when:tt)*])? $(= $default:expr)?
        ),* $(,)? }
    )*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        #[allow(unreachable_pub)]
        pub struct $name { $(
            $(#[$field_doc])*
            pub $field: $ty,
        )* }

        impl Default for $name {
            fn default() -> Self {
                $name { $( $field: message!(@default $($default)?), )* }
            }
        }

        impl $name {
            const RULES: &'static [$crate::protocol::Rule] =
                &[$( message!(@rule $ty, $($($when)*)?) ),*];
        }

        impl $crate::protocol::FieldsOut for $name {
            fn rules(&self) -> &'static [$crate::protocol::Rule] {
                Self::RULES
            }
            fn write_fields(&self, out: &mut $crate::protocol::Writer) {
                $( message!(@write self.$field, out, [$($default)?] $($($when)*)?); )*
            }
        }

        impl $crate::protocol::FieldsIn for $name {
            fn rules(&self) -> &'static [$crate::protocol::Rule] {
                Self::RULES
            }
            fn read_fields(&mut self, from: &mut $crate::protocol::Reader) {
                $( message!(@read self.$field, from, $($($when)*)?); )*
            }
        }

        impl $crate::protocol::Field for $name {
            const SIZE: $crate::protocol::Size = $crate::protocol::Size::Fields(Self::RULES);

            fn write(&self, out: &mut $crate::protocol::Writer) {
                out.fields(self);
            }

            fn fill(&mut self, from: &mut $crate::protocol::Reader) {
                from.fields(self);
            }

            #[cfg(test)]
            fn sample(samples: &mut $crate::protocol::tests::samples::Samples) -> Self {
                $name { $( $field: message!(@sample samples, [$($default)?] $($($when)*)?), )* }
            }
        }
    )* };

    (@default) => { Default::default() };
    (@default $default:expr) => { $default };

    (@rule $ty:ty, $($when:tt)*) => {
        message!(@since $crate::protocol::Rule::new(<$ty as $crate::protocol::Field>::SIZE), $($when)*)
    };
    (@since $rule:expr, ) => { $rule };
    (@since $rule:expr, $since:literal .. $($more:tt)*) => {
        message!(@more $rule.versions($since, i8::MAX) $($more)*)
    };
    (@since $rule:expr, $since:literal ..= $until:literal $($more:tt)*) => {
        message!(@more $rule.versions($since, $until) $($more)*)
    };
    (@since $rule:expr, ..= $until:literal $($more:tt)*) => {
        message!(@more $rule.versions(0, $until) $($more)*)
    };
    (@more $rule:expr) => { $rule };
    (@more $rule:expr, tag $tag:literal) => { $rule.tag($tag) };
    (@more $rule:expr, null $since:literal ..) => { $rule.null($since) };

    (@write $value:expr, $out:ident, [$($default:expr)?] $versions:expr, tag $tag:literal) => {
        $out.tagged(&$value, message!(@default $($default)?))
    };
    (@write $value:expr, $out:ident, $default:tt $($when:tt)*) => { $out.field(&$value) };

    (@read $value:expr, $from:ident, $versions:expr, tag $tag:literal) => {
        $from.tagged(&mut $value)
    };
    (@read $value:expr, $from:ident, $($when:tt)*) => { $from.field(&mut $value) };

    (@sample $samples:ident, [$($default:expr)?] $versions:expr, null $null:expr) => {
        match message!(@sample $samples, [$($default)?] $versions) {
            None if ($versions).contains(&$samples.version)
                && !($null).contains(&$samples.version) => Some(Default::default()),
            value => value,
        }
    };
    (@sample $samples:ident, [$($default:expr)?] $versions:expr $(, tag $tag:literal)?) => {
        if ($versions).contains(&$samples.version) {
            $crate::protocol::Field::sample($samples)
        } else {
            message!(@default $($default)?)
        }
    };
    (@sample $samples:ident, [$($default:expr)?]) => { $crate::protocol::Field::sample($samples) };
}

/// A struct that a field can have as an `Option`: a byte precedes it, 1, or −1 for null.
macro_rules! nullable {
    ($($name:ident),*) => { $(
        impl $crate::protocol::Field for Option<$name> {
            const SIZE: $crate::protocol::Size = $crate::protocol::Size::Bytes(1);

            fn write(&self, out: &mut $crate::protocol::Writer) {
                out.put(&[if self.is_some() { 1 } else { 0xff }]);
                if let Some(value) = self {
                    value.write(out);
                }
            }

            fn fill(&mut self, from: &mut $crate::protocol::Reader) {
                *self = if i8::parse(from) < 0 { None } else { Some($name::parse(from)) };
            }

            #[cfg(test)]
            fn sample(samples: &mut $crate::protocol::tests::samples::Samples) -> Self {
                if samples.null() { None } else { Some($name::sample(samples)) }
            }
        }
    )* };
}

macro_rules! api {
    ($api:ident, $request:ident => $response:ident, versions $versions:expr, flexible from $flexible:expr) => {
        impl $crate::protocol::Message for $request {
            const API: $crate::protocol::ApiKey = $crate::protocol::ApiKey::$api;
            const VERSIONS: std::ops::RangeInclusive<i16> = $versions;
            const FLEXIBLE_FROM: i16 = $flexible;
        }
        impl $crate::protocol::Message for $response {
            const API: $crate::protocol::ApiKey = $crate::protocol::ApiKey::$api;
            const VERSIONS: std::ops::RangeInclusive<i16> = $versions;
            const FLEXIBLE_FROM: i16 = $flexible;
        }
        impl $crate::protocol::Request for $request {
            type Response = $response;
        }
    };
}
