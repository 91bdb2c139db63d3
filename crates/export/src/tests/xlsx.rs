//! XLSX: sheets, types, formats, and what Excel cannot hold.

use std::sync::Arc;

use arrow::array::{Decimal128Array, Float64Array, Int64Array, StringArray};
use domain::Format;

use super::*;
use crate::{shown::Shown, xlsx};

#[test]
fn rows_past_the_last_of_a_sheet_go_on_on_the_next() {
    let batch = batch(vec![("id", Arc::new(Int64Array::from_iter_values(0..25)))]);
    let columns = columns_of(&batch);
    let shown = Shown::new(&columns, batch.schema_ref()).unwrap();
    let mut file = Vec::new();
    let pieces = [batch.slice(0, 13), batch.slice(13, 12)].map(Ok);
    let written = xlsx::write(&shown, pieces.into_iter(), &mut file, &options(), 11).unwrap();
    assert_eq!((written.rows, written.sheets), (25, 3));
    let sheets = sheets(&file);
    assert_eq!(
        sheets.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["Sales by region", "Sales by region (2)", "Sales by region (3)"]
    );
    let mut next = 0.0;
    for (_, sheet) in &sheets {
        assert_eq!(sheet.get((0, 0)), Some(&Data::String("Label of id".to_owned())));
        for row in sheet.rows().skip(1) {
            assert_eq!(row, [Data::Float(next)]);
            next += 1.0;
        }
    }
    assert_eq!(next, 25.0);
}

#[test]
fn text_is_never_a_formula() {
    let texts = ["=1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "http://example.com", "007", "TRUE"];
    let batch = batch(vec![("text", Arc::new(StringArray::from(texts.to_vec())))]);
    let (file, _) = written(FileFormat::Xlsx, &columns_of(&batch), &batch, &options());
    let sheet = &sheets(&file)[0].1;
    assert_eq!(
        sheet.rows().skip(1).map(|row| row[0].clone()).collect::<Vec<_>>(),
        texts.map(|text| Data::String(text.to_owned()))
    );
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file)).unwrap();
    assert!(book.worksheet_formula("Sales by region").unwrap().is_empty());
}

#[test]
fn what_excel_cannot_hold_is_text_or_said_to_be_cut() {
    let amounts = Decimal128Array::from(vec![123_456_789_012_345_000, 123_456_789_012_345_678, -5])
        .with_precision_and_scale(38, 3)
        .unwrap();
    let batch = batch(vec![
        ("amount", Arc::new(amounts)),
        ("count", Arc::new(Int64Array::from(vec![i64::MAX, 999_999_999_999_999, 0]))),
        ("double", Arc::new(Float64Array::from(vec![f64::NAN, 0.1, 1e300]))),
        ("text", Arc::new(StringArray::from(vec!["x".repeat(40_000), "\u{1F600}".repeat(20_000), "x".repeat(32_767)]))),
    ]);
    let (file, written) = written(FileFormat::Xlsx, &columns_of(&batch), &batch, &options());
    let sheets = sheets(&file);
    let cell = |row: u32, column: u32| sheets[0].1.get_value((row, column)).unwrap().clone();
    assert_eq!(cell(1, 0), Data::Float(123_456_789_012_345.0));
    assert_eq!(cell(2, 0), Data::String("123456789012345.678".to_owned()));
    assert_eq!(cell(3, 0), Data::Float(-0.005));
    assert_eq!(cell(1, 1), Data::String("9223372036854775807".to_owned()));
    assert_eq!(cell(2, 1), Data::Float(999_999_999_999_999.0));
    assert_eq!(cell(1, 2), Data::String("NaN".to_owned()));
    assert_eq!(cell(3, 2), Data::Float(1e300));
    assert_eq!(cell(1, 3), Data::String("x".repeat(32_767)));
    assert_eq!(cell(2, 3), Data::String("\u{1F600}".repeat(16_383)));
    assert_eq!(cell(3, 3), Data::String("x".repeat(32_767)));
    assert_eq!((written.text_cells, written.cut_cells), (3, 2));
    assert_eq!(sheets[1].0, "Note");
    let said = sheets[1].1.get_value((1, 0)).unwrap().to_string();
    assert_eq!(said, "Texts cut at the 32,767 characters that Excel can hold: 2");
}

#[test]
fn the_note_has_a_sheet_and_the_formats_of_the_view_are_kept() {
    let batch = batch(vec![
        ("share", Arc::new(Float64Array::from(vec![0.125]))),
        ("id", Arc::new(Int64Array::from(vec![123_456_789_012]))),
    ]);
    let mut columns = columns_of(&batch);
    columns[0].format = Some(Format::Percent);
    columns[0].width = Some(140);
    let noted = Options { note: Some("first 1 of 5,000 rows".to_owned()), ..options() };
    let (file, written) = written(FileFormat::Xlsx, &columns, &batch, &noted);
    assert_eq!(written.sheets, 1);
    let sheets = sheets(&file);
    assert_eq!(sheets[1].1.get_value((1, 0)), Some(&Data::String("first 1 of 5,000 rows".to_owned())));
    let part = |name: &str| {
        let mut archive = zip_part(&file, name);
        archive.retain(|c| c != '\n');
        archive
    };
    let styles = part("xl/styles.xml");
    assert!(styles.contains("formatCode=\"0.00%\""), "{styles}");
    let sheet = part("xl/worksheets/sheet1.xml");
    assert!(sheet.contains("state=\"frozen\""), "{sheet}");
    assert!(sheet.contains("<autoFilter ref=\"A1:B2\"/>"), "{sheet}");
    assert!(sheet.contains("customWidth=\"1\""), "{sheet}");
    assert!(part("docProps/core.xml").contains("<dc:title>Sales by region</dc:title>"));
    assert!(part("docProps/core.xml").contains("2026-01-01T00:00:00Z"));
}

/// One part of the package, through the reader that calamine brings.
fn zip_part(file: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let mut part = archive.by_name(name).unwrap();
    std::io::read_to_string(&mut part).unwrap()
}
