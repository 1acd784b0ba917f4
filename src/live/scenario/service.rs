//! A service that servers can be told of: it says what it has, and is never asked for more.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::live::LiveError;
use crate::live::probe::GLANCE;
use crate::suite::live::SERVICE;

/// Its handler.
pub(super) const HANDLER: &str = "later";
/// What a server says first that wants to know what there is.
const DISCOVERY: &[u8] = b"GET /discover ";
/// Bytes of a request that are read.
const HEAD_LEN_MAX: usize = 8 << 10;

/// Serves for as long as the runtime lives; where.
///
/// # Errors
///
/// If no address can be had.
pub(super) async fn serve() -> Result<SocketAddr, LiveError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let socket = listener.local_addr()?;
    tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((tcp, _)) => {
                    tokio::spawn(answer(tcp));
                }
                Err(_) => sleep(GLANCE).await,
            }
        }
    });
    Ok(socket)
}

async fn answer(mut tcp: TcpStream) {
    let mut head = Vec::new();
    let mut chunk = [0; 1 << 10];
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD_LEN_MAX {
        match tcp.read(&mut chunk).await {
            Ok(read @ 1..) => head.extend_from_slice(chunk.get(..read).unwrap_or_default()),
            _ => return,
        }
    }
    let (status, body) = if head.starts_with(DISCOVERY) {
        let handlers = json!([{ "name": HANDLER }]);
        let services = json!([{ "name": SERVICE, "ty": "SERVICE", "handlers": handlers }]);
        let manifest = json!({
            "protocolMode": "REQUEST_RESPONSE",
            "minProtocolVersion": 5,
            "maxProtocolVersion": 5,
            "services": services,
        });
        ("200 OK", manifest.to_string())
    } else {
        ("503 Service Unavailable", String::new())
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/vnd.restate.endpointmanifest.v1+json\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let _ = tcp.write_all((head + &body).as_bytes()).await;
}
