//! The border: what a protocol says of itself to be tested, and all that follows from it.
//!
//! A [`Node`] is a release of an implementation: it encodes and decodes. A [`Protocol`] names its nodes and
//! its messages, with values to try. From these two follow the matrix of all pairs with its reports, the audit
//! of [gates], golden fixtures, three fuzz targets, upgrades, a case again by its address, and the command
//! line ([`command::main`](crate::command::main), with the feature `command`). What a node knows beyond that is
//! optional: what it [predicts](Node::predict), how it [negotiates](Negotiate), what is
//! [absent](Node::is_absent), what each byte [is](Describe), how its
//! bytes can [grow](Evolve).
//!
//! Two releases of a protocol that sends a number, of which the second one knows a unit too:
//!
//! ```
//! use std::sync::Arc;
//!
//! use bytes::Bytes;
//! use skewproof_harness::border::{Allowance, At, Message, Node, Protocol};
//! use skewproof_harness::skew::Class;
//! use skewproof_harness::upgrade::mesh::{Mesh, Witness};
//!
//! #[derive(Clone, Debug, PartialEq)]
//! struct Length {
//!     number: u8,
//!     unit: Option<u8>,
//! }
//!
//! struct Release(&'static str);
//!
//! impl Node<Length> for Release {
//!     fn name(&self) -> &str {
//!         self.0
//!     }
//!     fn versions(&self, _: &str) -> Vec<i32> {
//!         if self.0 == "1.0" { vec![1] } else { vec![1, 2] }
//!     }
//!     fn encode(&self, at: At<'_>, length: &Length) -> Result<Bytes, String> {
//!         let unit = length.unit.filter(|_| at.version > 1);
//!         Ok([length.number].into_iter().chain(unit).collect())
//!     }
//!     fn decode(&self, at: At<'_>, bytes: &Bytes) -> Result<Length, String> {
//!         match (at.version, bytes.as_ref()) {
//!             (_, &[number]) => Ok(Length { number, unit: None }),
//!             (2, &[number, unit]) => Ok(Length { number, unit: Some(unit) }),
//!             _ => Err(format!("{} bytes", bytes.len())),
//!         }
//!     }
//! }
//!
//! struct Lengths;
//!
//! impl Protocol for Lengths {
//!     type Value = Length;
//!     skewproof_harness::border!(Lengths);
//!     fn name(&self) -> &'static str {
//!         "lengths"
//!     }
//!     fn nodes(&self) -> Vec<Arc<dyn Node<Length>>> {
//!         vec![Arc::new(Release("1.0")), Arc::new(Release("2.0"))]
//!     }
//!     fn messages(&self) -> Vec<Message<Length>> {
//!         let bare = Length { number: 7, unit: None };
//!         let metres = Length { unit: Some(1), ..bare };
//!         vec![Message::new("Length", [("bare", bare), ("metres", metres)])]
//!     }
//!     fn losses(&self) -> &'static [Allowance] {
//!         const UNIT: Allowance = Allowance::new("Length", "unit", "no unit at version 1");
//!         &[UNIT]
//!     }
//! }
//!
//! let matrix = Lengths::border().matrix(&|| {});
//! // A unit is lost at version 1, as listed, and arrives at version 2, which 1.0 does not speak.
//! let counts = matrix.counts(&matrix.blocks);
//! assert_eq!((counts.of(Class::Equal), counts.of(Class::Lossy)), (6, 4));
//! assert!(Lengths::border().check(&|| {})?.is_ok());
//!
//! // The bytes of each release, to be stored and compared.
//! let documents = skewproof_harness::border::golden::documents(Lengths::border());
//! assert_eq!(documents.keys().collect::<Vec<_>>(), ["1.0/1/Length", "2.0/1/Length", "2.0/2/Length"]);
//!
//! // The same in time: every order in which two nodes get from 1.0 to 2.0.
//! let mesh = Arc::new(Mesh::of(&matrix, &|_| None));
//! let names = ["n1", "n2"].map(str::to_owned);
//! let walk = mesh.runner(2, false).walk(&names, mesh.releases(), 0, &Witness, &|| {});
//! assert!(walk.is_complete() && walk.parted == 0);
//! # Ok::<_, skewproof_harness::border::BorderError>(())
//! ```

mod bless;
mod check;
mod describe;
mod difference;
mod explain;
pub(crate) mod future;
pub mod gates;
pub mod golden;
pub(crate) mod guard;
mod names;
mod node;
mod requirements;
pub mod screen;
mod seeds;
mod shown;
mod spoken;
mod story;
pub mod targets;
#[cfg(test)]
mod tests;

pub use self::check::expect;
pub use self::describe::{Describe, Span, Spans};
pub use self::explain::{ExplainError, Explanation, Hints, Reading};
pub use self::future::{Evolve, FutureError, Tomorrow};
pub use self::guard::guarded;
pub use self::names::BorderError;
pub use self::node::{At, Message, Negotiate, Node, Prediction, Protocol};
pub use self::requirements::all as requirements;
pub use self::shown::shown;
pub use self::spoken::{Border, Named, Spoken};
pub use crate::skew::Allowance;
pub use arbitrary::Unstructured;
