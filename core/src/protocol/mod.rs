//! Kafka's wire protocol: frames, headers, error codes, and the messages.
//!
//! Each message is described once, in [`messages`], with the versions in which each of its fields
//! exists; encoding and decoding follow from that one description. Decoding never panics, and never
//! reserves more memory than the bytes at hand could hold.
//!
//! Source: <https://kafka.apache.org/protocol>, KIP-482 (flexible versions, tagged fields).

mod api_key;
mod error_code;
mod field;
mod frame;
mod header;
#[macro_use]
mod describe;
mod consumer_protocol;
pub mod messages;
mod rule;
#[cfg(test)]
pub(crate) mod tests;
mod wire;

pub use api_key::ApiKey;
pub use consumer_protocol::{
    ConsumerProtocolAssignment, ConsumerProtocolSubscription, ConsumerProtocolTopicPartition,
    decode_consumer_protocol, encode_consumer_protocol,
};
pub use describe::{FieldsIn, FieldsOut, Message, Request, decode_message, encode_message};
pub use error_code::ErrorCode;
pub use field::Field;
pub use frame::{FrameError, Frames};
pub use header::{
    RequestHeader, decode_request, decode_response, encode_request, encode_response, peek_header,
};
pub use rule::{Rule, Size};
pub use wire::{DecodeError, Reader, Writer};
