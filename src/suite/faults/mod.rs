//! The known faults of released servers, as data: what is expected of a release as it was released.
//!
//! Each stands in `expected/faults.json` with its number, its releases, how much it matters, and what
//! shows it: a script of [sessions](super::session), a plan of [upgrades](super::upgrade), or both. A
//! fault that nothing shows any more is stale, and fails; what is seen and stands in no entry is new,
//! and fails where it is seen.

mod list;
mod verdicts;

use std::sync::LazyLock;

pub use self::list::{Fault, InUpgrades, ListError, Severity, read};
pub use self::verdicts::{GRID, grid, table};

/// Where the list lies, seen from the folder of the project.
pub const FILE: &str = "expected/faults.json";

/// The list that the program was built with.
const DEFAULT: &str = include_str!("../../../expected/faults.json");

static LIST: LazyLock<Result<Vec<Fault>, ListError>> = LazyLock::new(|| read(DEFAULT));

/// The list that the program was built with. Empty if it is none, which [`grid`] objects to.
pub fn known() -> &'static [Fault] {
    LIST.as_deref().unwrap_or_default()
}

/// The fault of this number.
pub fn numbered(number: &str) -> Option<&'static Fault> {
    known().iter().find(|fault| fault.number == number)
}
