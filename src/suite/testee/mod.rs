//! Testees of the fabric: programs in the place of a release's codec, and the model as such a program.

mod behind;
mod beside;
mod conform;
mod contained;
mod model;
mod screen;

pub use self::behind::{Behind, NotOfUse, PROTOCOL, is_same};
pub use self::beside::{Agreement, agreement, handshakes, released};
pub use self::conform::{bytes, changed, hostile};
pub use self::contained::Contained;
pub use self::model::Model;
pub use self::screen::{Held, screen};
