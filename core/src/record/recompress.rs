//! A batch in another compression.

use super::batch::{COMPRESSION_MASK, set_crc};
use super::{Batch, BatchHeader, Compression, HEADER_BYTES, RecordError};

impl Batch {
    /// The same records, compressed in this way.
    ///
    /// # Errors
    /// Those of [`Batch::body`], and [`RecordError::TooLarge`] where a 32-bit length cannot say the
    /// size.
    pub fn recompress(
        &self,
        compression: Compression,
        max_bytes: usize,
    ) -> Result<Batch, RecordError> {
        let plain = self.body(max_bytes)?;
        let packed = compression.compress(&plain)?;
        let batch_length = i32::try_from(HEADER_BYTES - 12 + packed.len())
            .map_err(|_| RecordError::TooLarge { max_bytes: i32::MAX as usize })?;
        let attributes = (self.header.attributes & !COMPRESSION_MASK) | compression as i16;
        let header = BatchHeader { batch_length, attributes, ..self.header };
        let mut bytes = Vec::with_capacity(header.size_bytes());
        bytes.extend_from_slice(&header.encode());
        bytes.extend_from_slice(&packed);
        set_crc(&mut bytes);
        let header = BatchHeader::parse(&bytes)?;
        Ok(Batch { header, bytes: bytes.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BatchBuilder, BatchOptions};
    use super::*;

    #[test]
    fn only_the_compression_changes() {
        let mut builder = BatchBuilder::new();
        builder.append(10, Some(b"key"), Some(&[b'v'; 500]), &[("h", None)]);
        builder.append(12, None, None, &[]);
        let options = BatchOptions { producer_id: 7, base_sequence: 3, ..BatchOptions::default() };
        let mut bytes = builder.finish(&options).unwrap();
        let plain = Batch::split_from(&mut bytes).unwrap();
        let mut batch = plain.clone();
        for compression in [Compression::ALL, Compression::ALL].concat() {
            batch = batch.recompress(compression, 1_000).unwrap();
            batch.verify().unwrap();
            assert_eq!(batch.header.compression(), Ok(compression));
            assert_eq!(batch.records(1_000), plain.records(1_000));
        }
        assert_eq!(batch.recompress(Compression::None, 1_000), Ok(plain));
        let refused = batch.recompress(Compression::None, 100);
        assert_eq!(refused, Err(RecordError::TooLarge { max_bytes: 100 }));
    }
}
