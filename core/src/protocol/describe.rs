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

use std::fmt::Debug;
use std::ops::RangeInclusive;

use bytes::Bytes;

use super::ApiKey;
use super::wire::{DecodeError, Field, Reader, Writer};

/// A request or a response: a struct with an API key and a range of versions.
pub trait Message: Field + Clone + Debug + Default + PartialEq {
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
    message.write(&mut writer);
    writer.into_inner()
}

/// Decodes the body of a message; every byte must belong to it.
pub fn decode_message<M: Message>(bytes: Bytes, version: i16) -> Result<M, DecodeError> {
    match decode_message_prefix(bytes, version)? {
        (message, 0) => Ok(message),
        (_, left) => Err(DecodeError::Trailing(left)),
    }
}

/// Decodes the body of a message; says how many bytes are left behind it.
pub(crate) fn decode_message_prefix<M: Message>(
    bytes: Bytes,
    version: i16,
) -> Result<(M, usize), DecodeError> {
    if !M::VERSIONS.contains(&version) {
        return Err(DecodeError::UnknownVersion(version));
    }
    let mut reader = Reader::new(bytes, version, version >= M::FLEXIBLE_FROM);
    let message = M::read(&mut reader)?;
    Ok((message, reader.remaining()))
}

/// Whether a tagged field is written: only where it is not its default.
pub(crate) fn differs<T: PartialEq>(value: &T, default: T) -> bool {
    *value != default
}

/// What is written for a null where the version has none.
pub(crate) fn empty<T: Default>(_null: &Option<T>) -> Option<T> {
    Some(T::default())
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

        impl $crate::protocol::Field for $name {
            fn write(&self, out: &mut $crate::protocol::Writer) {
                $( message!(@write self.$field, out, $($($when)*)?); )*
                if out.flexible {
                    #[allow(unused_mut)]
                    let mut tags = 0;
                    $( message!(@count self.$field, out, tags, [$($default)?] $($($when)*)?); )*
                    out.uvarint(tags);
                    $( message!(@write_tag self.$field, out, [$($default)?] $($($when)*)?); )*
                }
            }

            fn parse(from: &mut $crate::protocol::Reader) -> Self {
                // Field by field and not over a default, whose strings would have to be dropped.
                $(
                    #[allow(unused_mut)] // Only tagged fields are assigned to once more.
                    let mut $field = message!(@read from, [$($default)?] $($($when)*)?);
                )*
                from.tags(&mut |_tag, _from| {
                    $( message!(@read_tag $field, _from, _tag, $($($when)*)?); )*
                    false
                });
                $name { $( $field, )* }
            }

            fn min_bytes(version: i16, flexible: bool) -> usize {
                let _ = version;
                usize::from(flexible) $( + message!(@min $ty, version, flexible, $($($when)*)?) )*
            }

            #[cfg(test)]
            fn sample(samples: &mut $crate::protocol::tests::samples::Samples) -> Self {
                $name { $( $field: message!(@sample samples, [$($default)?] $($($when)*)?), )* }
            }
        }
    )* };

    (@default) => { Default::default() };
    (@default $default:expr) => { $default };

    (@write $value:expr, $out:ident, $versions:expr, tag $tag:literal) => {};
    (@write $value:expr, $out:ident, $versions:expr, null $null:expr) => {
        if ($versions).contains(&$out.version) {
            if $value.is_none() && !($null).contains(&$out.version) {
                $crate::protocol::Field::write(&$crate::protocol::empty(&$value), $out);
            } else {
                $crate::protocol::Field::write(&$value, $out);
            }
        }
    };
    (@write $value:expr, $out:ident, $versions:expr) => {
        if ($versions).contains(&$out.version) {
            $crate::protocol::Field::write(&$value, $out);
        }
    };
    (@write $value:expr, $out:ident,) => { $crate::protocol::Field::write(&$value, $out); };

    (@count $value:expr, $out:ident, $tags:ident, [$($default:expr)?] $versions:expr, tag $tag:literal) => {
        if ($versions).contains(&$out.version)
            && $crate::protocol::differs(&$value, message!(@default $($default)?)) {
            $tags += 1;
        }
    };
    (@count $value:expr, $out:ident, $tags:ident, [$($default:expr)?] $($versions:expr $(, null $null:expr)?)?) => {};

    (@write_tag $value:expr, $out:ident, [$($default:expr)?] $versions:expr, tag $tag:literal) => {
        if ($versions).contains(&$out.version)
            && $crate::protocol::differs(&$value, message!(@default $($default)?)) {
            $out.tag($tag, &$value);
        }
    };
    (@write_tag $value:expr, $out:ident, [$($default:expr)?] $($versions:expr $(, null $null:expr)?)?) => {};

    (@read $from:ident, [$($default:expr)?] $versions:expr, tag $tag:literal) => {
        message!(@default $($default)?)
    };
    (@read $from:ident, [$($default:expr)?] $versions:expr, null $null:expr) => {
        if ($versions).contains(&$from.version) {
            let null = ($null).contains(&$from.version);
            $from.parse_nullable(null)
        } else {
            message!(@default $($default)?)
        }
    };
    (@read $from:ident, [$($default:expr)?] $versions:expr) => {
        if ($versions).contains(&$from.version) {
            $crate::protocol::Field::parse($from)
        } else {
            message!(@default $($default)?)
        }
    };
    (@read $from:ident, [$($default:expr)?]) => { $crate::protocol::Field::parse($from) };

    (@min $ty:ty, $version:ident, $flexible:ident, $versions:expr, tag $tag:literal) => { 0 };
    (@min $ty:ty, $version:ident, $flexible:ident, $versions:expr $(, null $null:expr)?) => {
        if ($versions).contains(&$version) {
            <$ty as $crate::protocol::Field>::min_bytes($version, $flexible)
        } else {
            0
        }
    };
    (@min $ty:ty, $version:ident, $flexible:ident,) => {
        <$ty as $crate::protocol::Field>::min_bytes($version, $flexible)
    };

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

    (@read_tag $value:ident, $from:ident, $tag_read:ident, $versions:expr, tag $tag:literal) => {
        if $tag_read == $tag && ($versions).contains(&$from.version) {
            $value = $crate::protocol::Field::parse($from);
            return true;
        }
    };
    (@read_tag $value:ident, $from:ident, $tag_read:ident, $($versions:expr $(, null $null:expr)?)?) => {};
}

/// A struct that a field can have as an `Option`: a byte precedes it, 1, or −1 for null.
macro_rules! nullable {
    ($($name:ident),*) => { $(
        impl $crate::protocol::Field for Option<$name> {
            fn write(&self, out: &mut $crate::protocol::Writer) {
                out.put(&[if self.is_some() { 1 } else { 0xff }]);
                if let Some(value) = self {
                    value.write(out);
                }
            }

            fn parse(from: &mut $crate::protocol::Reader) -> Self {
                if i8::parse(from) < 0 { None } else { Some($name::parse(from)) }
            }

            fn min_bytes(_version: i16, _flexible: bool) -> usize {
                1
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
