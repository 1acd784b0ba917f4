//! Identifiers that travel as text (03 §5).
//!
//! Two spellings: the 26 digits of a ULID, and numbers of fixed width in base 62 behind a prefix.
//! For base 62 the bytes of the number are first reversed; that is what the released servers do on
//! all their platforms.

use std::fmt;

use super::ids::PartitionKey;
use crate::codec::describe::prelude::*;
use crate::gates;

/// Digits of base 62.
const BASE62: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Digits that a `u64` takes in base 62.
const BASE62_U64_LEN: usize = 11;
/// Digits that a `u128` takes in base 62.
const BASE62_U128_LEN: usize = 22;

/// Crockford's digits of base 32.
const BASE32: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Digits of a ULID.
const ULID_LEN: usize = 26;

/// A request to a partition processor: a ULID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PartitionProcessorRpcRequestId(pub u128);

/// An invocation, and the partition key that it belongs to: `inv_1`, then both numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct InvocationId {
    /// Which partition it belongs to.
    pub partition_key: PartitionKey,
    /// Which invocation of that key it is.
    pub uuid: u128,
}

/// A deployment of services: `dp_1`, then the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DeploymentId(pub u128);

/// A subscription to events: `sub_1`, then the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SubscriptionId(pub u128);

/// A snapshot of a partition: `snap_1`, then the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SnapshotId(pub u128);

/// An invocation without its partition key: the number alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct InvocationUuid(pub u128);

/// Digits that are made at once, of a part of the number that 64 bits hold in either base.
const PART_LEN: usize = 10;

/// Writes a number with exactly `width` digits, which a ULID has most of.
fn write_digits(
    f: &mut fmt::Formatter<'_>,
    mut value: u128,
    alphabet: &[u8],
    width: usize,
) -> fmt::Result {
    let base = alphabet.len() as u64;
    let part_max = u128::from(base.pow(PART_LEN as u32));
    let mut digits = [0; ULID_LEN];
    let digits = digits.get_mut(..width).unwrap_or_default();
    for part in digits.rchunks_mut(PART_LEN) {
        let mut rest = (value % part_max) as u64;
        value /= part_max;
        for digit in part.iter_mut().rev() {
            *digit = alphabet.get((rest % base) as usize).copied().unwrap_or_default();
            rest /= base;
        }
    }
    f.write_str(std::str::from_utf8(digits).unwrap_or_default())
}

/// What byte stands for which digit, those of `also` for the same; [`NO_DIGIT`] for the others.
const fn values(alphabet: &[u8], also: &[u8]) -> [u8; 256] {
    let mut values = [NO_DIGIT; 256];
    let mut digit = 0;
    while digit < alphabet.len() {
        values[also[digit] as usize] = digit as u8;
        values[alphabet[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
}

const NO_DIGIT: u8 = u8::MAX;
const BASE62_VALUES: [u8; 256] = values(BASE62, BASE62);
const BASE32_VALUES: [u8; 256] = values(BASE32, b"0123456789abcdefghjkmnpqrstvwxyz");

/// Reads a number with exactly `width` digits of a base. None if there is anything else; `append` puts
/// a part with its power behind the number so far, or says that it does not fit.
fn read_digits(
    text: &str,
    width: usize,
    base: u64,
    values: &[u8; 256],
    append: impl Fn(u128, u64, u64) -> Option<u128>,
) -> Option<u128> {
    if text.len() != width {
        return None;
    }
    text.as_bytes().chunks(PART_LEN).try_fold(0, |value, part| {
        let (digits, power) = part.iter().try_fold((0, 1), |(digits, power), &byte| {
            let digit = values[usize::from(byte)];
            (digit != NO_DIGIT).then_some((digits * base + u64::from(digit), power * base))
        })?;
        append(value, power, digits)
    })
}

/// Reads the digits of a ULID, in small or capital letters. What is more than 128 bits is lost.
fn read_ulid(text: &str) -> Option<u128> {
    read_digits(text, ULID_LEN, 32, &BASE32_VALUES, |value, power, digits| {
        Some(value.wrapping_mul(power.into()) | u128::from(digits))
    })
}

/// Reads a number with exactly `width` digits of base 62. None if there is anything else, or if the
/// number has more than 128 bits.
fn read_base62(text: &str, width: usize) -> Option<u128> {
    read_digits(text, width, 62, &BASE62_VALUES, |value, power, digits| {
        value.checked_mul(power.into())?.checked_add(digits.into())
    })
}

/// Reads a `u128` in base 62.
fn read_base62_u128(text: &str) -> Option<u128> {
    read_base62(text, BASE62_U128_LEN).map(u128::swap_bytes)
}

impl PartitionProcessorRpcRequestId {
    /// Reads its text, as the servers do: in any case, and whatever is beyond 128 bits is lost
    /// (07 §6).
    pub fn parse(text: &str) -> Option<Self> {
        read_ulid(text).map(Self)
    }
}

impl fmt::Display for PartitionProcessorRpcRequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_digits(f, self.0, BASE32, ULID_LEN)
    }
}

impl InvocationId {
    /// What its text begins with.
    const PREFIX: &str = "inv_1";
    /// Length of its text.
    const LEN: usize = Self::PREFIX.len() + BASE62_U64_LEN + BASE62_U128_LEN;

    /// Reads its text. None if it is anything else than the one spelling of an id.
    pub fn parse(text: &str) -> Option<Self> {
        let (key, uuid) = text.strip_prefix(Self::PREFIX)?.split_at_checked(BASE62_U64_LEN)?;
        let key = u64::try_from(read_base62(key, BASE62_U64_LEN)?).ok()?;
        let partition_key = PartitionKey(key.swap_bytes());
        Some(Self { partition_key, uuid: read_base62_u128(uuid)? })
    }
}

impl fmt::Display for InvocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::PREFIX)?;
        write_digits(f, self.partition_key.0.swap_bytes().into(), BASE62, BASE62_U64_LEN)?;
        write_digits(f, self.uuid.swap_bytes(), BASE62, BASE62_U128_LEN)
    }
}

macro_rules! prefixed_u128 {
    ($($name:ident, $prefix:literal;)*) => {$(
        impl $name {
            /// What its text begins with.
            const PREFIX: &str = $prefix;
            /// Length of its text.
            const LEN: usize = Self::PREFIX.len() + BASE62_U128_LEN;

            /// Reads its text. None if it is anything else than the one spelling of an id.
            pub fn parse(text: &str) -> Option<Self> {
                let digits = text.strip_prefix(Self::PREFIX)?;
                read_base62_u128(digits).filter(|_| text.len() == Self::LEN).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(Self::PREFIX)?;
                write_digits(f, self.0.swap_bytes(), BASE62, BASE62_U128_LEN)
            }
        }
    )*};
}

prefixed_u128! {
    DeploymentId, "dp_1";
    SnapshotId, "snap_1";
    SubscriptionId, "sub_1";
    InvocationUuid, "";
}

/// The part of a text that releases read which ignore what comes behind an id (07 §1.1).
#[cold]
fn without_tail(text: &str, len: usize) -> &str {
    text.get(..len).unwrap_or(text)
}

/// Ids as text: what they are, and the gate of the releases that ignore what comes behind them.
macro_rules! text_trees {
    ($($name:ident, $what:literal $(, $tail:literal)?;)*) => {$(
        impl Tree for $name {
            const SHAPE: Shape = Shape::Text($what);

            fn write<S: Sink>(&self, sink: &mut S, _: Context) {
                sink.text(&self.to_string());
            }

            #[allow(unused_variables)]
            fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
                let text = node.text()?;
                $(
                    let ignores_tail = N::FORM == Form::Flexbuffers
                        && text.len() > Self::LEN
                        && const { gates::gate($tail) }.is_open(cx.release);
                    let text = if ignores_tail { without_tail(text, Self::LEN) } else { text };
                )?
                Self::parse(text).ok_or_else(|| {
                    let found = FaultKind::excerpt(text);
                    node.fault(FaultKind::Malformed { expected: $what, found })
                })
            }

            fn fit(&mut self, _: Context) -> Result<(), Unfit> {
                Ok(())
            }
        }
    )*};
}

text_trees! {
    PartitionProcessorRpcRequestId, "a ULID";
    InvocationId, "an invocation id", "tail.InvocationId";
    DeploymentId, "a deployment id", "tail.DeploymentId";
    SnapshotId, "a snapshot id", "tail.SnapshotId";
    SubscriptionId, "a subscription id";
    InvocationUuid, "the number of an invocation";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::flex::{from_flex, to_flex};
    use crate::messages::tests::context;

    const ULID: u128 = 0x0198_5a1b_2c3d_4e5f_6071_8293_a4b5_c6d7;

    #[test]
    fn the_figures_of_the_specification() {
        let uuid = ULID;
        let partition_key = PartitionKey(0x0102_0304_0506_0708);
        let invocation = InvocationId { partition_key, uuid };
        let text = "inv_10GJfy0GGPIZ6za9Yb9WDRfnNAjaW0tf3P";
        assert_eq!(invocation.to_string(), text);
        assert_eq!(InvocationId::parse(text), Some(invocation));

        let text = "01K1D1PB1X9SFP0WC2JEJBBHPQ";
        assert_eq!(PartitionProcessorRpcRequestId(ULID).to_string(), text);
        assert_eq!(
            PartitionProcessorRpcRequestId::parse(text),
            Some(PartitionProcessorRpcRequestId(ULID))
        );

        assert_eq!(DeploymentId(u128::MAX).to_string(), "dp_17N42dgm5tFLK9N8MT7fHC7");
        assert_eq!(SnapshotId(ULID).to_string(), "snap_16za9Yb9WDRfnNAjaW0tf3P");
        assert_eq!(SnapshotId::parse("snap_16za9Yb9WDRfnNAjaW0tf3P"), Some(SnapshotId(ULID)));
    }

    #[test]
    fn every_id_survives_its_text() {
        for number in [0, 1, 61, 62, u128::from(u64::MAX), u128::MAX - 1, u128::MAX] {
            let partition_key = PartitionKey(number as u64);
            let invocation = InvocationId { partition_key, uuid: number };
            assert_eq!(InvocationId::parse(&invocation.to_string()), Some(invocation));
            let request = PartitionProcessorRpcRequestId(number);
            assert_eq!(PartitionProcessorRpcRequestId::parse(&request.to_string()), Some(request));
            let deployment = DeploymentId(number);
            assert_eq!(DeploymentId::parse(&deployment.to_string()), Some(deployment));
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            "inv_1",
            "inv_",
            "dp_10GJfy0GGPIZ6za9Yb9WDRfnNAjaW0tf3P",
            "inv_20GJfy0GGPIZ6za9Yb9WDRfnNAjaW0tf3P",
            "inv_10GJfy0GGPIZ6za9Yb9WDRfnNAjaW0tf3",
            "inv_10GJfy0GGPIZ6za9Yb9WDRfnNAjaW0tf3PP",
            "inv_10GJfy0GGPI-6za9Yb9WDRfnNAjaW0tf3P",
            "inv_10GJfy0GGPé6za9Yb9WDRfnNAjaW0tf3P",
            // One more than `u64::MAX`, and than `u128::MAX`.
            "inv_1lYGhA16ahyg0000000000000000000000",
            "inv_1000000000007N42dgm5tFLK9N8MT7fHC8",
        ] {
            assert_eq!(InvocationId::parse(text), None, "{text}");
        }
        for text in [
            "01K1D1PB1X9SFP0WC2JEJBBHP",
            "01K1D1PB1X9SFP0WC2JEJBBHPQQ",
            "01K1D1PB1X9SFP0WC2JEJBBHPU",
            "01K1D1PB1X9SFP0WC2JEJBBHPi",
        ] {
            assert_eq!(PartitionProcessorRpcRequestId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ulids_are_read_in_any_case_and_lose_what_is_too_much() {
        let parse = PartitionProcessorRpcRequestId::parse;
        let id = Some(PartitionProcessorRpcRequestId(ULID));
        assert_eq!(parse("01k1d1pb1x9sfp0wc2jejbbhpq"), id);
        assert_eq!(parse("01k1d1PB1X9SFP0WC2JEJBBHPQ"), id);
        assert_eq!(parse("8ZZZZZZZZZZZZZZZZZZZZZZZZZ"), parse("0ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
        assert_eq!(parse("ZZZZZZZZZZZZZZZZZZZZZZZZZZ"), parse("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
    }

    #[test]
    fn old_releases_ignore_what_follows_an_id() {
        fn reads<T: Tree>(text: &str, release: &str) -> bool {
            let flex = to_flex(&text.to_owned(), context(release)).unwrap();
            from_flex::<T>(&flex, context(release)).is_ok()
        }
        let invocation = "inv_10GJfy0GGPIZ6za9Yb9WDRfnNAjaW0tf3P";
        for tail in ["P", " ", "é"] {
            let text = format!("{invocation}{tail}");
            assert!(reads::<InvocationId>(&text, "1.2.0") && reads::<InvocationId>(&text, "1.7.2"));
            assert!(!reads::<InvocationId>(&text, "1.7.3"));
            let text = format!("dp_16za9Yb9WDRfnNAjaW0tf3P{tail}");
            assert!(reads::<DeploymentId>(&text, "1.2.3"));
            assert!(!reads::<DeploymentId>(&text, "1.3.0"));
            let text = format!("snap_16za9Yb9WDRfnNAjaW0tf3P{tail}");
            assert!(reads::<SnapshotId>(&text, "1.2.0"));
            assert!(!reads::<SnapshotId>(&text, "1.3.0"));
        }
        assert!(!reads::<InvocationId>("inv_10GJfy0GGPIZ6za9Yb9WDRfnNAjaW0tfé", "1.2.0"));
    }
}
