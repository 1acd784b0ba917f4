//! What a server says to operators, over HTTP.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value as Json, json};
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether a page can be had.
pub(super) async fn is_healthy(socket: SocketAddr, path: &str) -> bool {
    let answer = async {
        let mut tcp = TcpStream::connect(socket).await?;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        tcp.write_all(request.as_bytes()).await?;
        let mut first = [0; 12];
        tcp.read_exact(&mut first).await?;
        io::Result::Ok(first)
    };
    timeout(Duration::from_secs(1), answer)
        .await
        .is_ok_and(|it| it.is_ok_and(|it| it.ends_with(b" 200")))
}

/// The rows that a query gives, as objects; or what is said instead.
pub(super) async fn query(socket: SocketAddr, sql: &str) -> Result<Vec<Json>, String> {
    let asked =
        Request { method: "POST", path: "/query", headers: "", body: json!({ "query": sql }) };
    // What fails while rows are sent ends the answer there.
    let answer = asked.answer(socket).await.map_err(|undone| undone.to_string())?;
    let body = answer.ok_or("the answer breaks off")?;
    let rows = body.get("rows").and_then(Json::as_array).cloned();
    rows.ok_or_else(|| body.to_string())
}

/// What is asked of a server over HTTP.
pub(super) struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    /// Lines of its head beside those that every request has.
    pub headers: &'a str,
    /// What it is about; null if nothing is to be said of it.
    pub body: Json,
}

/// Why something that was asked for is not done, in words.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Undone {
    /// Nobody was there, or who was there has refused it.
    #[error("{0}")]
    Refused(String),
    /// Nobody has answered: it may be done all the same.
    #[error("{0}")]
    Unanswered(String),
}

impl Request<'_> {
    /// The answer, if it is one of success; or what is said instead.
    pub(super) async fn done(&self, socket: SocketAddr) -> Result<Json, Undone> {
        let (status, body) = self.asked(socket).await?;
        if status.starts_with('2') {
            Ok(serde_json::from_str(&body).unwrap_or_default())
        } else {
            Err(Undone::Refused(format!("HTTP {status}: {}", body.trim())))
        }
    }

    /// The answer, whether it is one of success or not; nothing if it breaks off.
    async fn answer(&self, socket: SocketAddr) -> Result<Option<Json>, Undone> {
        let (_, body) = self.asked(socket).await?;
        Ok(serde_json::from_str(&body).ok())
    }

    /// The status and the body.
    async fn asked(&self, socket: SocketAddr) -> Result<(String, String), Undone> {
        let tcp = within(TcpStream::connect(socket)).await.map_err(Undone::Refused)?;
        let answer = within(self.exchanged(tcp)).await.map_err(Undone::Unanswered)?;
        let parts = answer.split_once("\r\n\r\n");
        let none = || Undone::Unanswered("no answer of HTTP".to_owned());
        let (head, body) = parts.ok_or_else(none)?;
        let status = head.split(' ').nth(1).unwrap_or_default();
        Ok((status.to_owned(), body.to_owned()))
    }

    /// In HTTP/1.0 an answer comes in one piece, and ends with its connection.
    async fn exchanged(&self, mut tcp: TcpStream) -> io::Result<String> {
        let Self { method, path, headers, body } = self;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: localhost\r\n{kind}{headers}\
             Accept: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        tcp.write_all((head + &body).as_bytes()).await?;
        let mut answer = Vec::new();
        tcp.read_to_end(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// What is there in time; or why it is not, in words.
async fn within<T>(it: impl Future<Output = io::Result<T>>) -> Result<T, String> {
    let it = timeout(PATIENCE, it).await.map_err(|_| "no answer".to_owned())?;
    it.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::live::probe::runtime;

    /// What is asked of somebody who answers everything so, before the connection ends.
    fn asked(answer: &'static str) -> Result<Json, Undone> {
        runtime().unwrap().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let socket = listener.local_addr().unwrap();
            tokio::spawn(async move {
                let (mut tcp, _) = listener.accept().await.unwrap();
                // All of the request: what is left unread would end the connection before the answer.
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(tcp.read_u8().await.unwrap());
                }
                tcp.write_all(answer.as_bytes()).await.unwrap();
            });
            let request = Request { method: "POST", path: "/any", headers: "", body: Json::Null };
            request.done(socket).await
        })
    }

    #[test]
    fn what_nobody_answers_may_be_done() {
        let said = asked("HTTP/1.0 200 OK\r\n\r\n{\"it\": 1}");
        assert_eq!(said, Ok(json!({ "it": 1 })));
        let refused = Undone::Refused("HTTP 409: there is one".to_owned());
        assert_eq!(asked("HTTP/1.0 409 Conflict\r\n\r\nthere is one"), Err(refused));
        assert!(matches!(asked(""), Err(Undone::Unanswered(_))));
        let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
        let request = Request { method: "POST", path: "/any", headers: "", body: Json::Null };
        let said = runtime().unwrap().block_on(request.done(nobody));
        assert!(matches!(said, Err(Undone::Refused(_))));
    }
}
