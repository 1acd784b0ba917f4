//! A stream of frames inside HTTP/2, as gRPC has them, with everything that may go wrong on it left
//! to be seen.

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Request};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::dial::Line;
use crate::fabric::limits::FrameLimits;
use crate::fabric::release::Release;
use crate::fabric::stream::FrameReader;
use crate::suite::live::{Heard, METHOD};

/// Our half of a stream. The other one is listened to for as long as this is there: a stream of which
/// both are gone is reset.
pub(super) struct Stream {
    send: SendStream<Bytes>,
    has_ended: bool,
    listening: AbortHandle,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Stream {
    /// Opens a stream; what is heard on it goes to `to`, with its index.
    pub(super) async fn open(
        line: &Line,
        release: Release,
        index: usize,
        to: UnboundedSender<(usize, Heard)>,
    ) -> Result<Self, Heard> {
        let unmade = |error: http::Error| Heard::Broken(error.to_string());
        let request = Request::post(line.uri(METHOD).map_err(unmade)?)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(())
            .map_err(unmade)?;
        let (response, send) =
            line.request(request, false).await.map_err(|error| broken(&error))?;
        let listening = tokio::spawn(async move {
            let heard = listen(response, release, |heard| {
                let _ = to.send((index, heard));
            })
            .await;
            let _ = to.send((index, heard));
        });
        Ok(Self { send, has_ended: false, listening: listening.abort_handle() })
    }

    /// Sends bytes, whatever they are. Who hears nothing of them hears of the end.
    pub(super) fn send(&mut self, bytes: Bytes) {
        if !self.has_ended {
            let _ = self.send.send_data(bytes, false);
        }
    }

    /// Ends both halves at once.
    pub(super) fn reset(&mut self) {
        self.has_ended = true;
        self.send.send_reset(h2::Reason::CANCEL);
    }

    /// Ends our half.
    pub(super) fn end(&mut self) {
        if !self.has_ended {
            self.has_ended = true;
            let _ = self.send.send_data(Bytes::new(), true);
        }
    }
}

/// Hears frames up to the end of the stream, and gives that.
async fn listen(response: ResponseFuture, release: Release, mut hears: impl FnMut(Heard)) -> Heard {
    let response = match response.await {
        Ok(response) => response,
        Err(error) => return broken(&error),
    };
    if !response.status().is_success() {
        return Heard::Broken(format!("HTTP status {}", response.status()));
    }
    // An answer without a frame has its status in its headers.
    if let Some(status) = status(response.headers()) {
        return status;
    }
    let mut body = response.into_body();
    let mut reader = FrameReader::within(FrameLimits::of(release));
    loop {
        match body.data().await {
            None => return trailers(&mut body).await,
            Some(Err(error)) => return broken(&error),
            Some(Ok(chunk)) => {
                if let Err(error) = body.flow_control().release_capacity(chunk.len()) {
                    return broken(&error);
                }
                reader.push(&chunk);
                loop {
                    match reader.next_frame() {
                        Ok(Some(frame)) => hears(Heard::Frame(frame)),
                        Ok(None) => break,
                        Err(error) => return Heard::Broken(error.to_string()),
                    }
                }
            }
        }
    }
}

async fn trailers(body: &mut RecvStream) -> Heard {
    match body.trailers().await {
        Err(error) => broken(&error),
        Ok(trailers) => trailers
            .as_ref()
            .and_then(status)
            .unwrap_or_else(|| Heard::Broken("the stream ended without a status".to_owned())),
    }
}

/// The status in headers or trailers, with its text.
fn status(headers: &HeaderMap) -> Option<Heard> {
    let code = headers.get("grpc-status")?.to_str().ok()?.parse().ok()?;
    let text = headers.get("grpc-message").map(|text| percent_decoded(text.as_bytes()));
    Some(Heard::Status(code, text.unwrap_or_default()))
}

/// Texts of gRPC have a `%` and two digits for what is no plain ASCII.
fn percent_decoded(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let digits = after.first_chunk::<2>().filter(|_| *first == b'%');
        let byte = digits.and_then(|digits| {
            let mut byte = [0];
            hex::decode_to_slice(digits, &mut byte).ok().map(|()| byte[0])
        });
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How a stream fell, alone or with its connection.
fn broken(error: &h2::Error) -> Heard {
    match error.reason() {
        Some(reason) if error.is_reset() => {
            Heard::Broken(format!("the stream was reset: {reason:?}"))
        }
        Some(reason) if error.is_go_away() => {
            Heard::Lost(format!("the connection was ended: {reason:?}"))
        }
        _ => Heard::Lost("the connection was lost".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_grpc_are_read() {
        assert_eq!(percent_decoded(b"'[2:3]' 100%25 %C3%A9 %"), "'[2:3]' 100% \u{e9} %");
        assert_eq!(percent_decoded(b"%zz"), "%zz");
    }
}
