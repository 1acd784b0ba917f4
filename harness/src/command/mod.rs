//! The command line: what programs share, and the whole of it for a protocol of one's own.
//!
//! ```no_run
//! # use skewproof_harness::border::{Border, Message, Node, Protocol};
//! # struct Mine;
//! # impl Protocol for Mine {
//! #     type Value = u8;
//! #     fn border() -> &'static Border<Self> { todo() }
//! #     fn name(&self) -> &'static str { "mine" }
//! #     fn nodes(&self) -> Vec<std::sync::Arc<dyn Node<u8>>> { Vec::new() }
//! #     fn messages(&self) -> Vec<Message<u8>> { Vec::new() }
//! # }
//! # fn todo() -> &'static Border<Mine> { unreachable!() }
//! fn main() -> std::process::ExitCode {
//!     skewproof_harness::command::main::<Mine>()
//! }
//! ```

pub mod args;
pub mod corpus;
mod explain;
pub mod files;
mod future;
pub mod fuzz;
mod gates;
pub mod input;
pub mod memory;
pub mod outcome;
pub mod output;
mod part;
pub mod progress;
mod protocol;
pub mod report;
pub mod signals;
mod trials;
mod upgrade;

pub use self::protocol::main;
pub use self::trials::tests;
