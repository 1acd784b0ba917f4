//! What inputs reach in a program that cargo-fuzz has built: its edges, as libFuzzer counts them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::words::last_lines;
use crate::fuzz::choice::Reached;

/// What libFuzzer is told: to write down for each input which edges it reaches, however often, and that
/// one that takes so long hangs.
const FLAGS: [&str; 3] = ["-set_cover_merge=1", "-use_counters=0", "-timeout=10"];

/// The program of a target, if cargo-fuzz has built it into this folder.
pub fn program(builds: &Path, target: &str) -> Option<PathBuf> {
    // It builds for a host that it names; what cargo builds by itself is no libFuzzer.
    let hosts = fs::read_dir(builds).ok()?.filter_map(|host| Some(host.ok()?.path()));
    let is_host =
        |path: &PathBuf| path.file_name().is_some_and(|it| it.to_string_lossy().contains('-'));
    let programs = hosts.filter(is_host).map(|host| host.join("release").join(target));
    programs.filter(|program| program.is_file()).max()
}

/// The edges that each input reaches; none of one that crashes or hangs.
///
/// # Errors
///
/// If the program cannot be run, or does not say.
pub fn edges(program: &Path, inputs: &[&[u8]]) -> io::Result<Vec<Reached>> {
    let scratch = tempfile::tempdir()?;
    let at = |name: &str| scratch.path().join(name);
    let [from, into, said] = [at("from"), at("into"), at("said")];
    fs::create_dir(&from)?;
    fs::create_dir(&into)?;
    for (index, bytes) in inputs.iter().enumerate() {
        fs::write(from.join(index.to_string()), bytes)?;
    }
    let mut control = std::ffi::OsString::from("-merge_control_file=");
    control.push(&said);
    let failed = |words: &str| io::Error::other(format!("{}: {words}", program.display()));
    // Its path is one from here.
    let mut command = Command::new(std::path::absolute(program)?);
    // What crashes goes into the folder that is gone at the end.
    command.args(FLAGS).arg(control).args([&into, &from]).current_dir(scratch.path());
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).output();
    let output = output.map_err(|error| failed(&error.to_string()))?;
    if !output.status.success() {
        return Err(failed(&last_lines(&String::from_utf8_lossy(&output.stderr))));
    }
    Ok(read(&String::from_utf8_lossy(&fs::read(&said)?), inputs.len()))
}

/// Reads what libFuzzer has written: how many files there are, how many of those are of the first
/// folder, their paths, then what was seen, by the number of the file: `FT 7 130 133`.
fn read(said: &str, inputs: usize) -> Vec<Reached> {
    let mut lines = said.lines();
    let files = lines.next().and_then(|count| count.parse().ok()).unwrap_or(0);
    let index = |path: &str| path.rsplit('/').next().and_then(|name| name.parse::<usize>().ok());
    let indexes: Vec<_> = lines.by_ref().skip(1).take(files).map(index).collect();
    let mut reached = vec![Reached::new(); inputs];
    for line in lines {
        let mut words = line.split_ascii_whitespace();
        let (Some("FT"), Some(file)) = (words.next(), words.next()) else { continue };
        let index = file.parse().ok().and_then(|file: usize| *indexes.get(file)?);
        if let Some(of) = index.and_then(|index| reached.get_mut(index)) {
            *of = words.filter_map(|edge| edge.parse().ok()).collect();
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_was_seen_is_that_of_the_file() {
        let said = "3\n0\n/x/from/1\n/x/from/0\n/x/from/2\nSTARTED 0 4\nFT 0 5 6\nCOV 0 5\n\
                    STARTED 1 1\nFT 1 7\nSTARTED 2 1\n";
        assert_eq!(read(said, 3), [vec![7], vec![5, 6], vec![]]);
        assert_eq!(read("", 1), [Reached::new()]);
        assert_eq!(read("9999\n0\n/x/77\nFT 0 1\nFT 8 1", 1), [Reached::new()]);
    }

    /// A program in the place of one with libFuzzer.
    fn script(folder: &Path, text: &str) -> PathBuf {
        let host = folder.join("x86_64-linux/release");
        fs::create_dir_all(&host).unwrap();
        fs::create_dir_all(folder.join("release")).unwrap();
        fs::write(folder.join("release/decode"), "built by cargo alone").unwrap();
        fs::write(host.join("decode"), format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(host.join("decode"), fs::Permissions::from_mode(0o755)).unwrap();
        program(folder, "decode").unwrap()
    }

    #[test]
    fn a_program_of_cargo_fuzz_is_found_and_asked() {
        let scratch = tempfile::tempdir().unwrap();
        let says = r#"for flag; do case $flag in -merge_control_file=*) said=${flag#*=};; esac; done
            printf '1\n0\n/from/0\nFT 0 %s\n' "$(cat from/0)" >$said"#;
        let program = script(scratch.path(), says);
        assert_eq!(edges(&program, &[b"3 4"]).unwrap(), [vec![3, 4]]);
        // By a path from here too.
        let here = std::env::current_dir().unwrap();
        let up = here.components().skip(1).map(|_| "..").collect::<PathBuf>();
        let program = up.join(program.strip_prefix("/").unwrap());
        assert_eq!(edges(&program, &[b"3 4"]).unwrap(), [vec![3, 4]]);
        let program = script(scratch.path(), "echo why >&2; exit 1");
        let error = edges(&program, &[b"x"]).unwrap_err().to_string();
        assert!(error.ends_with("why"), "{error}");
        assert_eq!(super::program(scratch.path(), "frame"), None);
        let error = edges(&scratch.path().join("gone"), &[b"x"]).unwrap_err().to_string();
        assert!(error.contains("/gone: No such file"), "{error}");
    }
}
