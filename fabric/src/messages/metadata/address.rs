//! Where a node is reached (07 §6). Every line reads addresses as URIs, and each writes them in a
//! way of its own.

use std::borrow::Cow;

use crate::codec::describe::prelude::*;
use crate::gates;
use crate::release::Release;

/// The address of a node: `unix:` and a path, or a URI.
///
/// It is held as the release that read it writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(String);

/// The port of the fabric, which 1.3 to 1.5 write where the address is a host alone.
const FABRIC_PORT: u16 = 5122;

/// What addresses of sockets in the file system begin with.
const UNIX: &str = "unix:";

/// Colons that an authority may have, outside of brackets and of the user.
const COLONS_MAX: usize = 1;

/// The longest scheme.
const SCHEME_LEN_MAX: usize = 64;

impl Address {
    /// Reads an address as a release does, and holds it as that release writes it. None if the
    /// release refuses it.
    pub fn parse(text: &str, release: Release) -> Option<Self> {
        if text.starts_with(UNIX) {
            return Some(Self(text.to_owned()));
        }
        let uri = Uri::parse(text)?;
        if const { gates::gate("address.has_any_scheme") }.is_open(release) {
            return Some(Self(uri.to_text()));
        }
        let uri = uri.of_http()?;
        let has_port = const { gates::gate("address.has_port") }.is_open(release);
        let uri = if has_port { uri.with_port()? } else { uri };
        Some(Self(uri.to_text()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a release holds the address, and would write it so.
    fn is_held_by(&self, release: Release) -> bool {
        Self::parse(&self.0, release).as_ref() == Some(self)
    }
}

/// The address that a server has when nobody configured another.
impl Default for Address {
    fn default() -> Self {
        Self("http://127.0.0.1:5122/".to_owned())
    }
}

/// The parts of a URI, as far as addresses have them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Uri<'a> {
    /// None in an address that is a host, or a host and a port.
    scheme: Option<&'a str>,
    authority: Cow<'a, str>,
    /// The path and the query: empty only without a scheme.
    path: Cow<'a, str>,
}

impl<'a> Uri<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
            _ => (None, text),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        // An asterisk alone is a URI that has no host.
        let is_host = scheme.is_some() || path.is_empty() && authority != "*";
        if !is_authority(authority) || !is_host {
            return None;
        }
        // Nobody sends what stands behind the hash.
        let path = path.split('#').next().unwrap_or_default();
        if !path.chars().all(is_of_path) {
            return None;
        }
        let has_slash = path.starts_with('/') || scheme.is_none();
        let path = if has_slash { path.into() } else { format!("/{path}").into() };
        Some(Self { scheme: scheme.map(in_own_case), authority: authority.into(), path })
    }

    /// The URI as 1.2 to 1.5 hold it: always one of HTTP. A port that stands where the scheme is
    /// missing is kept; where both are missing it is that of the fabric.
    fn of_http(self) -> Option<Self> {
        match self.scheme {
            Some("http" | "https") => Some(self),
            Some(_) => None,
            None => Some(Self { path: "/".into(), ..self }),
        }
    }

    /// The URI with a port: from 1.3 to 1.5 all have one. None if it has something in its place
    /// that is none.
    fn with_port(self) -> Option<Self> {
        let port = match self.scheme {
            None => FABRIC_PORT,
            Some("https") => 443,
            Some(_) => 80,
        };
        let has_port =
            self.authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if has_port {
            return Some(self);
        }
        let authority = format!("{}:{port}", self.authority);
        is_authority(&authority).then_some(Self { authority: authority.into(), ..self })
    }

    fn to_text(&self) -> String {
        let Self { scheme, authority, path } = self;
        match scheme {
            None if path.is_empty() => authority.to_string(),
            _ => [scheme.unwrap_or("http"), "://", authority, path].concat(),
        }
    }
}

fn is_scheme(text: &str) -> bool {
    let is_of_scheme = |c: char| c.is_ascii_alphanumeric() || ['+', '-', '.'].contains(&c);
    (1..=SCHEME_LEN_MAX).contains(&text.len()) && text.chars().all(is_of_scheme)
}

/// The two schemes of HTTP lose their capitals; others keep them.
fn in_own_case(scheme: &str) -> &str {
    let known = ["http", "https"].into_iter().find(|known| scheme.eq_ignore_ascii_case(known));
    known.unwrap_or(scheme)
}

/// A host, with a user before it and a port behind it if need be.
fn is_authority(text: &str) -> bool {
    let host = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let brackets = host.bytes().filter(|byte| matches!(byte, b'[' | b']')).count();
    let outside = match (host.strip_prefix('['), brackets) {
        (Some(inside), 2) => inside.split_once(']').map(|(_, outside)| outside),
        (None, 0) => Some(host),
        _ => None,
    };
    let is_colon = |byte: &u8| *byte == b':';
    let is_host = |outside: &str| outside.bytes().filter(is_colon).count() <= COLONS_MAX;
    !host.is_empty()
        && outside.is_some_and(is_host)
        && !host.contains('%')
        && text.bytes().all(is_of_authority)
}

fn is_of_authority(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'$'..=b'.' | b':' | b';' | b'=' | b'@' | b'[' | b']' | b'_' | b'~'
        )
}

fn is_of_path(c: char) -> bool {
    !c.is_ascii() || c.is_ascii_graphic() && !"#<>\\^`".contains(c)
}

impl Tree for Address {
    const SHAPE: Shape = Shape::Text("an address");

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        if !self.is_held_by(cx.release) {
            sink.refuse(Unfit::new("NodeConfig", "address"));
        }
        sink.text(&self.0);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let text = node.text()?;
        Self::parse(text, cx.release).ok_or_else(|| {
            let expected = "an address that the release takes, such as http://10.0.0.1:5122/";
            node.fault(FaultKind::Malformed { expected, found: FaultKind::excerpt(text) })
        })
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        let held = Self::parse(&self.0, cx.release);
        *self = held.ok_or_else(|| Unfit::new("NodeConfig", "address"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, release: &str) -> Option<String> {
        Address::parse(text, release.parse().unwrap()).map(|address| address.0)
    }

    /// The table of 07 §6.
    #[test]
    fn every_line_writes_addresses_in_its_own_way() {
        const SAME: &str = "=";
        const REFUSED: &str = "";
        for (address, in_1_2, in_1_3, in_1_6) in [
            ("http://10.0.0.1:5122/", SAME, SAME, SAME),
            ("10.0.0.1:5122", "http://10.0.0.1:5122/", "http://10.0.0.1:5122/", SAME),
            ("node-1", "http://node-1/", "http://node-1:5122/", SAME),
            ("http://10.0.0.1/", SAME, "http://10.0.0.1:80/", SAME),
            ("https://h/", SAME, "https://h:443/", SAME),
            ("HTTP://H:5122/", "http://H:5122/", "http://H:5122/", "http://H:5122/"),
            ("https://h:5122/", SAME, SAME, SAME),
            ("http://u@h:5122/", SAME, SAME, SAME),
            ("http://h:5122/p/q?r=s", SAME, SAME, SAME),
            ("http://[::1]:5122/", SAME, SAME, SAME),
            ("unix:node.sock", SAME, SAME, SAME),
            ("http://h:99999/", SAME, REFUSED, SAME),
            ("ftp://h:1/", REFUSED, REFUSED, SAME),
            ("http://", REFUSED, REFUSED, REFUSED),
            ("http://a b/", REFUSED, REFUSED, REFUSED),
            ("", REFUSED, REFUSED, REFUSED),
        ] {
            let lines = [
                ("1.2", in_1_2),
                ("1.3", in_1_3),
                ("1.4", in_1_3),
                ("1.5", in_1_3),
                ("1.6", in_1_6),
                ("1.7", in_1_6),
            ];
            for (release, expected) in lines {
                let expected = match expected {
                    REFUSED => None,
                    SAME => Some(address.to_owned()),
                    other => Some(other.to_owned()),
                };
                assert_eq!(written(address, release), expected, "{address} in {release}");
            }
        }
    }

    #[test]
    fn what_was_read_is_read_again_as_it_is() {
        let default = Address::default();
        for release in ["1.2", "1.3", "1.5", "1.6", "1.7"] {
            for text in ["node-1", "h:1", "HTTP://h", "http://h?q", "http://h/#f", default.as_str()]
            {
                let release: Release = release.parse().unwrap();
                let read = Address::parse(text, release).unwrap();
                assert!(read.is_held_by(release), "{text} in {release}: {read:?}");
            }
        }
    }

    #[test]
    fn what_is_no_host_is_no_address() {
        for wrong in ["/", "*", "a:b:c", "[::1", "::1]", "a/b", "h%41", "http://u@/", "http:///p"] {
            assert_eq!(written(wrong, "1.2"), None, "{wrong}");
            assert_eq!(written(wrong, "1.7"), None, "{wrong}");
        }
    }
}
