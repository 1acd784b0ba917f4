//! Identifiers, times and flags (03 §5).

use std::num::NonZeroU64;

use crate::codec::describe::prelude::*;
use crate::gates;

id! {
    /// A log.
    LogId(u32);
    /// A segment of a log's chain.
    SegmentIndex(u32);
    /// A position within a loglet.
    LogletOffset(u32);
    /// A loglet.
    LogletId(u64);
    /// A position within a log.
    Lsn(u64);
    /// An epoch of a partition's leadership.
    LeaderEpoch(u64);
    /// A partition.
    PartitionId(u16);
    /// A node, whatever its generation.
    PlainNodeId(u32);
    /// The version of a piece of metadata; 0 is none.
    Version(u32);
    /// What assigns an invocation or a service instance to a partition.
    PartitionKey(u64);
}

positional! {
    /// A node in one of its lives.
    pub struct GenerationalNodeId {
        id: PlainNodeId = 0,
        generation: u32 = 1,
    }
}

impl GenerationalNodeId {
    /// The node `id` in its life `generation`.
    pub const fn new(id: u32, generation: u32) -> Self {
        Self { id: PlainNodeId(id), generation }
    }
}

record! {
    /// Partition keys, or record keys, from `start` to `end`, both included.
    #[derive(Copy)]
    pub struct KeyRange [closed()] {
        start: u64 = 0,
        end: u64 = 1,
    }
}

/// Points in time. From 1.6 on the servers cannot hold `u64::MAX` and read it as one less, for good
/// (04 R44).
macro_rules! timestamp {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u64);

        impl $name {
            #[inline]
            fn is_beyond(self, cx: Context) -> bool {
                self.0 == u64::MAX && cx.knows(const { gates::gate("times.max_is_one_less") })
            }

            #[inline]
            fn narrowed(self, cx: Context) -> Self {
                if self.is_beyond(cx) { Self(u64::MAX - 1) } else { self }
            }
        }

        impl Tree for $name {
            const SHAPE: Shape = Shape::Uint(u64::BITS);

            #[inline]
            fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
                if self.is_beyond(cx) {
                    sink.refuse(Unfit::new(stringify!($name), "u64::MAX"));
                }
                sink.uint(self.0);
            }

            #[inline]
            fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
                let value = Self(node.uint()?);
                if value.is_beyond(cx) && N::FORM == Form::Json {
                    return Err(node.fault(FaultKind::OutOfRange { what: stringify!($name) }));
                }
                Ok(value.narrowed(cx))
            }

            fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
                *self = self.narrowed(cx);
                Ok(())
            }
        }

        impl Bilrost for $name {
            const WIRE: WireType = WireType::Varint;

            #[inline]
            fn is_absent(&self) -> bool {
                self.0 == 0
            }

            #[inline]
            fn put<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
                if self.is_beyond(cx) {
                    writer.refuse(Unfit::new(stringify!($name), "u64::MAX"));
                }
                writer.varint(self.0);
            }

            #[inline]
            fn get(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
                self.0.get(reader, cx)?;
                *self = self.narrowed(cx);
                Ok(())
            }
        }
    )*};
}

timestamp! {
    /// Milliseconds since the Unix epoch.
    MillisSinceEpoch;
    /// Nanoseconds since the Unix epoch.
    NanosSinceEpoch;
}

/// Numbers of 64 bits that are never zero.
macro_rules! non_zero {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub NonZeroU64);

        impl $name {
            /// None for zero.
            pub const fn new(value: u64) -> Option<Self> {
                match NonZeroU64::new(value) {
                    Some(value) => Some(Self(value)),
                    None => None,
                }
            }
        }

        impl Tree for $name {
            const SHAPE: Shape = Shape::Uint(u64::BITS);

            fn write<S: Sink>(&self, sink: &mut S, _: Context) {
                sink.uint(self.0.get());
            }

            fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
                Self::new(node.uint()?)
                    .ok_or_else(|| node.fault(FaultKind::OutOfRange { what: "a nonzero u64" }))
            }

            fn fit(&mut self, _: Context) -> Result<(), Unfit> {
                Ok(())
            }
        }
    )*};
}

non_zero! {
    /// A moment of the hybrid clock: the milliseconds since 2022 and a counter of 22 bits, plus one
    /// (07 §3.1). Unlike other times it may be the last one that there is.
    HybridTime;
    /// What tells a cluster from all others (07 §6).
    ClusterFingerprint;
}

/// Sets of bits: a number on the wire, `{"bits": n}` in JSON. Bits without a name are kept.
macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident { $($(#[$bit_doc:meta])* $bit:ident = $value:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $name(pub u32);

        impl $name {
            $($(#[$bit_doc])* pub const $bit: Self = Self($value);)*
        }

        impl Tree for $name {
            const SHAPE: Shape = Shape::Uint(u32::BITS);

            fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
                match S::FORM {
                    Form::Flexbuffers => self.0.write(sink, cx),
                    Form::Json => Bits { bits: self.0 }.write(sink, cx),
                }
            }

            fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
                match N::FORM {
                    Form::Flexbuffers => u32::read(node, cx).map(Self),
                    Form::Json => Bits::read(node, cx).map(|flags| Self(flags.bits)),
                }
            }

            fn fit(&mut self, _: Context) -> Result<(), Unfit> {
                Ok(())
            }
        }

        impl Bilrost for $name {
            const WIRE: WireType = WireType::Varint;

            #[inline]
            fn is_absent(&self) -> bool {
                self.0 == 0
            }

            #[inline]
            fn put<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
                self.0.put(writer, cx);
            }

            #[inline]
            fn get(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
                self.0.get(reader, cx)
            }
        }
    )*};
}

record_tree! {
    /// The JSON form of flags.
    pub struct Bits {
        bits: u32 = untagged,
    }
}

flags! {
    /// How a `Store` is to be treated (03 §6.3).
    StoreFlags {
        /// Store even if the loglet is sealed.
        IGNORE_SEAL = 1,
    }
    /// What a `Gossip` says beside the nodes' states (03 §6.6).
    GossipFlags {
        /// Not an ordinary round.
        SPECIAL = 1,
        /// The sender has just come up.
        BRING_UP = 2,
        /// The sender is ready to serve.
        READY_TO_SERVE = 4,
        /// The sender is failing over.
        FAILING_OVER = 8,
        /// The sender hears from nobody.
        FEELING_LONELY = 16,
        /// Carries partitions too.
        ENRICHED = 32,
    }
}
