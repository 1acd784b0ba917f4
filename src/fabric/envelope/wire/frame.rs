//! The layouts of `Message` (01 §2), and of the two messages that hold nothing but a header and
//! one unchanged message (01 §6).

use std::fmt::Debug;

use super::{NotCarried, Shape};
use crate::fabric::envelope::datagram::{RpcCall, RpcReply};
use crate::fabric::envelope::json::json_message;
use crate::fabric::envelope::message::{Header, RpcRequest, RpcResponse};

/// Declares the frame of a generation: its header and handshake, what else its body may be with
/// number and JSON key, and the canonical bodies that it has no member for.
macro_rules! frame {
    (
        $(#[$meta:meta])*
        $generation:ident: $header:ident, $hello:ident, $welcome:ident, tags $tags:literal,
        carries { $($data:ident($data_type:ident) = $tag:literal as $key:literal),* },
        refuses { $($refused:ident: $field:literal),* }
    ) => {
        $(#[$meta])*
        pub(super) mod $generation {
            use crate::fabric::envelope::datagram::{$($data_type),*};
            use crate::fabric::envelope::json::{json_choice, json_message};
            use crate::fabric::envelope::message::{self, ConnectionControl};
            use crate::fabric::envelope::wire::handshake::{$hello, $welcome};
            use crate::fabric::envelope::wire::header::$header;
            use crate::fabric::envelope::wire::{NotCarried, Shape};

            #[derive(Clone, PartialEq, prost::Message)]
            pub(in crate::fabric::envelope::wire) struct Message {
                #[prost(message, optional, tag = "1")]
                header: Option<$header>,
                #[prost(oneof = "Body", tags = $tags)]
                body: Option<Body>,
            }

            #[derive(Clone, PartialEq, prost::Oneof)]
            enum Body {
                #[prost(message, tag = "2")]
                ConnectionControl(ConnectionControl),
                #[prost(message, tag = "3")]
                Hello($hello),
                #[prost(message, tag = "4")]
                Welcome($welcome),
                $(#[prost(message, tag = $tag)]
                $data($data_type),)*
            }

            json_message!(Message { header, body });
            json_choice!(Body {
                ConnectionControl = "connection_control",
                Hello = "hello",
                Welcome = "welcome",
                $($data = $key),*
            });

            impl Shape for Message {
                type Canonical = message::Message;

                fn lay(message: &message::Message) -> Result<Self, NotCarried> {
                    let header = message.header.as_ref().map($header::lay).transpose()?;
                    Ok(Self { header, body: message.body.as_ref().map(lay_body).transpose()? })
                }

                fn read(self) -> message::Message {
                    message::Message {
                        header: self.header.map(Shape::read),
                        body: self.body.map(read_body),
                    }
                }
            }

            fn lay_body(body: &message::Body) -> Result<Body, NotCarried> {
                Ok(match body {
                    message::Body::ConnectionControl(m) => Body::ConnectionControl(m.clone()),
                    message::Body::Hello(m) => Body::Hello(Shape::lay(m)?),
                    message::Body::Welcome(m) => Body::Welcome(Shape::lay(m)?),
                    $(message::Body::$data(m) => Body::$data(m.clone()),)*
                    $(message::Body::$refused(_) => return Err(NotCarried($field)),)*
                })
            }

            fn read_body(body: Body) -> message::Body {
                match body {
                    Body::ConnectionControl(m) => message::Body::ConnectionControl(m),
                    Body::Hello(m) => message::Body::Hello(m.read()),
                    Body::Welcome(m) => message::Body::Welcome(m.read()),
                    $(Body::$data(m) => message::Body::$data(m),)*
                }
            }
        }
    };
}

frame! {
    /// 1.2: data in field 1000 only.
    v1_2: HeaderV1_2, HelloV1_2, WelcomeV1_2, tags "2, 3, 4, 1000",
    carries { Encoded(BinaryMessage) = "1000" as "encoded" },
    refuses { Datagram: "Message.datagram" }
}

frame! {
    /// 1.3: with the direction in the handshake.
    v1_3: HeaderV1_2, HelloV1_3, WelcomeV1_3, tags "2, 3, 4, 1000",
    carries { Encoded(BinaryMessage) = "1000" as "encoded" },
    refuses { Datagram: "Message.datagram" }
}

frame! {
    /// 1.4: data in field 5, and in field 1000 on V1 connections.
    v1_4: HeaderV1_4, HelloV1_4, WelcomeV1_3, tags "2, 3, 4, 5, 1000",
    carries {
        Encoded(BinaryMessage) = "1000" as "encoded",
        Datagram(Datagram) = "5" as "datagram"
    },
    refuses {}
}

frame! {
    /// 1.5 to 1.6.0: field 1000 is reserved.
    v1_5: HeaderV1_5, HelloV1_4, WelcomeV1_3, tags "2, 3, 4, 5",
    carries { Datagram(Datagram) = "5" as "datagram" },
    refuses { Encoded: "Message.encoded" }
}

frame! {
    /// From 1.6.1 on: no trace in the header.
    v1_6_1: HeaderV1_6_1, HelloV1_4, WelcomeV1_3, tags "2, 3, 4, 5",
    carries { Datagram(Datagram) = "5" as "datagram" },
    refuses { Encoded: "Message.encoded" }
}

/// What a header's layout has to be to stand in the messages below.
pub(super) trait HeaderShape: Shape<Canonical = Header> + Debug {}

impl<S: Shape<Canonical = Header> + Debug> HeaderShape for S {}

/// `RpcRequest` of the releases with this header.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct RpcRequestOf<H: HeaderShape> {
    #[prost(message, optional, tag = "1")]
    header: Option<H>,
    #[prost(message, optional, tag = "2")]
    rpc_call: Option<RpcCall>,
}

/// `RpcResponse` of the releases with this header.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct RpcResponseOf<H: HeaderShape> {
    #[prost(message, optional, tag = "1")]
    header: Option<H>,
    #[prost(message, optional, tag = "2")]
    rpc_reply: Option<RpcReply>,
}

json_message!(RpcRequestOf<H: HeaderShape> { header, rpc_call });
json_message!(RpcResponseOf<H: HeaderShape> { header, rpc_reply });

impl<H: HeaderShape> Shape for RpcRequestOf<H> {
    type Canonical = RpcRequest;

    fn lay(request: &RpcRequest) -> Result<Self, NotCarried> {
        let header = request.header.as_ref().map(H::lay).transpose()?;
        Ok(Self { header, rpc_call: request.rpc_call.clone() })
    }

    fn read(self) -> RpcRequest {
        RpcRequest { header: self.header.map(H::read), rpc_call: self.rpc_call }
    }
}

impl<H: HeaderShape> Shape for RpcResponseOf<H> {
    type Canonical = RpcResponse;

    fn lay(response: &RpcResponse) -> Result<Self, NotCarried> {
        let header = response.header.as_ref().map(H::lay).transpose()?;
        Ok(Self { header, rpc_reply: response.rpc_reply.clone() })
    }

    fn read(self) -> RpcResponse {
        RpcResponse { header: self.header.map(H::read), rpc_reply: self.rpc_reply }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use crate::fabric::envelope::*;
    use crate::fabric::release::Release;

    fn release(name: &str) -> Release {
        name.parse().unwrap()
    }

    fn bytes(hex: &str) -> Bytes {
        let hex: String = hex.split_whitespace().collect();
        let pairs = hex.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
        pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    }

    /// In each of the releases: the value becomes these bytes, the bytes that value.
    fn golden(releases: &[&str], hex: &str, value: impl Into<Envelope>) {
        let value = value.into();
        for name in releases {
            let (release, bytes) = (release(name), bytes(hex));
            assert_eq!(value.encode(release).unwrap(), bytes, "{name}");
            let of = value.envelope_type();
            assert_eq!(Envelope::decode(of, release, bytes).unwrap(), value, "{name}");
        }
    }

    fn frame(header: impl Into<Option<Header>>, body: Body) -> Message {
        Message { header: header.into(), body: Some(body) }
    }

    fn encoded(target: i32) -> Body {
        Body::Encoded(BinaryMessage { target, payload: PAYLOAD })
    }

    fn datagram(member: DatagramMember) -> Body {
        Body::Datagram(Datagram { datagram: Some(member) })
    }

    const PAYLOAD: Bytes = Bytes::from_static(&[4, 1, 2, 3]);

    #[test]
    fn golden_frames_of_v1() {
        let hello = Hello {
            min_protocol_version: 1,
            max_protocol_version: 1,
            cluster_name: "test-cluster".into(),
            my_node_id: Some(GenerationalNodeId::new(1, 2)),
            ..Hello::default()
        };
        let hex = "0a00 1a18 0801 1001 1a0c746573742d636c7573746572 2204 0801 1002";
        golden(&["1.2", "1.3"], hex, frame(Header::default(), Body::Hello(hello)));
        let welcome = Welcome {
            protocol_version: 1,
            my_node_id: Some(GenerationalNodeId::new(2, 9)),
            direction_ack: 0,
        };
        let hex = "0a00 2208 1001 1a04 0802 1009";
        golden(&["1.2", "1.3"], hex, frame(Header::default(), Body::Welcome(welcome)));
        let message = "Node is shutting down".to_owned();
        let control = Body::ConnectionControl(ConnectionControl { signal: 1, message });
        let hex = "1219 0801 1215 4e6f6465206973207368757474696e6720646f776e";
        golden(&["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"], hex, frame(None, control));
        let v1 = &["1.2", "1.3", "1.4-dev", "1.4"];
        let request = Header { msg_id: 7, ..Header::default() };
        golden(v1, "0a02 0807 c23e 08 080a 1204 04010203", frame(request, encoded(10)));
        let reply = Header {
            msg_id: 8,
            in_response_to: Some(7),
            my_nodes_config_version: Some(3),
            ..Header::default()
        };
        golden(v1, "0a06 0808 1007 1803 c23e 08 080b 1204 04010203", frame(reply, encoded(11)));
        let empty = Header { msg_id: 8, ..Header::default() };
        let body = Body::Encoded(BinaryMessage::default());
        golden(v1, "0a02 0808 c23e 00", frame(empty, body));
    }

    #[test]
    fn golden_frames_of_v2() {
        let v2 = &["1.4-dev", "1.4", "1.5", "1.6.0", "1.6", "1.7.0-rc.3", "1.7"];
        let hello = Hello {
            min_protocol_version: 2,
            max_protocol_version: 3,
            cluster_name: "test-cluster".into(),
            my_node_id: Some(GenerationalNodeId::new(1, 2)),
            direction: ConnectionDirection::Bidirectional.number(),
            swimlane: Swimlane::General.number(),
            cluster_fingerprint: 123_456_789,
        };
        let hex = "0a00 1a1f 0802 1003 1a0c746573742d636c7573746572 2204 0801 1002 2801
            38959aef3a";
        golden(v2, hex, frame(Header::default(), Body::Hello(hello)));
        let welcome = Welcome {
            protocol_version: 2,
            my_node_id: Some(GenerationalNodeId::new(2, 9)),
            direction_ack: 1,
        };
        let hex = "0a00 220a 1002 1a04 0802 1009 2001";
        golden(v2, hex, frame(Header::default(), Body::Welcome(welcome)));
        let gossip = |sort_code| {
            let unary =
                Unary { service: 62, sort_code, msg_type: "Gossip".into(), payload: PAYLOAD };
            datagram(DatagramMember::Unary(unary))
        };
        let hex = "0a00 2a14 a20611 083e 1a06476f73736970 a20604 04010203";
        golden(v2, hex, frame(Header::default(), gossip(None)));
        let hex = "2a16 a20613 083e 1000 1a06476f73736970 a20604 04010203";
        golden(v2, hex, frame(None, gossip(Some(0))));
        golden(v2, "2a02 2a00", frame(None, datagram(DatagramMember::Ping(Ping::default()))));
        let update = WatchUpdate { id: 3, body: Some(WatchUpdateBody::Start(0)) };
        let hex = "2a06 2204 0803 1000";
        golden(v2, hex, frame(None, datagram(DatagramMember::WatchUpdate(update))));
        let header = Some(Header { my_nodes_config_version: Some(3), ..Header::default() });
        let rpc_call = Some(RpcCall {
            id: 1,
            service: 62,
            msg_type: "GetNodeState".into(),
            sort_code: None,
            payload: PAYLOAD,
        });
        let hex = "0a02 1803 1219 0801 103e 1a0c4765744e6f64655374617465 a20604 04010203";
        golden(v2, hex, RpcRequest { header: header.clone(), rpc_call });
        let rpc_reply = Some(RpcReply { id: 1, body: Some(RpcReplyBody::Payload(PAYLOAD)) });
        golden(v2, "0a02 1803 1209 0801 9a0604 04010203", RpcResponse { header, rpc_reply });
    }

    #[test]
    fn bodies_that_a_release_has_no_field_for_are_refused() {
        let refused = |name: &str, body: Body| match frame(None, body).encode(release(name)) {
            Err(EnvelopeError::NotCarried { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        for name in ["1.2", "1.3.0", "1.3"] {
            assert_eq!(refused(name, Body::Datagram(Datagram::default())), "Message.datagram");
        }
        for name in ["1.5", "1.6.0", "1.6", "1.7"] {
            assert_eq!(refused(name, encoded(1)), "Message.encoded");
        }
    }

    #[test]
    fn the_last_body_that_the_release_knows_stays() {
        // A datagram, then an encoded message.
        let both = bytes("2a02 2a00 c23e 02 0801");
        let body = |name: &str| Message::decode(release(name), both.clone()).unwrap().body;
        let ping = datagram(DatagramMember::Ping(Ping::default()));
        let one = Body::Encoded(BinaryMessage { target: 1, payload: Bytes::new() });
        for (name, expected) in [("1.2", &one), ("1.3", &one), ("1.4", &one), ("1.5", &ping)] {
            assert_eq!(body(name).as_ref(), Some(expected), "{name}");
        }
        assert_eq!(body("1.7"), Some(ping));
        let alone = |name: &str, hex| Message::decode(release(name), bytes(hex)).unwrap().body;
        assert_eq!(alone("1.3", "2a02 2a00"), None);
        assert_eq!(alone("1.5", "c23e 02 0801"), None);
    }

    #[test]
    fn repeated_bodies_of_one_kind_merge() {
        let twice = bytes("1a02 0801 1a02 1002");
        let merged = Message::decode(release("1.7"), twice).unwrap().body;
        let hello = Hello { min_protocol_version: 1, max_protocol_version: 2, ..Hello::default() };
        assert_eq!(merged, Some(Body::Hello(hello)));
    }

    #[test]
    fn a_wrong_wire_type_is_an_error_only_where_the_field_is_known() {
        // Field 5 and field 1000 as numbers.
        let (datagram, encoded) = (bytes("2801"), bytes("c03e 01"));
        for name in ["1.2", "1.3"] {
            assert!(Message::decode(release(name), datagram.clone()).is_ok());
            assert!(Message::decode(release(name), encoded.clone()).is_err());
        }
        for name in ["1.5", "1.7"] {
            assert!(Message::decode(release(name), encoded.clone()).is_ok());
        }
        let error = Message::decode(release("1.7"), datagram).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("malformed restate.network.Message of release 1.7: Message.body"));
    }

    #[test]
    fn truncations_of_a_frame_never_panic() {
        let hex = "0a02 1803 2a14 a20611 083e 1a06476f73736970 a20604 04010203";
        let whole = bytes(hex);
        for len in 0..whole.len() {
            for release in Release::all() {
                let value = Message::decode(release, whole.slice(..len));
                // Whole fields are a shorter message, everything else an error.
                assert_eq!(value.is_ok(), len == 0 || len == 4, "{release} {len}");
            }
        }
    }
}
