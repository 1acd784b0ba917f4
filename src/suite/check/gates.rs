//! What the lines do with what only some of them know, compared with the list of what is expected.

use super::Checks;
use crate::suite::gates;

/// Checks every gate. A test keeps the list that the program was built with in its form.
pub fn run(checks: &mut Checks<'_>) {
    match gates::default_list() {
        Ok(list) => checks.report.add(gates::grid(&gates::audit(checks.subject, &list))),
        Err(error) => {
            checks.report.note(format!("gates are not checked: {}, {error}", gates::FILE))
        }
    }
}
