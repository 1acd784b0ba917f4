//! Reports in words. What the user reads of a report is phrased here and nowhere else.

pub mod comparison;
pub mod excerpt;
pub mod fold;
pub mod html;
mod ink;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod printable;
pub mod requirements;
#[cfg(test)]
pub(super) mod sample;
mod table;
pub mod text;
pub mod timeline;
pub mod trend;

use crate::program;

/// Bytes on a line of a dump.
const DUMPED: usize = 16;

/// The command that repeats a cell of the matrix, without its address.
pub fn repro() -> String {
    format!("{} repro", program::name())
}

/// The command that repeats a finding of a fuzz target, without its file.
pub fn replay() -> String {
    format!("{} corpus replay", program::name())
}

/// Bytes on lines of 16, each with the offset of its first byte; ends with a line break.
pub fn dump(bytes: &[u8]) -> String {
    let line = |(index, bytes): (usize, &[u8])| {
        let shown: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{:04x}  {}\n", index * DUMPED, shown.join(" "))
    };
    bytes.chunks(DUMPED).enumerate().map(line).collect()
}

/// An argument as a shell takes it for one. What is not plainly visible is spelled.
pub fn quoted(argument: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./+=:,@%".contains(c);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        return argument.to_owned();
    }
    if printable::printable(argument) == argument {
        return format!("'{}'", argument.replace('\'', r"'\''"));
    }
    let spelled = |c: char| match c {
        '\'' | '\\' => format!("\\{c}"),
        ' '..='~' => c.to_string(),
        _ => format!("\\U{:08x}", u32::from(c)),
    };
    format!("$'{}'", argument.chars().map(spelled).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted_if_they_need_it() {
        for plain in ["corpus/decode+M03/regress-a-0123abcd", "0a1b"] {
            assert_eq!(quoted(plain), plain);
        }
        for (argument, expected) in [
            ("my corpus", "'my corpus'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("$HOME", "'$HOME'"),
            ("a\n'", r"$'a\U0000000a\''"),
        ] {
            assert_eq!(quoted(argument), expected);
        }
    }
}
