//! The trace that an invocation belongs to (03 §7.2).

use super::write_numbers;
use crate::codec::describe::prelude::*;
use crate::panics::TRACE_STATE;

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

            fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
                let nodes: [N; $len] = read_tuple(node)?;
                let mut octets = [0; $len];
                for (octet, node) in octets.iter_mut().zip(nodes) {
                    *octet = u8::read(node, cx)?;
                }
                Ok(Self(octets))
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
        trace_state: TraceState,
    }
}

one_of! {
    /// Which span an invocation comes from.
    pub enum SpanRelationCause {
        Parent(SpanId),
        Linked((TraceId, SpanId)),
    }
}

/// What the tracing of the sender adds, as text. Up to 1.4 it is read as a list of `key=value`, as
/// HTTP has it, and anything else ends the reader (07 §7); later it is kept as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TraceState(pub String);

impl TraceState {
    /// Whether it is anything else than a list of `key=value`.
    pub fn is_odd(&self) -> bool {
        !is_list(&self.0)
    }

    /// Whether this release would panic.
    fn panics(&self, cx: Context) -> bool {
        TRACE_STATE.releases.is_open(cx.release) && self.is_odd()
    }
}

/// Length of a key or value, at most.
const MEMBER_LEN_MAX: usize = 256;
/// Length of the system in a key, at most.
const SYSTEM_LEN_MAX: usize = 13;

/// Whether a text is a list of `key=value`, divided by commas.
fn is_list(text: &str) -> bool {
    text.split_terminator(',').all(|member| match member.split_once('=') {
        Some((key, value)) => is_key(key) && is_value(value.trim_start_matches('=')),
        None => false,
    })
}

/// Whether a text is a key: a name, or a tenant and a system divided by `@`.
fn is_key(text: &str) -> bool {
    let is_inner = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/');
    let is_name =
        |name: &str| !name.starts_with(['_', '-', '*', '/']) && name.bytes().all(is_inner);
    text.len() <= MEMBER_LEN_MAX
        && match text.split_once('@') {
            Some((tenant, system)) => {
                let is_short = system.len() <= SYSTEM_LEN_MAX;
                !tenant.is_empty() && is_short && is_name(tenant) && is_name(system)
            }
            None => is_name(text),
        }
}

fn is_value(text: &str) -> bool {
    text.len() <= MEMBER_LEN_MAX && !text.contains('=')
}

impl Tree for TraceState {
    const SHAPE: Shape = Shape::Text("a trace state");

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        if self.panics(cx) {
            sink.refuse(Unfit::panics("SpanContext", "trace_state", &TRACE_STATE));
        }
        sink.text(&self.0);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let state = Self(node.text()?.to_owned());
        if state.panics(cx) {
            return Err(node.fault(FaultKind::Panics { known: &TRACE_STATE }));
        }
        Ok(state)
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        if self.panics(cx) {
            return Err(Unfit::panics("SpanContext", "trace_state", &TRACE_STATE));
        }
        Ok(())
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

    #[test]
    fn a_trace_state_that_is_no_list_ends_releases_up_to_1_4() {
        let span = |text: &str| SpanContext {
            trace_state: TraceState(text.to_owned()),
            ..Default::default()
        };
        for text in ["", "a=b", "a=1,b=2", "vendor=abc", "t@s=x", "1/a_b-c*=", "a==b"] {
            let flex = to_flex(&span(text), context("1.5")).unwrap();
            assert_eq!(from_flex::<SpanContext>(&flex, context("1.4")).unwrap(), span(text));
        }
        for text in ["no list", "a", "a=b,c", "A=b", "a=b=c", "@=b", "a@b@c=d"] {
            let flex = to_flex(&span(text), context("1.5")).unwrap();
            let read = |release| from_flex::<SpanContext>(&flex, context(release));
            assert_eq!(read("1.5.0").unwrap(), span(text));
            for release in ["1.2.0", "1.3", "1.4"] {
                let fault = read(release).unwrap_err();
                assert_eq!(fault.kind(), &FaultKind::Panics { known: &TRACE_STATE }, "{text}");
                assert_eq!(fault.place().path(), "trace_state");
            }
            let unfit = span(text).fit(context("1.4.4")).unwrap_err();
            assert_eq!(unfit.panic, Some(&TRACE_STATE));
            assert!(to_flex(&span(text), context("1.4")).is_err());
        }
    }

    #[test]
    fn ids_may_be_longer_than_they_are() {
        let cx = context("1.4");
        let flex = to_flex(&vec![1u32, 2, 3, 4, 5, 6, 7, 8, 900], cx).unwrap();
        assert_eq!(from_flex::<SpanId>(&flex, cx).unwrap(), SpanId([1, 2, 3, 4, 5, 6, 7, 8]));
    }
}
