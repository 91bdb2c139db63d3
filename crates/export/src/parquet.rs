//! Parquet: the visible columns in their stored types, encoded anew.

use std::io::Write;

use arrow::array::RecordBatch;
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::{metadata::KeyValue, properties::WriterProperties},
};

use crate::{Options, Result, Written, shown::Shown};

/// Rows of a row group, and what it may hold in memory when rows are wide.
const ROW_GROUP_ROWS: usize = 131_072;
const ROW_GROUP_BYTES: usize = 32 << 20;

pub(crate) fn write(
    shown: &Shown<'_>,
    batches: impl Iterator<Item = Result<RecordBatch>>,
    out: &mut (impl Write + Send),
    options: &Options,
) -> Result<Written> {
    let mut written = Written::default();
    let mut writer = ArrowWriter::try_new(out, shown.schema.clone(), Some(properties(options)?))?;
    for batch in batches {
        let batch = batch?;
        writer.write(&batch)?;
        written.rows += batch.num_rows() as u64;
        if writer.in_progress_size() > ROW_GROUP_BYTES {
            writer.flush()?;
        }
    }
    writer.close()?;
    Ok(written)
}

pub(crate) fn properties(options: &Options) -> Result<WriterProperties> {
    let mut said = vec![KeyValue::new("title".to_owned(), options.title.clone())];
    said.extend(options.note.iter().map(|note| KeyValue::new("note".to_owned(), note.clone())));
    Ok(WriterProperties::builder()
        .set_created_by("WebReports".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_key_value_metadata(Some(said))
        .build())
}
