//! Targets with a planted bug in their subject: which target finds which bug.
//!
//! They are named after both, as `decode+M03`, and are targets like the others, but not among
//! [`targets`](super::targets): whoever fuzzes everything does not fuzz these.

use std::sync::LazyLock;

use super::case;
use crate::harness::fuzz::Target;
use crate::suite::planted;
use crate::suite::subject::{Fabric, Subject};

/// Rows of a bug, the target that finds it by name, its case, and itself.
macro_rules! with_bugs {
    ($($id:literal $name:ident $case:ident $target:ident;)*) => {
        static TARGETS: &[Target] = &[$(Target {
            name: concat!(stringify!($name), "+", $id),
            body: |input, features| {
                static SUBJECT: LazyLock<Box<dyn Subject>> = LazyLock::new(|| subject($id));
                super::body::<case::$case>(SUBJECT.as_ref(), input, features)
            },
            ..super::$target
        }),*];
    };
}

with_bugs! {
    "E2" frame Framed FRAME;
    "E4" frame Framed FRAME;
    "F1" decode Decode DECODE;
    "F2" decode Decode DECODE;
    "F3" differential Differential DIFFERENTIAL;
    "F4" differential Differential DIFFERENTIAL;
    "F5" decode Decode DECODE;
    "F6" differential Differential DIFFERENTIAL;
    "F7" frame Framed FRAME;
    "F8" differential Differential DIFFERENTIAL;
    "F9" explain Explain EXPLAIN;
    "LR1" cross Cross CROSS;
    "LR2" cross Cross CROSS;
    "LR3" cross Cross CROSS;
    "LR4" cross Cross CROSS;
    "M02" roundtrip Roundtrip ROUNDTRIP;
    "M02" cross Cross CROSS;
    "M03" decode Decode DECODE;
    "M06" cross Cross CROSS;
    "M10" differential Differential DIFFERENTIAL;
    "M12" roundtrip Roundtrip ROUNDTRIP;
    "M12" cross Cross CROSS;
    "M25" differential Differential DIFFERENTIAL;
    "M49" roundtrip Roundtrip ROUNDTRIP;
    "M49" cross Cross CROSS;
    "M50" differential Differential DIFFERENTIAL;
    "M63" decode Decode DECODE;
    "M64" negotiate Negotiate NEGOTIATE;
    "M65" negotiate Negotiate NEGOTIATE;
    "M66" negotiate Negotiate NEGOTIATE;
    "M67" negotiate Negotiate NEGOTIATE;
    "M68" negotiate Negotiate NEGOTIATE;
    "M69" negotiate Negotiate NEGOTIATE;
    "M70" negotiate Negotiate NEGOTIATE;
    "M71" negotiate Negotiate NEGOTIATE;
    "M72" negotiate Negotiate NEGOTIATE;
    "M73" negotiate Negotiate NEGOTIATE;
    "M74" negotiate Negotiate NEGOTIATE;
    "M74b" negotiate Negotiate NEGOTIATE;
    "M75" negotiate Negotiate NEGOTIATE;
    "M76" negotiate Negotiate NEGOTIATE;
    "M77" negotiate Negotiate NEGOTIATE;
    "M77b" negotiate Negotiate NEGOTIATE;
    "M64" handshake Handshake HANDSHAKE;
    "M65" handshake Handshake HANDSHAKE;
    "M66" handshake Handshake HANDSHAKE;
    "M67" handshake Handshake HANDSHAKE;
    "M68" handshake Handshake HANDSHAKE;
    "M69" handshake Handshake HANDSHAKE;
    "M70" handshake Handshake HANDSHAKE;
    "M71" handshake Handshake HANDSHAKE;
    "M72" handshake Handshake HANDSHAKE;
    "M73" handshake Handshake HANDSHAKE;
    "M74" handshake Handshake HANDSHAKE;
    "M74b" handshake Handshake HANDSHAKE;
    "M75" handshake Handshake HANDSHAKE;
    "M76" handshake Handshake HANDSHAKE;
    "M77" handshake Handshake HANDSHAKE;
    "M77b" handshake Handshake HANDSHAKE;
    "M78" session Session SESSION;
    "M79" session Session SESSION;
    "M81" session Session SESSION;
    "M82" session Session SESSION;
    "M83" session Session SESSION;
    "M84" session Session SESSION;
}

/// Without such a bug nothing is found, which a test would see.
pub(super) fn subject(id: &str) -> Box<dyn Subject> {
    planted::subject(id).unwrap_or_else(|| Box::new(Fabric))
}

/// Every target that has to find a bug, with the bug in it.
pub fn with_bugs() -> &'static [Target] {
    TARGETS
}
