//! Record batches: taken apart, verified, validated, read; and stored by a broker that then serves
//! them.

use bytes::Bytes;
use ottla::record;

use crate::repair;

/// More than this a batch's records may not take.
const MAX_BYTES: usize = 1 << 20;

/// The first byte says whether checksums are repaired.
pub fn run(data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else { return };
    let mut bytes = bytes.to_vec();
    if how & 1 != 0 {
        repair::batches(&mut bytes);
    }
    let bytes = Bytes::from(bytes);
    let mut seen = 0;
    for batch in record::batches(bytes.clone()) {
        let Ok(batch) = batch else { break };
        seen += batch.bytes.len();
        one(&batch);
    }
    assert!(seen <= bytes.len(), "batches are parts of the bytes");
}

fn one(batch: &record::Batch) {
    let verified = batch.verify().is_ok();
    let validated = record::validate(batch, false, MAX_BYTES);
    let _ = batch.control_type();
    let Ok(body) = batch.body(MAX_BYTES) else { return };
    assert!(body.len() <= MAX_BYTES);
    let records = batch.records(MAX_BYTES);
    if validated.is_err() || !verified {
        return;
    }
    let records = records.expect("what is valid can be read");
    assert_eq!(records.len(), batch.header.record_count as usize);
    for (at, record) in (0..).zip(&records) {
        assert_eq!(record.offset, batch.header.base_offset.wrapping_add(at));
    }
}
