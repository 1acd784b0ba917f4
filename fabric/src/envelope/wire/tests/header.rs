//! Headers.

use crate::envelope::{EnvelopeError, Header, SpanContext};
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
    for release in ["1.3.3-dev", "1.4", "1.5", "1.6.0", "1.6", "1.7"] {
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
