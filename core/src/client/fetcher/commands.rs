//! What a host says to its client about fetching.

use std::sync::Arc;

use super::StartPosition;
use crate::Now;
use crate::client::Client;
use crate::client::error::ClientError;
use crate::client::event::Fetched;

impl Client {
    /// Fetches exactly these partitions from now on. One that was assigned before goes on where it
    /// is, whatever the start says here; a new one starts as it says.
    ///
    /// # Errors
    /// [`ClientError::BadArgument`] while subscribed: the group assigns then;
    /// [`ClientError::Closed`].
    pub fn assign(
        &mut self,
        now: Now,
        partitions: &[(&str, i32, StartPosition)],
    ) -> Result<(), ClientError> {
        self.open()?;
        if self.is_subscribed() {
            let text = "subscribed: the group assigns; leave it first";
            return Err(ClientError::BadArgument(text.to_owned()));
        }
        let wanted =
            partitions.iter().map(|&(topic, partition, start)| (topic.into(), partition, start));
        self.fetcher.assign(wanted.collect());
        self.drive(now);
        Ok(())
    }

    /// Goes on elsewhere. What was fetched and not taken is dropped; an error that held the
    /// partition up is forgotten.
    ///
    /// # Errors
    /// [`ClientError::BadArgument`] where the partition is not assigned.
    pub fn seek(
        &mut self,
        now: Now,
        topic: &str,
        partition: i32,
        to: StartPosition,
    ) -> Result<(), ClientError> {
        let key = (topic.into(), partition);
        self.fetcher.seek(&key, to)?;
        if let Some(group) = self.group.as_deref_mut() {
            group.sought(&key);
        }
        self.drive(now);
        Ok(())
    }

    /// Gives out no more records of a partition. What was fetched stays.
    ///
    /// # Errors
    /// [`ClientError::BadArgument`] where the partition is not assigned.
    pub fn pause(&mut self, now: Now, topic: &str, partition: i32) -> Result<(), ClientError> {
        self.fetcher.pause(&(topic.into(), partition), true)?;
        self.drive(now);
        Ok(())
    }

    /// Gives out records of a partition again.
    ///
    /// # Errors
    /// [`ClientError::BadArgument`] where the partition is not assigned.
    pub fn resume(&mut self, now: Now, topic: &str, partition: i32) -> Result<(), ClientError> {
        self.fetcher.pause(&(topic.into(), partition), false)?;
        self.drive(now);
        Ok(())
    }

    /// The partitions that are paused.
    pub fn paused(&self) -> Vec<(Arc<str>, i32)> {
        self.fetcher.paused()
    }

    /// The next offset that the caller has not taken; `None` where the partition is not assigned,
    /// or its start is still being looked up.
    pub fn position(&self, topic: &str, partition: i32) -> Option<i64> {
        self.fetcher.position(&(topic.into(), partition))
    }

    /// How many partitions' records, or errors, wait to be taken; several of one partition count.
    pub fn buffered_fetches(&self) -> usize {
        self.fetcher.buffered()
    }

    /// Takes the next records, and moves the position behind them. [`Event::FetchReady`](crate::client::Event::FetchReady) says when
    /// it is worth asking again after `None`.
    pub fn poll_fetched(&mut self, now: Now) -> Option<Fetched> {
        let fetched = self.fetcher.take(&mut self.cluster);
        if let (Some(group), Some(fetched)) = (self.group.as_deref_mut(), &fetched) {
            group.delivered(fetched);
        }
        self.drive(now);
        fetched
    }
}
