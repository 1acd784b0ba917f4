//! Dictionaries in the form that libFuzzer and AFL++ read.

/// A word a line, quoted; what is not plain text is written in hexadecimal.
pub fn render(words: &[Vec<u8>]) -> String {
    words
        .iter()
        .map(|word| format!("\"{}\"\n", word.iter().map(quoted).collect::<String>()))
        .collect()
}

fn quoted(byte: &u8) -> String {
    match byte {
        b'"' | b'\\' => format!("\\{}", char::from(*byte)),
        b' '..=b'~' => char::from(*byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted() {
        let words = [b"key\0".to_vec(), b"a\"\\".to_vec(), vec![0xff, b' ']];
        assert_eq!(render(&words), "\"key\\x00\"\n\"a\\\"\\\\\"\n\"\\xff \"\n");
    }
}
