//! Text that is drawn: plain, and what spells something.

use std::sync::LazyLock;

use crate::fabric::messages::ids::PartitionKey;
use crate::fabric::messages::text_ids::{
    DeploymentId, InvocationId, InvocationUuid, PartitionProcessorRpcRequestId, SnapshotId,
    SubscriptionId,
};

/// Plain texts.
const PLAIN: [&str; 16] = [
    "a",
    "name",
    "Größe",
    "\u{10ffff}",
    "{}",
    "\"",
    "http://n1:5122/",
    "region.zone",
    " ",
    "\n",
    "Ok",
    "services",
    "0",
    "null",
    "🦀",
    "a/b c",
];

/// Texts of the lengths at which the varint of a length grows, and that of a flexbuffer's length.
static LONG: LazyLock<[String; 4]> =
    LazyLock::new(|| [127, 128, 255, 256].map(|len| "x".repeat(len)));

/// What spells how often something is kept.
const REPLICATIONS: [&str; 8] = [
    "{node: 2}",
    "1",
    "{node: 255}",
    "{zone: 1}",
    "{node: 2, zone: 1}",
    "{ NODE: 3, zone: 03, region: 2 }",
    "{region: 3, node: 3}",
    "255",
];

/// Addresses that every release takes, however it writes them.
const ADDRESSES: [&str; 8] = [
    "http://10.0.0.1:5122/",
    "node-1",
    "10.0.0.1:5122",
    "HTTP://H:5122",
    "unix:node.sock",
    "https://h/p?q#f",
    "http://[::1]:5122/",
    "http://u@h",
];

/// Places of nodes.
const LOCATIONS: [&str; 8] = ["", "r", "r.z", " r ", "r.", "Größe.z", "a\tb", "eu-1.2/3"];

/// What segments of any kind may say.
const PARAMS: [&str; 3] = [
    "{\"loglet_id\":1,\"sequencer\":\"N1:1\",\"replication\":{\"node\":2},\"nodeset\":[1,2,3]}",
    "{\"loglet_id\":18446744073709551615,\"sequencer\":\"N4294967295:0\",\"replication\":{},\
     \"nodeset\":[],\"more\":null}",
    " { \"nodeset\" : [ 4294967295 ] , \"replication\" : { \"zone\" : 255 } , \
     \"sequencer\" : \"N0:1\" , \"loglet_id\" : 0 } ",
];

/// Whose invocations are counted together.
const SCOPES: [&str; 4] = ["a", "Tenant_1", "..", "abcdefghijklmnopqrstuvwxyz-0123456789"];

/// What invocations count against.
const LIMIT_KEYS: [&str; 4] = ["", "a", "a/b", "tenant1/user-2"];

/// What the tracing of a sender adds.
const TRACE_STATES: [&str; 4] = ["", "a=b", "a=1,b=2", "tenant@system=x"];

/// What barriers ask for.
const BARRIERS: [&str; 6] =
    ["1.6.0-dev", "1.7.0-dev", "1.7.5-dev", "0.0.0", "1.5.6+build", "99.0.0"];

/// Durations in the spellings of all releases.
const DURATIONS: [&str; 8] =
    ["1d", "1day", "0s", "1h 30m", "500ms", "59s 999999999ns", "2w", "30d"];

/// What spells where a deployment is, which function it is, and what is sent along.
const URIS: [&str; 6] = [
    "http://localhost:9080/",
    "http://h",
    "HTTPS://h:1/a?b=c",
    "h:1",
    "/path",
    "http://u@[::1]:99999/",
];
const FUNCTIONS: [&str; 2] = [
    "arn:aws:lambda:us-east-1:123456789012:function:greeter:1",
    "arn:aws-cn:lambda:r:0:function:f:$LATEST",
];
const HEADERS: [&str; 4] = ["x-api-key", "X-A", "a", "!"];
const AUTHORITIES: [&str; 4] = ["my-kafka", "host:9092", "A_b", "[::1]:1"];

/// Numbers of 128 bits at which something turns.
const WIDE: [u128; 8] = [
    0,
    1,
    u64::MAX as u128,
    1 << 64,
    0x0198_5a1b_2c3d_4e5f_6071_8293_a4b5_c6d7,
    1 << 127,
    u128::MAX - 1,
    u128::MAX,
];

/// How they are spelled by each type that is one in text.
struct Wide {
    decimals: Vec<String>,
    ulids: Vec<String>,
    invocations: Vec<String>,
    uuids: Vec<String>,
    deployments: Vec<String>,
    snapshots: Vec<String>,
    subscriptions: Vec<String>,
}

static SPELLED: LazyLock<Wide> = LazyLock::new(|| {
    fn spelled(one: impl Fn(u128) -> String) -> Vec<String> {
        WIDE.into_iter().map(one).collect()
    }
    // The upper half of a number serves as the partition key.
    let key = |uuid: u128| PartitionKey((uuid >> 64) as u64);
    Wide {
        decimals: spelled(|number| number.to_string()),
        ulids: spelled(|number| PartitionProcessorRpcRequestId(number).to_string()),
        invocations: spelled(|uuid| InvocationId { partition_key: key(uuid), uuid }.to_string()),
        uuids: spelled(|number| InvocationUuid(number).to_string()),
        deployments: spelled(|number| DeploymentId(number).to_string()),
        snapshots: spelled(|number| SnapshotId(number).to_string()),
        subscriptions: spelled(|number| SubscriptionId(number).to_string()),
    }
});

/// The text that an index chooses among those of its kind, which is what a shape says it spells;
/// none for plain text.
pub(super) fn special(what: &str, index: u8) -> Option<&'static str> {
    let wide = &*SPELLED;
    let texts = match what {
        "a replication property" => return nth(&REPLICATIONS, index).copied(),
        "a scope" => return nth(&SCOPES, index).copied(),
        "a limit key" => return nth(&LIMIT_KEYS, index).copied(),
        "a semantic version" => return nth(&BARRIERS, index).copied(),
        "a trace state" => return nth(&TRACE_STATES, index).copied(),
        "a duration" => return nth(&DURATIONS, index).copied(),
        "a URI" => return nth(&URIS, index).copied(),
        "the name of a Lambda function" => return nth(&FUNCTIONS, index).copied(),
        "a header name" => return nth(&HEADERS, index).copied(),
        "the authority of a URI" => return nth(&AUTHORITIES, index).copied(),
        "an address" => return nth(&ADDRESSES, index).copied(),
        "a location" => return nth(&LOCATIONS, index).copied(),
        "the parameters of a segment" => return nth(&PARAMS, index).copied(),
        "a number of 128 bits" => &wide.decimals,
        "a ULID" => &wide.ulids,
        "an invocation id" => &wide.invocations,
        "the number of an invocation" => &wide.uuids,
        "a deployment id" => &wide.deployments,
        "a snapshot id" => &wide.snapshots,
        "a subscription id" => &wide.subscriptions,
        _ => return None,
    };
    nth(texts, index).map(String::as_str)
}

/// A plain text.
pub(super) fn plain(index: u8) -> &'static str {
    match index & 0x1f {
        index @ ..0x1c => nth(&PLAIN, index).copied().unwrap_or_default(),
        index => nth(&*LONG, index).map_or("", String::as_str),
    }
}

fn nth<T>(list: &[T], index: u8) -> Option<&T> {
    list.get(usize::from(index) % list.len().max(1))
}

/// All texts that spell something.
pub(in crate::suite) fn all_special() -> impl Iterator<Item = &'static str> {
    let wide = &*SPELLED;
    let ids = [&wide.ulids, &wide.invocations, &wide.deployments, &wide.snapshots];
    let ids = ids.into_iter().chain([&wide.subscriptions]).flatten().map(String::as_str);
    let of_schemas = DURATIONS.into_iter().chain(URIS).chain(FUNCTIONS);
    let of_schemas = of_schemas.chain(HEADERS).chain(AUTHORITIES);
    let of_calls = SCOPES.into_iter().chain(LIMIT_KEYS).chain(TRACE_STATES);
    let of_nodes = ADDRESSES.into_iter().chain(LOCATIONS).chain(PARAMS).chain(BARRIERS);
    ids.chain(REPLICATIONS).chain(of_nodes).chain(of_calls).chain(of_schemas)
}
