//! What is pinned of negotiation: who agrees on what with whom, and what each release selects of
//! every range that the two rules could tell apart.

use crate::fabric::negotiation::{HandshakeFailure, Refusal};
use crate::fabric::release::{NegotiationRule, Release};
use crate::fabric::version::{ProtocolVersion, VersionRange};
use crate::suite::subject::{Subject, handshake};

/// The folder of the tables.
pub const FOLDER: &str = "negotiation";

/// Every number at which a rule may turn: the ends, 0 for unknown, each version there ever was, and
/// the first that nobody has heard of.
const NUMBERS: [i32; 9] = [i32::MIN, -1, 0, 1, 2, 3, 4, 5, i32::MAX];

/// The tables, by name.
pub fn documents(subject: &dyn Subject) -> Vec<(String, String)> {
    let mut documents = vec![(format!("{FOLDER}/handshakes"), handshakes(subject))];
    for release in releases() {
        let name = format!("{FOLDER}/accepts-{release}");
        documents.push((name, selections(release, subject)));
    }
    documents
}

/// The releases that negotiate unlike others: patches that do as their line does are left out.
fn releases() -> impl Iterator<Item = Release> {
    Release::all().filter(|release| {
        let line = release.line();
        *release == line || release.rule() != line.rule()
    })
}

/// Whole handshakes between these releases.
fn handshakes(subject: &dyn Subject) -> String {
    let mut text = String::from("about: what each pair of releases agrees on\n");
    for initiator in releases() {
        text.push_str(&format!("\n{initiator} offers {} and dials:\n", initiator.range()));
        for acceptor in releases() {
            let outcome = match handshake(subject, initiator, acceptor) {
                Ok(version) => version.to_string(),
                Err(HandshakeFailure::Refused(refusal)) => told(&refusal, acceptor),
                Err(other) => other.to_string(),
            };
            text.push_str(&format!("  {:11} {outcome}\n", acceptor.to_string()));
        }
    }
    text
}

/// What one release selects, a line for each range.
fn selections(acceptor: Release, subject: &dyn Subject) -> String {
    let rule = match acceptor.rule() {
        NegotiationRule::A => "A: numbers it does not know count as 0",
        NegotiationRule::B => "B: numbers are compared as they are",
    };
    let numbers: Vec<_> = acceptor.row().known_numbers.iter().map(ToString::to_string).collect();
    let mut text = format!("about: what {acceptor} selects of a range that a peer offers\n");
    text.push_str(&format!("rule: {rule}\n"));
    text.push_str(&format!("speaks: {}\n", acceptor.range()));
    text.push_str(&format!("knows: {}\n", numbers.join(", ")));
    for min in NUMBERS {
        text.push('\n');
        for max in NUMBERS {
            let offered = VersionRange::new(min, max);
            let outcome = match subject.select(acceptor, offered) {
                Ok(version) => ProtocolVersion::to_string(&version),
                Err(none) => {
                    told(&Refusal::UnsupportedVersion { reported: none.reported }, acceptor)
                }
            };
            text.push_str(&format!("{:26} {outcome}\n", offered.to_string()));
        }
    }
    text
}

/// What the peer is told.
fn told(refusal: &Refusal, acceptor: Release) -> String {
    format!("{}: {}", refusal.code(acceptor).name(), refusal.text(acceptor))
}
