//! MQTT: a node that speaks 3.1.1, whose version is 4, and one that speaks 5 too. A value is a packet of
//! version 5, which has all that any version knows.

use std::sync::Arc;

use bytes::Bytes;
use mqtt_proto::v5::{self, Packet};
use mqtt_proto::{QosPid, TopicName, v3};
use skewproof_harness::border::{Allowance, At, Message, Negotiate, Node, Protocol};

/// A node, by the highest version that it speaks.
struct Peer(&'static str, i32);

impl Node<Packet> for Peer {
    fn name(&self) -> &str {
        self.0
    }

    fn versions(&self, message: &str) -> Vec<i32> {
        let first = if message == "Auth" { 5 } else { 4 };
        (first..=self.1).collect()
    }

    fn encode(&self, at: At<'_>, packet: &Packet) -> Result<Bytes, String> {
        let bytes = if at.version == 4 { to_v3(packet)?.encode() } else { packet.encode() };
        bytes.map(|it| Bytes::copy_from_slice(it.as_ref())).map_err(|error| error.to_string())
    }

    fn decode(&self, at: At<'_>, bytes: &Bytes) -> Result<Packet, String> {
        let packet = match at.version {
            4 => v3::Packet::decode(bytes).map_err(|it| it.to_string())?.map(of_v3).transpose()?,
            _ => Packet::decode(bytes).map_err(|it| it.to_string())?,
        };
        let packet = packet.ok_or("the packet is cut")?;
        let name = format!("{:?}", packet.get_type());
        if name == at.message { Ok(packet) } else { Err(format!("{name} is another message")) }
    }

    fn negotiate(&self) -> Option<&dyn Negotiate> {
        Some(self)
    }
}

/// The level in CONNECT is the version of the connection; who does not speak it refuses.
impl Negotiate for Peer {
    fn dial(&self, only: Option<i32>) -> Result<Bytes, String> {
        let version = only.unwrap_or(self.1);
        self.encode(At { message: "Connect", version }, &connect(None))
    }

    fn accept(&self, hello: &Bytes) -> Result<(i32, Bytes), String> {
        let level = i32::from(*hello.get(8).ok_or("no level")?);
        if level > self.1 {
            return Err(format!("unacceptable protocol level {level}"));
        }
        self.decode(At { message: "Connect", version: level }, hello)?;
        Ok((level, Bytes::copy_from_slice(&level.to_be_bytes())))
    }

    fn conclude(&self, answer: Result<&Bytes, &str>) -> Result<i32, String> {
        answer?.last().map(|level| i32::from(*level)).ok_or("no answer".to_owned())
    }
}

fn to_v3(packet: &Packet) -> Result<v3::Packet, String> {
    match packet {
        Packet::Connect(it) if it.last_will.is_none() && it.username.is_none() => {
            let packet = v3::Connect::new(it.client_id.clone(), it.keep_alive);
            Ok(v3::Connect { clean_session: it.clean_start, ..packet }.into())
        }
        Packet::Publish(it) => {
            let packet = v3::Publish::new(it.qos_pid, it.topic_name.clone(), it.payload.clone());
            Ok(v3::Publish { retain: it.retain, dup: it.dup, ..packet }.into())
        }
        other => Err(format!("no {:?} at version 4", other.get_type())),
    }
}

fn of_v3(packet: v3::Packet) -> Result<Packet, String> {
    match packet {
        v3::Packet::Connect(it) if it.last_will.is_none() && it.username.is_none() => {
            let packet = v5::Connect::new(it.client_id, it.keep_alive);
            Ok(v5::Connect { clean_start: it.clean_session, ..packet }.into())
        }
        v3::Packet::Publish(it) => {
            let packet = v5::Publish::new(it.qos_pid, it.topic_name, it.payload);
            Ok(v5::Publish { retain: it.retain, dup: it.dup, ..packet }.into())
        }
        other => Err(format!("{:?} is no message of this example", other.get_type())),
    }
}

fn connect(session_expiry: Option<u32>) -> Packet {
    let mut packet = v5::Connect::new(Arc::new("pump-1".to_owned()), 60);
    packet.properties.session_expiry_interval = session_expiry;
    packet.into()
}

fn publish(content_type: Option<&str>) -> Packet {
    let topic = TopicName::try_from("plant/pump-1".to_owned()).expect("no wildcards");
    let mut packet = v5::Publish::new(QosPid::Level0, topic, Bytes::from_static(b"*"));
    packet.properties.content_type = content_type.map(|it| Arc::new(it.to_owned()));
    packet.into()
}

/// The protocol.
pub struct Mqtt;

impl Protocol for Mqtt {
    type Value = Packet;

    skewproof_harness::border!(Mqtt);

    fn name(&self) -> &'static str {
        "skewproof-mqtt"
    }

    fn version(number: i32) -> String {
        (if number == 4 { "3.1.1" } else { "5" }).to_owned()
    }

    fn nodes(&self) -> Vec<Arc<dyn Node<Packet>>> {
        vec![Arc::new(Peer("3.1.1", 4)), Arc::new(Peer("5", 5))]
    }

    fn messages(&self) -> Vec<Message<Packet>> {
        let publishes = [("plain", publish(None)), ("typed", publish(Some("text/plain")))];
        vec![
            Message::new("Connect", [("plain", connect(None)), ("stays", connect(Some(3600)))]),
            Message::new("Publish", publishes),
            Message::new("Auth", [("success", v5::Auth::new_success().into())]),
        ]
    }

    fn losses(&self) -> &'static [Allowance] {
        const LOSSES: [Allowance; 2] = [
            Allowance::new("Connect", "session_expiry_interval", "new in version 5").below(5),
            Allowance::new("Publish", "content_type", "new in version 5").below(5),
        ];
        &LOSSES
    }

    fn expected(&self) -> &'static str {
        include_str!("../expected.toml")
    }
}
