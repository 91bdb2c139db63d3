//! Parquet: types, names, and the copy of a stored file.

use std::{fs::File, io::Write as _, sync::Arc};

use ::parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    file::properties::WriterProperties,
};
use arrow::{
    array::{Decimal128Array, Int64Array, StringArray, TimestampMicrosecondArray},
    compute::concat_batches,
};
use bytes::Bytes;

use super::*;

/// What the file says of itself, and its rows.
pub(super) fn read(file: Vec<u8>) -> (Vec<(String, Option<String>)>, RecordBatch) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(file)).unwrap();
    let said = reader.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    let schema = reader.schema().clone();
    let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
    let schema = Arc::new(schema.as_ref().clone().with_metadata(Default::default()));
    let batches: Vec<RecordBatch> =
        batches.iter().map(|batch| batch.clone().with_schema(schema.clone()).unwrap()).collect();
    (said.into_iter().map(|said| (said.key, said.value)).collect(), concat_batches(&schema, &batches).unwrap())
}

fn sample(rows: i64) -> RecordBatch {
    let optional = |id: i64| (id % 5 != 0).then_some(id);
    batch(vec![
        ("id", Arc::new((0..rows).map(optional).collect::<Int64Array>())),
        (
            "name",
            Arc::new((0..rows).map(|id| optional(id).map(|id| format!("name {}", id % 300))).collect::<StringArray>()),
        ),
        (
            "amount",
            Arc::new(
                (0..rows)
                    .map(|id| optional(id).map(i128::from))
                    .collect::<Decimal128Array>()
                    .with_precision_and_scale(20, 2)
                    .unwrap(),
            ),
        ),
        ("at", Arc::new((0..rows).map(optional).collect::<TimestampMicrosecondArray>().with_timezone("+00:00"))),
    ])
}

#[test]
fn types_and_the_note_are_kept() {
    let batch = sample(100);
    let noted = Options { note: Some("first 100 of 5,000 rows".to_owned()), ..options() };
    let (said, rows) = read(written(FileFormat::Parquet, &columns_of(&batch), &batch, &noted).0);
    assert_eq!(rows, batch);
    assert!(said.contains(&("title".to_owned(), Some("Sales by region".to_owned()))));
    assert!(said.contains(&("note".to_owned(), Some("first 100 of 5,000 rows".to_owned()))));
}

#[test]
fn two_columns_of_one_name_get_two_names() {
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let schema =
        arrow::datatypes::Schema::new(vec![
            arrow::datatypes::Field::new("id", arrow::datatypes::DataType::Int64, true);
            2
        ]);
    let batch = RecordBatch::try_new(Arc::new(schema), vec![ids.clone(), ids]).unwrap();
    let (json, _) = written(FileFormat::Json, &columns_of(&batch), &batch, &options());
    assert_eq!(json, b"[\n{\"id\":1,\"id_2\":1}\n]\n");
    let (_, rows) = read(written(FileFormat::Parquet, &columns_of(&batch), &batch, &options()).0);
    assert_eq!(rows.schema().field(1).name(), "id_2");
}

#[test]
fn a_stored_file_is_copied_without_its_hidden_columns() {
    let stored = sample(10_000);
    let mut source = tempfile::tempfile().unwrap();
    let limits = WriterProperties::builder()
        .set_max_row_group_row_count(Some(3_000))
        .set_data_page_row_count_limit(500)
        .set_write_batch_size(100)
        .build();
    // In the file the columns have other names.
    let names = ["c0", "c1", "c2", "c3"];
    let renamed = RecordBatch::try_from_iter_with_nullable(
        names.into_iter().zip(stored.columns()).map(|(name, array)| (name, array.clone(), true)),
    )
    .unwrap();
    let mut writer = ArrowWriter::try_new(&mut source, renamed.schema(), Some(limits)).unwrap();
    writer.write(&renamed).unwrap();
    writer.close().unwrap();
    source.flush().unwrap();

    let mut columns = columns_of(&stored);
    columns.swap(0, 3);
    columns[1].visible = false;
    let copy = |file: &File| {
        let mut copied = Vec::new();
        let written = crate::copy_parquet(file, &columns, stored.schema_ref(), &mut copied, &options()).unwrap();
        assert_eq!((written.rows, written.bytes), (10_000, copied.len() as u64));
        copied
    };
    let (said, rows) = read(copy(&source));
    let visible: Vec<usize> = vec![3, 2, 0].into_iter().collect();
    let order: Vec<&str> = columns.iter().filter(|column| column.visible).map(|column| column.name.as_str()).collect();
    let expected = stored.project(&visible).unwrap();
    assert_eq!(rows.schema().fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>(), order);
    for name in order {
        assert_eq!(rows.column_by_name(name).unwrap(), expected.column_by_name(name).unwrap());
    }
    assert!(said.contains(&("title".to_owned(), Some("Sales by region".to_owned()))));
}
