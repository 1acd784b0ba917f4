//! The bijective varint: every number has exactly one form, of at most nine bytes (03 §2).
//!
//! A form of `n` bytes is the number less [`OFFSETS`]`[n]`, in groups of seven bits, least ones
//! first, with the high bit of every byte but the last. The ninth byte has eight bits.

/// Bytes of the longest varint.
pub(super) const LEN_MAX: usize = 9;

/// The smallest number of each length; the index is the length.
const OFFSETS: [u64; LEN_MAX + 1] = offsets();

const fn offsets() -> [u64; LEN_MAX + 1] {
    let mut offsets = [0; LEN_MAX + 1];
    let mut len = 2;
    while len <= LEN_MAX {
        offsets[len] = offsets[len - 1] + (1 << (7 * (len - 1)));
        len += 1;
    }
    offsets
}

/// The high bit of every byte.
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// A varint of up to eight bytes, the last of them in the highest byte of a word; or the ninth byte
/// apart.
pub(super) struct Varint {
    /// The first eight bytes, aligned to the end.
    pub(super) word: u64,
    /// How many of them count.
    pub(super) word_len: usize,
    /// The ninth byte.
    pub(super) ninth: Option<u8>,
}

impl Varint {
    /// The form of a number.
    #[inline]
    pub(super) fn new(value: u64) -> Self {
        let len = len(value);
        let rest = value - OFFSETS[len];
        if len == LEN_MAX {
            let word = spread(rest & ((1 << 56) - 1)) | HIGH_BITS;
            return Self { word, word_len: 8, ninth: Some((rest >> 56) as u8) };
        }
        let unused_bits = 8 * (8 - len as u32);
        // All bytes but the last are continued.
        let continued = (HIGH_BITS << unused_bits) & (u64::MAX >> 8);
        Self { word: spread(rest) << unused_bits | continued, word_len: len, ninth: None }
    }
}

/// Bytes that a number takes.
#[inline]
fn len(value: u64) -> usize {
    // As many groups of seven bits as the number has, or one less; never more than nine.
    let groups = ((63 - (value | 1).leading_zeros()) / 7 + 1).min(LEN_MAX as u32) as usize;
    groups - usize::from(value < OFFSETS[groups])
}

/// Puts each group of seven bits into a byte of its own.
#[inline]
fn spread(groups: u64) -> u64 {
    let x = (groups & 0x0fff_ffff) | (groups & 0x00ff_ffff_f000_0000) << 4;
    let x = (x & 0x0000_3fff_0000_3fff) | (x & 0x0fff_c000_0fff_c000) << 2;
    (x & 0x007f_007f_007f_007f) | (x & 0x3f80_3f80_3f80_3f80) << 1
}

/// Takes the groups of seven bits out of their bytes.
#[inline]
fn gather(bytes: u64) -> u64 {
    let x = (bytes & 0x007f_007f_007f_007f) | (bytes & 0x7f00_7f00_7f00_7f00) >> 1;
    let x = (x & 0x0000_3fff_0000_3fff) | (x & 0x3fff_0000_3fff_0000) >> 2;
    (x & 0x0fff_ffff) | (x & 0x0fff_ffff_0000_0000) >> 4
}

/// Why no number could be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// The bytes end before the number does.
    Truncated,
    /// The number is larger than 64 bits.
    Overflow,
}

/// Reads a number, and what is behind it.
#[inline]
pub(crate) fn read(bytes: &[u8]) -> Result<(u64, &[u8]), Unreadable> {
    match bytes.split_first() {
        Some((&byte, rest)) if byte < 0x80 => Ok((u64::from(byte), rest)),
        _ => read_long(bytes),
    }
}

fn read_long(bytes: &[u8]) -> Result<(u64, &[u8]), Unreadable> {
    let Some(word) = bytes.first_chunk::<8>() else { return read_bytewise(bytes) };
    let word = u64::from_le_bytes(*word);
    let stops = !word & HIGH_BITS;
    if stops == 0 {
        return read_bytewise(bytes);
    }
    let len = stops.trailing_zeros() as usize / 8 + 1;
    let counted = word & (u64::MAX >> (64 - 8 * len));
    match bytes.get(len..) {
        Some(rest) => Ok((gather(counted) + OFFSETS[len], rest)),
        None => Err(Unreadable::Truncated),
    }
}

/// Reads a number near the end of the bytes, or of nine bytes.
#[cold]
fn read_bytewise(bytes: &[u8]) -> Result<(u64, &[u8]), Unreadable> {
    let mut value = 0u64;
    for (index, &byte) in bytes.iter().take(LEN_MAX).enumerate() {
        // The whole byte counts, which adds the offset group by group.
        let part = u64::from(byte) << (7 * index);
        value = value.checked_add(part).ok_or(Unreadable::Overflow)?;
        if byte < 0x80 || index == LEN_MAX - 1 {
            return bytes.get(index + 1..).map(|rest| (value, rest)).ok_or(Unreadable::Truncated);
        }
    }
    Err(Unreadable::Truncated)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(value: u64) -> Vec<u8> {
        let Varint { word, word_len, ninth } = Varint::new(value);
        word.to_le_bytes()[8 - word_len..].iter().copied().chain(ninth).collect()
    }

    /// Read with and without more bytes behind: two ways through the reader.
    fn read_both(bytes: &[u8]) -> (Result<u64, Unreadable>, Result<u64, Unreadable>) {
        let longer = [bytes, &[0x55; 8]].concat();
        let alone = read(bytes).map(|(value, rest)| {
            assert!(rest.is_empty());
            value
        });
        let followed = read(&longer).map(|(value, rest)| {
            assert_eq!(rest, [0x55; 8]);
            value
        });
        (alone, followed)
    }

    #[test]
    fn the_numbers_of_the_specification() {
        let table: [(u64, &[u8]); 8] = [
            (0, &[0x00]),
            (127, &[0x7f]),
            (128, &[0x80, 0x00]),
            (300, &[0xac, 0x01]),
            (16511, &[0xff, 0x7f]),
            (16512, &[0x80, 0x80, 0x00]),
            (u64::from(u32::MAX), &[0xff, 0xfe, 0xfe, 0xfe, 0x0e]),
            (u64::MAX, &[0xff, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe]),
        ];
        for (value, bytes) in table {
            assert_eq!(bytes_of(value), bytes, "{value}");
            assert_eq!(read_both(bytes), (Ok(value), Ok(value)), "{value}");
        }
    }

    #[test]
    fn every_length_round_trips_at_its_borders() {
        for len in 2..=LEN_MAX {
            let border = OFFSETS[len];
            assert_eq!(bytes_of(border - 1).len(), len - 1);
            assert_eq!(bytes_of(border).len(), len);
            for value in [border - 1, border, border + 1, border + (border >> 1)] {
                assert_eq!(read_both(&bytes_of(value)), (Ok(value), Ok(value)), "{value}");
            }
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        assert_eq!(read(&[]), Err(Unreadable::Truncated));
        assert_eq!(read(&[0x80]), Err(Unreadable::Truncated));
        assert_eq!(read(&[0x80; 8]), Err(Unreadable::Truncated));
        assert_eq!(read(&[0xff; 9]), Err(Unreadable::Overflow));
        let above_max = [0x80, 0xff, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe];
        assert_eq!(read(&above_max), Err(Unreadable::Overflow));
    }
}
