//! The table of planted bugs, by their numbers in 04 D.

use super::{
    Accept, Asserting, Bug, Conclude, Misread, Planted, Rewrite, Select, handshake, rewrites,
    values, versions,
};
use crate::fabric::catalogue::MessageType;
use crate::fabric::session::Quirk;
use crate::fabric::version::ProtocolVersion;
use crate::suite::reference::{
    Base62, ByteStrings, Durations, FieldKey, KeyWriting, MapOrder, MetadataWrapper, Omission,
    OtherTag, RoleOrder, Rules, VarintForm,
};
use crate::suite::session::planted::SessionBug;

/// Every bug that can be planted.
pub const PLANTED: &[Planted] = &[
    ungated(
        "M01",
        "Gossip is sent on a V1 connection, in the form of V2.",
        MessageType::Gossip,
        [ProtocolVersion::V1, ProtocolVersion::V2],
    ),
    Planted {
        id: "M02",
        sentence: "Encoding asserts that the version can carry the message.",
        bug: Bug::Assert(Asserting { encodes: true, decodes: false }),
    },
    Planted {
        id: "M03",
        sentence: "Decoding asserts that the version can carry the message.",
        bug: Bug::Assert(Asserting { encodes: false, decodes: true }),
    },
    tags(
        "M04",
        "In Store, the flags have the tag of the first offset and the other way round.",
        &[OtherTag::new("Store", "flags", 4), OtherTag::new("Store", "first_offset", 3)],
    ),
    rules(
        "M05",
        "In Store, what is known to be archived has the tag 8 instead of 6.",
        Rules { tags: &[OtherTag::new("Store", "known_archived", 8)], ..Rules::RIGHT },
    ),
    rules(
        "M06",
        "Bilrost keys hold the tag itself, not the distance from the tag before.",
        Rules { field_key: FieldKey::Absolute, ..Rules::RIGHT },
    ),
    rules(
        "M07",
        "Varints are LEB128, in which a number has more than one form.",
        Rules { varint: VarintForm::Plain, ..Rules::RIGHT },
    ),
    rules(
        "M11",
        "What is optional and there is left out if it has its default value.",
        Rules { omission: Omission::DefaultsEvenIfOptional, ..Rules::RIGHT },
    ),
    misread("M12", "A Store without a deadline is read as one of the epoch.", values::none_is_zero),
    rules(
        "M13",
        "Nested messages are written even if all their fields are default.",
        Rules { omission: Omission::DefaultsButNotMessages, ..Rules::RIGHT },
    ),
    rules(
        "M14",
        "Elements of a list are left out if all their fields are default.",
        Rules { omission: Omission::DefaultsEvenInLists, ..Rules::RIGHT },
    ),
    rules(
        "M15",
        "At V2, Store and Append have their records in the layout of V3.",
        Rules { record_layout: Some(ProtocolVersion::V3), ..Rules::RIGHT },
    ),
    rules(
        "M16",
        "At V3, Store and Append have their records in the layout of V2.",
        Rules { record_layout: Some(ProtocolVersion::V2), ..Rules::RIGHT },
    ),
    rules(
        "M17",
        "At V3, Records takes over the record layout of Store and Append.",
        Rules { replies_follow_record_layout: true, ..Rules::RIGHT },
    ),
    rules(
        "M18",
        "At V3, the records of Store and Append have a field each.",
        Rules { unpacked: Some("Record"), ..Rules::RIGHT },
    ),
    rules(
        "M19",
        "The records of IngestRequest have a field each.",
        Rules { unpacked: Some("IngestRecord"), ..Rules::RIGHT },
    ),
    tags(
        "M20",
        "The fields of a node id are counted from 1 instead of 0.",
        &[
            OtherTag::new("GenerationalNodeId", "id", 1),
            OtherTag::new("GenerationalNodeId", "generation", 2),
        ],
    ),
    Planted {
        id: "M21",
        sentence: "The list of records in Store and Append has the tag 1 instead of 0.",
        bug: Bug::Tags(Rules { wrapper_tag: Some(1), ..Rules::RIGHT }),
    },
    tags(
        "M22",
        "The start of a range has the tag of the end and the other way round.",
        &[OtherTag::new("KeyRange", "start", 1), OtherTag::new("KeyRange", "end", 0)],
    ),
    misread(
        "M23",
        "The two keys of a pair are read in the other order.",
        values::pairs_are_swapped,
    ),
    misread(
        "M24",
        "An unknown tag in the status of a sequencer is an error, not the empty variant.",
        values::unknown_statuses_are_refused,
    ),
    rewrite(
        "M25",
        "A number that an enum has no variant for counts as 0.",
        rewrites::unknown_numbers_are_zero,
    ),
    tags(
        "M26",
        "The reasons of a sequencer's refusal are counted from 1, not 2.",
        &[
            OtherTag::new("Refusal", "Sealed", 1),
            OtherTag::new("Refusal", "Gone", 2),
            OtherTag::new("Refusal", "LogletIdMismatch", 3),
            OtherTag::new("Refusal", "UnknownLogId", 4),
            OtherTag::new("Refusal", "UnknownSegmentIndex", 5),
            OtherTag::new("Refusal", "NotSequencer", 6),
            OtherTag::new("Refusal", "Shutdown", 7),
            OtherTag::new("Refusal", "Error", 8),
        ],
    ),
    misread(
        "M27",
        "A sequencer's refusal without a known reason is read as Ok.",
        values::unknown_is_ok,
    ),
    rules(
        "M28",
        "At V1, the status of a sequencer's answer is null when all is well.",
        Rules { ok_is_null_at_v1: true, ..Rules::RIGHT },
    ),
    rules(
        "M29",
        "At V1, metadata messages lack their wrapper.",
        Rules { metadata_wrapper: MetadataWrapper::Never, ..Rules::RIGHT },
    ),
    rules(
        "M30",
        "From V2 on, metadata messages still have their wrapper.",
        Rules { metadata_wrapper: MetadataWrapper::Always, ..Rules::RIGHT },
    ),
    Planted {
        id: "M31",
        sentence: "From V2 on, MetadataUpdate is a message of bilrost around flexbuffers.",
        bug: Bug::Wrap(MessageType::MetadataUpdate),
    },
    rules(
        "M32",
        "Flexbuffers maps have shorter keys first.",
        Rules { map_order: MapOrder::LengthThenBytes, ..Rules::RIGHT },
    ),
    rules(
        "M33",
        "Flexbuffers maps with the same keys share one vector of keys.",
        Rules { shares_key_vectors: true, ..Rules::RIGHT },
    ),
    rules(
        "M34",
        "Flexbuffers keys are written again for every map.",
        Rules { pools_keys: false, ..Rules::RIGHT },
    ),
    rules(
        "M35",
        "Flexbuffers keys and values are written in the order of the keys, not of the fields.",
        Rules { key_writing: KeyWriting::Sorted, ..Rules::RIGHT },
    ),
    rules(
        "M36",
        "In flexbuffers, bytes that are a vector of numbers become a blob.",
        Rules { byte_strings: ByteStrings::Blobs, ..Rules::RIGHT },
    ),
    rules(
        "M37",
        "In flexbuffers, bytes that are a blob become a vector of numbers.",
        Rules { byte_strings: ByteStrings::Vectors, ..Rules::RIGHT },
    ),
    rules(
        "M38",
        "In flexbuffers, a field without a value is left out instead of null.",
        Rules { omits_none: true, ..Rules::RIGHT },
    ),
    rules(
        "M39",
        "In flexbuffers, a variant without a value is a map too.",
        Rules { unit_variants_are_maps: true, ..Rules::RIGHT },
    ),
    rules(
        "M40",
        "Flexbuffers vectors of two to four numbers have a length like longer ones.",
        Rules { has_fixed_vectors: false, ..Rules::RIGHT },
    ),
    rules(
        "M42",
        "In flexbuffers, signed numbers are written as unsigned ones.",
        Rules { has_signed_numbers: false, ..Rules::RIGHT },
    ),
    rules(
        "M43",
        "The id of a partition processor call is in lower case.",
        Rules { ulids_are_lower_case: true, ..Rules::RIGHT },
    ),
    rules(
        "M44",
        "Ids in base 62 are made of the number as it is, not of its bytes in reverse.",
        Rules { base62: Base62::Unswapped, ..Rules::RIGHT },
    ),
    rules(
        "M45",
        "Base 62 has the capitals before the small letters.",
        Rules { base62: Base62::CapitalsFirst, ..Rules::RIGHT },
    ),
    rules(
        "M46",
        "In bilrost, a duration has its nanoseconds even if there are none.",
        Rules { drops_zero_tail: false, ..Rules::RIGHT },
    ),
    rules(
        "M47",
        "In flexbuffers, a duration is a number of seconds with a fraction.",
        Rules { durations: Durations::Fraction, ..Rules::RIGHT },
    ),
    Planted {
        id: "M48",
        sentence: "From 1.7 on, the status of a processor is read as if no tag were left out.",
        bug: Bug::ReadTags {
            rules: Rules { tags: &STATUS_WITHOUT_A_GAP, ..Rules::RIGHT },
            since: 7,
        },
    },
    misread(
        "M49",
        "The partition of a scan is read as a number of eight bits.",
        values::partition_ids_are_bytes,
    ),
    rewrite(
        "M50",
        "A trim point that is too large for its type is cut.",
        rewrites::wide_trim_points_are_cut,
    ),
    misread("M51", "The last key of a record's range is left out.", values::range_end_is_excluded),
    misread(
        "M52",
        "A command without the version that 1.4 added is refused.",
        values::current_version_is_required,
    ),
    rules(
        "M53",
        "The retention of a journal is written even if it is zero.",
        Rules { writes_zero_durations: true, ..Rules::RIGHT },
    ),
    misread(
        "M54",
        "An invocation that is not kept after it is done, as 1.3 sends it, is refused.",
        values::retention_is_required,
    ),
    misread("M56", "An unknown flexbuffers key is an error.", values::unknown_keys_are_refused),
    ungated(
        "M57",
        "The pause of an invocation is sent on a V2 connection.",
        MessageType::PartitionProcessorRpcRequest,
        [ProtocolVersion::V2, ProtocolVersion::V3],
    ),
    rules(
        "M59",
        "Roles are written in the order of the releases on the other side of 1.6.",
        Rules { role_order: RoleOrder::OfOtherReleases, ..Rules::RIGHT },
    ),
    rules(
        "M60",
        "The metadata role is written under the name it had in 1.2.",
        Rules { roles_have_old_name: true, ..Rules::RIGHT },
    ),
    rules(
        "M61",
        "The replication of partitions is written as text even if it is a number.",
        Rules { replication_is_text: true, ..Rules::RIGHT },
    ),
    misread(
        "M62",
        "A nodes configuration loses its fingerprint and features when it is read.",
        values::later_fields_are_dropped,
    ),
    Planted {
        id: "M63",
        sentence: "An unknown kind of metadata ends in a panic.",
        bug: Bug::AssertKind,
    },
    select(
        "M64",
        "Version numbers that the acceptor does not know count as 0, by the rule before 1.3.1.",
        versions::unknown_becomes_zero,
    ),
    select(
        "M65",
        "A version below the acceptor's own range is selected.",
        versions::below_own_range,
    ),
    select(
        "M66",
        "The lower end of the offered range is not looked at.",
        versions::below_offered_range,
    ),
    select("M67", "An offer of version 0 is taken.", versions::zero_is_a_version),
    conclude(
        "M68",
        "A Welcome with a version outside the initiator's range is taken.",
        handshake::any_version_is_taken,
    ),
    conclude(
        "M69",
        "The initiator speaks its own highest version instead of the Welcome's.",
        handshake::own_highest_is_spoken,
    ),
    select("M70", "The lowest common version is selected.", versions::lowest),
    accept(
        "M71",
        "Fingerprints are compared even if a side knows none.",
        handshake::unknown_fingerprints_differ,
    ),
    accept("M72", "Fingerprints are not compared.", handshake::fingerprints_are_ignored),
    accept(
        "M73",
        "The version is selected before the cluster name is looked at.",
        handshake::version_before_cluster,
    ),
    accept("M74", "A peer with node id 0 is accepted.", handshake::id_zero_is_taken),
    accept("M74b", "A peer with generation 0 is accepted.", handshake::generation_zero_is_taken),
    accept(
        "M75",
        "A peer that the nodes configuration does not have is refused by every release.",
        handshake::unknown_nodes_are_refused,
    ),
    accept(
        "M76",
        "Generations are compared the wrong way round: older ones are accepted.",
        handshake::generations_are_reversed,
    ),
    accept("M77", "The direction is not acknowledged.", handshake::direction_is_not_acknowledged),
    accept(
        "M77b",
        "A direction with an unknown number is acknowledged with that number, not with 0.",
        handshake::any_direction_is_acknowledged,
    ),
    session(
        "M78",
        "Frames without a header end a connection where they should not, and where they should \
         they do not.",
        SessionBug::MixesUpBareFrames,
    ),
    session(
        "M79",
        "A signal with an unknown number is a shutdown.",
        SessionBug::ShutsDownOnUnknownSignals,
    ),
    session(
        "M80",
        "A request at V1 that cannot be routed is answered with a datagram of V2.",
        SessionBug::Has(Quirk::DatagramAtV1),
    ),
    session(
        "M81",
        "A call for a service that nobody has gets no answer.",
        SessionBug::HidesUnknownServices,
    ),
    session(
        "M82",
        "A call that cannot be routed gets its status, and then DROPPED.",
        SessionBug::Has(Quirk::AnswersTwice),
    ),
    session("M83", "All connections have one table of open calls.", SessionBug::SharesCalls),
    session(
        "M84",
        "After the peer's last request its answers are not looked at.",
        SessionBug::ForgetsCalls,
    ),
    session(
        "S1",
        "The peer's last request is the beginning of a drain.",
        SessionBug::DrainsOnLastRequest,
    ),
    session("S2", "Nobody is told that all is answered.", SessionBug::HidesLastAnswer),
    session("S3", "The payload of a GetNodeState is looked at.", SessionBug::LooksAtEverything),
    session(
        "S4",
        "A call for a message that its service does not know gets no answer.",
        SessionBug::HidesUnrecognised,
    ),
    session(
        "S5",
        "Bytes that are no frame are the end of a stream, and the end is such bytes.",
        SessionBug::MixesUpEnds,
    ),
    session(
        "S6",
        "A call for a connection that is not answered is waited for without an end.",
        SessionBug::Has(Quirk::WaitsForever),
    ),
];

/// The fields of a processor's status behind the tag 8, which 1.7 reserves (03 §6.5), each with the
/// tag before its own.
const STATUS_WITHOUT_A_GAP: [OtherTag; 10] = [
    OtherTag::new("PartitionProcessorStatus", "replay_status", 8),
    OtherTag::new("PartitionProcessorStatus", "durable_lsn", 9),
    OtherTag::new("PartitionProcessorStatus", "last_archived_log_lsn", 10),
    OtherTag::new("PartitionProcessorStatus", "target_tail_lsn", 11),
    OtherTag::new("PartitionProcessorStatus", "last_applied_rule_book_version", 12),
    OtherTag::new("PartitionProcessorStatus", "last_applied_schema_version", 13),
    OtherTag::new("PartitionProcessorStatus", "enabled_features", 14),
    OtherTag::new("PartitionProcessorStatus", "storage_version", 15),
    OtherTag::new("PartitionProcessorStatus", "detailed_effective_mode", 16),
    OtherTag::new("PartitionProcessorStatus", "broken_reason", 17),
];

const fn rules(id: &'static str, sentence: &'static str, rules: Rules) -> Planted {
    Planted { id, sentence, bug: Bug::Rules(rules) }
}

/// Tags that encoder and decoder agree on.
const fn tags(id: &'static str, sentence: &'static str, tags: &'static [OtherTag]) -> Planted {
    Planted { id, sentence, bug: Bug::Tags(Rules { tags, ..Rules::RIGHT }) }
}

/// A message that is sent at one version as if it were another one.
const fn ungated(
    id: &'static str,
    sentence: &'static str,
    message: MessageType,
    [at, as_if_at]: [ProtocolVersion; 2],
) -> Planted {
    Planted { id, sentence, bug: Bug::Ungated { message, at, as_if_at } }
}

const fn misread(id: &'static str, sentence: &'static str, misread: Misread) -> Planted {
    Planted { id, sentence, bug: Bug::Misread(misread) }
}

const fn rewrite(id: &'static str, sentence: &'static str, rewrite: Rewrite) -> Planted {
    Planted { id, sentence, bug: Bug::Rewrite(rewrite) }
}

const fn select(id: &'static str, sentence: &'static str, select: Select) -> Planted {
    Planted { id, sentence, bug: Bug::Select(select) }
}

const fn session(id: &'static str, sentence: &'static str, bug: SessionBug) -> Planted {
    Planted { id, sentence, bug: Bug::Session(bug) }
}

const fn accept(id: &'static str, sentence: &'static str, accept: Accept) -> Planted {
    Planted { id, sentence, bug: Bug::Accept(accept) }
}

const fn conclude(id: &'static str, sentence: &'static str, conclude: Conclude) -> Planted {
    Planted { id, sentence, bug: Bug::Conclude(conclude) }
}
