//! The rooms: who may import whom, and what may be done where.

use skewproof::fabric::catalogue::MessageType;

use super::code::{At, Code};
use super::{File, Objection};

/// Each room, and those it must not know.
const ARROWS: [(&str, &[&str]); 5] = [
    ("fabric", &["harness", "suite", "live", "cli"]),
    ("harness", &["fabric", "suite", "live", "cli"]),
    ("suite", &["live", "cli"]),
    ("live", &["cli"]),
    ("cli", &["fabric"]),
];

/// What a socket, or HTTP/2 on one, comes from.
const SOCKETS: [&[&str]; 3] = [&["std", "net"], &["tokio"], &["h2"]];

/// Rooms that are crates of their own, in folders of their names: what such a crate does not depend on, it
/// cannot import.
pub const CRATES: [&str; 2] = ["fabric", "harness"];

/// The path of a source file from its room on, as `fabric/codec/tree.rs`.
pub fn inner(path: &str) -> Option<String> {
    let own = CRATES.into_iter().find_map(|room| {
        let inner = path.strip_prefix(room)?.strip_prefix("/src/")?;
        Some(format!("{room}/{inner}"))
    });
    own.or_else(|| path.strip_prefix("src/").map(str::to_owned))
}

/// Modules and crates through which the outside world comes in.
const IO: [&[&str]; 9] = [
    &["std", "fs"],
    &["std", "net"],
    &["std", "io"],
    &["std", "env"],
    &["std", "process"],
    &["std", "thread"],
    &["rand"],
    &["getrandom"],
    &["tokio"],
];

/// Names of clocks. A `Duration` is a value like any other.
const CLOCKS: [&str; 3] = ["Instant", "SystemTime", "UNIX_EPOCH"];

/// Macros that write to the process's streams.
const PRINTERS: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];

/// Macros that panic.
const PANICS: [&str; 4] = ["panic", "unreachable", "todo", "unimplemented"];

/// Methods that panic, with the number of their arguments: an `expect` with two is another one.
const PANICKING_METHODS: [(&str, usize); 4] =
    [("unwrap", 0), ("expect", 1), ("unwrap_err", 0), ("expect_err", 1)];

/// Imports go one way.
pub fn arrows(file: &File) -> Vec<Objection> {
    let Some((room, forbidden)) = ARROWS.into_iter().find(|(room, _)| is_in(file, room)) else {
        return Vec::new();
    };
    let crosses = |path: &Vec<String>| match path.as_slice() {
        [root, other, ..] => root == "crate" && forbidden.contains(&other.as_str()),
        _ => false,
    };
    object(
        file,
        |code| &code.paths,
        crosses,
        |path| format!("`{room}` must not import `{}`", path.join("::")),
    )
}

/// The harness knows no protocol: neither how the fabric writes its versions, nor what its messages are
/// called.
pub fn no_fabric_in_harness(file: &File) -> Vec<Objection> {
    if !is_in(file, "harness") {
        return Vec::new();
    }
    if !file.is_rust() {
        let lines = (1..).zip(file.text.lines()).filter(|(_, text)| text.contains("V${"));
        let says = |(line, _)| Objection::new(file, line, "a version of the fabric in `harness`");
        return lines.map(says).collect();
    }
    let messages: Vec<&str> = MessageType::all().map(|it| it.row().word()).collect();
    let is_of_fabric =
        |text: &String| text.contains("V{") || messages.contains(&text.trim_matches('"'));
    object(
        file,
        |code| &code.literals,
        is_of_fabric,
        |text| format!("{text}: a version or a message of the fabric in `harness`"),
    )
}

/// What is tested has no sockets, no files, no clock and no randomness.
pub fn no_io_in_fabric(file: &File) -> Vec<Objection> {
    if !is_in(file, "fabric") {
        return Vec::new();
    }
    let is_io = |path: &Vec<String>| {
        IO.iter().any(|io| path.iter().take(io.len()).eq(io.iter()))
            || path.iter().any(|step| CLOCKS.contains(&step.as_str()))
    };
    object(
        file,
        |code| &code.paths,
        is_io,
        |path| format!("`fabric` is without IO, and `{}` is not", path.join("::")),
    )
}

/// Only one room has sockets.
pub fn sockets_only_in_live(file: &File) -> Vec<Objection> {
    if !is_product(file) || is_in(file, "live") {
        return Vec::new();
    }
    let is_socket =
        |path: &Vec<String>| SOCKETS.iter().any(|it| path.iter().take(it.len()).eq(it.iter()));
    object(
        file,
        |code| &code.paths,
        is_socket,
        |path| format!("`{}`: sockets are for `live`", path.join("::")),
    )
}

/// Only the commands have a screen.
pub fn printing_only_in_cli(file: &File) -> Vec<Objection> {
    if !is_product(file) || is_in(file, "cli") {
        return Vec::new();
    }
    let prints = |name: &String| PRINTERS.contains(&name.as_str());
    object(file, |code| &code.macros, prints, |name| format!("`{name}!` outside `cli`"))
}

/// No unsafe code of our own anywhere.
pub fn no_unsafe(file: &File) -> Vec<Objection> {
    object(file, |code| &code.words, |word| word == "unsafe", |_| "unsafe code".to_owned())
}

/// Whatever goes wrong is a value.
pub fn no_panics(file: &File) -> Vec<Objection> {
    if !is_product(file) {
        return Vec::new();
    }
    let panics = |name: &String| PANICS.contains(&name.as_str());
    let mut objections =
        object(file, |code| &code.macros, panics, |name| format!("`{name}!` outside tests"));
    objections.extend(object(
        file,
        |code| &code.calls,
        |call| PANICKING_METHODS.contains(&(&call.name, call.arguments)),
        |call| format!("`.{}()` outside tests", call.name),
    ));
    objections
}

/// Where it is said a second time since when something is so, apart from the table of gates, so that
/// a gate off its place shows: what is expected, the second encoder, and planted bugs.
const SAID_APART: [&str; 17] = [
    "src/suite/check/asked.rs",
    "src/suite/check/bounds.rs",
    "src/suite/check/second_form.rs",
    "src/suite/check/statuses.rs",
    "src/suite/check/understood.rs",
    "src/suite/expectations.rs",
    "src/suite/releases.rs",
    "src/suite/future/trial.rs",
    "src/suite/fuzz/session/oracle.rs",
    "src/suite/handshake/order.rs",
    "src/suite/handshake/words.rs",
    "src/suite/planted/",
    "src/suite/reference/",
    "src/suite/session/sheet.rs",
    "src/suite/skew/lanes.rs",
    "src/suite/upgrade/pairs.rs",
    // The two tables themselves.
    "fabric/src/release.rs",
];

/// Since when and until when something is so stands in the table of gates and nowhere else.
pub fn one_table_says_since_when(file: &File) -> Vec<Objection> {
    let is_said_apart = SAID_APART.iter().any(|path| file.path.starts_with(path));
    if !is_product(file) || is_said_apart || file.path.starts_with("fabric/src/gates/") {
        return Vec::new();
    }
    let says =
        |what: &str| format!("`{what}`: since when something is so is for the table of gates");
    let mut objections =
        object(file, |code| &code.words, |word| word == "is_at_least", |word| says(word));
    let is_made = |path: &Vec<String>| {
        let makers = [["ReleaseNumber", "stable"], ["ReleaseNumber", "staged"]];
        makers.iter().any(|maker| path.ends_with(&maker.map(str::to_owned)))
    };
    objections.extend(object(file, |code| &code.paths, is_made, |path| says(&path.join("::"))));
    objections
}

/// What looks like tests, and is therefore left out by the other rules, is compiled for tests only.
pub fn tests_only_in_tests(file: &File) -> Vec<Objection> {
    if inner(&file.path).is_none() {
        return Vec::new();
    }
    let is_tests = |name: &String| name == "tests";
    object(file, |code| &code.modules, is_tests, |_| "`mod tests` without `cfg(test)`".to_owned())
}

/// Whether the file is part of the crate, and not of its tests.
fn is_product(file: &File) -> bool {
    inner(&file.path)
        .is_some_and(|path| !path.split('/').any(|step| step == "tests" || step == "tests.rs"))
}

fn is_in(file: &File, room: &str) -> bool {
    let is_there =
        |path: String| path.strip_prefix(room).is_some_and(|it| it.starts_with('/') || it == ".rs");
    is_product(file) && inner(&file.path).is_some_and(is_there)
}

/// Objections to those of the file's things that are bad.
fn object<T>(
    file: &File,
    things: impl Fn(&Code) -> &[At<T>],
    is_bad: impl Fn(&T) -> bool,
    what: impl Fn(&T) -> String,
) -> Vec<Objection> {
    if !file.is_rust() {
        return Vec::new();
    }
    let bad = things(file.code()).iter().filter(|thing| is_bad(&thing.it));
    bad.map(|thing| Objection::new(file, thing.line, what(&thing.it))).collect()
}

mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn arrows_the_wrong_way_are_seen() {
        let plant = |path, text| lines(arrows, path, text);
        assert_eq!(plant("fabric/src/a.rs", "use skewproof::harness::verdict;"), [1]);
        assert_eq!(plant("harness/src/a/b.rs", "\nuse super::super::super::suite;"), [2]);
        assert_eq!(plant("harness/src/lib.rs", "use super::{cli, suite};"), [1, 1]);
        assert_eq!(plant("harness/src/a.rs", "use skewproof_fabric::release;"), [1]);
        assert_eq!(plant("harness/src/a.rs", "fn f() { skewproof::fabric::limits::x() }"), [1]);
        assert_eq!(plant("src/suite/a.rs", "pub use crate::{harness, cli::run};"), [1]);
        assert_eq!(plant("src/cli/a.rs", "fn f() -> crate::fabric::Version { g() }"), [1]);
        assert_eq!(plant("src/cli.rs", "use crate::fabric;"), [1]);
        assert_eq!(plant("src/suite/a.rs", "use crate::live;"), [1]);
        assert_eq!(plant("src/live/a.rs", "use crate::cli;"), [1]);
        assert_eq!(plant("src/suite/a.rs", "macro_rules! m { () => { $crate::cli::f() } }"), [1]);
    }

    #[test]
    fn arrows_the_right_way_are_left_alone() {
        let plant = |path, text| lines(arrows, path, text);
        let none: [usize; 0] = [];
        assert_eq!(plant("src/suite/a.rs", "use crate::{fabric, harness};"), none);
        assert_eq!(plant("src/cli/a.rs", "use crate::suite::check; // not crate::fabric"), none);
        assert_eq!(plant("harness/src/a.rs", "use super::suite; use crate::harness::cli;"), none);
        assert_eq!(
            plant("fabric/src/a.rs", "#[cfg(test)] mod tests { use skewproof::suite; }"),
            none
        );
    }

    #[test]
    fn the_fabric_in_the_harness_is_seen() {
        let plant = |path, text| lines(no_fabric_in_harness, path, text);
        assert_eq!(plant("harness/src/a.rs", "fn f() { format!(\"V{version}\") }"), [1]);
        assert_eq!(plant("harness/src/a.rs", "const A: &str =\n    \"GetNodeState\";"), [2]);
        assert_eq!(plant("harness/src/a/page.js", "show(`V${version}`);"), [1]);
        let none: [usize; 0] = [];
        assert_eq!(plant("src/suite/a.rs", "fn f() { format!(\"V{version}\") }"), none);
        assert_eq!(plant("harness/src/a.rs", "fn f() { format!(\"{version}\") }"), none);
        assert_eq!(plant("harness/src/a/tests.rs", "fn f() { \"V{version}\" }"), none);
    }

    #[test]
    fn io_in_the_fabric_is_seen() {
        let plant = |text| lines(no_io_in_fabric, "fabric/src/a.rs", text);
        for text in [
            "use std::fs;",
            "use std::{fmt, io::Read};",
            "fn f() { std::net::lookup() }",
            "use std::time::{Duration, Instant};",
            "fn f(now: SystemTime) {}",
            "use rand::Rng;",
        ] {
            assert_eq!(plant(text), [1], "{text}");
        }
        assert!(plant("use std::{fmt, time::Duration};").is_empty());
        assert!(lines(no_io_in_fabric, "src/cli/a.rs", "use std::fs;").is_empty());
    }

    #[test]
    fn sockets_are_seen_where_there_are_none() {
        for text in ["use std::net::TcpStream;", "use h2::client;", "fn f() { tokio::spawn(g()) }"]
        {
            assert_eq!(lines(sockets_only_in_live, "src/cli/a.rs", text), [1], "{text}");
            assert!(lines(sockets_only_in_live, "src/live/a.rs", text).is_empty(), "{text}");
        }
    }

    #[test]
    fn printing_is_seen_where_there_is_no_screen() {
        for path in ["src/suite/a.rs", "harness/src/a.rs", "fabric/src/a.rs"] {
            assert_eq!(lines(printing_only_in_cli, path, "fn f() { println!() }"), [1]);
        }
        assert!(lines(printing_only_in_cli, "src/cli/a.rs", "fn f() { print!() }").is_empty());
        assert!(lines(printing_only_in_cli, "src/suite/a.rs", "fn f() { write!() }").is_empty());
    }

    #[test]
    fn unsafe_code_is_seen() {
        assert_eq!(lines(no_unsafe, "tests/it/a.rs", "fn f() {\n unsafe { g() }\n}"), [2]);
        assert!(lines(no_unsafe, "src/a.rs", "#![forbid(unsafe_code)] // unsafe").is_empty());
    }

    #[test]
    fn a_second_table_is_seen() {
        let says = |path, text| lines(one_table_says_since_when, path, text);
        let text = "fn f(release: Release) -> bool { release.is_at_least(4) }";
        assert_eq!(says("fabric/src/session/a.rs", text), [1]);
        assert_eq!(says("src/suite/a.rs", "fn f() { g(ReleaseNumber::stable(4, 2)) }"), [1]);
        assert!(says("src/suite/expectations.rs", text).is_empty());
        assert!(says("fabric/src/gates/table.rs", text).is_empty());
    }

    #[test]
    fn panics_are_seen() {
        let plant = |text| lines(no_panics, "fabric/src/a.rs", text);
        for text in [
            "fn f() { g().unwrap() }",
            "fn f() { g.expect(\"reason\") }",
            "fn f() { g.expect(\"reason\",) }",
            "fn f() { panic!(\"a\") }",
            "fn f() { if g { unreachable!() } }",
            "fn f() { todo!() }",
            "fn f() { std::unimplemented!() }",
        ] {
            assert_eq!(plant(text), [1], "{text}");
        }
        for text in [
            "fn f() { g.unwrap_or(1) }",
            "fn f() { reader.expect(WIRE, wire) }",
            "#[cfg(test)]\nmod tests { fn f() { g().unwrap() } }",
            "/// Never `panic!()`s.\nfn f() {}",
        ] {
            assert!(plant(text).is_empty(), "{text}");
        }
        for path in ["tests/it/a.rs", "fabric/src/a/tests.rs", "fabric/src/tests/a.rs"] {
            assert!(lines(no_panics, path, "fn f() { g().unwrap() }").is_empty(), "{path}");
        }
    }

    #[test]
    fn tests_in_the_product_are_seen() {
        let plant = |text| lines(tests_only_in_tests, "fabric/src/a.rs", text);
        assert_eq!(plant("mod a;\nmod tests;"), [2]);
        assert_eq!(plant("pub(crate) mod tests { fn f() {} }"), [1]);
        assert!(plant("#[cfg(test)]\nmod tests;\n#[cfg(test)]\nmod a { mod tests {} }").is_empty());
    }
}
