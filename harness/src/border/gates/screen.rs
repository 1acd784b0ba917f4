//! The audit for people: the verdict first, then what is not as it should be, then the other gates.

use std::collections::BTreeMap;

use super::{Audit, Gate};
use crate::render::fold::{brief, paragraph};
use crate::render::{quoted, repro};
use crate::verdict::Finding;

/// Columns by which what is said of a gate is indented.
const INDENT: usize = 6;

impl Audit {
    /// The audit as text, in lines that fit a terminal.
    pub fn to_text(&self) -> String {
        let mut text = self.verdict();
        let mut findings: BTreeMap<&str, &Finding> =
            self.report.findings().map(|finding| (finding.case.as_str(), finding)).collect();
        for gate in &self.gates {
            if let Some(finding) = findings.remove(&*gate.address()) {
                text.push('\n');
                self.gate(gate, Some(finding), &mut text);
            }
        }
        // Of lists and of entries of the file of what is expected.
        findings.into_values().for_each(|finding| brief(&mut text, finding));
        let is_found = |gate: &Gate| {
            self.report.findings().any(|finding| finding.case.as_str() == gate.address())
        };
        for gate in self.gates.iter().filter(|gate| !is_found(gate)) {
            text.push('\n');
            self.gate(gate, None, &mut text);
        }
        text
    }

    /// How it ends, in a line.
    fn verdict(&self) -> String {
        let not_tried = self.report.not_tried();
        let gates = match self.gates.len() {
            0 if not_tried > 0 => "no gate where it was tried".to_owned(),
            0 => "no gate: what one release says, every other one reads".to_owned(),
            1 => "1 gate".to_owned(),
            gates => format!("{gates} gates"),
        };
        let mut text = match self.report.tally().failed {
            // What was not tried may be anything.
            0 if not_tried > 0 => format!("! {gates}"),
            0 if self.gates.is_empty() => gates,
            0 => format!("✓ {gates}, all of it expected"),
            1 => format!("✗ {gates}, 1 finding"),
            failed => format!("✗ {gates}, {failed} findings"),
        };
        if not_tried > 0 {
            text.push_str(&format!("; {not_tried} not tried: `check` tells what ends there"));
        }
        text.push('\n');
        text
    }

    fn gate(&self, gate: &Gate, finding: Option<&Finding>, text: &mut String) {
        let mark = if finding.is_some() { '✗' } else { ' ' };
        let address = gate.address();
        text.push_str(&format!("{mark} {address}\n"));
        paragraph(text, "      ", INDENT, &format!("known {}", gate.known));
        for fate in &gate.fates {
            paragraph(text, "      ", INDENT + 2, &fate.to_string());
            let listed = match (&fate.note, fate.is_expected()) {
                (Some(note), true) => format!("listed: {note}"),
                (Some(note), false) => format!("NOT as listed: {note}"),
                (None, _) => "NOT listed".to_owned(),
            };
            paragraph(text, "        ", INDENT + 2, &listed);
        }
        match finding {
            Some(_) => text.push_str(&format!("      {} {}\n", repro(), quoted(&address))),
            None => {
                if let Some(reason) = self.excuse(&address) {
                    paragraph(text, "      ", INDENT + 2, reason);
                }
            }
        }
    }

    /// Why a finding of this address is none.
    fn excuse(&self, address: &str) -> Option<&str> {
        let mut skips = self.report.grids().iter().flat_map(|grid| grid.skips());
        let is_it = |case: &crate::verdict::CaseId| case.as_str() == address;
        skips.find(|skip| skip.cases.iter().any(is_it)).map(|skip| skip.reason.as_str())
    }
}
