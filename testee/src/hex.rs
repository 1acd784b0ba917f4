//! Bytes as hexadecimal digits.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The digits of bytes, in lower case.
pub fn write(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    digits.filter_map(|digit| DIGITS.get(usize::from(digit))).copied().map(char::from).collect()
}

/// The bytes of digits, in either case; or why they are none.
pub fn read(text: &str) -> Result<Vec<u8>, String> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return Err("has an odd number of digits".to_owned());
    }
    let byte = |&[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
    pairs.iter().map(|pair| byte(pair).ok_or_else(|| "is not hexadecimal".to_owned())).collect()
}

fn digit(of: u8) -> Option<u8> {
    match of {
        b'0'..=b'9' => Some(of - b'0'),
        b'a'..=b'f' => Some(of - b'a' + 10),
        b'A'..=b'F' => Some(of - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(read(&write(&bytes)), Ok(bytes.clone()));
        assert_eq!(read(&write(&bytes).to_uppercase()), Ok(bytes));
        assert_eq!(write(&[0x0a, 0xf0]), "0af0");
    }

    #[test]
    fn what_is_no_hexadecimal_is_refused() {
        for text in ["0", "0x", "g0", "0g", " 00", "é", "00 "] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
