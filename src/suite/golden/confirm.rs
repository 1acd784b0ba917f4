//! Bytes of released servers, to tell which fixtures they confirm, and by which vector of which
//! release.

use std::collections::{BTreeMap, HashMap, HashSet};

use bytes::Bytes;

use super::wire::{EnvelopeWire, PayloadWire, Wire};
use crate::fabric::envelope::{Envelope, EnvelopeType};
use crate::fabric::release::Release;
use crate::suite::samples;
use crate::suite::vectors::{self, Origin, Shelf, Written};

/// What released servers wrote.
#[derive(Debug, Default)]
pub struct Evidence {
    /// Bytes by the folder of their fixtures and the release line that wrote them. The messages
    /// that stand in an envelope count as well: their bytes are among its own. With the first vector,
    /// by its name, that has them.
    written: HashMap<(String, &'static str, Bytes), String>,
    /// Bytes by the folder of their fixtures, without those that stand in others.
    whole: HashSet<(String, Bytes)>,
}

impl Evidence {
    /// Collects the bytes of reference vectors.
    pub fn of(shelf: &Shelf) -> Self {
        let mut found = Self::default();
        for Written { origin, release, name, bytes } in vectors::written(shelf) {
            let folder = match origin {
                Origin::Payload(message, version) => PayloadWire { message, version }.folder(),
                Origin::Envelope(of) => {
                    for (of, bytes) in parts_of(of, release, &bytes) {
                        found.add(EnvelopeWire(of).folder(), release, bytes, &name);
                    }
                    EnvelopeWire(of).folder()
                }
            };
            found.whole.insert((folder.clone(), bytes.clone()));
            found.add(folder, release, bytes, &name);
        }
        found
    }

    /// Whether there are no bytes that a released server wrote.
    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// Of several vectors with the same bytes the one with the first name stands: their order must
    /// not matter.
    fn add(&mut self, folder: String, release: Release, bytes: Bytes, name: &str) {
        let known = self.written.entry((folder, release.name(), bytes));
        let first = known.or_insert_with(|| name.to_owned());
        if name < first.as_str() {
            name.clone_into(first);
        }
    }

    /// The vector in which a release of the line wrote these bytes: its release, version, message and
    /// case.
    pub fn witness(&self, folder: &str, line: Release, bytes: &Bytes) -> Option<&str> {
        let known = self.written.get(&(folder.to_owned(), line.name(), bytes.clone()));
        known.map(String::as_str)
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
