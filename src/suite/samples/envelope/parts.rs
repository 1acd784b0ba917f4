//! What an envelope is made of: the messages that stand in it, at any depth.

use crate::fabric::envelope::{
    Body, Datagram, DatagramMember, Envelope, GenerationalNodeId, Header,
};

/// The messages in an envelope, from the outside in. Members of a datagram stand for the datagram,
/// which is nothing but a tag and a length around them.
pub fn parts(envelope: &Envelope) -> Vec<Envelope> {
    let mut parts = direct(envelope);
    let inner: Vec<_> = parts.iter().flat_map(self::parts).collect();
    parts.extend(inner);
    parts
}

fn direct(envelope: &Envelope) -> Vec<Envelope> {
    let header = |header: &Option<Header>| header.clone().map(Envelope::from);
    let node = |node: Option<GenerationalNodeId>| node.map(Envelope::from);
    let parts = match envelope {
        Envelope::Message(frame) => [header(&frame.header), frame.body.as_ref().and_then(body)],
        Envelope::Header(header) => [header.span_context.clone().map(Envelope::from), None],
        Envelope::Hello(hello) => [node(hello.my_node_id), None],
        Envelope::Welcome(welcome) => [node(welcome.my_node_id), None],
        Envelope::RpcRequest(request) => {
            [header(&request.header), request.rpc_call.clone().map(Envelope::from)]
        }
        Envelope::RpcResponse(response) => {
            [header(&response.header), response.rpc_reply.clone().map(Envelope::from)]
        }
        _ => [None, None],
    };
    parts.into_iter().flatten().collect()
}

fn body(body: &Body) -> Option<Envelope> {
    Some(match body {
        Body::Hello(hello) => hello.clone().into(),
        Body::Welcome(welcome) => welcome.clone().into(),
        Body::ConnectionControl(control) => control.clone().into(),
        Body::Encoded(encoded) => encoded.clone().into(),
        Body::Datagram(Datagram { datagram }) => match datagram.as_ref()? {
            DatagramMember::RpcCall(call) => call.clone().into(),
            DatagramMember::RpcReply(reply) => reply.clone().into(),
            DatagramMember::Watch(watch) => watch.clone().into(),
            DatagramMember::WatchUpdate(update) => update.clone().into(),
            DatagramMember::Ping(ping) => (*ping).into(),
            DatagramMember::Pong(pong) => (*pong).into(),
            DatagramMember::Unary(unary) => unary.clone().into(),
        },
    })
}
