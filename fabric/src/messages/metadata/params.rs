//! What a segment says to those who keep it (07 §2, §6). It is text, and stays as it was written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::replication::LocationScope;
use crate::codec::describe::prelude::*;

/// The parameters of a segment: JSON, for a replicated and for a sealed one. Only those of a
/// replicated segment are looked at when the logs are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Params(pub String);

/// Whether a value is what a key must have.
type Domain = fn(&Json) -> bool;

/// What the parameters of a replicated segment must have, and what each must be. More is ignored.
const REPLICATED: [(&str, Domain); 4] = [
    ("loglet_id", Json::is_u64),
    ("sequencer", is_node_in_a_life),
    ("replication", are_factors),
    ("nodeset", are_nodes),
];

/// The same as they are usually written: these four, each once, and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Usual<'a> {
    #[serde(rename = "loglet_id")]
    _loglet_id: u64,
    sequencer: &'a str,
    #[serde(borrow)]
    replication: BTreeMap<&'a str, u8>,
    #[serde(rename = "nodeset")]
    _nodeset: Vec<u32>,
}

/// Whether it is a node in one of its lives, as `N1:2`.
fn is_node_in_a_life(json: &Json) -> bool {
    json.as_str().is_some_and(is_life)
}

fn is_life(text: &str) -> bool {
    let parts = text.strip_prefix('N').and_then(|text| text.split_once(':'));
    let is_number = |text: &str| text.parse::<u32>().is_ok();
    parts.is_some_and(|(id, generation)| is_number(id) && is_number(generation))
}

/// Whether they are factors by scope; what they are together is not looked at.
fn are_factors(json: &Json) -> bool {
    let is_factor = |(name, count): (&String, &Json)| {
        LocationScope::from_name(name).is_some()
            && count.as_u64().is_some_and(|count| u8::try_from(count).is_ok())
    };
    json.as_object().is_some_and(|factors| factors.iter().all(is_factor))
}

/// Whether they are ids of nodes.
fn are_nodes(json: &Json) -> bool {
    let is_node = |json: &Json| json.as_u64().is_some_and(|id| u32::try_from(id).is_ok());
    json.as_array().is_some_and(|nodes| nodes.iter().all(is_node))
}

impl Params {
    /// Whether they are those of a replicated segment.
    pub fn are_of_replicated(&self) -> bool {
        // A structure may be a list as well, and that is not usual.
        if self.0.starts_with('{')
            && let Ok(usual) = serde_json::from_str::<Usual<'_>>(&self.0)
        {
            let is_scope = |name: &&str| LocationScope::from_name(name).is_some();
            return is_life(usual.sequencer) && usual.replication.keys().all(is_scope);
        }
        let params: Json = serde_json::from_str(&self.0).unwrap_or_default();
        REPLICATED.iter().all(|(name, is_good)| params.get(name).is_some_and(is_good))
    }
}

impl From<&str> for Params {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Tree for Params {
    const SHAPE: Shape = Shape::Text("the parameters of a segment");

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        self.0.write(sink, cx);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        String::read(node, cx).map(Self)
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replicated_segment_says_four_things() {
        let full = "{\"loglet_id\":1,\"sequencer\":\"N1:2\",\"replication\":{\"node\":2},\
                    \"nodeset\":[1,2]}";
        let are_good = |text: &str| Params::from(text).are_of_replicated();
        assert!(are_good(full));
        assert!(are_good(&full.replace("[1,2]", "[]")));
        assert!(are_good(&full.replace("\"loglet_id\"", "\"zz\":null,\"loglet_id\"")));
        for key in ["loglet_id", "sequencer", "replication", "nodeset"] {
            assert!(!are_good(&full.replace(key, "other")), "{key}");
        }
        for (old, new) in [
            ("N1:2", "N1"),
            ("N1:2", "1:2"),
            (":1,", ":-1,"),
            ("{\"node\":2}", "{\"rack\":2}"),
            ("{\"node\":2}", "{\"node\":256}"),
            ("[1,2]", "null"),
        ] {
            assert!(!are_good(&full.replace(old, new)), "{new}");
        }
        for (old, new) in [
            ("\"node\":2", "\"node\":2,\"node\":256"),
            (":1,", ":1,\"loglet_id\":\"\","),
            ("\"N1:2\"", "7"),
        ] {
            assert!(!are_good(&full.replace(old, new)), "the last of several: {new}");
        }
        for (old, new) in [
            ("\"node\":2", "\"node\":256,\"node\":2"),
            (":1,", ":-1,\"loglet_id\":1,"),
            ("N1", "\\u004e1"),
            ("{\"loglet", " { \"loglet"),
        ] {
            assert!(are_good(&full.replace(old, new)), "{new}");
        }
        assert!(!are_good("[1,\"N1:2\",{\"node\":2},[1,2]]"));
        assert!(!are_good(""));
        assert!(!are_good(&format!("{full} x")));
    }
}
