//! What is behind the verdicts, for reports that are looked into.

use crate::harness::report::Table;
use crate::harness::skew::Matrix;
use crate::suite::skew::tables::{handshakes, known};
use crate::suite::subject::Fabric;
use crate::suite::{future, gates};

/// The tables: handshakes and known violations of the matrix, the gate audit, what a next release
/// may change, and versions from the future. They are too long for a terminal.
pub fn tables(matrix: &Matrix) -> Vec<Table> {
    let audit = gates::default_list().map(|list| gates::audit(&Fabric, &list));
    let audit = audit.ok().map(|audit| audit.table());
    let future = future::report(&Fabric, future::Servers::Released);
    [known(matrix), handshakes(matrix)]
        .into_iter()
        .chain(audit)
        .chain(future.tables().iter().cloned())
        .collect()
}
