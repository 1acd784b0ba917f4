//! What a page shows of commands: its blocks, and how they are compared with what comes out.

use std::fmt;

/// A line that stands for any number of lines; at the end of a line, for the rest of it.
pub const LEFT_OUT: &str = "…";

/// A command that a page shows, with what it says comes out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Example {
    pub command: String,
    pub output: Vec<String>,
    pub exit_code: i32,
}

/// As it stands in a block.
impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ {}", self.command)?;
        self.output.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        if self.exit_code != 0 {
            writeln!(f, "[exit code {}]", self.exit_code)?;
        }
        Ok(())
    }
}

/// A `console` block.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Block {
    pub examples: Vec<Example>,
}

/// A page is text and blocks.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// With the fences of the blocks beside it.
    Text(String),
    Block(Block),
}

/// The parts of a page, in order. A command is a line after `$ `, going on where it ends in a
/// backslash; then comes what it prints.
pub fn blocks(page: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        text += &format!("{line}\n");
        if line == "```console" {
            parts.push(Part::Text(std::mem::take(&mut text)));
            let inner: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            parts.push(Part::Block(block(&inner)));
            text += "```\n";
        }
    }
    parts.push(Part::Text(text));
    parts
}

fn block(lines: &[&str]) -> Block {
    let mut examples: Vec<Example> = Vec::new();
    let mut goes_on = false;
    for line in lines {
        if let Some(command) = line.strip_prefix("$ ") {
            examples.push(Example { command: command.to_owned(), ..Example::default() });
            goes_on = command.ends_with('\\');
        } else if let Some(example) = examples.last_mut() {
            let exit_code = line.strip_prefix("[exit code ").and_then(|it| it.strip_suffix(']'));
            if goes_on {
                example.command += &format!("\n{line}");
                goes_on = line.ends_with('\\');
            } else if let Some(exit_code) = exit_code {
                example.exit_code = exit_code.parse().unwrap();
            } else {
                example.output.push((*line).to_owned());
            }
        }
    }
    Block { examples }
}

/// Whether a page shows this output: line by line, with lines left out where it says so. All numbers
/// are the same but those of seconds.
pub fn shows(page: &[String], output: &[&str]) -> bool {
    match page {
        [] => output.is_empty(),
        [first, rest @ ..] if first == LEFT_OUT => {
            (0..=output.len()).any(|skipped| shows(rest, &output[skipped..]))
        }
        [first, rest @ ..] => output
            .split_first()
            .is_some_and(|(real, others)| is_same(first, real) && shows(rest, others)),
    }
}

fn is_same(shown: &str, real: &str) -> bool {
    match cut(shown) {
        Some(shown) => real.starts_with(shown),
        None => without_times(shown) == without_times(real.trim_end()),
    }
}

/// What is shown of a line that is shown in part.
fn cut(shown: &str) -> Option<&str> {
    shown.strip_suffix(LEFT_OUT).filter(|shown| !shown.is_empty())
}

/// A line with every number of seconds made the same, and then runs of blanks as well: columns follow
/// the numbers.
pub fn without_times(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let mut plain: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let mut has_times = false;
    for (index, word) in words.iter().enumerate() {
        let start = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
        let (before, number) = word.split_at(start);
        let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
        let (number, unit) = number.split_at(end);
        let next = words.get(index + 1).copied().unwrap_or_default();
        let unit = if unit.is_empty() { next } else { unit };
        let unit = unit.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        if !number.is_empty() && ["s", "ms", "seconds", "second"].contains(&unit) {
            plain[index] = format!("{before}0{}", &word[start + end..]);
            has_times = true;
        }
    }
    match has_times {
        true => plain.iter().filter(|word| !word.is_empty()).cloned().collect::<Vec<_>>().join(" "),
        false => line.to_owned(),
    }
}

/// What a page should show of this output: as much as it did, from the places where it did.
pub fn updated(page: &[String], output: &[&str]) -> Vec<String> {
    let output: Vec<&str> = output.iter().map(|line| line.trim_end()).collect();
    let whole: Vec<&[String]> = page.split(|line| line == LEFT_OUT).collect();
    if whole.len() == 1 {
        return output
            .iter()
            .zip(page.iter().map(Some).chain(std::iter::repeat(None)))
            .map(as_cut)
            .collect();
    }
    // Where each part begins, and how long it is.
    let mut kept = vec![None; output.len()];
    let mut at = 0;
    for (index, part) in whole.iter().enumerate() {
        let Some(head) = part.first() else { continue };
        let begin = match index {
            0 => Some(0),
            _ if index + 1 == whole.len() => Some(output.len().saturating_sub(part.len()).max(at)),
            _ => found(head, &output, at),
        };
        match begin {
            Some(begin) => {
                let end = (begin + part.len()).min(output.len());
                for (slot, line) in kept[begin..end].iter_mut().zip(part.iter()) {
                    *slot = Some(line);
                }
                at = end;
            }
            None => eprintln!("not there any more: {head}"),
        }
    }
    let mut shown: Vec<String> = Vec::new();
    for (line, kept) in output.iter().zip(kept) {
        match kept {
            Some(old) => shown.push(as_cut((line, Some(old)))),
            None if shown.last().is_some_and(|last| last == LEFT_OUT) => {}
            None => shown.push(LEFT_OUT.to_owned()),
        }
    }
    shown
}

/// A line, in part if it was so before.
fn as_cut((line, old): (&&str, Option<&String>)) -> String {
    let Some(old) = old.and_then(|old| cut(old)) else { return (*line).to_owned() };
    let length = old.chars().count();
    match line.char_indices().nth(length) {
        Some((end, _)) => format!("{}{LEFT_OUT}", &line[..end]),
        None => (*line).to_owned(),
    }
}

/// Where a line stands from a place on: as it is, with other numbers, or with another end.
fn found(head: &str, output: &[&str], from: usize) -> Option<usize> {
    let head = cut(head).unwrap_or(head);
    let keys: [fn(&str) -> String; 3] =
        [str::to_owned, without_numbers, |line| without_numbers(line).chars().take(8).collect()];
    keys.iter().find_map(|key| {
        let mut lines = output.iter().enumerate().skip(from);
        lines.find(|(_, line)| key(line) == key(head)).map(|(at, _)| at)
    })
}

/// A line without digits, and with one blank where there are more.
fn without_numbers(line: &str) -> String {
    let letters: String = line.chars().filter(|c| !c.is_ascii_digit()).collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn examples_are_read_with_their_output_and_exit_code_and_written_the_same() {
        let page = "
$ not here
```console
$ skewproof a \\
    b
out
…
[exit code 1]
$ cargo run --release
```
```sh
$ nor here
```
";
        let first = Example {
            command: "skewproof a \\\n    b".to_owned(),
            output: lines(&["out", LEFT_OUT]),
            exit_code: 1,
        };
        let second = Example { command: "cargo run --release".to_owned(), ..Example::default() };
        let parts = blocks(page);
        assert_eq!(parts[1], Part::Block(Block { examples: vec![first, second] }));
        let written: String = parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Block(block) => block.examples.iter().map(ToString::to_string).collect(),
            })
            .collect();
        assert_eq!(written, page);
    }

    #[test]
    fn output_is_compared_line_by_line_and_number_by_number() {
        let real = ["a  1 passed", "b", "c", "12 passed in 3.2 s"];
        assert!(shows(&lines(&["a  1 passed", "…", "12 passed in 10 s"]), &real));
        assert!(!shows(&lines(&["a  1 passed", "…", "13 passed in 3.2 s"]), &real));
        assert!(!shows(&lines(&["a  1 passed", "c", "12 passed in 3.2 s"]), &real));
        assert!(!shows(&lines(&["a  1 passed", "b", "c"]), &real));
        assert!(!shows(&lines(&["a  2 passed", "…"]), &real));
        assert!(shows(&lines(&["a  1 …", "…"]), &real));
    }

    #[test]
    fn seconds_are_of_the_machine() {
        assert_eq!(without_times("ran in 12.5 s, 3 of 4"), without_times("ran in 9 s, 3 of 4"));
        assert_eq!(without_times("took   5.1s"), without_times("took 12.1s"));
        assert_ne!(without_times("ran 12 servers"), without_times("ran 13 servers"));
        assert_eq!(without_times("a  1   b"), "a  1   b");
    }

    #[test]
    fn a_page_is_brought_up_to_date_where_it_shows_something() {
        let real = ["head 2", "x", "y", "part: 7 of 9", "next", "z", "sum 5"];
        let all = updated(&lines(&["old"]), &real);
        assert_eq!(all, lines(&real));
        let page = lines(&["head 1", "…", "part: 6 of 9", "before", "…", "sum 4"]);
        let some = updated(&page, &real);
        assert_eq!(some, lines(&["head 2", "…", "part: 7 of 9", "next", "…", "sum 5"]));
        let cut = updated(&lines(&["he…", "…"]), &real);
        assert_eq!(cut, lines(&["he…", "…"]));
        let gone = updated(&lines(&["…", "nowhere", "…"]), &real);
        assert_eq!(gone, lines(&["…"]));
    }
}
