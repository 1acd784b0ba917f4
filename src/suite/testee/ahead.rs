//! What a testee will be asked, asked ahead of its time: many questions at once, if it takes them so.

use std::collections::BTreeSet;

use super::Behind;
use crate::fabric::codec::tree::Context;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::testee::{DECODE, ENCODE, REENCODE, question};
use crate::suite::fuzz::Asked;
use crate::suite::samples;

impl Behind {
    /// Asks what will be asked.
    pub fn foresee(&self, asked: impl IntoIterator<Item = Asked>) {
        self.foresee_until(asked, || false);
    }

    /// The same, and no more once `is_enough`.
    pub fn foresee_until(
        &self,
        asked: impl IntoIterator<Item = Asked>,
        is_enough: impl Fn() -> bool + Sync,
    ) {
        let lines: BTreeSet<String> =
            asked.into_iter().filter_map(|asked| self.line(&asked)).collect();
        self.testee().foresee(lines, is_enough);
    }

    /// Asks what the matrix will ask of some messages: the built-in values, and what every release writes of
    /// them.
    pub fn foresee_samples(&self, is_asked: impl Fn(&str) -> bool) {
        let (release, highest) = (self.release(), self.release().highest_version());
        for message in self.messages().filter(|it| is_asked(it.row().word())) {
            let values = samples::samples(message).map(|sample| sample.message);
            let values: Vec<_> = values.collect();
            let versions = release.versions().map(ProtocolVersion::number);
            let numbers = versions.filter(|number| self.has_payload(message, *number));
            self.foresee(numbers.flat_map(|number| {
                let held = values.iter().filter_map(move |value| {
                    let held = value.clone().fitted(Context { release, version: highest }).ok()?;
                    Some(Asked::Value(Box::new(held), number))
                });
                let written = values.iter().flat_map(move |value| {
                    let bytes = Release::stable().filter_map(move |other| {
                        let version = ProtocolVersion::from_number(number)?;
                        let held = value.clone().fitted(Context { release: other, version });
                        held.ok()?.encode(other, number).ok()
                    });
                    bytes.map(move |bytes| Asked::Payload(message, number, bytes))
                });
                held.chain(written).collect::<Vec<_>>()
            }));
        }
    }

    /// The question as it will be asked; none if it will not be.
    fn line(&self, asked: &Asked) -> Option<String> {
        let reads = if self.testee().hello().can(DECODE) { DECODE } else { REENCODE };
        Some(match asked {
            Asked::Payload(of, number, bytes) => {
                let hex = hex::encode(bytes).into();
                let message = of.row().word().into();
                question(
                    reads,
                    &[("message", message), ("version", (*number).into()), ("hex", hex)],
                )
            }
            Asked::Value(value, number) => {
                let message = value.message_type().row().word().into();
                let json = self.value_at(value, *number)?;
                let version = (*number).into();
                question(ENCODE, &[("message", message), ("version", version), ("value", json)])
            }
            Asked::Frame(of, bytes) => {
                let hex = hex::encode(bytes).into();
                question(REENCODE, &[("message", of.word().into()), ("hex", hex)])
            }
        })
    }
}
