//! The bijective varint: every number has exactly one form, of at most nine bytes (03 §2).

/// Bytes of the longest varint.
pub(super) const LEN_MAX: usize = 9;

/// A varint in a small buffer.
pub(super) struct Varint {
    bytes: [u8; LEN_MAX],
    len: usize,
}

impl Varint {
    /// The form of a number. Each byte but the last carries seven bits and one is taken off what
    /// remains, so that no two byte strings mean one number.
    pub(super) fn new(mut value: u64) -> Self {
        let mut bytes = [0; LEN_MAX];
        let mut len = 0;
        for slot in &mut bytes {
            len += 1;
            if value < 0x80 || len == LEN_MAX {
                // The ninth byte carries eight bits.
                *slot = value as u8;
                break;
            }
            *slot = (value as u8 & 0x7f) | 0x80;
            value = (value >> 7) - 1;
        }
        Self { bytes, len }
    }

    /// The bytes.
    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Why no number could be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// The bytes end before the number does.
    Truncated,
    /// The number is larger than 64 bits.
    Overflow,
}

/// Reads a number and how many bytes it took.
#[inline]
pub(crate) fn read(bytes: &[u8]) -> Result<(u64, usize), Unreadable> {
    match bytes.first() {
        Some(&byte) if byte < 0x80 => Ok((u64::from(byte), 1)),
        _ => read_long(bytes),
    }
}

fn read_long(bytes: &[u8]) -> Result<(u64, usize), Unreadable> {
    let mut value = 0u64;
    for (index, &byte) in bytes.iter().take(LEN_MAX).enumerate() {
        // The whole byte counts, not only its low seven bits; up to the eighth nothing overflows.
        let part = u64::from(byte) << (7 * index);
        if index == LEN_MAX - 1 {
            return match value.checked_add(part) {
                Some(value) => Ok((value, LEN_MAX)),
                None => Err(Unreadable::Overflow),
            };
        }
        value += part;
        if byte < 0x80 {
            return Ok((value, index + 1));
        }
    }
    Err(Unreadable::Truncated)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(Varint::new(value).as_slice(), bytes, "{value}");
            assert_eq!(read(bytes), Ok((value, bytes.len())), "{value}");
        }
    }

    #[test]
    fn every_length_round_trips_at_its_borders() {
        let mut border = 0u64;
        for index in 0..8 {
            border += 1 << (7 * (index + 1));
            for value in [border - 1, border, border + 1] {
                let varint = Varint::new(value);
                assert_eq!(read(varint.as_slice()), Ok((value, varint.as_slice().len())));
            }
            assert_eq!(Varint::new(border - 1).as_slice().len(), index + 1);
            assert_eq!(Varint::new(border).as_slice().len(), index + 2);
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        assert_eq!(read(&[]), Err(Unreadable::Truncated));
        assert_eq!(read(&[0x80; 8]), Err(Unreadable::Truncated));
        assert_eq!(read(&[0xff; 9]), Err(Unreadable::Overflow));
        let above_max = [0x80, 0xff, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe];
        assert_eq!(read(&above_max), Err(Unreadable::Overflow));
    }
}
