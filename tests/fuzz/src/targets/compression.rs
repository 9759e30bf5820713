//! Compressed bytes: what comes out is never more than was allowed, and what was packed comes back.

use ottla::record::Compression;

use crate::script::Script;

pub fn run(data: &[u8]) {
    let mut script = Script::new(data);
    let codec = Compression::ALL[usize::from(script.byte()) % Compression::ALL.len()];
    let allowed = usize::from(script.number()) * 16;
    let bytes = script.rest();
    if let Ok(plain) = codec.decompress(&bytes, allowed) {
        assert!(plain.len() <= allowed, "{codec:?} gave {} of {allowed}", plain.len());
    }
    let packed = codec.compress(&bytes).expect("anything can be packed");
    let plain = codec.decompress(&packed, bytes.len()).expect("what was packed comes back");
    assert_eq!(plain, bytes, "{codec:?}");
}
