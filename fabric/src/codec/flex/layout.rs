//! How flexbuffers lay out values: type codes, widths and numbers (03 §3.2). Shared by the writer,
//! the verifier and the reader; every read is checked.

/// Width of a number or of the slots of a vector, as its binary logarithm: 1, 2, 4 or 8 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Width(u8);

impl Width {
    pub const ONE: Self = Self(0);
    pub const FOUR: Self = Self(2);
    pub const EIGHT: Self = Self(3);

    #[inline]
    pub const fn bytes(self) -> usize {
        1 << self.0
    }

    /// The next larger width; the largest is followed by itself.
    #[inline]
    pub const fn next(self) -> Self {
        if self.0 < 3 { Self(self.0 + 1) } else { self }
    }

    /// The smallest width that holds `value`.
    #[inline]
    pub const fn of_uint(value: u64) -> Self {
        match value {
            0..=0xff => Self(0),
            0x100..=0xffff => Self(1),
            0x1_0000..=0xffff_ffff => Self(2),
            _ => Self(3),
        }
    }

    /// The smallest width that holds `value` with its sign.
    #[inline]
    pub const fn of_int(value: i64) -> Self {
        // One bit more than the magnitude: the sign's own.
        Self::of_uint(((value ^ (value >> 63)) as u64) << 1 | (value as u64 >> 63))
    }

    /// The smallest width that holds `value` unchanged; there are floats of four and eight bytes.
    #[inline]
    pub fn of_float(value: f64) -> Self {
        if f64::from(value as f32) == value { Self::FOUR } else { Self::EIGHT }
    }

    /// The width that the buffer spells in bytes.
    #[inline]
    pub const fn from_bytes(bytes: u64) -> Option<Self> {
        match bytes {
            1 => Some(Self(0)),
            2 => Some(Self(1)),
            4 => Some(Self(2)),
            8 => Some(Self(3)),
            _ => None,
        }
    }
}

/// A type code and a width in one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed(pub u8);

impl Packed {
    #[inline]
    pub const fn new(code: u8, width: Width) -> Self {
        Self(code << 2 | width.0)
    }

    #[inline]
    pub const fn code(self) -> u8 {
        self.0 >> 2
    }

    #[inline]
    pub const fn width(self) -> Width {
        Width(self.0 & 3)
    }
}

/// Type codes.
pub mod code {
    pub const NULL: u8 = 0;
    pub const INT: u8 = 1;
    pub const UINT: u8 = 2;
    pub const FLOAT: u8 = 3;
    pub const KEY: u8 = 4;
    pub const STRING: u8 = 5;
    pub const INDIRECT_INT: u8 = 6;
    pub const INDIRECT_UINT: u8 = 7;
    pub const INDIRECT_FLOAT: u8 = 8;
    pub const MAP: u8 = 9;
    pub const VECTOR: u8 = 10;
    pub const VECTOR_INT: u8 = 11;
    pub const VECTOR_KEY: u8 = 14;
    pub const VECTOR_INT2: u8 = 16;
    pub const VECTOR_FLOAT4: u8 = 24;
    pub const BLOB: u8 = 25;
    pub const BOOL: u8 = 26;
    pub const VECTOR_BOOL: u8 = 36;
}

/// How a vector tells the types and the number of its elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorForm {
    /// A length, and a packed type for each element.
    Untyped,
    /// A length, and the type code of all elements.
    Typed(u8),
    /// The type code of all elements, and their number: no length in the buffer.
    Fixed(u8, usize),
}

impl VectorForm {
    /// The form of the vectors with this type code; none if it is not one of a vector.
    #[inline]
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            code::VECTOR => Self::Untyped,
            code::VECTOR_INT..=code::VECTOR_KEY => Self::Typed(code - code::VECTOR_INT + code::INT),
            code::VECTOR_BOOL => Self::Typed(code::BOOL),
            code::VECTOR_INT2..=code::VECTOR_FLOAT4 => {
                let index = code - code::VECTOR_INT2;
                Self::Fixed(code::INT + index % 3, 2 + (index / 3) as usize)
            }
            _ => return None,
        })
    }

    /// The form that the writer uses for `len` elements of the same type, if `element` has typed
    /// vectors at all.
    #[inline]
    pub const fn of(element: u8, len: usize) -> Self {
        match element {
            code::INT | code::UINT | code::FLOAT if 2 <= len && len <= 4 => {
                Self::Fixed(element, len)
            }
            code::INT | code::UINT | code::FLOAT | code::KEY | code::BOOL if len > 0 => {
                Self::Typed(element)
            }
            _ => Self::Untyped,
        }
    }

    /// The type code of such a vector.
    #[inline]
    pub const fn code(self) -> u8 {
        match self {
            Self::Untyped => code::VECTOR,
            Self::Typed(code::BOOL) => code::VECTOR_BOOL,
            Self::Typed(element) => code::VECTOR_INT + (element - code::INT),
            Self::Fixed(element, len) => {
                code::VECTOR_INT2 + (len as u8 - 2) * 3 + (element - code::INT)
            }
        }
    }
}

/// The unsigned number of this width at an offset.
#[inline]
pub fn read_uint(buf: &[u8], at: usize, width: Width) -> Option<u64> {
    let rest = buf.get(at..)?;
    Some(match width.0 {
        0 => u64::from(*rest.first()?),
        1 => u64::from(u16::from_le_bytes(*rest.first_chunk()?)),
        2 => u64::from(u32::from_le_bytes(*rest.first_chunk()?)),
        _ => u64::from_le_bytes(*rest.first_chunk()?),
    })
}

/// The signed number of this width at an offset.
#[inline]
pub fn read_int(buf: &[u8], at: usize, width: Width) -> Option<i64> {
    let unsigned = read_uint(buf, at, width)?;
    let shift = 64 - 8 * width.bytes() as u32;
    Some((unsigned << shift) as i64 >> shift)
}

/// The floating-point number of this width at an offset; none for widths that no float has.
#[inline]
pub fn read_float(buf: &[u8], at: usize, width: Width) -> Option<f64> {
    match width {
        Width::FOUR => Some(f64::from(f32::from_bits(read_uint(buf, at, width)? as u32))),
        Width::EIGHT => Some(f64::from_bits(read_uint(buf, at, width)?)),
        _ => None,
    }
}

/// A length or an offset.
#[inline]
pub fn read_size(buf: &[u8], at: usize, width: Width) -> Option<usize> {
    usize::try_from(read_uint(buf, at, width)?).ok()
}

/// What the reference in a slot refers to: references are distances back from their slot.
#[inline]
pub fn follow(buf: &[u8], slot_at: usize, slot: Width) -> Option<usize> {
    slot_at.checked_sub(read_size(buf, slot_at, slot)?)
}

/// The length that stands before the value at `at`.
#[inline]
pub fn length_before(buf: &[u8], at: usize, width: Width) -> Option<usize> {
    read_size(buf, at.checked_sub(width.bytes())?, width)
}

/// A key, up to its NUL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyScan {
    /// Length without the NUL.
    pub len: usize,
    /// Whether each byte is ASCII, and so the key is UTF-8.
    pub is_ascii: bool,
}

/// The key at the start of `rest`; none if it has no NUL.
#[inline]
pub fn scan_key(rest: &[u8]) -> Option<KeyScan> {
    const LOW: u64 = u64::MAX / 0xff;
    const HIGH: u64 = LOW << 7;
    let (mut len, mut high) = (0, 0);
    let (words, tail) = rest.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        // The lowest marked byte is the first zero; bytes above it may be marked wrongly.
        let zeros = word.wrapping_sub(LOW) & !word & HIGH;
        if zeros != 0 {
            let before = (zeros & zeros.wrapping_neg()) - 1;
            high |= word & before;
            len += zeros.trailing_zeros() as usize / 8;
            return Some(KeyScan { len, is_ascii: high & HIGH == 0 });
        }
        high |= word;
        len += 8;
    }
    let end = tail.iter().position(|&byte| byte == 0)?;
    let is_ascii = high & HIGH == 0 && tail.get(..end)?.is_ascii();
    Some(KeyScan { len: len + end, is_ascii })
}

/// Length of the key at the start of `rest`, without its NUL; none if it has no NUL.
#[inline]
pub fn key_len(rest: &[u8]) -> Option<usize> {
    scan_key(rest).map(|key| key.len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_the_smallest_that_hold_the_value() {
        let uints = [(0, 1), (255, 1), (256, 2), (65535, 2), (65536, 4), (u64::MAX, 8)];
        for (value, bytes) in uints {
            assert_eq!(Width::of_uint(value).bytes(), bytes, "{value}");
        }
        let ints = [
            (0, 1),
            (127, 1),
            (128, 2),
            (-128, 1),
            (-129, 2),
            (-32768, 2),
            (-32769, 4),
            (i64::from(i32::MAX), 4),
            (i64::from(i32::MAX) + 1, 8),
            (i64::MIN, 8),
        ];
        for (value, bytes) in ints {
            assert_eq!(Width::of_int(value).bytes(), bytes, "{value}");
        }
        assert_eq!(Width::of_float(1.5).bytes(), 4);
        assert_eq!(Width::of_float(0.1).bytes(), 8);
    }

    #[test]
    fn vector_forms_and_their_codes_agree() {
        for code in 0..=u8::MAX >> 2 {
            if let Some(form) = VectorForm::from_code(code) {
                assert_eq!(form.code(), code);
            }
        }
        let vectors = (0..64).filter(|&code| VectorForm::from_code(code).is_some());
        assert_eq!(vectors.collect::<Vec<_>>().len(), 1 + 4 + 9 + 1);
        assert_eq!(VectorForm::of(code::UINT, 4).code(), 23);
        assert_eq!(VectorForm::of(code::UINT, 5).code(), 12);
        assert_eq!(VectorForm::of(code::BOOL, 2).code(), 36);
        assert_eq!(VectorForm::of(code::STRING, 2).code(), 10);
        assert_eq!(VectorForm::of(code::UINT, 0).code(), 10);
    }

    #[test]
    fn signed_numbers_keep_their_sign_at_every_width() {
        assert_eq!(read_int(&[0xff], 0, Width::ONE), Some(-1));
        assert_eq!(read_int(&[0, 0x80], 0, Width(1)), Some(-32768));
        assert_eq!(read_int(&[0xff; 8], 0, Width::EIGHT), Some(-1));
        assert_eq!(read_int(&[0xff; 7], 0, Width::EIGHT), None);
    }

    #[test]
    fn keys_end_at_their_first_nul() {
        for len in 0..40 {
            let mut bytes = vec![1; len];
            assert_eq!(scan_key(&bytes), None);
            // What comes behind the NUL does not count.
            bytes.extend([0, 1, 0, 0x80, 0xff, 0, 0]);
            assert_eq!(scan_key(&bytes), Some(KeyScan { len, is_ascii: true }));
            for at in 0..len {
                let mut foreign = bytes.clone();
                foreign[at] = 0x80;
                assert_eq!(scan_key(&foreign), Some(KeyScan { len, is_ascii: false }));
            }
        }
    }
}
