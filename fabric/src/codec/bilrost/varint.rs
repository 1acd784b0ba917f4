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

/// Writes a number of more than one byte at the end of `room`; the length, or none if the room is
/// too small.
///
/// The lengths are told apart by branches, not by arithmetic: neighbouring numbers tend to have the
/// same length, and a branch that is foreseen costs nothing.
#[inline]
pub(super) fn write_long(value: u64, room: &mut [u8]) -> Option<usize> {
    const O: [u64; LEN_MAX + 1] = OFFSETS;
    match value {
        _ if value < O[3] => write_groups::<2>(value, room),
        _ if value < O[4] => write_groups::<3>(value, room),
        _ if value < O[5] => write_groups::<4>(value, room),
        _ if value < O[6] => write_groups::<5>(value, room),
        _ if value < O[7] => write_groups::<6>(value, room),
        _ if value < O[8] => write_groups::<7>(value, room),
        _ if value < O[9] => write_groups::<8>(value, room),
        _ => write_groups::<9>(value, room),
    }
}

#[inline(always)]
fn write_groups<const LEN: usize>(value: u64, room: &mut [u8]) -> Option<usize> {
    let bytes = room.last_chunk_mut::<LEN>()?;
    let mut rest = value - OFFSETS[LEN];
    for (index, byte) in bytes.iter_mut().enumerate() {
        let is_last = index == LEN - 1;
        *byte = if is_last { rest as u8 } else { rest as u8 | 0x80 };
        rest >>= 7;
    }
    Some(LEN)
}

/// Why no number could be read.
#[derive(Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The bytes end before the number does.
    Truncated,
    /// The number is larger than 64 bits.
    Overflow,
}

/// Reads a number, and what is behind it.
#[inline(always)]
pub fn read(bytes: &[u8]) -> Result<(u64, &[u8]), Unreadable> {
    match bytes.split_first() {
        Some((&byte, rest)) if byte < 0x80 => Ok((u64::from(byte), rest)),
        _ => read_long(bytes),
    }
}

/// The same, where the number has more than one byte. Whole bytes count, each seven bits above the
/// one before it, which adds the offsets.
#[inline]
pub(super) fn read_long(bytes: &[u8]) -> Result<(u64, &[u8]), Unreadable> {
    const HIGH: u64 = (u64::MAX / 0xff) << 7;
    let Some(word) = bytes.first_chunk() else {
        let end = bytes.iter().position(|&byte| byte < 0x80).ok_or(Unreadable::Truncated)?;
        let (number, rest) = bytes.split_at(end + 1);
        return Ok((number.iter().rev().fold(0, |sum, &byte| (sum << 7) + u64::from(byte)), rest));
    };
    let word = u64::from_le_bytes(*word);
    // The last byte of a number is the first without the high bit.
    let last = !word & HIGH;
    if last == 0 {
        let (&ninth, rest) =
            bytes.get(LEN_MAX - 1..).and_then(<[u8]>::split_first).ok_or(Unreadable::Truncated)?;
        let value = sum(word).checked_add(u64::from(ninth) << 56).ok_or(Unreadable::Overflow)?;
        return Ok((value, rest));
    }
    let value = sum(word & (last ^ (last - 1)));
    let len = last.trailing_zeros() as usize / 8 + 1;
    bytes.get(len..).map(|rest| (value, rest)).ok_or(Unreadable::Truncated)
}

/// The bytes of a word, each seven bits above the one before it: pairs are added, then pairs of pairs.
#[inline(always)]
fn sum(word: u64) -> u64 {
    let word = (word & 0x00ff_00ff_00ff_00ff) + ((word >> 8 & 0x00ff_00ff_00ff_00ff) << 7);
    let word = (word & 0x0000_ffff_0000_ffff) + ((word >> 16 & 0x0000_ffff_0000_ffff) << 14);
    (word & 0xffff_ffff) + ((word >> 32) << 28)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(value: u64) -> Vec<u8> {
        if value < 0x80 {
            return vec![value as u8];
        }
        let mut room = [0xee; 12];
        let len = write_long(value, &mut room).unwrap();
        assert_eq!(write_long(value, &mut room[..len - 1]), None);
        room[12 - len..].to_vec()
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
        for (len, border) in OFFSETS.into_iter().enumerate().skip(2) {
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
