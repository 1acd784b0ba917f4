//! The layouts of `Hello` and `Welcome` (01 §4).

use super::{NotCarried, Shape, absent};
use crate::fabric::envelope::ids::GenerationalNodeId;
use crate::fabric::envelope::json::json_message;
use crate::fabric::envelope::message::{Hello, Welcome};

/// 1.2.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct HelloV1_2 {
    #[prost(int32, tag = "1")]
    min_protocol_version: i32,
    #[prost(int32, tag = "2")]
    max_protocol_version: i32,
    #[prost(string, tag = "3")]
    cluster_name: String,
    #[prost(message, optional, tag = "4")]
    my_node_id: Option<GenerationalNodeId>,
}

/// 1.3: with a direction.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct HelloV1_3 {
    #[prost(int32, tag = "1")]
    min_protocol_version: i32,
    #[prost(int32, tag = "2")]
    max_protocol_version: i32,
    #[prost(string, tag = "3")]
    cluster_name: String,
    #[prost(message, optional, tag = "4")]
    my_node_id: Option<GenerationalNodeId>,
    #[prost(int32, tag = "5")]
    direction: i32,
}

/// From 1.4 on: with a swimlane and a fingerprint.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct HelloV1_4 {
    #[prost(int32, tag = "1")]
    min_protocol_version: i32,
    #[prost(int32, tag = "2")]
    max_protocol_version: i32,
    #[prost(string, tag = "3")]
    cluster_name: String,
    #[prost(message, optional, tag = "4")]
    my_node_id: Option<GenerationalNodeId>,
    #[prost(int32, tag = "5")]
    direction: i32,
    #[prost(int32, tag = "6")]
    swimlane: i32,
    #[prost(uint64, tag = "7")]
    cluster_fingerprint: u64,
}

/// 1.2.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WelcomeV1_2 {
    #[prost(int32, tag = "2")]
    protocol_version: i32,
    #[prost(message, optional, tag = "3")]
    my_node_id: Option<GenerationalNodeId>,
}

/// From 1.3 on: with the direction that was understood.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WelcomeV1_3 {
    #[prost(int32, tag = "2")]
    protocol_version: i32,
    #[prost(message, optional, tag = "3")]
    my_node_id: Option<GenerationalNodeId>,
    #[prost(int32, tag = "4")]
    direction_ack: i32,
}

json_message!(HelloV1_2 {
    min_protocol_version as ProtocolVersion,
    max_protocol_version as ProtocolVersion,
    cluster_name,
    my_node_id
});
json_message!(HelloV1_3 {
    min_protocol_version as ProtocolVersion,
    max_protocol_version as ProtocolVersion,
    cluster_name,
    my_node_id,
    direction as ConnectionDirection
});
json_message!(HelloV1_4 {
    min_protocol_version as ProtocolVersion,
    max_protocol_version as ProtocolVersion,
    cluster_name,
    my_node_id,
    direction as ConnectionDirection,
    swimlane as Swimlane,
    cluster_fingerprint
});
json_message!(WelcomeV1_2 { protocol_version as ProtocolVersion, my_node_id });
json_message!(WelcomeV1_3 {
    protocol_version as ProtocolVersion,
    my_node_id,
    direction_ack as ConnectionDirection
});

impl Shape for HelloV1_2 {
    type Canonical = Hello;

    fn lay(hello: &Hello) -> Result<Self, NotCarried> {
        absent("Hello.direction", &hello.direction)?;
        absent("Hello.swimlane", &hello.swimlane)?;
        absent("Hello.cluster_fingerprint", &hello.cluster_fingerprint)?;
        Ok(Self {
            min_protocol_version: hello.min_protocol_version,
            max_protocol_version: hello.max_protocol_version,
            cluster_name: hello.cluster_name.clone(),
            my_node_id: hello.my_node_id,
        })
    }

    fn read(self) -> Hello {
        Hello {
            min_protocol_version: self.min_protocol_version,
            max_protocol_version: self.max_protocol_version,
            cluster_name: self.cluster_name,
            my_node_id: self.my_node_id,
            direction: 0,
            swimlane: 0,
            cluster_fingerprint: 0,
        }
    }
}

impl Shape for HelloV1_3 {
    type Canonical = Hello;

    fn lay(hello: &Hello) -> Result<Self, NotCarried> {
        absent("Hello.swimlane", &hello.swimlane)?;
        absent("Hello.cluster_fingerprint", &hello.cluster_fingerprint)?;
        Ok(Self {
            min_protocol_version: hello.min_protocol_version,
            max_protocol_version: hello.max_protocol_version,
            cluster_name: hello.cluster_name.clone(),
            my_node_id: hello.my_node_id,
            direction: hello.direction,
        })
    }

    fn read(self) -> Hello {
        Hello {
            min_protocol_version: self.min_protocol_version,
            max_protocol_version: self.max_protocol_version,
            cluster_name: self.cluster_name,
            my_node_id: self.my_node_id,
            direction: self.direction,
            swimlane: 0,
            cluster_fingerprint: 0,
        }
    }
}

impl Shape for HelloV1_4 {
    type Canonical = Hello;

    fn lay(hello: &Hello) -> Result<Self, NotCarried> {
        Ok(Self {
            min_protocol_version: hello.min_protocol_version,
            max_protocol_version: hello.max_protocol_version,
            cluster_name: hello.cluster_name.clone(),
            my_node_id: hello.my_node_id,
            direction: hello.direction,
            swimlane: hello.swimlane,
            cluster_fingerprint: hello.cluster_fingerprint,
        })
    }

    fn read(self) -> Hello {
        Hello {
            min_protocol_version: self.min_protocol_version,
            max_protocol_version: self.max_protocol_version,
            cluster_name: self.cluster_name,
            my_node_id: self.my_node_id,
            direction: self.direction,
            swimlane: self.swimlane,
            cluster_fingerprint: self.cluster_fingerprint,
        }
    }
}

impl Shape for WelcomeV1_2 {
    type Canonical = Welcome;

    fn lay(welcome: &Welcome) -> Result<Self, NotCarried> {
        absent("Welcome.direction_ack", &welcome.direction_ack)?;
        Ok(Self { protocol_version: welcome.protocol_version, my_node_id: welcome.my_node_id })
    }

    fn read(self) -> Welcome {
        Welcome {
            protocol_version: self.protocol_version,
            my_node_id: self.my_node_id,
            direction_ack: 0,
        }
    }
}

impl Shape for WelcomeV1_3 {
    type Canonical = Welcome;

    fn lay(welcome: &Welcome) -> Result<Self, NotCarried> {
        Ok(Self {
            protocol_version: welcome.protocol_version,
            my_node_id: welcome.my_node_id,
            direction_ack: welcome.direction_ack,
        })
    }

    fn read(self) -> Welcome {
        Welcome {
            protocol_version: self.protocol_version,
            my_node_id: self.my_node_id,
            direction_ack: self.direction_ack,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::envelope::EnvelopeError;

    fn refused<T: std::fmt::Debug>(result: Result<T, EnvelopeError>) -> &'static str {
        match result {
            Err(EnvelopeError::NotCarried { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn later_fields_are_refused_by_earlier_releases() {
        let (v1_2, v1_3) = ("1.2".parse().unwrap(), "1.3".parse().unwrap());
        let directed = Hello { direction: 2, ..Hello::default() };
        let in_lane = Hello { swimlane: 1, ..Hello::default() };
        let printed = Hello { cluster_fingerprint: 1, ..Hello::default() };
        assert_eq!(refused(directed.encode(v1_2)), "Hello.direction");
        assert_eq!(directed.encode(v1_3).unwrap(), [0x28, 2]);
        for old in [v1_2, v1_3] {
            assert_eq!(refused(in_lane.encode(old)), "Hello.swimlane");
            assert_eq!(refused(printed.encode(old)), "Hello.cluster_fingerprint");
        }
        let acked = Welcome { direction_ack: 1, ..Welcome::default() };
        assert_eq!(refused(acked.encode(v1_2)), "Welcome.direction_ack");
        assert_eq!(acked.encode(v1_3).unwrap(), [0x20, 1]);
    }

    #[test]
    fn later_fields_are_skipped_by_earlier_releases() {
        let v1_4 = "1.4".parse().unwrap();
        let hello = Hello {
            max_protocol_version: -1,
            direction: 77,
            swimlane: 9,
            cluster_fingerprint: u64::MAX,
            ..Hello::default()
        };
        let bytes = bytes::Bytes::from(hello.encode(v1_4).unwrap());
        assert_eq!(Hello::decode(v1_4, bytes.clone()).unwrap(), hello);
        let v1_3 = Hello::decode("1.3".parse().unwrap(), bytes.clone()).unwrap();
        assert_eq!(v1_3, Hello { swimlane: 0, cluster_fingerprint: 0, ..hello });
        let v1_2 = Hello::decode("1.2".parse().unwrap(), bytes).unwrap();
        assert_eq!(v1_2, Hello { direction: 0, ..v1_3 });
    }
}
