//! Which operations of the org's API the tests saw succeed, of those that the org promises (tiers 1 and 2 of its table).
//!
//! Invariant: the wanted number only goes up. A test process writes a file of ids into the folder that [`VARIABLE`] names.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::place::Place;

/// How many operations must have been seen to succeed; raised with what is built, until it is all of them.
const COVERED_MIN: usize = 437;
pub(crate) const VARIABLE: &str = "WEBREPORTS_TEST_OPERATIONS";

/// The folder, empty.
pub(crate) fn folder(place: &Place) -> Result<PathBuf> {
    let folder = place.target().join("operations-tested");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(Error::file(&folder))?;
    }
    fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    Ok(folder)
}

/// Prints the share and what is missing; fails below the wanted number.
pub(crate) fn report(place: &Place) -> Result<()> {
    let folder = place.target().join("operations-tested");
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(&folder).map_err(Error::file(&folder))? {
        let path = entry.map_err(Error::file(&folder))?.path();
        let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
        seen.extend(text.lines().map(str::to_owned));
    }
    let table = place.root().join("crates/org/src/operations/table.tsv");
    let report = Report::of(&fs::read_to_string(&table).map_err(Error::file(&table))?, &seen);
    print!("{}", report.text());
    if report.covered < COVERED_MIN {
        return Err(Error::Missing {
            what: format!("tests saw {} operations succeed, and saw {COVERED_MIN} before", report.covered),
            fix: "look in the list above for what was covered, and mend its test".into(),
        });
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct Report {
    covered: usize,
    /// Method, path and id of each that is missing, with its tier.
    missing: Vec<String>,
}

impl Report {
    fn of(table: &str, seen: &BTreeSet<String>) -> Report {
        let mut report = Report { covered: 0, missing: Vec::new() };
        for row in table.lines().skip(1) {
            if let [method, path, id, tier @ ("1" | "2"), ..] = row.split('\t').collect::<Vec<_>>()[..] {
                if seen.contains(id) {
                    report.covered += 1;
                } else {
                    report.missing.push(format!("{tier} {id}: {method} {path}"));
                }
            }
        }
        report.missing.sort();
        report
    }

    fn text(&self) -> String {
        let all = self.covered + self.missing.len();
        let share = 100.0 * self.covered as f64 / all.max(1) as f64;
        let mut text = String::new();
        for missing in &self.missing {
            text.push_str(&format!("  not seen, tier {missing}\n"));
        }
        text.push_str(&format!(
            "{} of {all} operations of tiers 1 and 2 were seen to succeed ({share:.1} %)\n",
            self.covered
        ));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_promised_counts() {
        let table = "method\tpath\toperation\ttier\nGET\t/a\tgetA\t1\nPUT\t/b\tputB\t2\nGET\t/c\tgetC\t3\n";
        let report = Report::of(table, &BTreeSet::from(["getA".to_owned(), "getC".to_owned(), "other".to_owned()]));
        assert_eq!(report, Report { covered: 1, missing: vec!["2 putB: PUT /b".to_owned()] });
        assert!(report.text().ends_with("1 of 2 operations of tiers 1 and 2 were seen to succeed (50.0 %)\n"));
    }
}
