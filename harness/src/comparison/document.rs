//! A run, read from its JSON document.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};
use thiserror::Error;

use super::sums;
use crate::json;
use crate::pair::PairKind;
use crate::render::json::{NO_CELL, SCHEMA, SCHEMA_BEFORE};
use crate::skew::Class;
use crate::skew::matrix::ROOT;

/// Cells that a matrix may have: one that repeats blocks has far more than its document has bytes. The
/// whole one has half a million, and arbitrary values make it larger.
const CELLS_MAX: usize = 16 << 20;

/// Why something is no run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DocumentError {
    /// It is not JSON.
    #[error("it is no JSON: {0}")]
    NotJson(String),
    /// It is JSON of something else.
    #[error("it is no report of this program: it names no schema")]
    Foreign,
    /// It is a report of another kind.
    #[error("it is `{0}`, and only `{SCHEMA}` can be compared")]
    OtherSchema(String),
    /// It is not as its schema says.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    /// It is sound, and verified nothing.
    #[error("it has no case that passed or failed: nothing was verified")]
    Nothing,
    /// It is of another command than the one before it.
    #[error("it is of `{0}`, and the other one is of `{1}`")]
    OtherCommand(String, String),
}

/// What a document says of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What was run.
    pub title: String,
    /// The cells of the matrix by address.
    pub(super) cells: BTreeMap<String, CellResult>,
    /// What pairs come to, by offer.
    pub(super) answers: BTreeMap<String, Answer>,
    /// Findings by case and requirement.
    pub(super) findings: BTreeMap<FindingKey, FindingText>,
    /// Tallies by grid, row and column.
    pub(super) tallies: BTreeMap<[String; 3], [u64; 3]>,
    /// The verdicts on pairs of releases.
    pub(super) verdicts: BTreeMap<String, Said>,
    /// How requirements stand, by their names.
    pub(super) requirements: BTreeMap<String, Said>,
}

/// What a run says of something in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// The higher, the worse.
    pub rank: (usize, usize),
    pub words: String,
    pub reason: String,
    pub repro: Option<String>,
}

/// What came of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CellResult {
    pub class: Class,
    pub is_foreseen: bool,
    pub reason: String,
}

/// What came of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// A version, and what the acceptor takes the connection for.
    Agreed(String, String),
    Refused(String),
    Violated(String),
}

/// What tells findings apart: the address of the case, and the requirement that it is of. Several
/// requirements may fail at one address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FindingKey {
    pub case: String,
    /// Its name; none where the case is of none, or the document does not say.
    pub of: Option<String>,
    /// Which of those that are alike in both.
    pub nth: usize,
}

/// A finding, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FindingText {
    pub expected: String,
    pub actual: String,
    pub repro: Option<String>,
}

pub(super) type Read<T> = Result<T, DocumentError>;

/// The JSON of a report, of a schema that is known.
///
/// # Errors
///
/// If it is no report, one of another schema, or one that contradicts itself.
pub fn document(text: &str) -> Read<Value> {
    let document = parsed(text)?;
    Run::of(&document)?;
    Ok(document)
}

fn parsed(text: &str) -> Read<Value> {
    let document = json::read(text).map_err(|error| DocumentError::NotJson(error.to_string()))?;
    match document.get("schema").and_then(Value::as_str) {
        Some(SCHEMA | SCHEMA_BEFORE) => sums::agreeing(document),
        Some(other) => Err(DocumentError::OtherSchema(other.to_owned())),
        None => Err(DocumentError::Foreign),
    }
}

/// How many findings there were of a case and requirement.
type Counts = HashMap<(String, Option<String>), usize>;

impl Run {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// If it is no report, or one of another schema.
    pub fn read(text: &str) -> Read<Self> {
        Self::of(&parsed(text)?)
    }

    /// Whether it can be compared with a run before it.
    ///
    /// # Errors
    ///
    /// If it verified nothing, or is of another command: then it says nothing of what was there.
    pub fn follows(&self, old: &Self) -> Read<()> {
        if self.tallies.values().all(|[passed, failed, _]| passed + failed == 0) {
            return Err(DocumentError::Nothing);
        }
        // What stands behind the command is what it was given.
        let command = |run: &Self| -> Vec<String> {
            run.title.split(' ').take(2).map(str::to_owned).collect()
        };
        if command(self) != command(old) {
            return Err(DocumentError::OtherCommand(self.title.clone(), old.title.clone()));
        }
        Ok(())
    }

    fn of(document: &Value) -> Read<Self> {
        let mut run = Self {
            title: string(document, "title")?,
            cells: BTreeMap::new(),
            answers: BTreeMap::new(),
            findings: BTreeMap::new(),
            tallies: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            requirements: BTreeMap::new(),
        };
        let mut counts = Counts::new();
        for grid in list(document, "grids")? {
            run.read_grid(grid, &mut counts)?;
        }
        run.read_said(document)?;
        // Runs of commands without a matrix have none, and so have documents from before there was
        // one.
        if let Some(matrix) = document.get("matrix").filter(|matrix| !matrix.is_null()) {
            run.read_matrix(matrix)?;
        }
        Ok(run)
    }

    /// Every row and column of its grids, and every node of its matrix.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let places = self.tallies.keys().flat_map(|[_, row, column]| [row, column]);
        let nodes = self.cells.keys().flat_map(|address| address.split('/').skip(1).take(2));
        places.map(String::as_str).chain(nodes).map(str::to_owned).collect()
    }

    /// The counts are those of the findings so far of each case and requirement.
    fn read_grid(&mut self, grid: &Value, counts: &mut Counts) -> Read<()> {
        let name = string(grid, "name")?;
        for cell in list(grid, "cells")? {
            let place = [name.clone(), string(cell, "row")?, string(cell, "column")?];
            self.tallies.insert(place, sums::tally(cell)?);
        }
        for finding in list(grid, "findings")? {
            let optional = |name| finding.get(name).and_then(Value::as_str).map(str::to_owned);
            let (case, of) = (string(finding, "case")?, optional("of"));
            let count = counts.entry((case.clone(), of.clone())).or_default();
            let key = FindingKey { case, of, nth: *count };
            *count += 1;
            let (expected, actual) = (string(finding, "expected")?, string(finding, "actual")?);
            self.findings.insert(key, FindingText { expected, actual, repro: optional("repro") });
        }
        Ok(())
    }

    /// Verdicts and requirements; documents from before they were told have none.
    fn read_said(&mut self, document: &Value) -> Read<()> {
        let text = |of: &Value, name| of.get(name).and_then(Value::as_str).map(str::to_owned);
        for verdict in optional_list(Some(document), "verdicts")? {
            let reasons = optional_list(Some(verdict), "reasons")?;
            let said = Said {
                rank: (kind_rank(verdict)?, reasons.len()),
                words: string(verdict, "word")?,
                reason: reasons.first().and_then(Value::as_str).unwrap_or_default().to_owned(),
                repro: text(verdict, "repro"),
            };
            self.verdicts.insert(string(verdict, "pair")?, said);
        }
        let found = self.requirements_found();
        let mut requirements = BTreeMap::new();
        for row in optional_list(document.get("requirements"), "rows")? {
            let (id, words) = (string(row, "id")?, string(row, "standing")?);
            let is_failed = match words.as_str() {
                "failed" => true,
                "passed" | "untested" | "excluded" => false,
                _ => return Err(DocumentError::Damaged("a requirement stands as nothing known")),
            };
            if !is_failed && found.contains(id.as_str()) {
                return Err(DocumentError::Damaged("a requirement holds, and has findings"));
            }
            let reason = text(row, "sentence").unwrap_or_default();
            let rank = (usize::from(is_failed), 0);
            requirements.insert(id, Said { rank, words, reason, repro: None });
        }
        self.requirements = requirements;
        Ok(())
    }

    /// The requirements that have findings.
    pub(super) fn requirements_found(&self) -> HashSet<&str> {
        self.findings.keys().filter_map(|key| key.of.as_deref()).collect()
    }

    fn read_matrix(&mut self, matrix: &Value) -> Read<()> {
        let mut samples = BTreeMap::new();
        for message in list(matrix, "messages")? {
            samples.insert(string(message, "name")?, list(message, "samples")?);
        }
        let reasons = list(matrix, "reasons")?;
        let blocks = list(matrix, "blocks")?;
        let contents: Vec<&Value> =
            blocks.iter().map(|block| content(block, blocks)).collect::<Read<_>>()?;
        if contents.iter().map(|content| cell_count(content)).sum::<usize>() > CELLS_MAX {
            return Err(DocumentError::Damaged("its matrix has too many cells"));
        }
        for (block, content) in blocks.iter().zip(contents) {
            self.read_block(block, content, &samples, reasons)?;
        }
        sums::agreeing_matrix(matrix, self.cells.values())?;
        for pair in list(matrix, "pairs")? {
            let (dialer, acceptor) = (string(pair, "dialer")?, string(pair, "acceptor")?);
            for (offers, offer) in [("lanes", "lane"), ("pinned", "offered")] {
                for answer in list(pair, offers)? {
                    let address =
                        [ROOT, &dialer, &acceptor, "handshake", &string(answer, offer)?].join("/");
                    self.answers.insert(address, read_answer(answer)?);
                }
            }
        }
        Ok(())
    }

    fn read_block(
        &mut self,
        block: &Value,
        content: &Value,
        samples: &BTreeMap<String, &Vec<Value>>,
        reasons: &[Value],
    ) -> Read<()> {
        let layer = string(block, "layer")?;
        let place =
            [ROOT, &string(block, "sender")?, &string(block, "receiver")?, &layer].join("/");
        let (whys, unforeseen) = (object(content, "reasons")?, object(content, "unforeseen")?);
        for (message, glyphs) in object(content, "cells")? {
            let samples =
                samples.get(message).ok_or(DocumentError::Damaged("a message has no samples"))?;
            let glyphs = glyphs.as_str().ok_or(DocumentError::Damaged("cells are no text"))?;
            if glyphs.chars().count() != samples.len() {
                return Err(DocumentError::Damaged("a message has not one cell for each sample"));
            }
            for (sample, glyph) in samples.iter().filter_map(Value::as_str).zip(glyphs.chars()) {
                if glyph == NO_CELL {
                    continue;
                }
                let class = Class::ALL.into_iter().find(|class| class.glyph() == glyph);
                let class =
                    class.ok_or(DocumentError::Damaged("a cell has a letter of no class"))?;
                let index = whys.get(message).and_then(|m| m.get(sample)).and_then(Value::as_u64);
                let reason = index
                    .and_then(|index| reasons.get(usize::try_from(index).ok()?)?.as_str())
                    .unwrap_or_default()
                    .to_owned();
                let bad = unforeseen.get(message).and_then(Value::as_array);
                let is_foreseen =
                    !bad.is_some_and(|bad| bad.iter().any(|bad| bad.as_str() == Some(sample)));
                let result = CellResult { class, is_foreseen, reason };
                self.cells.insert(format!("{place}/{message}/{sample}"), result);
            }
        }
        Ok(())
    }
}

/// Where the cells of a block are: in it, or in the one that it is as.
fn content<'a>(block: &'a Value, blocks: &'a [Value]) -> Read<&'a Value> {
    let content = match block.get("as").map(Value::as_u64) {
        None => Some(block),
        Some(index) => index.and_then(|index| blocks.get(usize::try_from(index).ok()?)),
    };
    content.ok_or(DocumentError::Damaged("a block is as none that is there"))
}

/// Cells of a block, each a glyph of one byte.
fn cell_count(content: &Value) -> usize {
    let cells = content.get("cells").and_then(Value::as_object);
    cells.into_iter().flatten().filter_map(|(_, glyphs)| glyphs.as_str()).map(str::len).sum()
}

fn read_answer(answer: &Value) -> Read<Answer> {
    let text = |name| answer.get(name).and_then(Value::as_str).map(str::to_owned);
    if let Some(words) = text("violation") {
        return Ok(Answer::Violated(words));
    }
    if let Some(words) = text("refused") {
        return Ok(Answer::Refused(words));
    }
    let version = text("version");
    match (version, text("seen_as")) {
        (Some(version), Some(lane)) => Ok(Answer::Agreed(version, lane)),
        _ => Err(DocumentError::Damaged("a handshake without a result")),
    }
}

pub(super) fn member<'a>(value: &'a Value, name: &'static str) -> Read<&'a Value> {
    value.get(name).ok_or(DocumentError::Damaged(name))
}

pub(super) fn string(value: &Value, name: &'static str) -> Read<String> {
    member(value, name)?.as_str().map(str::to_owned).ok_or(DocumentError::Damaged(name))
}

/// A list that may be missing, and its owner too.
fn optional_list<'a>(of: Option<&'a Value>, name: &'static str) -> Read<&'a [Value]> {
    match of.and_then(|of| of.get(name)) {
        None => Ok(&[]),
        Some(list) => Ok(list.as_array().ok_or(DocumentError::Damaged(name))?),
    }
}

/// How bad the kind of a verdict is; documents of before do not say one.
fn kind_rank(verdict: &Value) -> Read<usize> {
    let Some(kind) = verdict.get("kind") else { return Ok(0) };
    let position = PairKind::ALL.iter().position(|known| kind.as_str() == Some(known.word()));
    position.ok_or(DocumentError::Damaged("a verdict of no known kind"))
}

pub(super) fn list<'a>(value: &'a Value, name: &'static str) -> Read<&'a Vec<Value>> {
    member(value, name)?.as_array().ok_or(DocumentError::Damaged(name))
}

fn object<'a>(value: &'a Value, name: &'static str) -> Read<&'a Map<String, Value>> {
    member(value, name)?.as_object().ok_or(DocumentError::Damaged(name))
}
