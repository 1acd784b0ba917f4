//! What a benchmark counted, in two numbers that can be followed.

use super::measure::{INSTRUCTIONS, SLOWER, count};
use crate::json;

/// What is read of a row.
#[derive(Debug, serde::Deserialize)]
struct Row {
    instructions: u64,
    library: Option<Library>,
}

/// The fastest way of the library that does the same.
#[derive(Debug, serde::Deserialize)]
struct Library {
    ratio: f64,
}

/// The measures of a document that `cargo bench --bench codec -- --json FILE` has written.
///
/// # Errors
///
/// If it is no such document, or has no row.
pub fn speed(text: &str) -> Result<[(&'static str, f64); 2], String> {
    let document = json::read(text).map_err(|error| error.to_string())?;
    let rows: Vec<Row> = serde_json::from_value(document).map_err(|error| error.to_string())?;
    let ratios: Vec<f64> =
        rows.iter().filter_map(|row| row.library.as_ref()).map(|library| library.ratio).collect();
    if rows.is_empty() || ratios.is_empty() {
        return Err("it has no row beside a library".to_owned());
    }
    let slower = ratios.iter().filter(|ratio| **ratio > 1.0).count();
    let logarithms: f64 = rows.iter().map(|row| count(row.instructions.max(1)).ln()).sum();
    Ok([
        (INSTRUCTIONS, (logarithms / count(rows.len() as u64)).exp()),
        (SLOWER, 100.0 * count(slower as u64) / count(ratios.len() as u64)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_stand_for_all_rows() {
        let rows = r#"[
            {"row": "a", "instructions": 10, "library": {"ratio": 1.5}},
            {"row": "b", "instructions": 1000, "library": {"ratio": 1.0}},
            {"row": "c", "instructions": 100, "library": null}
        ]"#;
        let [(_, instructions), (_, slower)] = speed(rows).unwrap();
        assert!((instructions - 100.0).abs() < 1e-9, "{instructions}");
        assert!((slower - 50.0).abs() < 1e-9, "{slower}");
        for other in ["", "{}", "[]", r#"[{"row": "a"}]"#, r#"[{"instructions": 1}]"#] {
            assert!(speed(other).is_err(), "{other}");
        }
    }
}
