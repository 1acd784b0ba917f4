//! A copy of the project with all mutants in it, and the program that is made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::sites::{Edit, Finder, Site, constants};

/// The sources that are mutated.
const SOURCES: &str = "fabric/src";
/// What is appended to the root of the fabric: whether a mutant is on. The compiler has none on. What is
/// asked for is written to a file, if one is named.
const SWITCH: &str = "

/// Whether a mutant is on.
#[allow(missing_docs)]
#[inline(always)]
pub const fn mutant(number: u32) -> bool {
    const fn never(_: u32) -> bool {
        false
    }
    std::intrinsics::const_eval_select((number,), never, switch::is_on)
}

mod switch {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

    const UNKNOWN: u32 = u32::MAX;
    const WATCHED: u32 = u32::MAX - 1;
    const NONE: u32 = u32::MAX - 2;
    static ON: AtomicU32 = AtomicU32::new(UNKNOWN);
    static ASKED: [AtomicBool; 1 << 14] = [const { AtomicBool::new(false) }; 1 << 14];

    #[inline(always)]
    pub fn is_on(number: u32) -> bool {
        let on = ON.load(Relaxed);
        if on < WATCHED { on == number } else { look(number) }
    }

    #[cold]
    #[inline(never)]
    fn look(number: u32) -> bool {
        if ON.load(Relaxed) == UNKNOWN {
            let on = std::env::var(\"SKEWPROOF_MUTANT\").ok().and_then(|it| it.parse().ok());
            let is_watched = std::env::var_os(\"SKEWPROOF_ASKED\").is_some();
            ON.store(on.unwrap_or(if is_watched { WATCHED } else { NONE }), Relaxed);
        }
        if ON.load(Relaxed) == WATCHED && !ASKED[number as usize].swap(true, Relaxed) {
            use std::io::Write;
            let path = std::env::var_os(\"SKEWPROOF_ASKED\").unwrap();
            let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
            file.unwrap().write_all(format!(\"{number}\\n\").as_bytes()).unwrap();
        }
        ON.load(Relaxed) == number
    }
}
";
/// More mutants than there is room for in the switch.
const MUTANTS_MAX: usize = 1 << 14;
/// What the switch needs of the compiler.
const FEATURES: &str =
    "#![feature(core_intrinsics, const_eval_select)]\n#![allow(internal_features, warnings)]\n";

/// Where a mutant's text stands in a file that was changed.
type Places = Vec<(Range<usize>, usize)>;

/// The copy.
pub struct Tree {
    root: PathBuf,
    target: PathBuf,
    /// All mutants, by number.
    pub sites: Vec<Site>,
    /// Those that the compiler takes.
    pub viable: BTreeSet<usize>,
    places: BTreeMap<String, Places>,
}

/// What the compiler says.
#[derive(Debug, Deserialize)]
struct Said {
    reason: String,
    message: Option<Diagnostic>,
}

#[derive(Debug, Deserialize)]
struct Diagnostic {
    level: String,
    message: String,
    spans: Vec<Spot>,
}

#[derive(Debug, Deserialize)]
struct Spot {
    file_name: String,
    byte_start: usize,
    byte_end: usize,
    line_start: usize,
    is_primary: bool,
}

impl Tree {
    /// Copies a project and puts mutants in, but for those that the compiler refuses.
    pub fn planted(project: &Path, work: &Path) -> Result<Self, String> {
        let root = work.join("tree");
        copy(project, &root).map_err(|error| format!("the copy: {error}"))?;
        let mut tree = Self {
            root,
            target: work.join("target"),
            sites: Vec::new(),
            viable: BTreeSet::new(),
            places: BTreeMap::new(),
        };
        // A copy that has them already, with the same refused, is built already as well.
        let planted = tree.numbers_in_place();
        let mut refused = (0..MUTANTS_MAX).filter(|number| !planted.contains(number)).collect();
        if !tree.plant(project, &refused)? {
            eprintln!("{} mutants, all in place", tree.sites.len());
            tree.viable = planted;
            return Ok(tree);
        }
        refused.clear();
        loop {
            tree.plant(project, &refused)?;
            let before = refused.len();
            refused.extend(tree.refused()?);
            eprintln!("{} mutants, {} refused by the compiler", tree.sites.len(), refused.len());
            if refused.len() == before {
                break;
            }
        }
        tree.viable = (0..tree.sites.len()).filter(|number| !refused.contains(number)).collect();
        Ok(tree)
    }

    /// Builds the program.
    pub fn compile(&self) -> Result<(), String> {
        let features = ["--no-default-features", "--features", "cli"];
        let build = [&["build", "--release", "--locked", "--quiet"], &features[..]].concat();
        let status = self.command(&build).status().map_err(|error| format!("cargo: {error}"))?;
        if status.success() {
            Ok(())
        } else {
            Err("the program with mutants does not build".to_owned())
        }
    }

    /// The program.
    pub fn program(&self) -> PathBuf {
        self.target.join("release/skewproof")
    }

    /// The folder of the project, with its data.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The mutants that are in the copy.
    fn numbers_in_place(&self) -> BTreeSet<usize> {
        let mut files = Vec::new();
        // Where there is no copy there are none.
        let _ = sources(&self.root.join(SOURCES), &mut files);
        let texts = files.iter().map(|path| fs::read_to_string(path).unwrap_or_default());
        texts.flat_map(|text| places(&text)).map(|(_, number)| number).collect()
    }

    /// Puts all mutants in but those that are refused. Whether the copy was another before.
    fn plant(&mut self, project: &Path, refused: &BTreeSet<usize>) -> Result<bool, String> {
        let mut files = Vec::new();
        sources(&project.join(SOURCES), &mut files).map_err(|error| error.to_string())?;
        files.sort();
        let mut parsed = Vec::new();
        let mut known = BTreeMap::new();
        for path in files {
            let source = fs::read_to_string(&path).map_err(|error| error.to_string())?;
            let file = syn::parse_file(&source).map_err(|error| format!("{path:?}: {error}"))?;
            constants(&file, &mut known);
            parsed.push((path, source, file));
        }
        self.sites.clear();
        self.places.clear();
        let mut is_changed = false;
        for (path, source, file) in &parsed {
            let name = path.strip_prefix(project).unwrap_or(path).display().to_string();
            let short = name.strip_prefix(SOURCES).unwrap_or(&name).trim_start_matches('/');
            let mut finder = Finder::new(short, source, &known, self.sites.len(), refused);
            syn::visit::Visit::visit_file(&mut finder, file);
            let (mut text, mut places) = edited(source, finder.edits);
            self.sites.extend(finder.sites);
            if short == "lib.rs" {
                text = format!("{FEATURES}{text}{SWITCH}");
                places.clear();
            }
            self.places.insert(name.clone(), places);
            let written = write(&self.root.join(&name), &text);
            is_changed |= written.map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(is_changed)
    }

    /// The mutants that the compiler refuses.
    fn refused(&self) -> Result<BTreeSet<usize>, String> {
        let said = self.cargo_says(&[
            "check",
            "--package",
            "skewproof-fabric",
            "--locked",
            "--message-format",
            "json",
        ])?;
        let (mut refused, mut aside) = (BTreeSet::new(), Vec::new());
        for line in said.lines() {
            let Ok(said) = serde_json::from_str::<Said>(line) else { continue };
            let is_message = said.reason == "compiler-message";
            let Some(message) = said.message.filter(|it| is_message && it.level == "error") else {
                continue;
            };
            for spot in message.spans.iter().filter(|it| it.is_primary) {
                let blamed = self.blamed(spot);
                if blamed.is_empty() {
                    let (name, line) = (spot.file_name.clone(), spot.line_start);
                    let words = format!("{} at {name}:{line}", message.message);
                    aside.push((name, spot.byte_start, words));
                }
                refused.extend(blamed);
            }
        }
        // What is wrong beside mutants may follow from one that is gone then.
        if refused.is_empty() {
            for (name, at, words) in aside {
                let blamed = self.beside(&name, at);
                if blamed.is_empty() {
                    return Err(format!("no mutant is to blame for: {words}"));
                }
                refused.extend(blamed);
            }
        }
        Ok(refused)
    }

    /// The mutants in the innermost brackets around a place that have any.
    fn beside(&self, name: &str, at: usize) -> Vec<usize> {
        let Some(places) = self.places.get(name) else { return Vec::new() };
        let text = fs::read(self.root.join(name)).unwrap_or_default();
        let mut around = bracket(&text, at);
        loop {
            let is_within =
                |place: &Range<usize>| around.start <= place.start && place.end <= around.end;
            let within: Vec<usize> =
                places.iter().filter(|it| is_within(&it.0)).map(|it| it.1).collect();
            if !within.is_empty() || around.start == 0 {
                return within;
            }
            around = bracket(&text, around.start);
        }
    }

    /// The mutants in which an error is; if it is beside them all, those that it has in it.
    fn blamed(&self, spot: &Spot) -> Vec<usize> {
        let Some(places) = self.places.get(&spot.file_name) else {
            return Vec::new();
        };
        let around = places
            .iter()
            .filter(|(place, _)| place.start <= spot.byte_start && spot.byte_end <= place.end);
        let innermost = around.min_by_key(|(place, _)| place.len());
        if let Some((range, _)) = innermost {
            let same = places.iter().filter(|(place, _)| place == range);
            return same.map(|(_, number)| *number).collect();
        }
        let within = places
            .iter()
            .filter(|(place, _)| spot.byte_start <= place.start && place.end <= spot.byte_end);
        within.map(|(_, number)| *number).collect()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("cargo");
        command.args(arguments).current_dir(&self.root);
        // The switch is a feature of the compiler; the mutants need no further optimisation.
        command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", &self.target);
        command.env("CARGO_PROFILE_RELEASE_LTO", "off");
        command.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        command.env("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "false");
        command.env("CARGO_PROFILE_DEV_DEBUG", "0");
        command
    }

    fn cargo_says(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.command(arguments).stderr(Stdio::null()).output();
        let output = output.map_err(|error| format!("cargo: {error}"))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// The source with edits in it, and where the mutants stand in it.
fn edited(source: &str, edits: Vec<Edit>) -> (String, Places) {
    let mut ordered: Vec<(usize, Edit)> = edits.into_iter().enumerate().collect();
    ordered.sort_by_key(|(index, edit)| {
        let index = *index as i64;
        let rank = if edit.is_end {
            0
        } else if edit.at.is_empty() {
            1
        } else {
            2
        };
        (edit.at.start, rank, if edit.is_end { -index } else { index })
    });
    let (mut text, mut from) = (String::new(), 0);
    for (_, edit) in ordered {
        text.push_str(source.get(from..edit.at.start).unwrap_or_default());
        text.push_str(&edit.text);
        from = edit.at.end;
    }
    text.push_str(source.get(from..).unwrap_or_default());
    let places = places(&text);
    (text, places)
}

/// Each switch, with the brackets around it.
fn places(text: &str) -> Places {
    const CALL: &str = "crate::mutant(";
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(CALL)) {
        let start = from + at;
        from = start + CALL.len();
        let digits: String =
            text.get(from..).unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
        if let Ok(number) = digits.parse() {
            found.push((bracket(bytes, start), number));
        }
    }
    found
}

/// The innermost brackets around a place.
fn bracket(bytes: &[u8], at: usize) -> Range<usize> {
    const OPEN: [u8; 2] = *b"({";
    const CLOSED: [u8; 2] = *b")}";
    let start = unmatched(bytes, (0..at).rev(), OPEN, CLOSED).unwrap_or(0);
    let end = unmatched(bytes, at..bytes.len(), CLOSED, OPEN).map_or(bytes.len(), |it| it + 1);
    start..end
}

/// The first of these places with a bracket whose other half is not among those before it.
fn unmatched(
    bytes: &[u8],
    mut places: impl Iterator<Item = usize>,
    wanted: [u8; 2],
    others: [u8; 2],
) -> Option<usize> {
    let mut depth = 0;
    places.find(|place| match bytes.get(*place) {
        Some(byte) if others.contains(byte) => {
            depth += 1;
            false
        }
        Some(byte) if wanted.contains(byte) => {
            depth -= 1;
            depth < 0
        }
        _ => false,
    })
}

/// The files of sources, without those that are tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            if name != "tests" {
                sources(&path, found)?;
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
    Ok(())
}

/// Copies what belongs to the project.
fn copy(project: &Path, to: &Path) -> io::Result<()> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(project).output()?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for name in listed.split('\0').filter(|it| !it.is_empty()) {
        let from = project.join(name);
        let is_mutated =
            name.starts_with(SOURCES) && name.ends_with(".rs") && !name.contains("/tests");
        if from.is_file() && !is_mutated {
            let target = to.join(name);
            let bytes = fs::read(&from)?;
            if fs::read(&target).ok().as_deref() != Some(&bytes) {
                fs::create_dir_all(target.parent().unwrap_or(to))?;
                fs::write(&target, bytes)?;
            }
        }
    }
    Ok(())
}

/// Writes a file if it is another: what is as it was is not built again. Whether it was.
fn write(path: &Path, text: &str) -> io::Result<bool> {
    if fs::read(path).ok().as_deref() == Some(text.as_bytes()) {
        return Ok(false);
    }
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::File::create(path)?.write_all(text.as_bytes())?;
    Ok(true)
}
