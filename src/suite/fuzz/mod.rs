//! The targets of the fabric.

use crate::harness::fuzz::Target;

/// Every target.
pub fn targets() -> &'static [Target] {
    &[]
}
