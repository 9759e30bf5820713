//! InitProducerId (key 22, versions 0–5): the identity of an idempotent producer. KIP-98, KIP-360.

use super::reply::Refusable;
use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::{ErrorCode, messages as m};

pub(crate) fn init_producer_id(
    node: &mut Node,
    _: Now,
    call: Call,
    request: m::InitProducerIdRequest,
) -> Reply {
    if request.transactional_id.is_some() {
        // There is no transaction coordinator yet. Kafka's clients take this for fatal, as they
        // should: "not available" would have them ask for ever.
        return call.now(&m::InitProducerIdResponse {
            error_code: ErrorCode::InvalidRequest.code(),
            producer_epoch: -1,
            ..Default::default()
        });
    }
    let producer_id = node.next_producer_id();
    let response = m::InitProducerIdResponse { producer_id, ..Default::default() };
    // The block that the id is from must be stored first, lest it be given out again.
    call.once_metadata_stored(node, response)
}

impl Refusable for m::InitProducerIdResponse {
    fn refuse(&mut self, code: ErrorCode, _: &str) {
        self.error_code = code.code();
        self.producer_id = -1;
        self.producer_epoch = -1;
    }
}
