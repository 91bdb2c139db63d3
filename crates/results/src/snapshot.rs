//! What can be read of a result at one moment: a file, and the row groups in it that are whole.
//!
//! Invariant: a read opens only the row groups that hold its rows, and in them only the pages that do, where the file
//! says where its pages lie (a finished one does).

use std::{ops::Range, sync::Arc};

use arrow::{
    array::{RecordBatch, RecordBatchOptions, UInt32Array},
    compute::{concat_batches, take_record_batch},
    datatypes::SchemaRef,
};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{
            ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
            RowSelection,
        },
    },
    file::metadata::{PageIndexPolicy, ParquetMetaData},
};

use crate::{PAGE_BYTES_MAX, Result, file::PositionedFile, schema, writer::BATCH_ROWS};

#[derive(Clone)]
pub(crate) struct Snapshot {
    file: PositionedFile,
    metadata: ArrowReaderMetadata,
    /// The first row of each row group, and after them the number of all rows.
    starts: Vec<u64>,
    /// The run's columns under their own names.
    shown: SchemaRef,
}

impl Snapshot {
    /// Opens a finished file.
    pub(crate) fn open(file: PositionedFile) -> Result<Snapshot> {
        let options = ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Optional);
        let metadata = ArrowReaderMetadata::load(&file, options)?;
        Ok(Snapshot::new(file, metadata))
    }

    /// The row groups of `metadata` in a file that is still being written with the columns of `in_file`.
    pub(crate) fn unfinished(file: PositionedFile, metadata: ParquetMetaData, in_file: SchemaRef) -> Result<Snapshot> {
        let options = ArrowReaderOptions::new().with_schema(in_file);
        let metadata = ArrowReaderMetadata::try_new(Arc::new(metadata), options)?;
        Ok(Snapshot::new(file, metadata))
    }

    fn new(file: PositionedFile, metadata: ArrowReaderMetadata) -> Snapshot {
        let mut starts = vec![0];
        let mut next = 0;
        for group in metadata.metadata().row_groups() {
            next += u64::try_from(group.num_rows()).unwrap_or(0);
            starts.push(next);
        }
        let shown = schema::shown(metadata.schema());
        Snapshot { file, metadata, starts, shown }
    }

    pub(crate) fn rows(&self) -> u64 {
        self.starts.last().copied().unwrap_or(0)
    }

    #[cfg(test)]
    pub(crate) fn bytes_read(&self) -> u64 {
        self.file.bytes_read()
    }

    pub(crate) fn shown(&self) -> &SchemaRef {
        &self.shown
    }

    pub(crate) fn n_groups(&self) -> usize {
        self.starts.len() - 1
    }

    /// The rows of a row group, counted over the whole result.
    pub(crate) fn group(&self, group_idx: usize) -> Range<u64> {
        self.starts[group_idx]..self.starts[group_idx + 1]
    }

    /// What this holds in memory, for the bound on open results.
    pub(crate) fn memory_bytes(&self) -> u64 {
        (self.metadata.metadata().memory_size() + self.starts.len() * size_of::<u64>()) as u64
    }

    /// How many rows a batch may have so that it stays near `bytes`, judged by the mean row.
    pub(crate) fn batch_rows(&self, bytes: u64) -> usize {
        let groups = self.metadata.metadata().row_groups();
        let total: u64 = groups.iter().map(|group| u64::try_from(group.total_byte_size()).unwrap_or(0)).sum();
        let mean = total / self.rows().max(1) + 1;
        usize::try_from(bytes / mean).unwrap_or(usize::MAX).clamp(16, BATCH_ROWS)
    }

    /// A range of rows as they are stored. Fewer than asked for where the result ends, or where the rows would be
    /// more than [`PAGE_BYTES_MAX`]; at least one where there is one.
    pub(crate) fn range(&self, rows: Range<u64>, columns: &[usize]) -> Result<RecordBatch> {
        let end = rows.end.min(self.rows());
        // A writer refuses more rows than u32 counts.
        let rows: Vec<u32> = (rows.start.min(end)..end).map(|row| row as u32).collect();
        self.gather(&rows, columns)
    }

    /// Rows by number, in the given order, each at most once; bounded as [`Snapshot::range`] is.
    pub(crate) fn gather(&self, rows: &[u32], columns: &[usize]) -> Result<RecordBatch> {
        let mut count = rows.len();
        loop {
            if let Some(batch) = self.gather_bounded(&rows[..count], columns)? {
                return Ok(batch);
            }
            count = (count / 2).max(1);
        }
    }

    /// None when the rows are more than [`PAGE_BYTES_MAX`] and fewer can be asked for.
    fn gather_bounded(&self, rows: &[u32], columns: &[usize]) -> Result<Option<RecordBatch>> {
        let mut ascending: Vec<u32> = rows.to_vec();
        ascending.sort_unstable();
        let mut groups = Vec::new();
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut rows_before = 0; // in the chosen row groups before the one that is looked at
        for row in ascending.iter().map(|row| u64::from(*row)) {
            let group_idx = self.starts.partition_point(|start| *start <= row) - 1;
            if groups.last() != Some(&group_idx) {
                if let Some(previous) = groups.last() {
                    rows_before += count(&self.group(*previous));
                }
                groups.push(group_idx);
            }
            let position = rows_before + count(&(self.starts[group_idx]..row));
            match ranges.last_mut() {
                Some(range) if range.end == position => range.end += 1,
                _ => ranges.push(position..position + 1),
            }
        }
        let rows_of_groups: usize = groups.iter().map(|group_idx| count(&self.group(*group_idx))).sum();
        let selection = RowSelection::from_consecutive_ranges(ranges.into_iter(), rows_of_groups);
        let reader = self.reader(groups, columns, BATCH_ROWS, Some(selection))?;
        let read_schema = arrow::array::RecordBatchReader::schema(&reader);
        let mut batches = Vec::new();
        let mut size_bytes = 0;
        for batch in reader {
            let batch = batch?;
            size_bytes += batch.get_array_memory_size();
            if size_bytes > PAGE_BYTES_MAX && rows.len() > 1 {
                return Ok(None);
            }
            batches.push(batch);
        }
        let read = concat_batches(&read_schema, &batches)?;
        let read = self.arranged(&read, columns)?;
        if rows.is_sorted() {
            return Ok(Some(read));
        }
        let positions = rows.iter().map(|row| ascending.partition_point(|other| other < row) as u32);
        let positions = UInt32Array::from_iter_values(positions);
        Ok(Some(take_record_batch(&read, &positions)?))
    }

    /// All rows of one row group in batches, with the columns in the order of the file and under its names.
    pub(crate) fn scan(
        &self,
        group_idx: usize,
        columns: &[usize],
        batch_rows: usize,
    ) -> Result<ParquetRecordBatchReader> {
        self.reader(vec![group_idx], columns, batch_rows, None)
    }

    fn reader(
        &self,
        groups: Vec<usize>,
        columns: &[usize],
        batch_rows: usize,
        selection: Option<RowSelection>,
    ) -> Result<ParquetRecordBatchReader> {
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), columns.iter().copied());
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.clone(), self.metadata.clone())
            .with_row_groups(groups)
            .with_projection(mask)
            .with_batch_size(batch_rows);
        if let Some(selection) = selection {
            builder = builder.with_row_selection(selection);
        }
        Ok(builder.build()?)
    }

    /// What was read of the file's columns, as the reader asked for them: by name and in the asked order.
    pub(crate) fn arranged(&self, read: &RecordBatch, columns: &[usize]) -> Result<RecordBatch> {
        let mut in_file: Vec<usize> = columns.to_vec();
        in_file.sort_unstable();
        in_file.dedup();
        let arrays =
            columns.iter().map(|column| read.column(in_file.partition_point(|other| other < column)).clone()).collect();
        let schema = Arc::new(self.shown.project(columns)?);
        let options = RecordBatchOptions::new().with_row_count(Some(read.num_rows()));
        Ok(RecordBatch::try_new_with_options(schema, arrays, &options)?)
    }
}

fn count(rows: &Range<u64>) -> usize {
    usize::try_from(rows.end - rows.start).unwrap_or(usize::MAX)
}
