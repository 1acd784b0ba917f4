//! Ingest and its deduplication, from 1.6 and V2 on (03 §6.8).

use bytes::Bytes;

use super::ids::PartitionId;
use super::records::Keys;
use crate::codec::describe::prelude::*;

record! {
    /// Hands records to a partition's leader.
    pub struct IngestRequest {
        records: IngestRecords = 1,
    }
}

/// Records that bilrost writes into one field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IngestRecords(pub Vec<IngestRecord>);

impl Tree for IngestRecords {
    const SHAPE: Shape = Shape::Packed(&IngestRecord::SHAPE);

    of_inner!(Vec<IngestRecord>);
}

impl Bilrost for IngestRecords {
    const WIRE: WireType = WireType::LengthDelimited;

    fn is_absent(&self) -> bool {
        self.0.is_empty()
    }

    fn put<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
        bilrost::put_packed(&self.0, writer, |record, writer| record.put(writer, cx));
    }

    fn get(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
        bilrost::get_packed(&mut self.0, reader, |record, reader| record.get(reader, cx))
    }
}

record! {
    /// One record to ingest. What it holds is opaque here.
    pub struct IngestRecord {
        keys: Keys = 1,
        record: Bytes = 2,
    }
}

record! {
    /// Answers [`IngestRequest`].
    pub struct IngestResponse {
        status: ResponseStatus = 1,
    }
}

one_of! {
    /// How a request to a partition's leader went. Tag 4 is burned: 1.7.0-rc.3 used it (04 R9).
    pub enum ResponseStatus: tag {
        Unknown = 0,
        Ack = 1,
        NotLeader(NotLeader) = 2,
        Internal(InternalError) = 3,
    }
}

record! {
    /// The partition is led elsewhere.
    #[derive(Copy)]
    pub struct NotLeader {
        of: PartitionId = 1,
    }
}

record! {
    /// A failure in words.
    pub struct InternalError {
        msg: String = 1,
    }
}

record! {
    /// Asks for the last sequence number of a producer.
    pub struct DedupSequenceNrQueryRequest {
        producer_id: ProducerId = oneof,
    }
}

one_of! {
    /// Who produced records.
    pub enum ProducerId: tag {
        Unknown = 0,
        String(String) = 1,
        Numeric(u128) = 2,
    }
}

record! {
    /// Answers [`DedupSequenceNrQueryRequest`].
    pub struct DedupSequenceNrQueryResponse {
        status: ResponseStatus = 1,
        sequence_number: Option<u64> = 2,
    }
}
