//! The idempotent producer's id and epoch (KIP-98, KIP-360).

use super::super::cluster::Cluster;
use super::super::connection::Owner;
use super::super::error::ClientError;
use super::super::event::Response;
use crate::Now;
use crate::protocol::messages::{InitProducerIdRequest, InitProducerIdResponse};
use crate::protocol::{ApiKey, ErrorCode};

#[derive(Debug, Default)]
pub(crate) struct Identity {
    known: Option<(i64, i16)>,
    asked: bool,
    attempts: u32,
    pub(crate) not_before_ms: u64,
}

impl Identity {
    /// Id and epoch; asks for them where they are not known.
    pub(crate) fn get(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
    ) -> Result<Option<(i64, i16)>, ClientError> {
        if self.known.is_none()
            && !self.asked
            && self.not_before_ms <= now.monotonic_ms
            && let Some(to) = cluster.any_node(now)
        {
            let version = cluster.net.version::<InitProducerIdRequest>(to, i16::MAX)?;
            // Without a transactional id the timeout means nothing; Java sends this one.
            let request = InitProducerIdRequest {
                transactional_id: None,
                transaction_timeout_ms: i32::MAX,
                ..InitProducerIdRequest::default()
            };
            let config = &cluster.config;
            let timeout_ms = config.request_timeout_ms;
            let owner = Some(Owner::InitProducerId);
            cluster.net.send(now, to, &request, version, owner, timeout_ms);
            self.asked = true;
        }
        Ok(self.known)
    }

    /// Id and epoch, where they are known.
    pub(crate) fn known(&self) -> Option<(i64, i16)> {
        self.known
    }

    /// Takes the answer; an error is one for good.
    pub(crate) fn answered(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        result: Result<Response, ClientError>,
    ) -> Result<(), ClientError> {
        self.asked = false;
        let answer = result.and_then(|response| {
            let answer = response.decode::<InitProducerIdResponse>()?;
            match ErrorCode::from_code(answer.error_code) {
                ErrorCode::None => Ok((answer.producer_id, answer.producer_epoch)),
                code => {
                    let context = "get an id for the idempotent producer";
                    Err(ClientError::broker(code, ApiKey::InitProducerId, context))
                }
            }
        });
        match answer {
            Ok(identity) => {
                self.known = Some(identity);
                self.attempts = 0;
                Ok(())
            }
            Err(error) => {
                self.attempts += 1;
                let retriable = error.is_retriable();
                if !retriable || self.attempts > cluster.config.retry.retries {
                    self.attempts = 0;
                    return Err(error);
                }
                let pause_ms = cluster.pause_after_ms(self.attempts, &error);
                self.not_before_ms = now.monotonic_ms.saturating_add(pause_ms);
                Ok(())
            }
        }
    }

    /// Goes on with the next epoch, which without transactions needs no broker; where there is
    /// none left, with a new id.
    pub(crate) fn bump(&mut self) {
        self.known = match self.known {
            Some((id, epoch)) if epoch < i16::MAX => Some((id, epoch + 1)),
            _ => None,
        };
    }

    /// The broker refuses this id and epoch: go on with a new id.
    pub(crate) fn refused(&mut self, identity: (i64, i16)) {
        if self.known == Some(identity) {
            self.known = None;
        }
    }
}
