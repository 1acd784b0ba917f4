//! What the house says about its own code, read from the code: who may import whom, what may not
//! be written where, which line needs a reason.
//!
//! Each rule is a function from a file to objections, and each is itself tested with a planted
//! violation: a rule that never objects would not be noticed otherwise.

mod code;
mod manifest;
pub mod marks;
mod rooms;
mod text;

use std::cell::OnceCell;
use std::fmt;
use std::path::Path;

use self::code::Code;

/// A file of the project. Paths are relative to it and have forward slashes.
#[derive(Debug)]
pub struct File {
    pub path: String,
    pub text: String,
    code: OnceCell<Code>,
}

impl File {
    fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), code: OnceCell::new() }
    }

    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// What a Rust file says; it is read when a rule first asks.
    fn code(&self) -> &Code {
        self.code.get_or_init(|| Code::read(self))
    }
}

/// A line that breaks a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Objection {
    path: String,
    line: usize,
    what: String,
}

impl Objection {
    fn new(file: &File, line: usize, what: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, what: what.into() }
    }
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

type Rule = fn(&File) -> Vec<Objection>;

/// Every rule there is.
const RULES: [Rule; 16] = [
    rooms::arrows,
    rooms::no_fabric_in_harness,
    rooms::no_io_in_fabric,
    rooms::sockets_only_in_live,
    rooms::printing_only_in_cli,
    rooms::no_unsafe,
    rooms::no_panics,
    rooms::one_table_says_since_when,
    rooms::tests_only_in_tests,
    text::not_too_long,
    text::module_doc,
    text::no_machine_paths,
    text::no_registry_hosts,
    text::reference_data_only_in_tests,
    manifest::every_dependency_has_a_reason,
    marks::every_mark_leads_somewhere,
];

#[test]
fn the_tree_is_tidy() {
    let files = project_files();
    assert!(files.iter().any(|file| file.path == "src/lib.rs"), "the walk found no sources");
    let mut objections: Vec<Objection> =
        files.iter().flat_map(|file| RULES.iter().flat_map(move |rule| rule(file))).collect();
    objections.sort();
    let objections: Vec<String> = objections.iter().map(ToString::to_string).collect();
    assert!(objections.is_empty(), "\n{}\n", objections.join("\n"));
}

/// The text files of the project, in order; without what git and cargo keep for themselves.
fn project_files() -> Vec<File> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    let mut folders = vec![project.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default();
            if name == ".git" || name == "target" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                files.push(File::new(relative(project, &path), text));
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn relative(project: &Path, path: &Path) -> String {
    let steps = path.strip_prefix(project).unwrap().iter();
    steps.map(|step| step.to_string_lossy().into_owned()).collect::<Vec<_>>().join("/")
}

/// The lines in which a rule objects to a planted file.
fn lines(rule: Rule, path: &str, text: &str) -> Vec<usize> {
    rule(&File::new(path, text)).iter().map(|objection| objection.line).collect()
}
