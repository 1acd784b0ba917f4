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
    let asked = timeout(PATIENCE, ask(socket, sql)).await;
    let answer = asked.map_err(|_| "no answer".to_owned())?.map_err(|error| error.to_string())?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or("no answer of HTTP")?;
    // What fails while rows are sent ends the answer there.
    let body: Json = serde_json::from_str(body).map_err(|_| "the answer breaks off".to_owned())?;
    let rows = body.get("rows").and_then(Json::as_array).cloned();
    rows.ok_or_else(|| body.to_string())
}

/// In HTTP/1.0 an answer comes in one piece, and ends with its connection.
async fn ask(socket: SocketAddr, sql: &str) -> io::Result<String> {
    let body = json!({ "query": sql }).to_string();
    let head = format!(
        "POST /query HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Accept: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut tcp = TcpStream::connect(socket).await?;
    tcp.write_all((head + &body).as_bytes()).await?;
    let mut answer = Vec::new();
    tcp.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
