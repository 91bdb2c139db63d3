//! CSV: quotes, NULL and the formula guard.

use std::sync::Arc;

use arrow::array::{Int64Array, StringArray};

use super::*;

#[test]
fn no_text_and_no_label_begins_as_a_formula_does() {
    let texts =
        ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\n=x", "＝1", "＋1", "－1", "＠x", "'=1", " =1", "1-1", "=a,\"b\""];
    let batch = batch(vec![
        ("text", Arc::new(StringArray::from(texts.to_vec()))),
        ("number", Arc::new(Int64Array::from_iter_values((0..texts.len()).map(|i| -(i as i64) - 1)))),
    ]);
    let mut columns = columns_of(&batch);
    columns[0].label = "=cmd()".to_owned();
    let (file, written) = written(FileFormat::Csv, &columns, &batch, &options());
    let lines = read_csv(&file);
    assert_eq!(lines[0][0].as_deref(), Some("'=cmd()"));
    for (line, text) in lines[1..].iter().zip(texts) {
        let cell = line[0].as_deref().unwrap();
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']), "{cell}");
        assert_eq!(cell.strip_prefix('\'').unwrap_or(cell), text.strip_prefix('\'').unwrap_or(text));
    }
    assert_eq!(lines[1][1].as_deref(), Some("-1"), "a number is what it is");
    assert_eq!(written.guarded_cells, 13);
}

#[test]
fn null_and_empty_text_are_told_apart_and_no_row_is_an_empty_line() {
    let batch = batch(vec![
        ("a", Arc::new(StringArray::from(vec![Some(""), None, Some("a \"b\", c\nd")]))),
        ("b", Arc::new(Int64Array::from(vec![None, Some(1), None]))),
    ]);
    let (file, _) = written(FileFormat::Csv, &columns_of(&batch), &batch, &options());
    assert_eq!(file, b"Label of a,Label of b\r\n\"\",\r\n,1\r\n\"a \"\"b\"\", c\nd\",\r\n");
    let (file, _) = written(FileFormat::Csv, &columns_of(&batch)[1..], &batch, &options());
    assert_eq!(file, b"Label of b\r\n\"\"\r\n1\r\n\"\"\r\n");
}

#[test]
fn the_mark_for_excel_comes_when_asked_for() {
    let batch = batch(vec![("a", Arc::new(StringArray::from(vec!["ä"])))]);
    let marked = Options { byte_order_mark: true, ..options() };
    let (file, _) = written(FileFormat::Csv, &columns_of(&batch), &batch, &marked);
    assert_eq!(file, "\u{FEFF}Label of a\r\nä\r\n".as_bytes());
}
