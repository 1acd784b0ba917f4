//! Bytes of released servers that go with the program, for those who have nothing else at hand: what they
//! wrote and read, what they refused, and what they said to each other.

use lzma_rust2::XzReader;

use super::outcome::CannotRun;
use crate::harness::files;
use crate::suite::captured::{Captured, Folder};
use crate::suite::vectors::Source;

/// Where they lie in the repository.
const FOLDER: &str = "golden/captured";

/// Files of the repository, by their names in that folder, as they are packed there.
macro_rules! packed {
    ($($name:literal),+ $(,)?) => {
        &[$((
            concat!($name, ".jsonl.xz"),
            include_bytes!(concat!("../../golden/captured/", $name, ".jsonl.xz")),
        )),+]
    };
}

/// All of them: vectors, odd inputs, and recordings. The truth of what there is: a folder that has less, or
/// other files of these names, is not whole.
pub const PACKED: &[(&str, &[u8])] = packed![
    "captures/1.5.3-1.7.12",
    "captures/1.6.2-1.6.2",
    "captures/more/1.5.3-1.5.3",
    "captures/more/1.5.3-1.7.10",
    "captures/more/1.6.1-1.7.10",
    "captures/more/1.6.2-1.7.12-sql",
    "captures/more/1.7.2-1.7.12-1.6.2",
    "captures/more/seal-1.5.3-1.5.3",
    "captures/more/seal-1.6.1-1.6.2",
    "captures/more/up-1.5.3-1.6.2",
    "inputs/library-readers",
    "vectors/1.2.3",
    "vectors/1.3.2",
    "vectors/1.4.4",
    "vectors/1.5.6",
    "vectors/1.6.2",
    "vectors/1.7.6",
    "vectors/bench",
    "vectors/byte-diffs",
    "vectors/cross",
    "vectors/damaged/panics",
    "vectors/envelope-1.2.3",
    "vectors/envelope-1.3.2",
    "vectors/envelope-1.4.4",
    "vectors/envelope-1.5.6",
    "vectors/envelope-1.6.2",
    "vectors/envelope-1.7.6",
    "vectors/log-records/1.3.2",
    "vectors/log-records/1.4.0",
    "vectors/log-records/1.4.2",
    "vectors/log-records/1.4.4",
    "vectors/log-records/1.5.6",
    "vectors/log-records/1.6.2",
    "vectors/log-records/1.7.2",
    "vectors/log-records/1.7.6",
    "vectors/log-records/cross",
    "vectors/log-records/epoch-metadata",
    "vectors/log-records/epoch-metadata-cross",
    "vectors/log-records/panics",
    "vectors/log-records/v2-form",
    "vectors/panics",
    "vectors/patches/1.2.0",
    "vectors/patches/1.2.1",
    "vectors/patches/1.3.2",
    "vectors/patches/1.4.2",
    "vectors/patches/1.4.4",
    "vectors/patches/1.5.6",
    "vectors/patches/1.6.2",
    "vectors/patches/1.7.2",
    "vectors/patches/1.7.3",
    "vectors/patches/1.7.6",
    "vectors/patches/cross",
    "vectors/patches/panics",
];

/// Reads them.
///
/// # Errors
///
/// If the program is damaged.
pub fn captured() -> Result<Captured, CannotRun> {
    let source = |(name, bytes): &(&'static str, &'static [u8])| {
        let (name, bytes) = (format!("{FOLDER}/{name}"), *bytes);
        Source::new(name.clone(), move || unpack(&name, bytes))
    };
    Captured::read(PACKED.iter().map(source).collect(), Folder::default())
        .map_err(|error| CannotRun::new(format!("what is built in is damaged: {error}")))
}

fn unpack(name: &str, bytes: &[u8]) -> Result<String, String> {
    let unpacked = files::drain(&mut XzReader::new(bytes, true), files::LINES_LEN_MAX);
    let text = unpacked.and_then(files::text);
    text.map_err(|error| format!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cli::vectors::read_folders;

    #[test]
    fn all_that_lies_in_the_repository_is_built_in() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let lying = read_folders(&[root.join(FOLDER)]).unwrap();
        let text = |(name, bytes): &(&str, &[u8])| unpack(name, bytes).unwrap();
        let named =
            |it: &(&str, &[u8])| (root.join(FOLDER).join(it.0).display().to_string(), text(it));
        let mut built_in: Vec<_> = PACKED.iter().map(named).collect();
        built_in.sort();
        let mut lying: Vec<_> =
            lying.into_iter().map(|it| (it.name.clone(), it.text().unwrap())).collect();
        lying.sort();
        let names = |files: &[(String, String)]| -> Vec<String> {
            files.iter().map(|(name, _)| name.clone()).collect()
        };
        assert_eq!(names(&built_in), names(&lying));
        assert!(lying.len() > 50 && lying == built_in);
    }
}
