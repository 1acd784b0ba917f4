//! Values on which released servers panic instead of refusing them, inside the very call that
//! decodes or encodes, so that nobody above catches it as an error (07 §7).
//!
//! Here each is an error that names its row: [`FaultKind::Panics`] where bytes are read, and
//! [`Unfit::panic`] where a value is written, or is about to be read by a release that panics on it.
//!
//! [`FaultKind::Panics`]: super::codec::fault::FaultKind::Panics
//! [`Unfit::panic`]: super::codec::tree::Unfit::panic

use super::gates;
use super::release::Gate;

/// One kind of value on which released servers panic.
#[derive(Debug, PartialEq, Eq)]
pub struct KnownPanic {
    /// What it is called.
    pub name: &'static str,
    /// What is wrong with the value, as a part of a sentence.
    pub what: &'static str,
    /// In which call the server panics.
    pub call: PanickingCall,
    /// The releases that panic.
    pub releases: Gate,
}

/// The call in which a server panics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PanickingCall {
    /// Reading the bytes of another node.
    Decoding,
    /// Writing what was read before.
    Encoding,
    /// None, but it writes what was read before in bytes that no release reads.
    Nobody,
}

/// The trace state of an invocation that is appended (04 R64). Later releases keep the text as it
/// is, and so bring old ones down with it.
pub static TRACE_STATE: KnownPanic = KnownPanic {
    name: "trace-state",
    what: "a trace state that is no list of key=value",
    call: PanickingCall::Decoding,
    releases: gates::gate("panic.trace_state"),
};

/// A schema of which neither layout is whole (04 R64). Up to 1.3 it is an ordinary error.
pub static SCHEMA_LAYOUT: KnownPanic = KnownPanic {
    name: "schema-layout",
    what: "a schema without deployments_v2 and without both of services and deployments",
    call: PanickingCall::Decoding,
    releases: gates::gate("panic.schema_layout"),
};

/// A handler in the old layout of a schema, of a type that its service cannot have. Up to 1.4 it is
/// kept.
pub static SCHEMA_HANDLER: KnownPanic = KnownPanic {
    name: "schema-handler",
    what: "a handler in the old layout, of a type that its service cannot have",
    call: PanickingCall::Decoding,
    releases: gates::gate("panic.schema_handler"),
};

/// The key range of a partition that is not the first one of its table (04 R64).
pub static REVERSED_RANGE: KnownPanic = KnownPanic {
    name: "reversed-range",
    what: "the range of a second or later partition that ends before it starts",
    call: PanickingCall::Decoding,
    releases: Gate::ALWAYS,
};

/// The body of a log record in a codec that nobody writes (09 §1). Before, it is an ordinary error,
/// or JSON, which is read.
pub static RECORD_CODEC: KnownPanic = KnownPanic {
    name: "record-codec",
    what: "the body of a record in protobuf, raw bytes, JSON or bilrost",
    call: PanickingCall::Decoding,
    releases: gates::gate("panic.record_codec"),
};

/// A limit on the replication of partitions that was read from a map, and cannot be written again
/// (04 R65).
const fn limit(name: &'static str, what: &'static str, call: PanickingCall) -> KnownPanic {
    let releases = gates::gate("replication_property.has_short_forms");
    KnownPanic { name, what, call, releases }
}

/// Nothing in it.
pub static EMPTY_LIMIT: KnownPanic =
    limit("empty-limit", "a limit without a scope", PanickingCall::Encoding);

/// The scope that holds all others.
pub static ROOT_LIMIT: KnownPanic =
    limit("root-limit", "a limit with the root for a scope", PanickingCall::Encoding);

/// No copy at all.
pub static ZERO_LIMIT: KnownPanic =
    limit("zero-limit", "a limit of zero copies", PanickingCall::Nobody);

/// More zones than nodes, say.
pub static GROWING_LIMIT: KnownPanic =
    limit("growing-limit", "a limit that grows with the scope", PanickingCall::Nobody);

/// All of them.
pub static PANICS: [&KnownPanic; 9] = [
    &TRACE_STATE,
    &SCHEMA_LAYOUT,
    &SCHEMA_HANDLER,
    &REVERSED_RANGE,
    &RECORD_CODEC,
    &EMPTY_LIMIT,
    &ROOT_LIMIT,
    &ZERO_LIMIT,
    &GROWING_LIMIT,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_panic_has_a_name_of_its_own() {
        let mut names: Vec<_> = PANICS.iter().map(|panic| panic.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), PANICS.len());
    }
}
