//! Bytes of released servers, to tell which fixtures they confirm.

use std::collections::HashSet;

use bytes::Bytes;

use super::wire::{EnvelopeWire, PayloadWire, Wire};
use crate::fabric::release::Release;
use crate::suite::vectors::{self, DamagedLine, Origin, Source};

/// Bytes by the folder of their fixtures and the release line that wrote them.
#[derive(Debug, Default)]
pub struct Evidence(HashSet<(String, &'static str, Bytes)>);

impl Evidence {
    /// Collects the bytes of reference vectors.
    ///
    /// # Errors
    ///
    /// A line that is not in the format of reference vectors.
    pub fn read(sources: &[Source]) -> Result<Self, DamagedLine> {
        let written = vectors::written(sources)?.into_iter();
        let found = written.map(|(origin, release, bytes)| {
            let folder = match origin {
                Origin::Payload(message, version) => PayloadWire { message, version }.folder(),
                Origin::Envelope(of) => EnvelopeWire(of).folder(),
            };
            (folder, release.name(), bytes)
        });
        Ok(Self(found.collect()))
    }

    /// Whether a release of the line wrote these bytes.
    pub fn has(&self, folder: &str, line: Release, bytes: &Bytes) -> bool {
        self.0.contains(&(folder.to_owned(), line.name(), bytes.clone()))
    }
}
