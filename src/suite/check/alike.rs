//! What is asked once: of releases that treat a message alike, and write the same bytes, one stands for
//! all, as long as nothing is wrong.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;

use super::{Checks, Speaker};
use crate::fabric::catalogue::MessageType;
use crate::fabric::release::{Release, ReleaseNumber};
use crate::suite::compare::Difference;
use crate::suite::value::ValueType;

/// Who writes or reads a message: releases of one number treat it alike.
type Kind = (MessageType, usize);

/// What held already.
#[derive(Default)]
pub struct Alike {
    kinds: HashMap<(MessageType, ReleaseNumber), Option<Kind>>,
    /// By message, the kinds that there are, in the order of their numbers.
    known: HashMap<MessageType, Vec<Vec<bool>>>,
    held: HashSet<Held>,
}

/// A check of one row that held of a value.
#[derive(PartialEq, Eq, Hash)]
struct Held {
    row: &'static str,
    sample: &'static str,
    version: i32,
    writer: Kind,
    reader: Kind,
    bytes: Bytes,
}

impl Checks<'_> {
    /// What a check says of a value, of which a release wrote these bytes and another reads them as that
    /// message. Nothing is asked if it held of two that are like them, by all that decides how they treat
    /// values.
    pub fn once_for_all_alike(
        &mut self,
        row: &'static str,
        speaker: &Speaker,
        writer: MessageType,
        reader: (MessageType, Release),
        bytes: &Bytes,
        check: impl FnOnce(&Self) -> Result<(), Difference>,
    ) -> Result<(), Difference> {
        let [writer, reader] = [(writer, speaker.cx.release), reader]
            .map(|(message, release)| self.kind(message, release));
        let held = writer.zip(reader).map(|(writer, reader)| Held {
            row,
            sample: speaker.case,
            version: speaker.number(),
            writer,
            reader,
            bytes: bytes.clone(),
        });
        if held.as_ref().is_some_and(|held| self.alike.held.contains(held)) {
            return Ok(());
        }
        check(self)?;
        self.alike.held.extend(held);
        Ok(())
    }

    fn kind(&mut self, message: MessageType, release: Release) -> Option<Kind> {
        let Alike { kinds, known, .. } = &mut self.alike;
        *kinds.entry((message, release.number())).or_insert_with(|| {
            let kind = self.subject.kind(ValueType::Message(message), release)?;
            let known = known.entry(message).or_default();
            let number = known.iter().position(|it| *it == kind).unwrap_or_else(|| {
                known.push(kind);
                known.len() - 1
            });
            Some((message, number))
        })
    }
}
