//! Versions that nobody knows yet: what every release makes of an offer, and of an answer, from the
//! future (02 §1 to §3).

use crate::fabric::envelope::{Body, GenerationalNodeId, Header, Message, Welcome};
use crate::fabric::negotiation::{Acceptor, Answer, Arrival, Initiator, NodeEntry, PeerRecord};
use crate::fabric::release::Release;
use crate::fabric::version::VersionRange;
use crate::harness::boundary;
use crate::harness::report::{Grid, Table};
use crate::harness::requirement::Requirement;
use crate::harness::verdict::{Finding, Verdict};
use crate::suite::handshake::VERSIONS;
use crate::suite::repro;
use crate::suite::requirements::{ANSWERED, OFFERED};
use crate::suite::subject::Subject;

/// Ranges that a peer may offer: the next version, later ones, all there are, none, and nonsense.
pub const OFFERS: [VersionRange; 11] = [
    VersionRange::new(2, 4),
    VersionRange::new(4, 4),
    VersionRange::new(3, 9),
    VersionRange::new(9, 9),
    VersionRange::new(1, i32::MAX),
    VersionRange::new(i32::MIN, i32::MAX),
    VersionRange::new(0, 0),
    VersionRange::new(3, 2),
    VersionRange::new(2, 1),
    VersionRange::new(-3, -1),
    VersionRange::new(i32::MIN, i32::MIN),
];

/// The name of the grid.
const GRID: &str = "versions from the future, by the release that meets them";
const DIALS: GenerationalNodeId = GenerationalNodeId::new(1, 1);
const IS_DIALLED: GenerationalNodeId = GenerationalNodeId::new(2, 1);

/// The number of the version, or the words of the refusal.
type Result = std::result::Result<i32, String>;

/// What a release answers to a Hello of the newest release with another range.
pub fn offer(subject: &dyn Subject, acceptor: Release, range: VersionRange) -> Result {
    let newest = Release::lines().last().unwrap_or(acceptor);
    let mut hello = Initiator::new(newest, DIALS, "cluster").hello();
    if let Some(Body::Hello(hello)) = &mut hello.body {
        (hello.min_protocol_version, hello.max_protocol_version) = (range.min, range.max);
    }
    let hello = carry(&hello, newest, acceptor)?;
    let mut node = Acceptor::new(acceptor, IS_DIALLED, "cluster");
    // 1.2 accepts nobody who is not in its nodes configuration.
    let entry = NodeEntry::Generation(DIALS.generation);
    node.peers.insert(DIALS.id, PeerRecord { entry, ..PeerRecord::default() });
    let accepted = subject.accept(&node, Arrival::Frame(&hello));
    accepted.map(|it| it.version.number()).map_err(|refusal| refusal.text(acceptor).to_string())
}

/// What a release that dials makes of a Welcome of the newest release with some version.
pub fn welcome(subject: &dyn Subject, initiator: Release, number: i32) -> Result {
    let newest = Release::lines().last().unwrap_or(initiator);
    let welcome =
        Welcome { protocol_version: number, my_node_id: Some(IS_DIALLED), direction_ack: 0 };
    let frame = Message { header: Some(Header::default()), body: Some(Body::Welcome(welcome)) };
    let frame = carry(&frame, newest, initiator)?;
    let node = Initiator::new(initiator, DIALS, "cluster");
    let agreed = subject.conclude(&node, Answer::Frame(&frame));
    agreed.map(|it| it.version.number()).map_err(|reason| reason.to_string())
}

/// A frame of one release as another sees it.
fn carry(frame: &Message, from: Release, to: Release) -> std::result::Result<Message, String> {
    let bytes = frame.encode(from).map_err(|error| error.to_string())?;
    Message::decode(to, bytes.into()).map_err(|error| error.to_string())
}

/// The releases, oldest first.
fn releases() -> Vec<Release> {
    let mut releases: Vec<Release> = Release::all().collect();
    releases.sort_by_key(|release| release.number());
    releases
}

/// What is offered and answered, and in which words it is refused.
pub fn tables(subject: &dyn Subject) -> Vec<Table> {
    let releases = releases();
    let word = |result: Result| result.map_or_else(|_| "no".to_owned(), |n| format!("V{n}"));
    let columns = |first: &str| -> Vec<String> {
        std::iter::once(first.to_owned()).chain(releases.iter().map(Release::to_string)).collect()
    };
    let row = |head: String, of: &dyn Fn(Release) -> Result| -> Vec<String> {
        std::iter::once(head).chain(releases.iter().map(|release| word(of(*release)))).collect()
    };
    let mut offers = Table::new("what each release accepts of a range", columns("offered"));
    offers.rows = OFFERS
        .iter()
        .map(|range| row(range.to_string(), &|it| offer(subject, it, *range)))
        .collect();
    let mut welcomes = Table::new("what each release that dials takes", columns("Welcome"));
    welcomes.rows = VERSIONS
        .iter()
        .map(|number| row(number.to_string(), &|it| welcome(subject, it, *number)))
        .collect();
    let mut words = Table::new("in which words", ["release", "offered [9:9]", "answered with 9"]);
    let says = |result: Result| result.map_or_else(|text| text, |number| format!("V{number}"));
    let nine = VersionRange::new(9, 9);
    words.rows = releases
        .iter()
        .map(|it| {
            vec![it.to_string(), says(offer(subject, *it, nine)), says(welcome(subject, *it, 9))]
        })
        .collect();
    vec![offers, welcomes, words]
}

/// No release speaks what it does not know, whatever it is offered, and none panics.
pub fn grid(subject: &dyn Subject) -> Grid {
    let releases = releases();
    let mut grid = Grid::new(GRID).with_columns(releases.iter().map(Release::to_string));
    for release in releases {
        for range in OFFERS {
            let of = || offer(subject, release, range);
            record(&mut grid, ("ranges offered", &OFFERED), release, &range.to_string(), &of);
        }
        for number in VERSIONS {
            let of = || welcome(subject, release, number);
            record(&mut grid, ("versions answered", &ANSWERED), release, &number.to_string(), &of);
        }
    }
    grid
}

fn record(
    grid: &mut Grid,
    (row, requirement): (&str, &'static Requirement),
    release: Release,
    what: &str,
    of: &dyn Fn() -> Result,
) {
    let case = requirement.case([release.name(), what]);
    let actual = match boundary::contain(of) {
        Ok(Ok(number)) if release.range().contains(number) => None,
        Ok(Err(text)) if !text.is_empty() => None,
        Ok(result) => Some(format!("{result:?}")),
        Err(panicked) => Some(panicked.to_string()),
    };
    let verdict = actual.map_or(Verdict::Pass, |actual| {
        Verdict::from(Finding {
            case: case.clone(),
            requirement: requirement.sentence.to_owned(),
            expected: format!("a version of {}, or a refusal", release.range()),
            actual,
            place: None,
            repro: Some(repro::case(&case)),
        })
    });
    grid.record(row, &release.to_string(), &case, verdict);
}
