//! MQTT: a node that speaks 3.1.1, whose version is 4, and one that speaks 5 too. A value is a packet of
//! version 5, which has all that any version knows.

use std::sync::Arc;

use bytes::Bytes;
use mqtt_proto::v5::{self, Packet};
use mqtt_proto::{QosPid, TopicName, v3};
use skewproof_harness::border::{Allowance, At, Describe, Message, Negotiate};
use skewproof_harness::border::{Node, Protocol, Spans, Unstructured};

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
        let bytes = if at.version == 4 { to_v3(packet.clone())?.encode() } else { packet.encode() };
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

    fn describe(&self) -> Option<&dyn Describe> {
        Some(self)
    }
}

/// The level in CONNECT is the version of the connection; who does not speak it refuses.
impl Negotiate for Peer {
    fn dial(&self, only: Option<i32>) -> Result<Bytes, String> {
        self.encode(At { message: "Connect", version: only.unwrap_or(self.1) }, &connect().into())
    }

    fn accept(&self, hello: &Bytes) -> Result<(i32, Bytes), String> {
        let level = hello.get(8).filter(|level| i32::from(**level) <= self.1);
        let level = *level.ok_or("unacceptable protocol level")?;
        self.decode(At { message: "Connect", version: level.into() }, hello)?;
        Ok((level.into(), Bytes::copy_from_slice(&[level])))
    }

    fn conclude(&self, answer: Result<&Bytes, &str>) -> Result<i32, String> {
        answer?.last().map(|level| i32::from(*level)).ok_or("no answer".to_owned())
    }
}

impl Describe for Peer {
    fn describe(&self, at: At<'_>, spans: &mut Spans<'_>) -> Option<()> {
        spans.take(2, "", "type, flags, and how many bytes follow, if few")?;
        spans.take(10 * usize::from(at.message == "Connect"), "", "level, flags, keep alive")?;
        spans.counted(2 * usize::from(at.message == "Publish"), "topic_name")?;
        spans.counted(usize::from(at.version == 5).min(spans.rest().len()), "properties").map(drop)
    }
}

fn to_v3(packet: Packet) -> Result<v3::Packet, String> {
    match packet {
        Packet::Connect(it) if it.last_will.is_none() && it.username.is_none() => {
            let packet = v3::Connect::new(it.client_id, it.keep_alive);
            Ok(v3::Connect { clean_session: it.clean_start, ..packet }.into())
        }
        Packet::Publish(v5::Publish { dup, retain, qos_pid, topic_name, payload, .. }) => {
            Ok(v3::Publish { dup, retain, qos_pid, topic_name, payload }.into())
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
        v3::Packet::Publish(v3::Publish { dup, retain, qos_pid, topic_name, payload }) => {
            Ok(v5::Publish { dup, retain, ..v5::Publish::new(qos_pid, topic_name, payload) }.into())
        }
        other => Err(format!("{:?} is no message of this example", other.get_type())),
    }
}

fn connect() -> v5::Connect {
    v5::Connect::new(Arc::new("pump-1".to_owned()), 60)
}

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
        let topic = TopicName::try_from("plant/pump-1".to_owned()).expect("no wildcards");
        let plain = v5::Publish::new(QosPid::Level0, topic, Bytes::from_static(b"*"));
        let (mut stays, mut typed) = (connect(), plain.clone());
        stays.properties.session_expiry_interval = Some(3600);
        typed.properties.content_type = Some(Arc::new("text/plain".to_owned()));
        vec![
            Message::new("Connect", [("plain", connect().into()), ("stays", stays.into())]),
            Message::new("Publish", [("plain", plain.into()), ("typed", typed.into())]),
            Message::new("Auth", [("success", v5::Auth::new_success().into())]),
        ]
    }

    fn losses(&self) -> &'static [Allowance] {
        const NEW: Allowance = Allowance::new("*", "properties", "new in version 5").below(5);
        &[NEW]
    }

    fn expected(&self) -> &'static str {
        include_str!("../expected.toml")
    }

    fn arbitrary(&self, message: &str, from: &mut Unstructured<'_>) -> Option<Packet> {
        (message == "Auth").then(|| from.arbitrary().ok().map(Packet::Auth))?
    }
}
