//! A connection to a server: whether it speaks HTTP/2 at all, then HTTP/2 itself.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{self, SendRequest};
use http::{Request, Uri};
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::fabric::stream::PREFIX_LEN;

/// How long a connection, and the first bytes on it, are waited for.
const PATIENCE: Duration = Duration::from_secs(3);
/// What a client of HTTP/2 says first: its preface, and settings without a setting.
const FIRST_WORDS: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
/// The type of a frame of HTTP/2 with settings, and where it stands.
const SETTINGS: (usize, u8) = (3, 4);
/// How much may be under way to us at once.
const WINDOW: u32 = 8 << 20;
/// Bytes of a page that are read.
const PAGE_LEN_MAX: usize = 8 << 20;

/// Why nobody speaks HTTP/2 at an address.
#[derive(Debug, Error)]
pub enum Unspoken {
    /// Nobody listens.
    #[error("nobody listens there: {0}")]
    Refused(std::io::Error),
    /// There is no connection in time.
    #[error("no connection within {} s", PATIENCE.as_secs())]
    Unreachable,
    /// Nothing is said.
    #[error("somebody listens, and says nothing to HTTP/2 for {} s", PATIENCE.as_secs())]
    Silent,
    /// The first words of HTTP/2 end the connection.
    #[error("it ends a connection that begins as HTTP/2 does: perhaps it wants TLS")]
    Ended,
    /// It speaks HTTP/1.
    #[error("it speaks HTTP/1, and no HTTP/2: this is not the port on which nodes talk")]
    Http1,
    /// It speaks TLS.
    #[error("it wants TLS, which is not spoken here")]
    Tls,
    /// It speaks something else.
    #[error("it does not speak HTTP/2: it begins with {0}")]
    Stranger(String),
    /// HTTP/2 fails.
    #[error("HTTP/2 fails: {0}")]
    Http2(#[from] h2::Error),
}

/// A connection of HTTP/2 to a server.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub socket: SocketAddr,
    requests: SendRequest<Bytes>,
}

impl Line {
    /// Dials. A connection lives as long as its runtime, or until the server ends it.
    pub(super) async fn dial(socket: SocketAddr) -> Result<Self, Unspoken> {
        listen(socket).await?;
        let tcp = connect(socket).await?;
        let (requests, connection) = client::Builder::new()
            .initial_window_size(WINDOW)
            .initial_connection_window_size(4 * WINDOW)
            .handshake::<_, Bytes>(tcp)
            .await?;
        tokio::spawn(async move {
            // Whoever has a stream on it hears of its end.
            let _ = connection.await;
        });
        Ok(Self { socket, requests })
    }

    /// Asks for a new stream.
    pub(super) async fn request(
        &self,
        request: Request<()>,
        is_whole: bool,
    ) -> Result<(client::ResponseFuture, h2::SendStream<Bytes>), h2::Error> {
        self.requests.clone().ready().await?.send_request(request, is_whole)
    }

    /// The address of a path at the server.
    pub(super) fn uri(&self, path: &str) -> Result<Uri, http::Error> {
        Uri::builder()
            .scheme("http")
            .authority(self.socket.to_string())
            .path_and_query(path)
            .build()
    }

    /// A page of text; nothing if there is none, or not in time.
    pub(super) async fn page(&self, path: &str) -> Option<String> {
        timeout(PATIENCE, self.whole_page(path)).await.ok()?
    }

    /// A call with one message and one answer; or what is said instead.
    pub(super) async fn call(&self, method: &str, message: Bytes) -> Result<Bytes, String> {
        let called = timeout(PATIENCE, self.called(method, message)).await;
        called.map_err(|_| "no answer".to_owned())?
    }

    async fn called(&self, method: &str, message: Bytes) -> Result<Bytes, String> {
        let words = |error: h2::Error| error.to_string();
        let uri = self.uri(method).map_err(|error| error.to_string())?;
        let request = Request::post(uri)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(())
            .map_err(|error| error.to_string())?;
        let (response, mut send) = self.request(request, false).await.map_err(words)?;
        send.send_data(message, true).map_err(words)?;
        let (head, mut body) = response.await.map_err(words)?.into_parts();
        let mut answer = Vec::new();
        while let Some(chunk) = body.data().await {
            let chunk = chunk.map_err(words)?;
            body.flow_control().release_capacity(chunk.len()).map_err(words)?;
            answer.extend_from_slice(&chunk);
        }
        let trailers = body.trailers().await.map_err(words)?.unwrap_or(head.headers);
        let text = |name| trailers.get(name).map(|it| String::from_utf8_lossy(it.as_bytes()));
        match text("grpc-status").as_deref() {
            // Behind a byte for a flag and four for a length.
            Some("0") => Ok(answer.get(PREFIX_LEN..).unwrap_or_default().to_vec().into()),
            _ => Err(text("grpc-message").unwrap_or_default().into_owned()),
        }
    }

    async fn whole_page(&self, path: &str) -> Option<String> {
        let request = Request::get(self.uri(path).ok()?).body(()).ok()?;
        let (response, _) = self.request(request, true).await.ok()?;
        let mut body = response.await.ok()?.into_body();
        let mut page = Vec::new();
        while let Some(chunk) = body.data().await {
            let chunk = chunk.ok()?;
            body.flow_control().release_capacity(chunk.len()).ok()?;
            page.extend_from_slice(&chunk);
            if page.len() > PAGE_LEN_MAX {
                break;
            }
        }
        Some(String::from_utf8_lossy(&page).into_owned())
    }
}

async fn connect(socket: SocketAddr) -> Result<TcpStream, Unspoken> {
    let connected = timeout(PATIENCE, TcpStream::connect(socket)).await;
    let tcp = connected.map_err(|_| Unspoken::Unreachable)?.map_err(Unspoken::Refused)?;
    tcp.set_nodelay(true).map_err(Unspoken::Refused)?;
    Ok(tcp)
}

/// Whether the first words are answered as HTTP/2 does, on a connection that is ended again.
async fn listen(socket: SocketAddr) -> Result<(), Unspoken> {
    let mut tcp = connect(socket).await?;
    // Who does not read may still have something to say.
    let _ = tcp.write_all(FIRST_WORDS).await;
    let mut first = [0; 9];
    let mut len = 0;
    while let Some(rest @ [_, ..]) = first.get_mut(len..) {
        match timeout(PATIENCE, tcp.read(rest)).await {
            Err(_) if len == 0 => return Err(Unspoken::Silent),
            Err(_) | Ok(Err(_) | Ok(0)) => break,
            Ok(Ok(read)) => len += read,
        }
    }
    let first = first.get(..len).unwrap_or_default();
    let (at, settings) = SETTINGS;
    match first {
        [] => Err(Unspoken::Ended),
        [b'H', b'T', b'T', b'P', ..] => Err(Unspoken::Http1),
        // An alert, or the beginning of a handshake.
        [0x15 | 0x16, 3, ..] => Err(Unspoken::Tls),
        _ if first.get(at) == Some(&settings) => Ok(()),
        _ => Err(Unspoken::Stranger(format!("the bytes {}", hex::encode(first)))),
    }
}
