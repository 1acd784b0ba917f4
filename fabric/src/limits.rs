//! The bounds that decoding keeps, whatever the bytes say (06), and the sizes of frames that each
//! release reads and writes (02 §7, 07 §8).
//!
//! Budgets grow linearly with the input, so no short input can cost much time or memory.

use std::fmt;

use super::gates;
use super::release::{Gate, Release};

/// What a message may weigh where nothing else is configured, in bytes. Up to 1.5 nothing can be.
pub const MESSAGE_SIZE_LIMIT: usize = 32 << 20;

/// What a release with a configured size reads beyond it, for what is around a message, in bytes.
pub const FRAME_SLACK: usize = 1 << 20;

/// Largest payload or frame that is looked at, in bytes: the most that any release reads where
/// nothing else is configured.
pub const INPUT_LEN_MAX: usize = MESSAGE_SIZE_LIMIT + FRAME_SLACK;

/// Which side of a connection writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The one that dials.
    Client,
    /// The one that is dialled.
    Server,
}

impl Side {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Client, Self::Server];
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "client",
            Self::Server => "server",
        })
    }
}

/// How long the frames of a release may be, in bytes, the prefix left out.
///
/// The limits of a sender and of its receiver are settings of two nodes, and nothing compares them:
/// what 1.6 sends may end the reader of 1.5. A payload has no limit of its own: it has what a frame
/// leaves beside the header and the envelope.
///
/// ```
/// use skewproof_fabric::limits::{FrameLimits, Side};
///
/// let of = |release: &str| release.parse().map(FrameLimits::of);
/// assert_eq!(of("1.5")?.inbound, 32 << 20);
/// assert_eq!(of("1.6")?.inbound, 33 << 20);
/// assert_eq!(of("1.2.1")?.outbound(Side::Client), Some(32 << 20));
/// assert_eq!(of("1.2.2")?.outbound(Side::Client), None);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameLimits {
    /// The longest frame that is read. A longer one is the end of the stream.
    pub inbound: usize,
    outbound_client: Option<usize>,
    outbound_server: Option<usize>,
}

impl FrameLimits {
    /// Those of a release where nothing else is configured.
    pub const fn of(release: Release) -> Self {
        Self::with(release, MESSAGE_SIZE_LIMIT)
    }

    /// The longest frame that a release reads, if one of `len` bytes is longer.
    #[inline]
    pub fn exceeded(release: Release, len: usize) -> Option<usize> {
        // Every release reads as much.
        if len <= MESSAGE_SIZE_LIMIT {
            return None;
        }
        Some(Self::of(release).inbound).filter(|len_max| len > *len_max)
    }

    /// Those of a release where `networking.message-size-limit` is so many bytes; none if the
    /// release has no such setting, or does not take the value. There is no upper bound.
    pub const fn configured(release: Release, message_size_limit: usize) -> Option<Self> {
        if CONFIGURES.is_open(release) && message_size_limit > 0 {
            Some(Self::with(release, message_size_limit))
        } else {
            None
        }
    }

    const fn with(release: Release, message_size_limit: usize) -> Self {
        let is_configured = CONFIGURES.is_open(release);
        let slack = if is_configured { FRAME_SLACK } else { 0 };
        Self {
            inbound: message_size_limit.saturating_add(slack),
            outbound_client: limited(CLIENT_WRITES_LIMITED.is_open(release)),
            outbound_server: limited(!is_configured),
        }
    }

    /// The longest frame that one side writes; none if it writes any.
    pub const fn outbound(self, side: Side) -> Option<usize> {
        match side {
            Side::Client => self.outbound_client,
            Side::Server => self.outbound_server,
        }
    }
}

/// The releases with `networking.message-size-limit`. Their servers write frames of any length.
const CONFIGURES: Gate = gates::gate("limits.configured");
/// The releases whose clients bound what they write. Later ones bound what they read, twice (R55).
const CLIENT_WRITES_LIMITED: Gate = gates::gate("limits.client_sends_bounded");

const fn limited(is_limited: bool) -> Option<usize> {
    if is_limited { Some(MESSAGE_SIZE_LIMIT) } else { None }
}

/// Deepest nesting of flexbuffers values.
pub const FLEX_DEPTH_MAX: u32 = 64;

/// Flexbuffers values that may be visited, per byte of input. A writer that shares nothing but keys
/// makes less than one value per byte.
pub const FLEX_NODES_PER_BYTE: usize = 4;

/// Bytes of strings and blobs that may be visited, per byte of input. More than one only if values
/// are shared.
pub const FLEX_TEXT_PER_BYTE: usize = 4;

/// Bytes of map keys that may be visited, per byte of input. Keys are shared by every map of one
/// type, so a long list of small maps visits the same keys over and over.
pub const FLEX_KEYS_PER_BYTE: usize = 64;

/// What the flexbuffers budgets start from, so that small inputs are never short of one.
pub const FLEX_BUDGET_FLOOR: usize = 256;

/// Memory for list elements, in bytes per byte of input. Bilrost writes an all-default element in
/// two bytes, so without a bound a megabyte of them would become hundreds in memory.
pub const MEMORY_PER_BYTE: usize = 16;

/// What the memory budget starts from, in bytes.
pub const MEMORY_FLOOR: usize = 1024 * 1024;

/// Longest log record in JSON that is looked at, in bytes. Nobody writes one, and its values cost many
/// times their text in memory.
pub const JSON_BODY_LEN_MAX: usize = 1024 * 1024;

/// Longest excerpt of foreign text that an error repeats, in bytes.
pub const EXCERPT_LEN_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn release(name: &str) -> Release {
        name.parse().unwrap()
    }

    #[test]
    fn frames_are_as_long_as_each_release_lets_them_be() {
        const MIB: usize = 1 << 20;
        for (name, inbound, client, server) in [
            ("1.2.0", 32, Some(32), Some(32)),
            ("1.2.1", 32, Some(32), Some(32)),
            ("1.2.2", 32, None, Some(32)),
            ("1.3.0", 32, None, Some(32)),
            ("1.4", 32, None, Some(32)),
            ("1.5", 32, None, Some(32)),
            ("1.6.0", 33, None, None),
            ("1.7.0-rc.3", 33, None, None),
            ("1.7", 33, None, None),
        ] {
            let limits = FrameLimits::of(release(name));
            let expected = [Some(inbound), client, server].map(|it| it.map(|mib| mib * MIB));
            let actual = [
                Some(limits.inbound),
                limits.outbound(Side::Client),
                limits.outbound(Side::Server),
            ];
            assert_eq!(actual, expected, "{name}");
        }
    }

    #[test]
    fn sizes_are_configured_from_1_6_on_and_have_no_upper_bound() {
        let configured = |name, size| FrameLimits::configured(release(name), size);
        assert_eq!(configured("1.5", 1), None);
        assert_eq!(configured("1.6.0", 0), None);
        assert_eq!(configured("1.6.0", 1).unwrap().inbound, 1 + (1 << 20));
        assert_eq!(configured("1.7", usize::MAX).unwrap().inbound, usize::MAX);
        let default = FrameLimits::of(release("1.6"));
        assert_eq!(configured("1.6", MESSAGE_SIZE_LIMIT), Some(default));
    }
}
