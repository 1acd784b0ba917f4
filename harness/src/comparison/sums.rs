//! Whether the sums in a document are those of what it lists.

use serde_json::Value;

use super::document::{CellResult, DocumentError, Read, list, member};
use crate::skew::Class;

/// A document whose sums are those of what it lists, grid by grid.
pub(super) fn agreeing(document: Value) -> Read<Value> {
    let mut all = [0_u64; 3];
    for grid in list(&document, "grids")? {
        let mut of_grid = [0_u64; 3];
        for cell in list(grid, "cells")? {
            add(&mut of_grid, tally(cell)?);
        }
        // Each case that failed is a finding.
        let [_, failed, _] = of_grid;
        let is_said = grid.get("tally").is_none() || tally(grid)? == of_grid;
        if !is_said || list(grid, "findings")?.len() as u64 != failed {
            return Err(DocumentError::Damaged(
                "the counts of a grid are not those of what it lists",
            ));
        }
        add(&mut all, of_grid);
    }
    if tally(&document)? != all {
        return Err(DocumentError::Damaged("its counts are not those of what it lists"));
    }
    let [_, failed, _] = all;
    if document.get("ok").is_some_and(|ok| ok.as_bool() != Some(failed == 0)) {
        return Err(DocumentError::Damaged("it says that it is ok, or not, against its findings"));
    }
    Ok(document)
}

/// The counts of a matrix are those of its cells.
pub(super) fn agreeing_matrix<'a>(
    matrix: &Value,
    cells: impl Iterator<Item = &'a CellResult> + Clone,
) -> Read<()> {
    // Documents from before there were any have none.
    let Some(counts) = matrix.get("counts") else { return Ok(()) };
    let is =
        |name, count: usize| counts.get(name).is_none_or(|it| it.as_u64() == Some(count as u64));
    let of_class = |class: Class| cells.clone().filter(|cell| cell.class == class).count();
    let is_of_classes = Class::ALL.into_iter().all(|class| is(class.word(), of_class(class)));
    let unforeseen = cells.clone().filter(|cell| !cell.is_foreseen).count();
    if is_of_classes && is("unforeseen", unforeseen) && is("total", cells.count()) {
        return Ok(());
    }
    Err(DocumentError::Damaged("the counts of its matrix are not those of its cells"))
}

fn add(sum: &mut [u64; 3], more: [u64; 3]) {
    sum.iter_mut().zip(more).for_each(|(sum, more)| *sum = sum.saturating_add(more));
}

/// Cases that passed, failed and were skipped.
pub(super) fn tally(of: &Value) -> Read<[u64; 3]> {
    let tally = member(of, "tally")?;
    let count =
        |what| member(tally, what)?.as_u64().ok_or(DocumentError::Damaged("a count is no number"));
    Ok([count("passed")?, count("failed")?, count("skipped")?])
}
