//! Sorting in little code.

/// Sorts by heap (Williams, 1964), not keeping the order of equals. The standard library's sort is
/// faster on long slices and brings 2.5 KB into the WebAssembly for each type and order.
pub(crate) fn sort_by<T>(items: &mut [T], less: impl Fn(&T, &T) -> bool) {
    let sink = |items: &mut [T], mut at: usize| {
        loop {
            let mut child = 2 * at + 1;
            if child + 1 < items.len() && less(&items[child], &items[child + 1]) {
                child += 1;
            }
            if child >= items.len() || !less(&items[at], &items[child]) {
                return;
            }
            items.swap(at, child);
            at = child;
        }
    };
    for at in (0..items.len() / 2).rev() {
        sink(items, at);
    }
    for end in (1..items.len()).rev() {
        items.swap(0, end);
        sink(&mut items[..end], 0);
    }
}

/// Sorts in ascending order of a key, see [`sort_by`].
pub(crate) fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(items, |a, b| key(a) < key(b));
}

/// Sorts in ascending order, see [`sort_by`].
pub(crate) fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::lt);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts_as_the_standard_library_does(items in proptest::collection::vec(0..50_u8, 0..60)) {
            let mut expected = items.clone();
            expected.sort_unstable();
            let mut ours = items.clone();
            super::sort(&mut ours);
            prop_assert_eq!(&ours, &expected);
            expected.reverse();
            super::sort_by(&mut ours, |a, b| a > b);
            prop_assert_eq!(&ours, &expected);
        }
    }
}
