//! Bytes of released servers that go with the program: what they wrote and read of payloads, for those who
//! hold a program of theirs to a release and have nothing else at hand.

use lzma_rust2::XzReader;

use super::outcome::CannotRun;
use crate::harness::files;
use crate::suite::vectors::Source;

/// Files of the repository, by their names in `golden/captured/vectors`, as they are packed there.
macro_rules! packed {
    ($($name:literal),+ $(,)?) => {
        [$((
            $name,
            include_bytes!(concat!("../../golden/captured/vectors/", $name, ".jsonl.xz")) as &[u8],
        )),+]
    };
}

/// Vectors of payloads, and what releases read of each other's.
const PACKED: [(&str, &[u8]); 18] = packed![
    "1.2.3",
    "1.3.2",
    "1.4.4",
    "1.5.6",
    "1.6.2",
    "1.7.6",
    "cross",
    "patches/1.2.0",
    "patches/1.2.1",
    "patches/1.3.2",
    "patches/1.4.2",
    "patches/1.4.4",
    "patches/1.5.6",
    "patches/1.6.2",
    "patches/1.7.2",
    "patches/1.7.3",
    "patches/1.7.6",
    "patches/cross",
];

/// Unpacks them.
///
/// # Errors
///
/// If the program is damaged.
pub fn vectors() -> Result<Vec<Source>, CannotRun> {
    PACKED.iter().map(|(name, bytes)| unpack(name, bytes)).collect()
}

fn unpack(name: &str, bytes: &[u8]) -> Result<Source, CannotRun> {
    let unpacked = files::drain(&mut XzReader::new(bytes, true), files::LINES_LEN_MAX);
    let text = unpacked.and_then(files::text).map_err(|error| {
        CannotRun::new(format!("the vectors {name} that are built in are damaged: {error}"))
    })?;
    Ok(Source { name: name.to_owned(), text })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cli::vectors::read_folders;
    use crate::fabric::release::Release;
    use crate::suite::vectors::Shelf;

    /// How many lines of some files are about payloads.
    fn lines(sources: &[Source]) -> usize {
        let of = |release| Shelf::read(sources).unwrap().of_release(release, |_, _| true).len();
        Release::all().map(of).sum()
    }

    #[test]
    fn all_that_lies_in_the_repository_about_payloads_is_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/captured/vectors");
        let lying = lines(&read_folders(&[folder]).unwrap());
        assert!(lying > 14_000, "{lying}");
        assert_eq!(lines(&vectors().unwrap()), lying);
    }
}
