//! Results as the portal uses them: written, read meanwhile, paged, sorted, filtered, streamed, deleted.

mod arranging;
mod large;
mod reading;
mod writing;

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Int64Type, Schema, SchemaRef},
};
use domain::RunId;

use crate::{Arrangement, Filter, Op, Results, SortKey, Stored};

fn results() -> (tempfile::TempDir, Results) {
    let folder = tempfile::tempdir().unwrap();
    let results = Results::open(folder.path()).unwrap();
    (folder, results)
}

fn run() -> RunId {
    "run_1".into()
}

/// `id` counts from 0, `bucket` jumps about among 1,000 values, `name` is unique text.
fn sample_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("bucket", DataType::Int64, true),
        Field::new("name", DataType::Utf8, true),
    ]))
}

fn bucket(id: i64) -> i64 {
    (id * 7_919) % 1_000
}

fn sample(ids: std::ops::Range<i64>) -> RecordBatch {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(ids.clone())),
        Arc::new(Int64Array::from_iter_values(ids.clone().map(bucket))),
        Arc::new(StringArray::from_iter_values(ids.map(|id| format!("name {id:08}")))),
    ];
    RecordBatch::try_new(sample_schema(), columns).unwrap()
}

fn store_sample(results: &Results, rows: i64) -> Stored {
    let mut writer = results.create(&run(), &sample_schema()).unwrap();
    let mut id = 0;
    while id < rows {
        let next = (id + 10_000).min(rows);
        writer.write(&sample(id..next)).unwrap();
        id = next;
    }
    writer.finish().unwrap()
}

fn integers(batch: &RecordBatch, column: &str) -> Vec<i64> {
    batch.column_by_name(column).unwrap().as_primitive::<Int64Type>().values().to_vec()
}

fn sorted(keys: &[(&str, bool)]) -> Arrangement {
    let sort =
        keys.iter().map(|(column, descending)| SortKey { column: (*column).to_owned(), descending: *descending });
    Arrangement { sort: sort.collect(), ..Arrangement::default() }
}

fn filtered(column: &str, op: Op, values: &[&str]) -> Arrangement {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    Arrangement { filter: vec![Filter { column: column.to_owned(), op, values }], ..Arrangement::default() }
}
