//! A server that is the model, on a socket: what is dialled by [`probe`](super::probe) in tests, and by
//! whoever wants to try a dialler.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use h2::server::{self, SendResponse};
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout_at};

use super::LiveError;
use super::address::Address;
use super::probe::GLANCE;
use crate::fabric::limits::FrameLimits;
use crate::fabric::stream::{FrameReader, StreamError};
use crate::suite::live::{METHOD, METRICS, Model, Said};

/// The status of a call for a method that nobody has.
pub(super) const UNIMPLEMENTED: u8 = 12;
/// What a peer is told that compresses.
const COMPRESSED: &str = "compression is not spoken here: see networking.disable-compression";
/// How much may be under way to a stream at once.
const WINDOW: u32 = 8 << 20;

/// A model behind a socket.
pub struct Acceptor {
    listener: TcpListener,
    server: Arc<Server>,
}

struct Server {
    model: Mutex<Model>,
    cluster: String,
    begun: Instant,
    /// Whether somebody has compressed what it said.
    is_compressed: Arc<AtomicBool>,
}

impl Acceptor {
    /// Listens at an address.
    ///
    /// # Errors
    ///
    /// If the address cannot be had.
    pub async fn bind(address: &Address, model: Model, cluster: &str) -> Result<Self, LiveError> {
        let listener = TcpListener::bind(address.socket)
            .await
            .map_err(|why| LiveError::Taken { address: address.to_string(), why })?;
        let (model, cluster) = (Mutex::new(model), cluster.to_owned());
        let (begun, is_compressed) = (Instant::now(), Arc::default());
        let server = Arc::new(Server { model, cluster, begun, is_compressed });
        Ok(Self { listener, server })
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// If the system does not know.
    pub fn socket(&self) -> Result<SocketAddr, LiveError> {
        Ok(self.listener.local_addr()?)
    }

    /// Whether somebody has compressed what it said, from now on.
    pub fn is_compressed(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.server.is_compressed)
    }

    /// Takes connections, for as long as it is polled.
    pub async fn serve(self) {
        loop {
            match self.listener.accept().await {
                Ok((tcp, _)) => {
                    tokio::spawn(connection(tcp, Arc::clone(&self.server)));
                }
                // A connection that was gone again, or no file left for it: the next one may be had.
                Err(_) => sleep(GLANCE).await,
            }
        }
    }
}

async fn connection(tcp: TcpStream, server: Arc<Server>) {
    let _ = tcp.set_nodelay(true);
    let handshake = server::Builder::new()
        .initial_window_size(WINDOW)
        .initial_connection_window_size(4 * WINDOW)
        .handshake::<_, Bytes>(tcp);
    let Ok(mut http) = handshake.await else { return };
    while let Some(Ok((request, respond))) = http.accept().await {
        match request.uri().path() {
            METRICS => page(respond, &server),
            METHOD => {
                tokio::spawn(stream(request, respond, Arc::clone(&server)));
            }
            _ => refuse(respond, UNIMPLEMENTED, ""),
        }
    }
}

/// The page that names the cluster.
fn page(mut respond: SendResponse<Bytes>, server: &Server) {
    let text = format!("up{{cluster_name=\"{}\"}} 1\n", server.cluster);
    if let Ok(mut send) = respond.send_response(Response::new(()), false) {
        let _ = send.send_data(text.into(), true);
    }
}

pub(super) fn head() -> http::response::Builder {
    Response::builder().header("content-type", "application/grpc")
}

/// An answer that is only a status.
pub(super) fn refuse(mut respond: SendResponse<Bytes>, code: u8, text: &str) {
    let text = text.replace('%', "%25");
    let answer = head().header("grpc-status", code.to_string()).header("grpc-message", text);
    if let Ok(answer) = answer.body(()) {
        let _ = respond.send_response(answer, true);
    }
}

/// Our half of a stream: nothing is sent of it before the first frame.
enum Half {
    Waiting(SendResponse<Bytes>),
    Open(SendStream<Bytes>),
    Over,
}

impl Half {
    /// Does as the model says.
    fn says(self, said: Said) -> Self {
        match (self, said) {
            (Self::Waiting(mut respond), Said::Frame(bytes)) => {
                let Ok(answer) = head().body(()) else { return Self::Over };
                match respond.send_response(answer, false) {
                    Ok(send) => Self::Open(send).says(Said::Frame(bytes)),
                    Err(_) => Self::Over,
                }
            }
            (Self::Waiting(respond), Said::Refused(code, text)) => {
                refuse(respond, code, &text);
                Self::Over
            }
            (Self::Waiting(respond), Said::End) => {
                refuse(respond, 0, "");
                Self::Over
            }
            (Self::Open(mut send), Said::Frame(bytes)) => match send.send_data(bytes, false) {
                Ok(()) => Self::Open(send),
                Err(_) => Self::Over,
            },
            (Self::Open(mut send), said) => {
                let code = if let Said::Refused(code, _) = said { code } else { 0 };
                let mut trailers = HeaderMap::new();
                trailers.insert("grpc-status", u16::from(code).into());
                let _ = send.send_trailers(trailers);
                Self::Over
            }
            (Self::Over, _) => Self::Over,
        }
    }
}

impl Server {
    /// A change that was cut off has left the model as good as before.
    fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn stream(request: Request<RecvStream>, respond: SendResponse<Bytes>, server: Arc<Server>) {
    let mut body = request.into_body();
    let mut half = Half::Waiting(respond);
    let (index, release) = {
        let mut model = server.model();
        (model.opens(server.begun.elapsed()), model.release())
    };
    let mut reader = FrameReader::within(FrameLimits::of(release));
    let mut hears = true;
    while !matches!(half, Half::Over) {
        let deadline = server.model().deadline(index);
        let heard = match (deadline, hears) {
            (Some(deadline), true) => timeout_at(server.begun + deadline, body.data()).await.ok(),
            (None, true) => Some(body.data().await),
            (Some(deadline), false) => {
                tokio::time::sleep_until(server.begun + deadline).await;
                None
            }
            (None, false) => return,
        };
        let now = server.begun.elapsed();
        let said = match heard {
            None => server.model().waits(index, now),
            Some(Some(Ok(chunk))) => {
                let _ = body.flow_control().release_capacity(chunk.len());
                reader.push(&chunk);
                let mut said = Vec::new();
                loop {
                    match reader.next_frame() {
                        Ok(Some(frame)) => said.extend(server.model().reads(index, now, frame)),
                        Ok(None) => break,
                        Err(error) => {
                            hears = false;
                            if matches!(error, StreamError::Compressed { .. }) {
                                server.is_compressed.store(true, Ordering::Relaxed);
                                said.push(Said::Refused(UNIMPLEMENTED, COMPRESSED.to_owned()));
                            }
                            said.extend(server.model().loses(index, now, true));
                            break;
                        }
                    }
                }
                said
            }
            Some(ended) => {
                hears = false;
                let is_broken = ended.is_some();
                server.model().loses(index, now, is_broken)
            }
        };
        for it in said {
            half = half.says(it);
        }
    }
}
