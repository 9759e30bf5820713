//! Maps as sorted vectors.

use litemap::LiteMap;

/// Collects pairs, one insertion after the other. `LiteMap`'s own way is faster for many pairs and
/// brings a stable sort into the WebAssembly for each pair of types.
pub(crate) fn collect<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> LiteMap<K, V> {
    let mut map = LiteMap::new_vec();
    pairs.into_iter().for_each(|(key, value)| drop(map.insert(key, value)));
    map
}
