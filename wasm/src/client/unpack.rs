//! Records as the package packs them (`js/pack.ts` describes how): all that a flush has to send, in
//! one buffer.

use std::ops::Range;

use ottla::client::ProduceRecord;

/// One send: its records are slices of the packed buffer.
#[derive(Debug)]
pub(super) struct PackedSend<'a> {
    pub(super) id: u64,
    pub(super) topic: &'a str,
    records: Vec<(ProduceRecord<'a>, Range<usize>)>,
    headers: Vec<(&'a str, Option<&'a [u8]>)>,
}

impl<'a> PackedSend<'a> {
    /// The records.
    pub(super) fn records(&self) -> impl Iterator<Item = ProduceRecord<'_>> + Clone {
        self.records.iter().map(|(record, headers)| ProduceRecord {
            headers: self.headers.get(headers.clone()).unwrap_or_default(),
            ..*record
        })
    }
}

/// The sends of a buffer. The iterator ends at the end, and at the first byte out of place.
pub(super) struct Unpack<'a> {
    rest: &'a [u8],
}

impl<'a> Unpack<'a> {
    pub(super) fn new(packed: &'a [u8]) -> Unpack<'a> {
        Unpack { rest: packed }
    }

    #[inline(always)]
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*taken)
    }

    fn count(&mut self) -> Option<usize> {
        Some(u32::from_le_bytes(self.take()?) as usize)
    }

    /// Bytes with their length; the inner `None` is null.
    fn data(&mut self) -> Option<Option<&'a [u8]>> {
        let length = i32::from_le_bytes(self.take()?);
        let Ok(length) = usize::try_from(length) else { return Some(None) };
        let (data, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(Some(data))
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.data()??).ok()
    }

    fn send(&mut self) -> Option<PackedSend<'a>> {
        let id = f64::from_le_bytes(self.take()?) as u64;
        let topic = self.text()?;
        let count = self.count()?;
        let mut send = PackedSend {
            id,
            topic,
            // A record takes 24 bytes at least.
            records: Vec::with_capacity(count.min(self.rest.len() / 24)),
            headers: Vec::new(),
        };
        for _ in 0..count {
            let record = self.record(&mut send.headers)?;
            send.records.push(record);
        }
        Some(send)
    }

    fn record(
        &mut self,
        headers: &mut Vec<(&'a str, Option<&'a [u8]>)>,
    ) -> Option<(ProduceRecord<'a>, Range<usize>)> {
        let partition = i32::from_le_bytes(self.take()?);
        let timestamp = f64::from_le_bytes(self.take()?);
        let record = ProduceRecord {
            // Below -1 it is refused by the client, by its number.
            partition: (partition != -1).then_some(partition),
            key: self.data()?,
            value: self.data()?,
            headers: &[],
            timestamp: (timestamp >= 0.0).then_some(timestamp as i64),
        };
        let first = headers.len();
        for _ in 0..self.count()? {
            headers.push((self.text()?, self.data()?));
        }
        Some((record, first..headers.len()))
    }
}

impl<'a> Iterator for Unpack<'a> {
    type Item = PackedSend<'a>;

    fn next(&mut self) -> Option<PackedSend<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let send = self.send();
        if send.is_none() {
            self.rest = &[];
        }
        send
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn data(out: &mut Vec<u8>, data: Option<&[u8]>) {
        out.extend(data.map_or(-1, |data| data.len() as i32).to_le_bytes());
        out.extend(data.unwrap_or_default());
    }

    fn packed() -> Vec<u8> {
        let mut out = Vec::new();
        for (id, topic) in [(1.0_f64, "orders"), (2.0, "größe")] {
            out.extend(id.to_le_bytes());
            data(&mut out, Some(topic.as_bytes()));
            out.extend(2_u32.to_le_bytes());
            out.extend(7_i32.to_le_bytes());
            out.extend(1_700_000_000_000_f64.to_le_bytes());
            data(&mut out, Some(b"key"));
            data(&mut out, None);
            out.extend(2_u32.to_le_bytes());
            for value in [Some(&b"v"[..]), None] {
                data(&mut out, Some(b"h"));
                data(&mut out, value);
            }
            out.extend((-1_i32).to_le_bytes());
            out.extend((-1_f64).to_le_bytes());
            data(&mut out, None);
            data(&mut out, Some(b""));
            out.extend(0_u32.to_le_bytes());
        }
        out
    }

    #[wasm_bindgen_test]
    fn what_was_packed_comes_out() {
        let packed = packed();
        let sends: Vec<_> = Unpack::new(&packed).collect();
        assert_eq!(
            sends.iter().map(|s| (s.id, s.topic)).collect::<Vec<_>>(),
            [(1, "orders"), (2, "größe")]
        );
        for send in &sends {
            let records: Vec<_> = send.records().collect();
            let [first, second] = &records[..] else { panic!("two records") };
            assert_eq!((first.partition, first.timestamp), (Some(7), Some(1_700_000_000_000)));
            assert_eq!((first.key, first.value), (Some(&b"key"[..]), None));
            assert_eq!(first.headers, [("h", Some(&b"v"[..])), ("h", None)]);
            assert_eq!((second.partition, second.timestamp), (None, None));
            assert_eq!((second.key, second.value), (None, Some(&b""[..])));
            assert!(second.headers.is_empty());
        }
    }

    #[wasm_bindgen_test]
    fn a_buffer_cut_anywhere_ends_quietly() {
        let packed = packed();
        for end in 0..packed.len() {
            assert!(Unpack::new(&packed[..end]).count() <= 1);
        }
    }
}
