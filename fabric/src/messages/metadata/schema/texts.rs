//! Texts inside schemas that follow a grammar (07 §3.3, §6).

use crate::codec::describe::prelude::*;

macro_rules! checked_texts {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $default:literal, $parse:path;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Reads its text, into the spelling in which it is written. None if it does not
            /// follow the grammar.
            pub fn parse(text: &str) -> Option<Self> {
                $parse(text).map(Self)
            }

            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Reads its text, which stands at a place.
            pub(super) fn checked<'a, N: Node<'a>>(text: &str, node: N) -> Result<Self, Fault> {
                Self::parse(text).ok_or_else(|| {
                    let found = FaultKind::excerpt(text);
                    node.fault(FaultKind::Malformed { expected: $what, found })
                })
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self($default.to_owned())
            }
        }

        impl Tree for $name {
            const SHAPE: Shape = Shape::Text($what);

            fn write<S: Sink>(&self, sink: &mut S, _: Context) {
                sink.text(&self.0);
            }

            fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
                Self::checked(node.text()?, node)
            }

            fn fit(&mut self, _: Context) -> Result<(), Unfit> {
                Ok(())
            }
        }
    )*};
}

checked_texts! {
    /// Where a deployment listens.
    EndpointUri, "a URI", "http://localhost/", uri;
    /// A version of a function of AWS Lambda.
    LambdaArn, "the name of a Lambda function",
        "arn:aws:lambda:us-east-1:000000000000:function:f:1", lambda_arn;
    /// The name of an HTTP header, in lower case.
    HeaderName, "a header name", "x", header_name;
    /// The name of a Kafka cluster: the authority of a URI.
    KafkaClusterName, "the authority of a URI", "kafka", authority;
}

/// A URI, or the part of one that is enough to make a request: an authority or a path. Scheme and
/// path are written out: `HTTP://h` is `http://h/`. What stands behind `#` falls off.
fn uri(text: &str) -> Option<String> {
    let text = text.split_once('#').map_or(text, |(text, _)| text);
    let Some((scheme, rest)) = text.split_once("://") else {
        let is_path = text == "*" || text.starts_with('/') && is_path(text);
        return if is_path { Some(text.to_owned()) } else { authority(text) };
    };
    let mut symbols = scheme.bytes();
    let is_scheme = symbols.next().is_some_and(|first| first.is_ascii_alphabetic())
        && symbols.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at_checked(end)?;
    let host = authority(host).filter(|_| is_scheme && is_path(path))?;
    let known = ["http", "https"].into_iter().find(|known| scheme.eq_ignore_ascii_case(known));
    let root = if path.starts_with('/') { "" } else { "/" };
    Some(format!("{}://{host}{root}{path}", known.unwrap_or(scheme)))
}

/// Whether it may stand behind the authority of a URI.
fn is_path(text: &str) -> bool {
    text.bytes().all(|byte| byte > b' ' && !b"\x7f<>\\^`".contains(&byte))
}

/// Host and port, perhaps with a user before them. Any host will do that a URI could have.
fn authority(text: &str) -> Option<String> {
    const MARKS: &[u8] = b"-._~!$&'()*+,;=:@[]%";
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || MARKS.contains(&b));
    let host = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let is_host = match host.split_once(']') {
        Some((address, port)) => {
            address.len() > 1
                && address.starts_with('[')
                && (port.is_empty() || port.starts_with(':'))
                && !port.contains(['[', ']'])
        }
        None => !host.contains('[') && host.matches(':').count() < 2 && !host.starts_with(':'),
    };
    let is_one = text.matches('@').count() < 2 && !host.is_empty();
    (is_plain && is_host && is_one).then(|| text.to_owned())
}

/// `arn:<partition>:lambda:<region>:<account>:function:<name>:<version>`, no part of it empty.
fn lambda_arn(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(':').collect();
    let is_arn = matches!(parts.as_slice(), ["arn", _, "lambda", _, _, "function", _, _])
        && parts.iter().all(|part| !part.is_empty() && !part.contains(char::is_whitespace));
    is_arn.then(|| text.to_owned())
}

/// The symbols of a token of HTTP.
fn header_name(text: &str) -> Option<String> {
    const MARKS: &[u8] = b"!#$%&'*+-.^_`|~";
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || MARKS.contains(&byte);
    let is_name = !text.is_empty() && text.bytes().all(is_token);
    is_name.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str) -> Option<String> {
        EndpointUri::parse(text).map(|uri| uri.as_str().to_owned())
    }

    #[test]
    fn uris_are_written_out() {
        for (text, written) in [
            ("http://localhost:9080", "http://localhost:9080/"),
            ("http://localhost:9080/", "http://localhost:9080/"),
            ("HTTP://H:5122/a?b=c#d", "http://H:5122/a?b=c"),
            ("https://u:p@[::1]:1/", "https://u:p@[::1]:1/"),
            ("http://h?q", "http://h/?q"),
            ("Unix+a://h/", "Unix+a://h/"),
            ("h:1", "h:1"),
            ("/path", "/path"),
        ] {
            assert_eq!(spelled(text).as_deref(), Some(written), "{text}");
        }
        for text in ["", "http://", "http://a b/", "http://h/ ", "1://h/", "http://a@b@c/", "h/x"] {
            assert_eq!(spelled(text), None, "{text}");
        }
    }

    #[test]
    fn the_name_of_a_kafka_cluster_is_an_authority() {
        for text in ["my-kafka", "my_kafka", "MyKafka", "b.example.com", "host:9092"] {
            let name = KafkaClusterName::parse(text).unwrap();
            assert_eq!(name.as_str(), text);
        }
        for text in ["", "a b", "a/b", "a?b", "[::1", "a:b:c", ":1", "a@"] {
            assert_eq!(KafkaClusterName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_function_has_a_name_and_a_version() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:greeter:1";
        assert!(LambdaArn::parse(arn).is_some());
        for text in [
            "",
            "arn:aws:lambda:us-east-1:123456789012:function:greeter",
            "arn:aws:s3:us-east-1:123456789012:function:greeter:1",
            "arn:aws:lambda:us-east-1:123456789012:layer:greeter:1",
            "arn:aws:lambda::123456789012:function:greeter:1",
            "arn:aws:lambda:us-east-1:123456789012:function:greeter:1:2",
        ] {
            assert_eq!(LambdaArn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn header_names_are_tokens_in_lower_case() {
        assert_eq!(HeaderName::parse("X-A").unwrap().as_str(), "x-a");
        for text in ["", "a b", "a:", "ä"] {
            assert_eq!(HeaderName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn defaults_follow_their_grammar() {
        assert!(EndpointUri::parse(EndpointUri::default().as_str()).is_some());
        assert!(LambdaArn::parse(LambdaArn::default().as_str()).is_some());
        assert!(HeaderName::parse(HeaderName::default().as_str()).is_some());
        assert!(KafkaClusterName::parse(KafkaClusterName::default().as_str()).is_some());
    }
}
