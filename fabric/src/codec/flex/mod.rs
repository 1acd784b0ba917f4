//! Flexbuffers: the format of every payload at V1, and of seven messages later (03 §1).
//!
//! Our own writer, verifier and reader. The writer reproduces the bytes of the released servers;
//! the verifier makes the reader safe on hostile ones (06). What this is not: a mapping of Rust
//! types, which describe themselves as a [`Tree`](super::tree::Tree).

mod entries;
#[expect(missing_docs, reason = "the names are those of the format")]
pub mod layout;
mod left_out;
mod opaque;
mod pool;
mod reader;
mod verify;
mod writer;

use bytes::Bytes;

pub use entries::{FlexFields, FlexList, FlexMap, FlexName};
pub use left_out::LeftOut;
pub use opaque::Opaque;
pub use reader::{FlexBuffer, FlexNode};
pub use verify::{Budgets, verify};
pub use writer::{FlexWriter, Mark};

use super::fault::Fault;
use super::tree::{Context, Tree, Unfit};

/// The flexbuffer of a value.
///
/// # Errors
///
/// The part of the value that `cx.release` cannot express.
pub fn to_flex<T: Tree>(value: &T, cx: Context) -> Result<Bytes, Unfit> {
    let mut writer = FlexWriter::new();
    value.write(&mut writer, cx);
    writer.finish()
}

/// Verifies a flexbuffer and reads the value in it. Bytes-like fields share the input.
///
/// # Errors
///
/// What is wrong with the bytes, or with the value for `cx.release`.
pub fn from_flex<T: Tree>(bytes: &Bytes, cx: Context) -> Result<T, Fault> {
    T::read(FlexBuffer::verified(bytes)?.root(), cx)
}

#[cfg(test)]
mod tests;
