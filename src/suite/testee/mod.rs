//! Testees of the fabric: programs in the place of a release's codec, and the model as such a program.

mod behind;
mod model;

pub use self::behind::{Behind, NotOfUse, PROTOCOL};
pub use self::model::Model;
