//! The remote query scanner (03 §6.7).

use bytes::Bytes;

use super::ids::{GenerationalNodeId, KeyRange, PartitionId};
use crate::codec::describe::prelude::*;

positional! {
    /// A scan on a node.
    pub struct ScannerId {
        node: GenerationalNodeId = 1,
        id: u64 = 2,
    }
}

/// Bytes that flexbuffers carries as a vector of numbers instead of a blob.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Octets(pub Bytes);

impl Tree for Octets {
    const SHAPE: Shape = Shape::Octets;

    fn write<S: Sink>(&self, sink: &mut S, _: Context) {
        sink.octets(&self.0);
    }

    fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
        node.octets().map(Self)
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

impl Bilrost for Octets {
    const WIRE: WireType = WireType::LengthDelimited;

    fn is_absent(&self) -> bool {
        self.0.is_empty()
    }

    fn put<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
        self.0.put(writer, cx);
    }

    fn get(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
        self.0.get(reader, cx)
    }
}

record! {
    /// Opens a scan.
    pub struct RemoteQueryScannerOpen {
        partition_id: PartitionId = 1,
        range: KeyRange = 2,
        table: String = 3,
        projection_schema_bytes: Octets = 4,
        limit: Option<u64> = 5,
        batch_size: u64 = 6,
        predicate: Option<Predicate> = 7,
        scanner_id: Option<ScannerId> = 8,
    }
}

record! {
    /// A filter in a serialised form that the fabric does not look into.
    pub struct Predicate {
        serialized_physical_expression: Bytes = 1,
    }
}

one_of! {
    /// Answers [`RemoteQueryScannerOpen`].
    pub enum RemoteQueryScannerOpened: tag {
        Failure = 0,
        Success(ScannerOpened) = 1,
    }
}

record_tree! {
    /// The scan that was opened.
    #[derive(Copy)]
    pub struct ScannerOpened [variant()] {
        scanner_id: ScannerId = untagged [in_place()],
    }
}

/// Bilrost has the scan's id in the place of the struct around it.
impl Bilrost for ScannerOpened {
    const WIRE: WireType = ScannerId::WIRE;

    fn is_absent(&self) -> bool {
        self.scanner_id.is_absent()
    }

    fn put<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
        self.scanner_id.put(writer, cx);
    }

    fn get(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
        self.scanner_id.get(reader, cx)
    }
}

record! {
    /// Asks for the next batch.
    pub struct RemoteQueryScannerNext {
        scanner_id: ScannerId = 1,
        next_predicate: Option<Predicate> = 2,
    }
}

one_of! {
    /// Answers [`RemoteQueryScannerNext`].
    pub enum RemoteQueryScannerNextResult: tag {
        /// 1.2 and 1.3 have no such variant and cannot read it.
        Unknown = 0,
        NextBatch(ScannerBatch) = 1,
        Failure(ScannerFailure) = 2,
        NoMoreRecords(ScannerId) = 3,
        NoSuchScanner(ScannerId) = 4,
    }
}

record! {
    /// A batch of records.
    pub struct ScannerBatch {
        scanner_id: ScannerId = 1,
        record_batch: Octets = 2,
    }
}

record! {
    /// A scan that failed.
    pub struct ScannerFailure {
        scanner_id: ScannerId = 1,
        message: String = 2,
    }
}

record! {
    /// Closes a scan.
    pub struct RemoteQueryScannerClose {
        scanner_id: ScannerId = 1,
    }
}

record! {
    /// Answers [`RemoteQueryScannerClose`].
    pub struct RemoteQueryScannerClosed {
        scanner_id: ScannerId = 1,
    }
}
