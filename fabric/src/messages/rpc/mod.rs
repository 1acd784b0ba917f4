//! Remote procedure calls to the leader of a partition (03 §7.2, §7.3).
//!
//! [`request`] and [`response`] have the two messages, [`invocation`] what is to be invoked and
//! [`span`] the traces that it belongs to.

pub mod invocation;
pub mod limits;
pub mod request;
pub mod response;
pub mod span;

use std::collections::BTreeMap;

use bytes::Bytes;

pub use request::PartitionProcessorRpcRequest;
pub use response::PartitionProcessorRpcResult;

use crate::codec::describe::prelude::*;

/// Bytes whose meaning is the user's: a blob in flexbuffers, a list of numbers in JSON.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Blob(pub Bytes);

impl Tree for Blob {
    const SHAPE: Shape = Shape::Blob;

    fn write<S: Sink>(&self, sink: &mut S, _: Context) {
        match S::FORM {
            Form::Flexbuffers => sink.blob(&self.0),
            Form::Json => write_numbers(sink, &self.0),
        }
    }

    fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
        node.blob().map(Self)
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

/// Writes bytes as a list of numbers, in both forms.
fn write_numbers<S: Sink>(sink: &mut S, bytes: &[u8]) {
    let list = sink.begin_list(bytes.len());
    bytes.iter().for_each(|&byte| sink.uint(u64::from(byte)));
    sink.end_list(list);
}

record! {
    /// Why an invocation failed.
    pub struct InvocationError {
        code: u16,
        message: String,
        stacktrace: Option<String> [omit_default()],
        /// More about the failure, in no order.
        metadata: BTreeMap<String, String> [omit_default()],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::codec::flex::{from_flex, to_flex};
    use crate::codec::json::{from_json, to_json};
    use crate::messages::tests::context;

    #[test]
    fn a_blob_is_numbers_in_json_and_shares_its_input() {
        let cx = context("1.7");
        let blob = Blob(Bytes::from_static(b"abc"));
        assert_eq!(to_json(&blob, cx).unwrap(), json!([97, 98, 99]));
        assert_eq!(from_json::<Blob>(&json!([97, 98, 99]), cx).unwrap(), blob);
        let flex = to_flex(&blob, cx).unwrap();
        assert_eq!(&flex[..], b"\x03abc\x03\x64\x01");
        let read: Blob = from_flex(&flex, cx).unwrap();
        assert!(flex.as_ptr_range().contains(&read.0.as_ptr()));
    }

    #[test]
    fn metadata_of_errors_came_with_1_5() {
        let mut error = InvocationError { code: 409, ..Default::default() };
        error.metadata.insert("k".to_owned(), "v".to_owned());
        let json = json!({"code": 409, "message": "", "metadata": {"k": "v"}});
        assert_eq!(to_json(&error, context("1.5")).unwrap(), json);
        assert!(to_json(&error, context("1.4")).is_err());
        error.fit(context("1.4")).unwrap();
        assert_eq!(to_json(&error, context("1.4")).unwrap(), json!({"code": 409, "message": ""}));
    }
}
