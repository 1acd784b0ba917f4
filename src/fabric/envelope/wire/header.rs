//! The four layouts of `Header` (01 §3).

use super::{NotCarried, Shape, absent};
use crate::fabric::envelope::ids::SpanContext;
use crate::fabric::envelope::json::json_message;
use crate::fabric::envelope::message::Header;

/// 1.2 and 1.3: presence is explicit for all but the message id.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct HeaderV1_2 {
    #[prost(uint64, tag = "1")]
    msg_id: u64,
    #[prost(uint64, optional, tag = "2")]
    in_response_to: Option<u64>,
    #[prost(uint32, optional, tag = "3")]
    my_nodes_config_version: Option<u32>,
    #[prost(uint32, optional, tag = "4")]
    my_logs_version: Option<u32>,
    #[prost(uint32, optional, tag = "5")]
    my_schema_version: Option<u32>,
    #[prost(uint32, optional, tag = "6")]
    my_partition_table_version: Option<u32>,
    #[prost(message, optional, tag = "7")]
    span_context: Option<SpanContext>,
}

/// 1.4: presence is implicit.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct HeaderV1_4 {
    #[prost(uint64, tag = "1")]
    msg_id: u64,
    #[prost(uint64, tag = "2")]
    in_response_to: u64,
    #[prost(uint32, tag = "3")]
    my_nodes_config_version: u32,
    #[prost(uint32, tag = "4")]
    my_logs_version: u32,
    #[prost(uint32, tag = "5")]
    my_schema_version: u32,
    #[prost(uint32, tag = "6")]
    my_partition_table_version: u32,
    #[prost(message, optional, tag = "7")]
    span_context: Option<SpanContext>,
}

/// 1.5 to 1.6.0: numbers 1 and 2 are reserved.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct HeaderV1_5 {
    #[prost(uint32, tag = "3")]
    my_nodes_config_version: u32,
    #[prost(uint32, tag = "4")]
    my_logs_version: u32,
    #[prost(uint32, tag = "5")]
    my_schema_version: u32,
    #[prost(uint32, tag = "6")]
    my_partition_table_version: u32,
    #[prost(message, optional, tag = "7")]
    span_context: Option<SpanContext>,
}

/// From 1.6.1 on: number 7 is reserved as well.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct HeaderV1_6_1 {
    #[prost(uint32, tag = "3")]
    my_nodes_config_version: u32,
    #[prost(uint32, tag = "4")]
    my_logs_version: u32,
    #[prost(uint32, tag = "5")]
    my_schema_version: u32,
    #[prost(uint32, tag = "6")]
    my_partition_table_version: u32,
}
