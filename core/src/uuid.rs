//! Kafka's 128-bit identifiers.

use std::fmt;

/// A topic id, cluster id or member id, as 16 bytes in network order (KIP-516).
///
/// It prints as Kafka prints it: URL-safe base64 without padding, 22 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Uuid(pub [u8; 16]);

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl Uuid {
    /// "No id": what a request by name carries in the place of an id.
    pub const ZERO: Uuid = Uuid([0; 16]);

    /// Makes a version 4 id from random bits that the caller supplies.
    pub fn from_random(bits: u128) -> Uuid {
        let mut bytes = bits.to_be_bytes();
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Uuid(bytes)
    }

    /// Whether this is [`Uuid::ZERO`].
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 16]
    }

    /// Reads what `Display` wrote; `None` where the text is not 22 characters of base64.
    pub fn parse(text: &str) -> Option<Uuid> {
        if text.len() != 22 {
            return None;
        }
        let mut bits: u128 = 0;
        for (at, symbol) in text.bytes().enumerate() {
            let value = ALPHABET.iter().position(|&a| a == symbol)? as u128;
            // 22 symbols carry 132 bits: the last symbol has only its upper two in use.
            bits = if at < 21 { bits << 6 | value } else { bits << 2 | value >> 4 };
        }
        Some(Uuid(bits.to_be_bytes()))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = u128::from_be_bytes(self.0);
        for at in 0..21 {
            let value = (bits >> (122 - 6 * at)) as usize & 63;
            write!(out, "{}", ALPHABET[value] as char)?;
        }
        write!(out, "{}", ALPHABET[(bits as usize & 3) << 4] as char)
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_kafka_prints() {
        // org.apache.kafka.common.Uuid.METADATA_TOPIC_ID and ZERO_UUID.
        assert_eq!(Uuid(1u128.to_be_bytes()).to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
        assert_eq!(Uuid::ZERO.to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
    }

    #[test]
    fn reads_what_it_printed() {
        for bits in [0, 1, u128::MAX, 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210] {
            let id = Uuid(bits.to_be_bytes());
            assert_eq!(Uuid::parse(&id.to_string()), Some(id));
        }
        assert_eq!(Uuid::parse("short"), None);
        assert_eq!(Uuid::parse("AAAAAAAAAAAAAAAAAAAAA!"), None);
    }
}
