//! Every format against the same rows: what goes in is read back by another program's code.

mod agreement;
mod csv;
mod parquet;
mod xlsx;

use std::{convert::Infallible, io::Cursor};

use arrow::array::{ArrayRef, RecordBatch};
use calamine::{Data, Range, Reader, Xlsx};
use domain::{Column, DataType};
use world::Instant;

use crate::{Error, FileFormat, Options, Written};

fn options() -> Options {
    Options {
        title: "Sales by region".to_owned(),
        note: None,
        byte_order_mark: false,
        created_at: Instant::from_seconds(1_767_225_600),
        scratch_folder: std::env::temp_dir(),
    }
}

/// Columns as they are found, labelled `Label of <name>`; what the domain takes their type for does not matter here.
fn columns_of(batch: &RecordBatch) -> Vec<Column> {
    let fields = batch.schema_ref().fields().iter();
    fields.map(|field| Column { label: label(field.name()), ..Column::found(field.name(), DataType::Text) }).collect()
}

fn label(name: &str) -> String {
    format!("Label of {name}")
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

/// Writes a batch in pieces of seven rows.
fn written(format: FileFormat, columns: &[Column], batch: &RecordBatch, options: &Options) -> (Vec<u8>, Written) {
    let pieces = (0..batch.num_rows()).step_by(7).map(|row| batch.slice(row, 7.min(batch.num_rows() - row)));
    let mut file = Vec::new();
    let pieces = pieces.map(Ok::<_, Infallible>);
    let written = crate::write(format, columns, batch.schema_ref(), pieces, &mut file, options).unwrap();
    assert_eq!(written.bytes, file.len() as u64);
    assert_eq!(written.rows, batch.num_rows() as u64);
    (file, written)
}

/// Lines of cells; none is NULL: nothing at all between two commas.
fn read_csv(file: &[u8]) -> Vec<Vec<Option<String>>> {
    let text = std::str::from_utf8(file).unwrap();
    let mut lines = vec![];
    let mut line: Vec<Option<String>> = vec![];
    let mut cell = String::new();
    let mut quoted = false;
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' if cell.is_empty() && !quoted => {
                quoted = true;
                loop {
                    match signs.next().expect("a quote is closed") {
                        '"' if signs.next_if_eq(&'"').is_some() => cell.push('"'),
                        '"' => break,
                        other => cell.push(other),
                    }
                }
            }
            ',' | '\r' => {
                let text = std::mem::take(&mut cell);
                line.push((quoted || !text.is_empty()).then_some(text));
                quoted = false;
                if sign == '\r' {
                    assert_eq!(signs.next(), Some('\n'));
                    lines.push(std::mem::take(&mut line));
                }
            }
            other => cell.push(other),
        }
    }
    assert!(cell.is_empty() && line.is_empty(), "the last line is ended");
    lines
}

fn sheets(file: &[u8]) -> Vec<(String, Range<Data>)> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file.to_vec())).unwrap();
    book.worksheets()
}

#[test]
fn only_visible_columns_leave_and_in_the_view_s_order() {
    let ids: ArrayRef = std::sync::Arc::new(arrow::array::Int64Array::from(vec![1, 2]));
    let batch = batch(vec![("a", ids.clone()), ("b", ids.clone()), ("c", ids)]);
    let mut columns = columns_of(&batch);
    columns.swap(0, 2);
    columns[1].visible = false;
    let (csv, _) = written(FileFormat::Csv, &columns, &batch, &options());
    assert_eq!(csv, b"Label of c,Label of a\r\n1,1\r\n2,2\r\n");
    let (json, _) = written(FileFormat::Json, &columns, &batch, &options());
    assert_eq!(json, b"[\n{\"c\":1,\"a\":1},\n{\"c\":2,\"a\":2}\n]\n");

    for column in &mut columns {
        column.visible = false;
    }
    let none = crate::write(
        FileFormat::Csv,
        &columns,
        batch.schema_ref(),
        std::iter::empty::<Result<_, Infallible>>(),
        Vec::new(),
        &options(),
    );
    assert!(matches!(none, Err(Error::NoColumns)));
    let unknown = [Column::found("salary", DataType::Text)];
    let unknown = crate::write(
        FileFormat::Csv,
        &unknown,
        batch.schema_ref(),
        std::iter::empty::<Result<_, Infallible>>(),
        Vec::new(),
        &options(),
    );
    assert_eq!(unknown.unwrap_err().to_string(), "the result has no column `salary`");
}

#[test]
fn a_file_of_no_rows_is_valid_in_every_format() {
    let ids: ArrayRef = std::sync::Arc::new(arrow::array::Int64Array::from(Vec::<i64>::new()));
    let batch = batch(vec![("id", ids)]);
    let file = |format| written(format, &columns_of(&batch), &batch, &options()).0;
    assert_eq!(file(FileFormat::Csv), b"Label of id\r\n");
    assert_eq!(serde_json::from_slice::<Vec<serde_json::Value>>(&file(FileFormat::Json)).unwrap().len(), 0);
    let sheets = sheets(&file(FileFormat::Xlsx));
    assert_eq!(sheets[0].1.rows().collect::<Vec<_>>(), [[Data::String("Label of id".to_owned())]]);
    assert_eq!(parquet::read(file(FileFormat::Parquet)).1.num_rows(), 0);
}

#[test]
fn a_source_that_fails_fails_the_file_in_every_format() {
    let ids: ArrayRef = std::sync::Arc::new(arrow::array::Int64Array::from(vec![1]));
    let batch = batch(vec![("id", ids)]);
    for format in FileFormat::ALL {
        let batches = [Ok(batch.clone()), Err(std::io::Error::other("the disk broke"))];
        let failed =
            crate::write(format, &columns_of(&batch), batch.schema_ref(), batches.into_iter(), Vec::new(), &options());
        let Err(Error::Rows(source)) = failed else { panic!("{format:?}") };
        assert_eq!(source.to_string(), "the disk broke");
    }
}

#[test]
fn a_reader_who_leaves_ends_the_file_in_every_format() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let ids: ArrayRef = std::sync::Arc::new(arrow::array::Int64Array::from_iter_values(0..50_000));
    let batch = batch(vec![("id", ids)]);
    for format in FileFormat::ALL {
        let failed = crate::write(
            format,
            &columns_of(&batch),
            batch.schema_ref(),
            [Ok::<_, Infallible>(batch.clone())].into_iter(),
            Closed,
            &options(),
        );
        assert!(
            matches!(&failed, Err(Error::Write(cause)) if cause.kind() == std::io::ErrorKind::BrokenPipe),
            "{format:?} {failed:?}"
        );
    }
}
