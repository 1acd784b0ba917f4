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

json_message!(HeaderV1_2 {
    msg_id,
    in_response_to,
    my_nodes_config_version,
    my_logs_version,
    my_schema_version,
    my_partition_table_version,
    span_context
});
json_message!(HeaderV1_4 {
    msg_id,
    in_response_to,
    my_nodes_config_version,
    my_logs_version,
    my_schema_version,
    my_partition_table_version,
    span_context
});
json_message!(HeaderV1_5 {
    my_nodes_config_version,
    my_logs_version,
    my_schema_version,
    my_partition_table_version,
    span_context
});
json_message!(HeaderV1_6_1 {
    my_nodes_config_version,
    my_logs_version,
    my_schema_version,
    my_partition_table_version
});

/// What an implicit zero stands for: nothing.
fn present<T: Default + PartialEq>(value: T) -> Option<T> {
    (value != T::default()).then_some(value)
}

impl Shape for HeaderV1_2 {
    type Canonical = Header;

    fn lay(header: &Header) -> Result<Self, NotCarried> {
        Ok(Self {
            msg_id: header.msg_id,
            in_response_to: header.in_response_to,
            my_nodes_config_version: header.my_nodes_config_version,
            my_logs_version: header.my_logs_version,
            my_schema_version: header.my_schema_version,
            my_partition_table_version: header.my_partition_table_version,
            span_context: header.span_context.clone(),
        })
    }

    fn read(self) -> Header {
        Header {
            msg_id: self.msg_id,
            in_response_to: self.in_response_to,
            my_nodes_config_version: self.my_nodes_config_version,
            my_logs_version: self.my_logs_version,
            my_schema_version: self.my_schema_version,
            my_partition_table_version: self.my_partition_table_version,
            span_context: self.span_context,
        }
    }
}

impl Shape for HeaderV1_4 {
    type Canonical = Header;

    fn lay(header: &Header) -> Result<Self, NotCarried> {
        Ok(Self {
            msg_id: header.msg_id,
            in_response_to: header.in_response_to.unwrap_or(0),
            my_nodes_config_version: header.my_nodes_config_version.unwrap_or(0),
            my_logs_version: header.my_logs_version.unwrap_or(0),
            my_schema_version: header.my_schema_version.unwrap_or(0),
            my_partition_table_version: header.my_partition_table_version.unwrap_or(0),
            span_context: header.span_context.clone(),
        })
    }

    fn read(self) -> Header {
        Header {
            msg_id: self.msg_id,
            in_response_to: present(self.in_response_to),
            my_nodes_config_version: present(self.my_nodes_config_version),
            my_logs_version: present(self.my_logs_version),
            my_schema_version: present(self.my_schema_version),
            my_partition_table_version: present(self.my_partition_table_version),
            span_context: self.span_context,
        }
    }
}

impl Shape for HeaderV1_5 {
    type Canonical = Header;

    fn lay(header: &Header) -> Result<Self, NotCarried> {
        absent("Header.msg_id", &header.msg_id)?;
        absent("Header.in_response_to", &header.in_response_to.unwrap_or(0))?;
        let HeaderV1_4 {
            msg_id: _,
            in_response_to: _,
            my_nodes_config_version,
            my_logs_version,
            my_schema_version,
            my_partition_table_version,
            span_context,
        } = HeaderV1_4::lay(header)?;
        Ok(Self {
            my_nodes_config_version,
            my_logs_version,
            my_schema_version,
            my_partition_table_version,
            span_context,
        })
    }

    fn read(self) -> Header {
        Header {
            msg_id: 0,
            in_response_to: None,
            my_nodes_config_version: present(self.my_nodes_config_version),
            my_logs_version: present(self.my_logs_version),
            my_schema_version: present(self.my_schema_version),
            my_partition_table_version: present(self.my_partition_table_version),
            span_context: self.span_context,
        }
    }
}

impl Shape for HeaderV1_6_1 {
    type Canonical = Header;

    fn lay(header: &Header) -> Result<Self, NotCarried> {
        absent("Header.span_context", &header.span_context)?;
        let HeaderV1_5 {
            my_nodes_config_version,
            my_logs_version,
            my_schema_version,
            my_partition_table_version,
            span_context: _,
        } = HeaderV1_5::lay(header)?;
        Ok(Self {
            my_nodes_config_version,
            my_logs_version,
            my_schema_version,
            my_partition_table_version,
        })
    }

    fn read(self) -> Header {
        Header {
            msg_id: 0,
            in_response_to: None,
            my_nodes_config_version: present(self.my_nodes_config_version),
            my_logs_version: present(self.my_logs_version),
            my_schema_version: present(self.my_schema_version),
            my_partition_table_version: present(self.my_partition_table_version),
            span_context: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::envelope::EnvelopeError;
    use bytes::Bytes;

    fn encode(release: &str, header: &Header) -> Result<Vec<u8>, EnvelopeError> {
        header.encode(release.parse().unwrap())
    }

    fn refused(release: &str, header: &Header) -> &'static str {
        match encode(release, header) {
            Err(EnvelopeError::NotCarried { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn presence_is_explicit_up_to_1_3() {
        let header = Header {
            in_response_to: Some(0),
            my_logs_version: Some(0),
            my_schema_version: Some(1),
            ..Header::default()
        };
        for release in ["1.2", "1.3.0", "1.3"] {
            let bytes = encode(release, &header).unwrap();
            assert_eq!(bytes, [0x10, 0, 0x20, 0, 0x28, 1]);
            let read = Header::decode(release.parse().unwrap(), bytes.into()).unwrap();
            assert_eq!(read, header);
        }
        for release in ["1.4-dev", "1.4", "1.5", "1.6.0", "1.6", "1.7"] {
            assert_eq!(encode(release, &header).unwrap(), [0x28, 1]);
            let zero = Bytes::from_static(&[0x20, 0, 0x28, 1]);
            let read = Header::decode(release.parse().unwrap(), zero).unwrap();
            assert_eq!(read, Header { my_schema_version: Some(1), ..Header::default() });
        }
    }

    #[test]
    fn reserved_fields_are_refused_not_dropped() {
        let id = Header { msg_id: 7, ..Header::default() };
        let answer = Header { in_response_to: Some(7), ..Header::default() };
        let traced = Header { span_context: Some(SpanContext::default()), ..Header::default() };
        assert_eq!(encode("1.4", &id).unwrap(), [0x08, 7]);
        assert_eq!(encode("1.4", &answer).unwrap(), [0x10, 7]);
        for release in ["1.5.0", "1.6.0", "1.7"] {
            assert_eq!(refused(release, &id), "Header.msg_id");
            assert_eq!(refused(release, &answer), "Header.in_response_to");
        }
        for release in ["1.2", "1.3", "1.4", "1.5.0", "1.5", "1.6.0"] {
            assert_eq!(encode(release, &traced).unwrap(), [0x3a, 0]);
        }
        for release in ["1.6.1", "1.6", "1.7.0-rc.3", "1.7"] {
            assert_eq!(refused(release, &traced), "Header.span_context");
        }
    }

    #[test]
    fn reserved_numbers_are_skipped_whatever_their_wire_type() {
        // Field 1 as text and field 7 as a number: wrong where the fields are known.
        let bytes = Bytes::from_static(&[0x0a, 1, b'x', 0x18, 3, 0x38, 1]);
        let header = Header::decode("1.6".parse().unwrap(), bytes.clone()).unwrap();
        assert_eq!(header, Header { my_nodes_config_version: Some(3), ..Header::default() });
        for release in ["1.2", "1.3", "1.4"] {
            assert!(Header::decode(release.parse().unwrap(), bytes.clone()).is_err());
        }
        let number_as_span = Bytes::from_static(&[0x38, 1]);
        assert!(Header::decode("1.6.0".parse().unwrap(), number_as_span.clone()).is_err());
        assert!(Header::decode("1.6.1".parse().unwrap(), number_as_span).is_ok());
    }
}
