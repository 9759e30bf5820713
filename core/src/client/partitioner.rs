//! Which partition a record goes to. Each hash is a pure function with its origin's own results as
//! tests; the choice for records without a key needs state, which [`Sticky`] holds.

use super::rng::Rng;

/// Who chooses the partition of a record that names none. A function of one's own is served by
/// naming the partition in each record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partitioner {
    /// Java's and KafkaJS's default: murmur2 of the key. Without a key: sticky (KIP-480, KIP-794).
    Murmur2,
    /// librdkafka's default (`consistent_random`): CRC-32 of the key. Without a key, or with an
    /// empty one: sticky.
    Crc32,
    /// One partition after the other, whatever the key.
    RoundRobin,
}

/// Murmur2 as Kafka's Java client computes it, with its seed.
pub fn murmur2(data: &[u8]) -> i32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c ^ data.len() as u32;
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let mut k = word.iter().rev().fold(0u32, |k, &byte| k << 8 | u32::from(byte));
        k = k.wrapping_mul(M);
        k ^= k >> 24;
        k = k.wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        hash ^= rest.iter().rev().fold(0u32, |k, &byte| k << 8 | u32::from(byte));
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^= hash >> 15;
    hash as i32
}

/// The partition that Java's and KafkaJS's default partitioners give to a key.
pub fn murmur2_partition(key: &[u8], partitions: usize) -> usize {
    (murmur2(key) & i32::MAX) as usize % partitions.max(1)
}

/// The partition that librdkafka's `consistent` partitioners give to a key.
pub fn crc32_partition(key: &[u8], partitions: usize) -> usize {
    crc32(key) as usize % partitions.max(1)
}

/// CRC-32 (reflected, polynomial 0xEDB88320), half a byte at a time: keys are short, and a larger
/// table would weigh more in a page than it saves.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = {
        let mut table = [0; 16];
        let mut at = 0;
        while at < 16 {
            let mut crc = at as u32;
            let mut bit = 0;
            while bit < 4 {
                crc = if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xedb8_8320 };
                bit += 1;
            }
            table[at] = crc;
            at += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |crc, &byte| {
        let crc = crc ^ u32::from(byte);
        let crc = crc >> 4 ^ TABLE[(crc & 15) as usize];
        crc >> 4 ^ TABLE[(crc & 15) as usize]
    })
}

/// Records without a key stay with one partition until it has taken a batch's worth of bytes, and
/// go on to a random one then (KIP-794's uniform sticky partitioner, without its adaption to slow
/// brokers).
#[derive(Debug, Clone, Default)]
pub(crate) struct Sticky {
    partition: Option<usize>,
    taken_bytes: usize,
}

impl Sticky {
    /// The partition for a record of `size_bytes`.
    pub(crate) fn partition(
        &mut self,
        partitions: usize,
        size_bytes: usize,
        switch_bytes: usize,
        rng: &mut Rng,
    ) -> usize {
        let partition = match self.partition {
            Some(partition) if self.taken_bytes < switch_bytes && partition < partitions => {
                partition
            }
            _ => {
                self.taken_bytes = 0;
                let partition = rng.below(partitions);
                self.partition = Some(partition);
                partition
            }
        };
        self.taken_bytes += size_bytes;
        partition
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn murmur2_is_java_s() {
        // Kafka's UtilsTest.testMurmur2 and KafkaJS's murmur2.spec.js (made by Java).
        let cases: [(&str, i32); 12] = [
            ("21", -973932308),
            ("foobar", -790332482),
            ("a-little-bit-long-string", -985981536),
            ("a-little-bit-longer-string", -1486304829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
            ("abc", 479470107),
            ("0", 971027396),
            ("1", -1993445489),
            ("128", -326012175),
            ("2187", -1508407203),
            ("4782969", -1182699775),
            ("100:48069", 1009543857),
        ];
        for (key, hash) in cases {
            assert_eq!(murmur2(key.as_bytes()), hash, "{key}");
        }
    }

    #[test]
    fn partitions_are_those_of_java_and_librdkafka() {
        // librdkafka's tests/0048-partitioner.c, whose keys and hashes these are.
        let long = "this is another string with more length to it perhaps";
        for partitions in [1, 7, 17] {
            for (key, crc, murmur) in [
                ("", 0, 0x106e_08d9),
                ("23456", 0xb1b4_51d7, 0x058d_780f),
                (long, 0xb015_0df7, 0x4f77_03da),
                ("hejsan", 0xd077_037e_usize, 0x5ec1_9395),
            ] {
                assert_eq!(crc32_partition(key.as_bytes(), partitions), crc % partitions);
                assert_eq!(murmur2_partition(key.as_bytes(), partitions), murmur % partitions);
            }
        }
    }

    #[test]
    fn sticks_for_a_batch_and_reaches_every_partition() {
        let mut sticky = Sticky::default();
        let mut rng = Rng::new(7);
        let mut taken = [0; 4];
        for _ in 0..400 {
            let first = sticky.partition(4, 30, 100, &mut rng);
            for _ in 0..3 {
                assert_eq!(sticky.partition(4, 30, 100, &mut rng), first);
            }
            taken[first] += 1;
        }
        assert!(taken.iter().all(|&batches| batches > 60), "{taken:?}");
    }
}
