//! Testees of the fabric: programs in the place of a release's codec, and the model as such a program.

mod ahead;
mod behind;
mod beside;
mod cases;
mod conform;
mod contained;
mod hostile;
mod model;
mod node;
mod screen;
mod sessions;

pub use self::behind::{Behind, NotOfUse, PROTOCOL, is_same};
pub use self::beside::{Agreement, agreement, agreements, handshakes, released};
pub use self::conform::{bytes, changed};
pub use self::contained::Contained;
pub use self::hostile::{Fed, Feed, HOSTILE, hostile};
pub use self::model::Model;
pub use self::node::{status_named, versions_json, versions_of};
pub use self::screen::{Held, screen};
pub use self::sessions::{Done, Stands, Talk};
