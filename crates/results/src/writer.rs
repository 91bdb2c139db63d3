//! Writing a result: batches in, one Parquet file out.
//!
//! Invariant: the file has its final name only once it is whole and on disk; a writer that is dropped before leaves
//! nothing behind. Meanwhile each finished row group can be read through [`Progress`].
//!
//! Row groups begin small, so that a reader sees the first rows at once, and grow to [`ROW_GROUP_ROWS`]. Pages are
//! small too: cutting one page of a grid out of a file decodes little more than its rows.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
    sync::Arc,
    time::Duration,
};

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch},
    datatypes::{Schema, SchemaRef},
};
use domain::RunId;
use futures::{Stream, StreamExt};
use parquet::{
    arrow::{ArrowWriter, arrow_writer::ArrowWriterOptions},
    basic::{Compression, Encoding, ZstdLevel},
    file::properties::{EnabledStatistics, WriterProperties},
    schema::types::ColumnPath,
};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use world::{Draft, files::Readers};

use crate::{
    Error, Progress, ROW, Result, State,
    file::PositionedFile,
    folder::{Registration, Running},
    schema,
};

/// Rows of a full row group.
pub(crate) const ROW_GROUP_ROWS: u64 = 32_768;
/// Rows of the first row group; each next one may be as large as all before it.
const FIRST_GROUP_ROWS: u64 = 1_024;
/// A row group of wide rows ends here, measured in memory before it is encoded.
const ROW_GROUP_BYTES: usize = 16 << 20;
/// Rows of a page within a column of a row group.
const DATA_PAGE_ROWS: usize = 1_024;
/// A dictionary that would be larger is not worth decoding for a few rows.
const DICTIONARY_BYTES: usize = 16 << 10;
/// Rows that go to the encoder, or come from the decoder, at once.
pub(crate) const BATCH_ROWS: usize = 8_192;
/// Row groups that [`Writer::flush`] may end early; beyond them a slow query's rows wait for a full one.
const EARLY_GROUPS_MAX: usize = 256;
/// Batches that wait for [`Writer::fill`]'s encoder.
const WAITING_BATCHES: usize = 2;
/// When a query gives nothing for so long, what it gave so far is made readable.
const FLUSH_AFTER: Duration = Duration::from_millis(500);

/// What a finished result is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub rows: u64,
    pub bytes: u64,
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub sha256: String,
}

/// Why [`Writer::fill`] ended early: the source failed, or the result did.
#[derive(Debug, thiserror::Error)]
pub enum FillError<E: std::error::Error + 'static> {
    #[error(transparent)]
    Source(E),
    #[error(transparent)]
    Result(#[from] Error),
}

/// Writes one result. Its calls encode and write, so they belong on a thread that may block; [`Writer::fill`] sees to
/// that by itself.
pub struct Writer {
    given: SchemaRef,
    in_file: SchemaRef,
    arrow: ArrowWriter<HashingFile>,
    draft: Option<Draft>,
    progress: Progress,
    _registration: Registration,
    rows: u64,
    pending_rows: u64,
    pending_bytes: usize,
    early_groups: usize,
}

impl Writer {
    pub(crate) fn create(target: &Path, given: &Schema, id: &RunId, running: &Arc<Running>) -> Result<Writer> {
        let in_file = schema::in_file(given)?;
        let mut registration = running.reserve(id)?;
        if target.exists() {
            return Err(Error::AlreadyStored(id.clone()));
        }
        let mut draft = Draft::create(target, Readers::OwnerOnly).map_err(Error::file("created"))?;
        let reading = PositionedFile::new(draft.handle().map_err(Error::file("created"))?);
        let writing = draft.handle().map_err(Error::file("created"))?;
        let options = ArrowWriterOptions::new().with_properties(properties()?);
        let sink = HashingFile { file: writing, hash: Sha256::new(), bytes: 0 };
        let arrow = ArrowWriter::try_new_with_options(sink, in_file.clone(), options)?;
        let progress = Progress::new(reading, in_file.clone())?;
        registration.announce(progress.clone());
        Ok(Writer {
            given: Arc::new(given.clone()),
            in_file,
            arrow,
            draft: Some(draft),
            progress,
            _registration: registration,
            rows: 0,
            pending_rows: 0,
            pending_bytes: 0,
            early_groups: 0,
        })
    }

    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Rows that were written, readable or not.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Appends rows. Errors: [`Error::ColumnsChanged`] when a batch has other columns than the result began with.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let types = |schema: &Schema| schema.fields().iter().map(|field| field.data_type().clone()).collect::<Vec<_>>();
        if types(batch.schema_ref()) != types(&self.given) {
            return Err(Error::ColumnsChanged);
        }
        if self.rows + batch.num_rows() as u64 > u64::from(u32::MAX) {
            return Err(Error::TooManyRows);
        }
        let mut offset = 0;
        while offset < batch.num_rows() {
            let room = usize::try_from(self.group_rows() - self.pending_rows).unwrap_or(usize::MAX);
            let count = room.min(DATA_PAGE_ROWS).min(batch.num_rows() - offset);
            self.append(&batch.slice(offset, count))?;
            offset += count;
            if self.pending_rows >= self.group_rows() || self.pending_bytes >= ROW_GROUP_BYTES {
                self.end_group()?;
            }
        }
        Ok(())
    }

    /// Makes what was written readable now, for a query that gives its rows slowly.
    pub fn flush(&mut self) -> Result<()> {
        if self.pending_rows == 0 || self.early_groups >= EARLY_GROUPS_MAX {
            return Ok(());
        }
        self.early_groups += 1;
        self.end_group()
    }

    /// Ends the file, puts it on disk and gives it its name.
    pub fn finish(mut self) -> Result<Stored> {
        self.end_group()?;
        self.arrow.finish()?;
        let sink = self.arrow.inner();
        let digest = sink.hash.clone().finalize();
        let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let stored = Stored { rows: self.rows, bytes: sink.bytes, sha256 };
        if let Some(draft) = self.draft.take() {
            draft.publish().map_err(Error::file("published"))?;
        }
        self.progress.end(State::Finished);
        Ok(stored)
    }

    /// Writes a whole stream and finishes. Encoding has a thread of its own, at most two batches wait for it, and
    /// rows of a slow stream become readable all the same. When the returned future is dropped, so is the result.
    pub async fn fill<E>(
        self,
        stream: impl Stream<Item = Result<RecordBatch, E>> + Send,
    ) -> Result<Stored, FillError<E>>
    where
        E: std::error::Error + 'static,
    {
        let (batches, waiting) = mpsc::channel(WAITING_BATCHES);
        let encoder = tokio::task::spawn_blocking(move || self.encode(waiting));
        let mut stream = std::pin::pin!(stream);
        let mut is_flushed = true;
        let fed = loop {
            let next = if is_flushed {
                stream.next().await
            } else {
                match tokio::time::timeout(FLUSH_AFTER, stream.next()).await {
                    Ok(next) => next,
                    Err(_) => {
                        is_flushed = true;
                        if batches.send(Step::Flush).await.is_err() {
                            break Ok(());
                        }
                        continue;
                    }
                }
            };
            let step = match next {
                Some(Ok(batch)) => Step::Write(batch),
                Some(Err(error)) => break Err(error),
                None => Step::Finish,
            };
            let is_last = matches!(step, Step::Finish);
            is_flushed = false;
            // A closed channel means that the encoder failed, and its error says more.
            if batches.send(step).await.is_err() || is_last {
                break Ok(());
            }
        };
        drop(batches);
        let encoded = encoder.await.map_err(|_| Error::Stopped)?;
        fed.map_err(FillError::Source)?;
        Ok(encoded?)
    }

    fn encode(mut self, mut waiting: mpsc::Receiver<Step>) -> Result<Stored> {
        while let Some(step) = waiting.blocking_recv() {
            match step {
                Step::Write(batch) => self.write(&batch)?,
                Step::Flush => self.flush()?,
                Step::Finish => return self.finish(),
            }
        }
        Err(Error::Stopped)
    }

    fn append(&mut self, slice: &RecordBatch) -> Result<()> {
        // Rows are counted up to u32, so these casts lose nothing.
        let first = self.rows as i64;
        let numbers = Int64Array::from_iter_values(first..first + slice.num_rows() as i64);
        let mut arrays: Vec<ArrayRef> = slice.columns().to_vec();
        for array in &arrays {
            self.pending_bytes += array.to_data().get_slice_memory_size()?;
        }
        arrays.push(Arc::new(numbers));
        self.arrow.write(&RecordBatch::try_new(self.in_file.clone(), arrays)?)?;
        self.rows += slice.num_rows() as u64;
        self.pending_rows += slice.num_rows() as u64;
        Ok(())
    }

    /// How many rows the row group that is being written may have.
    fn group_rows(&self) -> u64 {
        (self.rows - self.pending_rows).clamp(FIRST_GROUP_ROWS, ROW_GROUP_ROWS)
    }

    fn end_group(&mut self) -> Result<()> {
        if self.pending_rows == 0 {
            return Ok(());
        }
        self.arrow.flush()?;
        self.arrow.sync().map_err(Error::file("written"))?;
        self.pending_rows = 0;
        self.pending_bytes = 0;
        self.progress.add(self.arrow.flushed_row_groups(), self.rows);
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.progress.readable().state == State::Writing {
            self.progress.end(State::GivenUp);
        }
    }
}

enum Step {
    Write(RecordBatch),
    Flush,
    Finish,
}

fn properties() -> Result<WriterProperties> {
    let row = ColumnPath::new(vec![ROW.to_owned()]);
    Ok(WriterProperties::builder()
        .set_created_by("WebReports".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(usize::try_from(ROW_GROUP_ROWS).unwrap_or(usize::MAX)))
        .set_data_page_row_count_limit(DATA_PAGE_ROWS)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_dictionary_enabled(row.clone(), false)
        .set_column_encoding(row, Encoding::DELTA_BINARY_PACKED)
        .build())
}

/// A file whose digest is known when it ends: Parquet only ever appends.
struct HashingFile {
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Write for HashingFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.file.write(buffer)?;
        self.hash.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
