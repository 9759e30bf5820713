//! The order in which Java's `HashMap` and `HashSet` yield what was put into them: by bucket, and
//! within a bucket in the order of insertion (which the growing of the table preserves).

use crate::sort::sort_by_key;
/// A table's first size, and the share of it that may be filled before it doubles.
const FIRST_CAPACITY: usize = 16;

/// `String.hashCode`.
pub(super) fn string_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()))
}

/// The bucket of a hash in a table that has held so many entries at most.
pub(super) fn bucket(hash: i32, entries: usize) -> usize {
    let mut capacity = FIRST_CAPACITY;
    while entries > capacity / 4 * 3 {
        capacity *= 2;
    }
    let hash = hash as u32;
    (hash ^ hash >> 16) as usize & (capacity - 1)
}

/// The order of a map's keys, which were put into it one after the other.
pub(super) fn java_order(keys: &[&str]) -> Vec<usize> {
    let place = |at: &usize| (bucket(string_hash(keys[*at]), keys.len()), *at);
    let mut order: Vec<usize> = (0..keys.len()).collect();
    sort_by_key(&mut order, place);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_and_buckets_are_javas() {
        // As Java prints them; the last is a HashSet of fourteen strings, put in by their numbers.
        assert_eq!(string_hash("consumer-1"), -166_239_206);
        assert_eq!(string_hash("é𝄞"), 1_996_307);
        let keys: Vec<String> = (0..14).map(|n| format!("m{n}-{}", n * 7_919)).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let order: Vec<String> = java_order(&keys).into_iter().map(|at| at.to_string()).collect();
        assert_eq!(order.join(" "), "6 12 4 8 1 13 3 0 7 10 9 5 2 11");
    }
}
