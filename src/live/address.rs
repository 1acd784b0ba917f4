//! Where a server is: `127.0.0.1:5122`, `http://localhost:5122/`.

use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use thiserror::Error;

/// The port on which servers talk to each other unless they are told otherwise.
const PORT: u16 = 5122;

/// A socket, as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    named: String,
    /// Where that is.
    pub socket: SocketAddr,
    /// Where else, if it is a name with several.
    pub others: Vec<SocketAddr>,
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoAddress {
    /// TLS is asked for.
    #[error("{0}: TLS is not spoken here")]
    Tls(String),
    /// Nobody has it.
    #[error("{named} is no address: {why}")]
    Unknown {
        /// What was given.
        named: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Address {
    /// Reads an address, and looks its name up.
    ///
    /// # Errors
    ///
    /// If it is none, or TLS is asked for.
    pub fn read(text: &str) -> Result<Self, NoAddress> {
        if text.starts_with("https://") {
            return Err(NoAddress::Tls(text.to_owned()));
        }
        let named = text.strip_prefix("http://").unwrap_or(text).trim_end_matches('/');
        let unknown = |why: String| NoAddress::Unknown { named: text.to_owned(), why };
        let has_port = named.parse::<IpAddr>().is_err()
            && named.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
        let found =
            if has_port { named.to_socket_addrs() } else { (named, PORT).to_socket_addrs() };
        let mut found = found.map_err(|error| unknown(error.to_string()))?;
        let socket = found.next().ok_or_else(|| unknown("the name has none".to_owned()))?;
        Ok(Self { named: named.to_owned(), socket, others: found.collect() })
    }

    /// Whether it is this machine.
    pub fn is_loopback(&self) -> bool {
        [&self.socket].into_iter().chain(&self.others).all(|it| it.ip().is_loopback())
    }
}

impl From<SocketAddr> for Address {
    fn from(socket: SocketAddr) -> Self {
        Self { named: socket.to_string(), socket, others: Vec::new() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_port_or_the_usual_one() {
        let socket = |text: &str| Address::read(text).unwrap().socket.to_string();
        assert_eq!(socket("127.0.0.1:7"), "127.0.0.1:7");
        assert_eq!(socket("http://127.0.0.1:7/"), "127.0.0.1:7");
        assert_eq!(socket("127.0.0.1"), "127.0.0.1:5122");
        assert_eq!(socket("[::1]:7"), "[::1]:7");
        assert_eq!(socket("::1"), "[::1]:5122");
        assert!(Address::read("127.0.0.1").unwrap().is_loopback());
        assert!(!Address::read("192.0.2.1").unwrap().is_loopback());
    }

    #[test]
    fn what_is_no_address_is_said() {
        let error = |text: &str| Address::read(text).unwrap_err().to_string();
        assert!(error("127.0.0.1:99999").starts_with("127.0.0.1:99999 is no address: "));
        assert!(error("").starts_with(" is no address: "));
        assert_eq!(error("https://a:1/"), "https://a:1/: TLS is not spoken here");
    }
}
