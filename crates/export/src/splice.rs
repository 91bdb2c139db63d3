//! A stored result as a Parquet file without encoding anything anew: the bytes of the visible columns, under their
//! names, with a footer of their own.
//!
//! Good for all rows in the order in which they are stored; sorted or filtered rows go through [`crate::write`].

use std::{fs::File, io::Write, sync::Arc};

use arrow::datatypes::Schema;
use domain::Column;
use parquet::{
    arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata},
    column::writer::ColumnCloseResult,
    file::{
        metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader},
        properties::WriterProperties,
        writer::SerializedFileWriter,
    },
    schema::types::{ColumnDescPtr, SchemaDescriptor},
};

use crate::{CountingWriter, Options, Result, Written, parquet::properties, shown::Shown};

/// Copies the visible ones of `columns` out of a Parquet file.
///
/// `schema` names the file's columns by position, whatever they are called in it; the file may have more of them
/// after those. `file` is read through its cursor, so it belongs to this call alone.
pub fn copy_parquet(
    file: &File,
    columns: &[Column],
    schema: &Schema,
    out: impl Write + Send,
    options: &Options,
) -> Result<Written> {
    let shown = Shown::new(columns, schema)?;
    let source =
        ParquetMetaDataReader::new().with_offset_index_policy(PageIndexPolicy::Optional).parse_and_finish(file)?;
    let target = ArrowSchemaConverter::new().convert(&shown.schema)?;
    let mut properties = properties(options)?;
    add_encoded_arrow_schema_to_metadata(&shown.schema, &mut properties);
    let mut out = CountingWriter::new(out);
    let written = copy(file, &source, &shown, &target, properties, &mut out);
    out.finish(written)
}

fn copy(
    file: &File,
    source: &ParquetMetaData,
    shown: &Shown<'_>,
    target: &SchemaDescriptor,
    properties: WriterProperties,
    out: &mut (impl Write + Send),
) -> Result<Written> {
    let mut writer = SerializedFileWriter::new(out, target.root_schema_ptr(), Arc::new(properties))?;
    let mut written = Written::default();
    for (group_idx, group) in source.row_groups().iter().enumerate() {
        let mut copy = writer.next_row_group()?;
        for (index, position) in shown.positions.iter().enumerate() {
            let chunk = group.column(*position);
            let offset_index = source.offset_index().and_then(|groups| groups.get(group_idx)?.get(*position).cloned());
            let close = ColumnCloseResult {
                bytes_written: chunk.compressed_size().unsigned_abs(),
                rows_written: group.num_rows().unsigned_abs(),
                metadata: renamed(chunk, target.column(index))?,
                bloom_filter: None,
                column_index: None,
                offset_index,
            };
            copy.append_column(file, close)?;
        }
        copy.close()?;
        written.rows += group.num_rows().unsigned_abs();
    }
    writer.close()?;
    Ok(written)
}

/// A chunk's description under another column's name; its offsets are still those of the file it comes from.
fn renamed(chunk: &ColumnChunkMetaData, column: ColumnDescPtr) -> Result<ColumnChunkMetaData> {
    let mut builder = ColumnChunkMetaData::builder(column)
        .set_compression_codec(chunk.compression_codec())
        .set_encodings_mask(*chunk.encodings_mask())
        .set_total_compressed_size(chunk.compressed_size())
        .set_total_uncompressed_size(chunk.uncompressed_size())
        .set_num_values(chunk.num_values())
        .set_data_page_offset(chunk.data_page_offset())
        .set_dictionary_page_offset(chunk.dictionary_page_offset())
        .set_unencoded_byte_array_data_bytes(chunk.unencoded_byte_array_data_bytes());
    if let Some(statistics) = chunk.statistics() {
        builder = builder.set_statistics(statistics.clone());
    }
    if let Some(statistics) = chunk.page_encoding_stats() {
        builder = builder.set_page_encoding_stats(statistics.clone());
    }
    Ok(builder.build()?)
}
