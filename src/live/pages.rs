//! What a server says to operators, over HTTP.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value as Json, json};
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
    let body = asked.answer(socket).await?.ok_or("the answer breaks off")?;
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

impl Request<'_> {
    /// The answer, if it is one of success; or what is said instead.
    pub(super) async fn done(&self, socket: SocketAddr) -> Result<Json, String> {
        let (status, body) = self.asked(socket).await?;
        if status.starts_with('2') {
            Ok(serde_json::from_str(&body).unwrap_or_default())
        } else {
            Err(format!("HTTP {status}: {}", body.trim()))
        }
    }

    /// The answer, whether it is one of success or not; nothing if it breaks off.
    async fn answer(&self, socket: SocketAddr) -> Result<Option<Json>, String> {
        let (_, body) = self.asked(socket).await?;
        Ok(serde_json::from_str(&body).ok())
    }

    /// The status and the body.
    async fn asked(&self, socket: SocketAddr) -> Result<(String, String), String> {
        let asked = timeout(PATIENCE, self.exchanged(socket)).await;
        let answer = asked.map_err(|_| "no answer".to_owned())?.map_err(|it| it.to_string())?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer of HTTP")?;
        let status = head.split(' ').nth(1).unwrap_or_default();
        Ok((status.to_owned(), body.to_owned()))
    }

    /// In HTTP/1.0 an answer comes in one piece, and ends with its connection.
    async fn exchanged(&self, socket: SocketAddr) -> io::Result<String> {
        let Self { method, path, headers, body } = self;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: localhost\r\n{kind}{headers}\
             Accept: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let mut tcp = TcpStream::connect(socket).await?;
        tcp.write_all((head + &body).as_bytes()).await?;
        let mut answer = Vec::new();
        tcp.read_to_end(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}
