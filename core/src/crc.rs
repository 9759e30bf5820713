//! CRC-32C, the checksum of batches and of metadata values (RFC 3720, appendix B.4).

#[cfg(not(target_family = "wasm"))]
pub(crate) use crc32c::crc32c;
#[cfg(target_family = "wasm")]
pub(crate) use tables::crc32c;

/// For WebAssembly, which has no instruction for it. The crate that serves everywhere else brings
/// its tables along, 8 KB that no compression makes smaller: here they are made at first use.
#[cfg(any(test, target_family = "wasm"))]
mod tables {
    use std::sync::LazyLock;

    /// Castagnoli's polynomial, its bits reversed.
    const POLYNOMIAL: u32 = 0x82f6_3b78;

    /// What a byte does to the checksum, by how many bytes of the same eight come after it.
    static TABLES: LazyLock<[[u32; 256]; 8]> = LazyLock::new(|| {
        let mut tables = [[0; 256]; 8];
        for byte in 0..=255_u8 {
            let mut crc = u32::from(byte);
            for table in &mut tables {
                for _ in 0..8 {
                    crc = if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ POLYNOMIAL };
                }
                table[usize::from(byte)] = crc;
            }
        }
        tables
    });

    pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
        // Written out: where size counts, the compiler neither unrolls nor inlines, and a checksum is
        // what a batch costs most.
        let [t0, t1, t2, t3, t4, t5, t6, t7] = &*TABLES;
        let (words, rest) = bytes.as_chunks();
        let mut crc = !0_u32;
        for &[a, b, c, d, e, f, g, h] in words {
            let first = u32::from_le_bytes([a, b, c, d]) ^ crc;
            crc = t7[(first & 0xff) as usize]
                ^ t6[(first >> 8 & 0xff) as usize]
                ^ t5[(first >> 16 & 0xff) as usize]
                ^ t4[(first >> 24) as usize]
                ^ t3[e as usize]
                ^ t2[f as usize]
                ^ t1[g as usize]
                ^ t0[h as usize];
        }
        for &byte in rest {
            crc = crc >> 8 ^ t0[((crc ^ u32::from(byte)) & 0xff) as usize];
        }
        !crc
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    #[test]
    fn the_checksum_of_the_catalogue() {
        // "Check" of CRC-32/ISCSI in Greg Cook's catalogue of CRC algorithms.
        assert_eq!(super::tables::crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(super::tables::crc32c(b""), 0);
    }

    proptest! {
        #[test]
        fn both_ways_agree(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(super::tables::crc32c(&bytes), crc32c::crc32c(&bytes));
        }
    }
}
