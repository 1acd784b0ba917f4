//! Bugs of the envelope. 04 D has none of these: it is about payloads, negotiation and sessions.

use bytes::Bytes;

use crate::fabric::envelope::{
    Body, Datagram, DatagramMember, EnumType, Envelope, EnvelopeError, EnvelopeType, Hello,
    Message, RpcCall, RpcReply, RpcReplyBody,
};
use crate::fabric::release::Release;
use crate::fabric::session::Dialect;
use crate::suite::subject::Subject;

/// A bug of the envelope; it is the fabric that has it.
#[derive(Debug, Clone, Copy)]
pub struct EnvelopeBug {
    /// Its number here.
    pub id: &'static str,
    /// What is wrong, in a sentence.
    pub sentence: &'static str,
    bug: Bug,
}

/// How the envelope is made wrong.
#[derive(Debug, Clone, Copy)]
enum Bug {
    /// Another value is sent.
    Sent(fn(&mut Envelope)),
    /// Another value is understood.
    Understood(fn(&mut Envelope, Release)),
    /// Two tags of the header have each other's place, for encoder and decoder alike.
    SwappedInHeader([u8; 2]),
}

/// Every one of them.
pub const ENVELOPE_BUGS: &[EnvelopeBug] = &[
    EnvelopeBug {
        id: "E1",
        sentence: "In Header, the version of the logs has the tag of the nodes configuration's.",
        bug: Bug::SwappedInHeader([3, 4]),
    },
    EnvelopeBug {
        id: "E2",
        sentence: "Hello is sent without the lower end of its range.",
        bug: Bug::Sent(without_min_version),
    },
    EnvelopeBug {
        id: "E3",
        sentence: "A direction or swimlane with an unknown number is read as 0.",
        bug: Bug::Understood(unknown_is_zero),
    },
    EnvelopeBug {
        id: "E4",
        sentence: "The sort code of a call is left out if it is 0.",
        bug: Bug::Sent(without_zero_sort_code),
    },
    EnvelopeBug {
        id: "E5",
        sentence: "A reply with an empty payload is read as one without a body.",
        bug: Bug::Understood(empty_payload_is_nothing),
    },
];

impl Dialect for EnvelopeBug {}

impl Subject for EnvelopeBug {
    fn encode_envelope(
        &self,
        envelope: &Envelope,
        release: Release,
    ) -> Result<Bytes, EnvelopeError> {
        let mut envelope = envelope.clone();
        if let Bug::Sent(change) = self.bug {
            change(&mut envelope);
        }
        let mut bytes = envelope.encode(release)?;
        if let Bug::SwappedInHeader(tags) = self.bug {
            swap_in_header(envelope.envelope_type(), &mut bytes, tags);
        }
        Ok(bytes.into())
    }

    fn decode_envelope(
        &self,
        envelope_type: EnvelopeType,
        bytes: &Bytes,
        release: Release,
    ) -> Result<Envelope, EnvelopeError> {
        let mut bytes = bytes.to_vec();
        if let Bug::SwappedInHeader(tags) = self.bug {
            swap_in_header(envelope_type, &mut bytes, tags);
        }
        let mut envelope = Envelope::decode(envelope_type, release, bytes.into())?;
        if let Bug::Understood(change) = self.bug {
            change(&mut envelope, release);
        }
        Ok(envelope)
    }
}

fn without_min_version(envelope: &mut Envelope) {
    if let Some(hello) = hello(envelope) {
        hello.min_protocol_version = 0;
    }
}

fn unknown_is_zero(envelope: &mut Envelope, release: Release) {
    if let Some(hello) = hello(envelope) {
        let numbers = [
            (EnumType::ConnectionDirection, &mut hello.direction),
            (EnumType::Swimlane, &mut hello.swimlane),
        ];
        for (of, number) in numbers {
            if of.name(release, *number).is_none() {
                *number = 0;
            }
        }
    }
}

fn without_zero_sort_code(envelope: &mut Envelope) {
    let call: Option<&mut RpcCall> = match envelope {
        Envelope::RpcCall(call) => Some(call),
        Envelope::RpcRequest(request) => request.rpc_call.as_mut(),
        _ => match member(envelope) {
            Some(DatagramMember::RpcCall(call)) => Some(call),
            _ => None,
        },
    };
    if let Some(call) = call {
        call.sort_code = call.sort_code.filter(|code| *code != 0);
    }
}

fn empty_payload_is_nothing(envelope: &mut Envelope, _: Release) {
    let reply: Option<&mut RpcReply> = match envelope {
        Envelope::RpcReply(reply) => Some(reply),
        Envelope::RpcResponse(response) => response.rpc_reply.as_mut(),
        _ => match member(envelope) {
            Some(DatagramMember::RpcReply(reply)) => Some(reply),
            _ => None,
        },
    };
    if let Some(RpcReply { body, .. }) = reply {
        let is_empty = |body: &RpcReplyBody| matches!(body, RpcReplyBody::Payload(payload) if payload.is_empty());
        *body = body.take().filter(|body| !is_empty(body));
    }
}

/// The Hello that an envelope is or holds.
fn hello(envelope: &mut Envelope) -> Option<&mut Hello> {
    match envelope {
        Envelope::Hello(hello) => Some(hello),
        Envelope::Message(Message { body: Some(Body::Hello(hello)), .. }) => Some(hello),
        _ => None,
    }
}

/// The member of the datagram that an envelope is or holds.
fn member(envelope: &mut Envelope) -> Option<&mut DatagramMember> {
    match envelope {
        Envelope::Datagram(Datagram { datagram }) => datagram.as_mut(),
        Envelope::Message(Message {
            body: Some(Body::Datagram(Datagram { datagram })), ..
        }) => datagram.as_mut(),
        _ => None,
    }
}

/// Gives two fields of the header each other's tag. Tags below 16 take one byte, so that nothing
/// moves; fields of the header that are numbers stand before the others.
fn swap_in_header(of: EnvelopeType, bytes: &mut [u8], [a, b]: [u8; 2]) {
    let header = match of {
        EnvelopeType::Header => bytes,
        EnvelopeType::Message | EnvelopeType::RpcRequest | EnvelopeType::RpcResponse => match bytes
        {
            [0x0a, len, rest @ ..] if *len < 0x80 => {
                let len = usize::from(*len).min(rest.len());
                &mut rest[..len]
            }
            _ => return,
        },
        _ => return,
    };
    let mut at = 0;
    while let Some(key) = header.get_mut(at).filter(|key| **key & 0x07 == 0) {
        match *key >> 3 {
            tag if tag == a => *key = b << 3,
            tag if tag == b => *key = a << 3,
            _ => {}
        }
        let number = header.get(at + 1..).unwrap_or_default();
        let len = number.iter().take_while(|byte| **byte >= 0x80).count() + 1;
        at += 1 + len;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::envelope::Header;

    /// With the same bug on both sides, a round trip sees nothing.
    #[test]
    fn swapped_tags_understand_each_other() {
        let subject = ENVELOPE_BUGS[0];
        let header = Header {
            my_nodes_config_version: Some(300),
            my_logs_version: Some(9),
            ..Header::default()
        };
        for release in Release::lines() {
            let header = Message { header: Some(header.clone()), body: None }.into();
            let bytes = subject.encode_envelope(&header, release).unwrap();
            assert_ne!(bytes, header.encode(release).unwrap());
            let back = subject.decode_envelope(EnvelopeType::Message, &bytes, release).unwrap();
            let right = Envelope::decode(
                EnvelopeType::Message,
                release,
                header.encode(release).unwrap().into(),
            );
            assert_eq!(Ok(back), right);
        }
    }
}
