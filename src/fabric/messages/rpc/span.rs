//! The trace that an invocation belongs to (03 §7.2).

use super::write_numbers;
use crate::fabric::codec::describe::prelude::*;

/// Numbers of so many bytes, written as lists of numbers.
macro_rules! octet_ids {
    ($($(#[$doc:meta])* $name:ident($len:literal);)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub [u8; $len]);

        impl Tree for $name {
            const SHAPE: Shape = Shape::Octets;

            fn write<S: Sink>(&self, sink: &mut S, _: Context) {
                write_numbers(sink, &self.0);
            }

            fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
                let octets = node.octets()?;
                <[u8; $len]>::try_from(octets.as_ref()).map(Self).map_err(|_| {
                    let found = octets.len();
                    node.fault(FaultKind::WrongLength { expected: $len, found })
                })
            }

            fn fit(&mut self, _: Context) -> Result<(), Unfit> {
                Ok(())
            }
        }
    )*};
}

octet_ids! {
    /// A trace.
    TraceId(16);
    /// A span of a trace.
    SpanId(8);
}

record! {
    /// The span of an invocation, and what caused it.
    pub struct ServiceInvocationSpanContext {
        span_context: SpanContext,
        cause: Option<SpanRelationCause>,
    }
}

record! {
    /// A span, and how it is traced.
    pub struct SpanContext {
        trace_id: TraceId,
        span_id: SpanId,
        trace_flags: u8,
        is_remote: bool,
        trace_state: String,
    }
}

one_of! {
    /// Which span an invocation comes from.
    pub enum SpanRelationCause {
        Parent(SpanId),
        Linked((TraceId, SpanId)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fabric::codec::flex::{from_flex, to_flex};
    use crate::fabric::codec::json::{from_json, to_json};
    use crate::fabric::messages::tests::context;

    #[test]
    fn ids_are_lists_of_exactly_their_length() {
        let cx = context("1.4");
        let cause = SpanRelationCause::Parent(SpanId([9, 8, 7, 6, 5, 4, 3, 2]));
        let json = json!({"Parent": [9, 8, 7, 6, 5, 4, 3, 2]});
        assert_eq!(to_json(&cause, cx).unwrap(), json);
        let flex = to_flex(&cause, cx).unwrap();
        assert_eq!(from_flex::<SpanRelationCause>(&flex, cx).unwrap(), cause);

        for wrong in [json!([]), json!([1, 2, 3, 4, 5, 6, 7]), json!([1, 2, 3, 4, 5, 6, 7, 8, 9])] {
            let fault = from_json::<SpanId>(&wrong, cx).unwrap_err();
            assert!(matches!(fault.kind(), FaultKind::WrongLength { expected: 8, .. }), "{fault}");
        }
        assert!(from_json::<SpanId>(&json!([1, 2, 3, 4, 5, 6, 7, 256]), cx).is_err());
    }
}
