//! The formula guard: no text of a CSV file begins as a formula does.
//!
//! A spreadsheet that opens a CSV file runs a cell that begins with `=`, `+`, `-` or `@` (their full-width forms
//! too), also behind a tab or the end of a line. Such a **text** gets an apostrophe in front, which is how spreadsheets
//! themselves mark text. Labels are guarded as texts are. Numbers, dates and flags are typed and never guarded: `-5`
//! stays `-5`. A program that reads the file drops one leading apostrophe before one of these signs;
//! `Written::guarded_cells` says how many there are. XLSX needs no guard: its texts are strings by type.

const FORMULA_SIGNS: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}'];

/// Whether a text needs the apostrophe.
pub(crate) fn is_like_a_formula(text: &str) -> bool {
    text.starts_with(FORMULA_SIGNS)
}
