//! The matrix held against exchanges that were recorded of released servers.

use super::Spoken;
use super::losses::allowed;
use super::peer::Node;
use crate::fabric::panics::PanickingCall;
use crate::fabric::payload::EncodeError;
use crate::harness::report::{Grid, Table};
use crate::harness::skew::{Class, Exchange, Layer, Outcome, Watch};
use crate::harness::verdict::{Finding, Verdict};
use crate::suite::vectors::{Crossing, Recorded};

/// The grid of the agreement in reports.
pub const GRID: &str = "agreement with recorded exchanges: what the row sent, the column received";

/// Why an exchange is not sent again.
const NO_VALUE: &str = "the value is in none of the files, or a finding there: it has no form here";

/// How many agree in each way: payloads, and the envelope.
#[derive(Default)]
struct Tallies([(usize, usize); 4]);

/// The ways in which a cell can agree with a recorded exchange.
const WAYS: [&str; 4] = [
    "delivered equal",
    "delivered with a loss",
    "delivered equal, recorded in other words",
    "refused",
];

/// Sends every recorded value again and compares what comes of it.
pub fn agreement(crossings: &[Crossing]) -> (Grid, Table) {
    let mut grid = Grid::new(GRID);
    let mut tallies = Tallies::default();
    for crossing in crossings {
        let verdict = match &crossing.value {
            None => Verdict::Skip(NO_VALUE.to_owned()),
            Some(_) => compare(crossing, &mut tallies),
        };
        let (row, column) = (crossing.from.to_string(), crossing.to.to_string());
        grid.record(&row, &column, &crossing.case, verdict);
    }
    (grid, tallies.table())
}

fn compare(crossing: &Crossing, tallies: &mut Tallies) -> Verdict {
    let Some(outcome) = exchange(crossing) else {
        if crossing.recorded == Recorded::Refused && is_written_for_nobody(crossing) {
            tallies.add(3, crossing.layer);
            return Verdict::Pass;
        }
        return objection(crossing, "the sender cannot hold the value".to_owned());
    };
    let way = match (crossing.recorded, outcome.class()) {
        (Recorded::Equal, Class::Equal) => 0,
        (Recorded::Different, Class::Lossy) => 1,
        // Words that stand for one value, as `Ok` and null, or a field that says nothing and that
        // the reader has not.
        (Recorded::Different, Class::Equal) => 2,
        // What was recorded is the answer of the decoder, not what becomes of the task that asked it.
        (Recorded::Refused, Class::Refused | Class::Panicked) => 3,
        (_, class) => return objection(crossing, format!("{}: {outcome}", class.meaning())),
    };
    tallies.add(way, crossing.layer);
    Verdict::Pass
}

/// Whether the released sender writes the value in bytes that no release reads, and ours refuses to
/// write it (07 §7): nobody gets it either way.
fn is_written_for_nobody(crossing: &Crossing) -> bool {
    let (Some(Spoken::Payload(message)), Layer::Version(version)) =
        (&crossing.value, crossing.layer)
    else {
        return false;
    };
    match message.encode(crossing.from, version.number()) {
        Err(EncodeError::Unfit { unfit, .. }) => {
            unfit.panic.is_some_and(|known| known.call == PanickingCall::Nobody)
        }
        _ => false,
    }
}

fn exchange(crossing: &Crossing) -> Option<Outcome> {
    let exchange = Exchange {
        sender: &Node::of(crossing.from),
        receiver: &Node::of(crossing.to),
        layer: crossing.layer,
        allowances: allowed(),
        memory: u64::MAX,
    };
    let value = crossing.value.as_ref()?;
    let trace = exchange.run(crossing.message, value, &Watch::default())?;
    Some(trace.outcome)
}

fn objection(crossing: &Crossing, actual: String) -> Verdict {
    Verdict::from(Finding {
        case: crossing.case.clone(),
        requirement: "a cell of the matrix is what released servers did".to_owned(),
        expected: match crossing.recorded {
            Recorded::Equal => "delivered equal",
            Recorded::Different => "delivered, not in the same words",
            Recorded::Refused => "refused by the receiver",
        }
        .to_owned(),
        actual,
        place: Some(crossing.location.to_string()),
        repro: None,
    })
}

impl Tallies {
    fn add(&mut self, way: usize, layer: Layer) {
        if let Some((payloads, frames)) = self.0.get_mut(way) {
            *if layer == Layer::Envelope { frames } else { payloads } += 1;
        }
    }

    fn table(&self) -> Table {
        let mut table =
            Table::new("how cells agree with recorded exchanges", ["", "payloads", "envelope"]);
        for (way, (payloads, frames)) in WAYS.iter().zip(self.0) {
            let row = [(*way).to_owned(), payloads.to_string(), frames.to_string()];
            table.rows.push(row.to_vec());
        }
        table
    }
}
