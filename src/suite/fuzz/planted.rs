//! Targets with a planted bug in their subject: which target finds which bug.
//!
//! They are named after both, as `decode+M03`, and are targets like the others, but not among
//! [`targets`](super::targets): whoever fuzzes everything does not fuzz these.

use std::sync::LazyLock;

use crate::harness::fuzz::Target;
use crate::suite::planted;
use crate::suite::subject::{Fabric, Subject};

/// Rows of a bug, the module of the body that finds it, and its target.
macro_rules! with_bugs {
    ($($id:literal $module:ident $target:ident;)*) => {
        static TARGETS: &[Target] = &[$(Target {
            name: concat!(stringify!($module), "+", $id),
            body: |input, features| {
                static SUBJECT: LazyLock<Box<dyn Subject>> = LazyLock::new(|| subject($id));
                super::$module::body(SUBJECT.as_ref(), input, features)
            },
            ..super::$target
        }),*];
    };
}

with_bugs! {
    "E2" frame FRAME;
    "E4" frame FRAME;
    "F1" decode DECODE;
    "F2" decode DECODE;
    "F3" differential DIFFERENTIAL;
    "F4" differential DIFFERENTIAL;
    "F5" decode DECODE;
    "F6" differential DIFFERENTIAL;
    "F7" frame FRAME;
    "F8" differential DIFFERENTIAL;
    "F9" explain EXPLAIN;
    "LR1" cross CROSS;
    "LR2" cross CROSS;
    "LR3" cross CROSS;
    "LR4" cross CROSS;
    "M02" roundtrip ROUNDTRIP;
    "M02" cross CROSS;
    "M03" decode DECODE;
    "M06" cross CROSS;
    "M10" differential DIFFERENTIAL;
    "M12" roundtrip ROUNDTRIP;
    "M12" cross CROSS;
    "M25" differential DIFFERENTIAL;
    "M49" roundtrip ROUNDTRIP;
    "M49" cross CROSS;
    "M50" differential DIFFERENTIAL;
    "M63" decode DECODE;
    "M64" negotiate NEGOTIATE;
    "M65" negotiate NEGOTIATE;
    "M66" negotiate NEGOTIATE;
    "M67" negotiate NEGOTIATE;
    "M68" negotiate NEGOTIATE;
    "M69" negotiate NEGOTIATE;
    "M70" negotiate NEGOTIATE;
    "M71" negotiate NEGOTIATE;
    "M72" negotiate NEGOTIATE;
    "M73" negotiate NEGOTIATE;
    "M74" negotiate NEGOTIATE;
    "M74b" negotiate NEGOTIATE;
    "M75" negotiate NEGOTIATE;
    "M76" negotiate NEGOTIATE;
    "M77" negotiate NEGOTIATE;
    "M77b" negotiate NEGOTIATE;
    "M64" handshake HANDSHAKE;
    "M65" handshake HANDSHAKE;
    "M66" handshake HANDSHAKE;
    "M67" handshake HANDSHAKE;
    "M68" handshake HANDSHAKE;
    "M69" handshake HANDSHAKE;
    "M70" handshake HANDSHAKE;
    "M71" handshake HANDSHAKE;
    "M72" handshake HANDSHAKE;
    "M73" handshake HANDSHAKE;
    "M74" handshake HANDSHAKE;
    "M74b" handshake HANDSHAKE;
    "M75" handshake HANDSHAKE;
    "M76" handshake HANDSHAKE;
    "M77" handshake HANDSHAKE;
    "M77b" handshake HANDSHAKE;
    "M78" session SESSION;
    "M79" session SESSION;
    "M81" session SESSION;
    "M82" session SESSION;
    "M83" session SESSION;
    "M84" session SESSION;
}

/// Without such a bug nothing is found, which a test would see.
fn subject(id: &str) -> Box<dyn Subject> {
    planted::subject(id).unwrap_or_else(|| Box::new(Fabric))
}

/// Every target that has to find a bug, with the bug in it.
pub fn with_bugs() -> &'static [Target] {
    TARGETS
}
