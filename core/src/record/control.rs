//! Control records, which brokers write and clients never show.

use super::RecordError;

/// What a control record says: the second field of its key. See
/// <https://kafka.apache.org/documentation/#controlbatch>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlType {
    /// The producer's transaction is aborted.
    Abort,
    /// The producer's transaction is committed.
    Commit,
    /// Another one: KRaft's, or one from the future. Readers pass over it.
    Other(i16),
}

impl ControlType {
    /// The control record's key: version 0 and the type, 16 bits each.
    pub const fn key(self) -> [u8; 4] {
        let number = match self {
            ControlType::Abort => 0,
            ControlType::Commit => 1,
            ControlType::Other(number) => number,
        };
        let [high, low] = number.to_be_bytes();
        [0, 0, high, low]
    }

    /// Reads a control record's key. A later version may append fields.
    ///
    /// # Errors
    /// [`RecordError::BadRecord`] where the key is null or too short, or its version negative.
    pub fn from_key(key: Option<&[u8]>) -> Result<ControlType, RecordError> {
        match key {
            Some([0..0x80, _, high, low, ..]) => Ok(match i16::from_be_bytes([*high, *low]) {
                0 => ControlType::Abort,
                1 => ControlType::Commit,
                number => ControlType::Other(number),
            }),
            _ => Err(RecordError::BadRecord("control record key")),
        }
    }
}
