//! The matrix as text: a row an issuer, a letter a verifier. A few hundred bytes, where objects would be too much for a
//! probe's termination message, and a picture for who reads the evidence.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

use super::Verdict;
use super::seen::Cell;

const LETTERS: [(char, Verdict); 5] = [
    ('A', Verdict::Accepted),
    ('R', Verdict::Rejected),
    ('N', Verdict::NoToken),
    ('U', Verdict::Unreachable),
    ('?', Verdict::Unclear),
];
/// A pair that was not tried; at the end of a row it is left out.
const NOT_TRIED: char = '.';
/// No Harbor has as many cores.
const MAX: usize = 4096;

pub(super) fn serialize<S: Serializer>(cells: &[Cell], serializer: S) -> Result<S::Ok, S::Error> {
    let mut rows: Vec<Vec<char>> = Vec::new();
    for cell in cells.iter().filter(|cell| cell.issuer < MAX && cell.verifier < MAX) {
        if rows.len() <= cell.issuer {
            rows.resize(cell.issuer + 1, Vec::new());
        }
        let row = &mut rows[cell.issuer];
        if row.len() <= cell.verifier {
            row.resize(cell.verifier + 1, NOT_TRIED);
        }
        let letter = LETTERS.iter().find(|(_, verdict)| *verdict == cell.verdict);
        row[cell.verifier] = letter.map_or(NOT_TRIED, |(letter, _)| *letter);
    }
    serializer.collect_seq(rows.into_iter().map(String::from_iter))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Cell>, D::Error> {
    let rows = Vec::<String>::deserialize(deserializer)?;
    let mut cells = Vec::new();
    for (issuer, row) in rows.iter().enumerate().take(MAX) {
        for (verifier, letter) in row.chars().enumerate().take(MAX) {
            match LETTERS.iter().find(|(known, _)| *known == letter) {
                Some((_, verdict)) => cells.push(Cell { issuer, verifier, verdict: *verdict }),
                None if letter == NOT_TRIED => {}
                None => return Err(D::Error::custom("a row of the matrix has a letter that is no verdict")),
            }
        }
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde_json::json;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Holder(#[serde(with = "super")] Vec<Cell>);

    #[test]
    fn a_matrix_is_a_picture_and_back() {
        let cell = |issuer, verifier, verdict| Cell { issuer, verifier, verdict };
        let cells = vec![
            cell(0, 0, Verdict::Accepted),
            cell(0, 2, Verdict::Rejected),
            cell(2, 0, Verdict::NoToken),
            cell(2, 1, Verdict::Unreachable),
            cell(2, 2, Verdict::Unclear),
        ];
        let text = serde_json::to_value(Holder(cells.clone())).unwrap();
        assert_eq!(text, json!(["A.R", "", "NU?"]));
        assert_eq!(serde_json::from_value::<Holder>(text).unwrap().0, cells);
        assert!(serde_json::from_value::<Holder>(json!(["AX"])).is_err());
    }
}
