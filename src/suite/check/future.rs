//! What released readers do with messages and versions from the future.

use super::Checks;
use crate::suite::future;

/// Tries every change at every place.
pub fn run(checks: &mut Checks<'_>) {
    checks.report.add(future::grid(checks.subject));
    checks.report.add(future::negotiation::grid(checks.subject));
}
