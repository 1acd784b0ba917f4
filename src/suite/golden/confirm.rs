//! Bytes of released servers, to tell which fixtures they confirm.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;

use super::wire::{EnvelopeWire, PayloadWire, Wire};
use crate::fabric::envelope::{Envelope, EnvelopeType};
use crate::fabric::release::Release;
use crate::suite::samples;
use crate::suite::vectors::{self, DamagedLine, Origin, Source};

/// What released servers wrote.
#[derive(Debug, Default)]
pub struct Evidence {
    /// Bytes by the folder of their fixtures and the release line that wrote them. The messages
    /// that stand in an envelope count as well: their bytes are among its own.
    written: HashSet<(String, &'static str, Bytes)>,
    /// Bytes by the folder of their fixtures, without those that stand in others.
    whole: HashSet<(String, Bytes)>,
}

impl Evidence {
    /// Collects the bytes of reference vectors.
    ///
    /// # Errors
    ///
    /// A line that is not in the format of reference vectors.
    pub fn read(sources: &[Source]) -> Result<Self, DamagedLine> {
        let mut found = Self::default();
        for (origin, release, bytes) in vectors::written(sources)? {
            let folder = match origin {
                Origin::Payload(message, version) => PayloadWire { message, version }.folder(),
                Origin::Envelope(of) => {
                    let inner = parts_of(of, release, &bytes).into_iter();
                    found.written.extend(
                        inner.map(|(of, bytes)| (EnvelopeWire(of).folder(), release.name(), bytes)),
                    );
                    EnvelopeWire(of).folder()
                }
            };
            found.whole.insert((folder.clone(), bytes.clone()));
            found.written.insert((folder, release.name(), bytes));
        }
        Ok(found)
    }

    /// Whether a release of the line wrote these bytes.
    pub fn has(&self, folder: &str, line: Release, bytes: &Bytes) -> bool {
        self.written.contains(&(folder.to_owned(), line.name(), bytes.clone()))
    }

    /// Whether any release wrote these bytes.
    pub fn is_known(&self, folder: &str, bytes: &Bytes) -> bool {
        self.whole.contains(&(folder.to_owned(), bytes.clone()))
    }

    /// How many different bytes there are, by the first step of the folder.
    pub fn known(&self) -> BTreeMap<String, usize> {
        let mut known = BTreeMap::new();
        for (folder, _) in &self.whole {
            *known.entry(top_of(folder).to_owned()).or_default() += 1;
        }
        known
    }
}

/// The first step of a folder, as `v2`.
pub fn top_of(folder: &str) -> &str {
    folder.split('/').next().unwrap_or(folder)
}

/// The messages in an envelope, each with its bytes, which must stand in those of the whole behind
/// their length.
fn parts_of(of: EnvelopeType, release: Release, bytes: &Bytes) -> Vec<(EnvelopeType, Bytes)> {
    let Ok(whole) = Envelope::decode(of, release, bytes.clone()) else { return Vec::new() };
    let written = samples::envelope::parts(&whole).into_iter().filter_map(|part| {
        let inner = part.encode(release).ok()?;
        let mut delimited = Vec::new();
        prost::encode_length_delimiter(inner.len(), &mut delimited).ok()?;
        delimited.extend_from_slice(&inner);
        let stands_there = bytes.windows(delimited.len()).any(|window| window == delimited);
        stands_there.then(|| (part.envelope_type(), inner.into()))
    });
    written.collect()
}
