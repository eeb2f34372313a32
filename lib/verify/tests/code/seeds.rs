//! The fuzz targets' bodies on their seeds, and on each seed a little damaged, as an ordinary test.

use std::{fs, path::PathBuf};

#[path = "../../../../fuzz/src/lib.rs"]
mod bodies;

type Body = fn(&[u8]);

const TARGETS: [(&str, Body); 8] = [
    ("ticket", bodies::ticket),
    ("paper", bodies::paper),
    ("short_number", bodies::short_number),
    ("point_code", bodies::point_code),
    ("key_list", bodies::key_list),
    ("deny_list", bodies::deny_list),
    ("classify", bodies::classify),
    ("verdict", bodies::verdict),
];

#[test]
fn seeds_panic_nowhere() {
    let fuzz = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let known = fs::read_dir(fuzz.join("fuzz_targets")).unwrap().count();
    assert_eq!(known, TARGETS.len(), "every target has its body here");
    for (name, body) in TARGETS {
        let mut seeds = 0;
        for entry in fs::read_dir(fuzz.join("seeds").join(name)).unwrap() {
            let seed = fs::read(entry.unwrap().path()).unwrap();
            body(&seed);
            seeds += 1;
            // A handful of damages in fixed places: a flipped bit, a cut, a doubled end.
            for part in 0..16 {
                let at = seed.len() * part / 16;
                let mut damaged = seed.clone();
                if let Some(byte) = damaged.get_mut(at) {
                    *byte ^= 1 << (part % 8);
                }
                body(&damaged);
                body(&seed[..at]);
                body(&[&seed[..], &seed[at..]].concat());
            }
        }
        assert!(seeds >= 5, "{name} has seeds");
    }
}
