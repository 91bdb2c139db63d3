//! Arrow batches into files: CSV, XLSX, Parquet, JSON; and into the cells of the grid.
//!
//! Invariant: every cell of every file comes from one reading of the batch (the module `cell`), so screen and files
//! show the same value; what a format cannot hold is written as text, or counted in [`Written`], never changed in
//! silence.
//! Invariant: rows stream. Of a file of any length a batch, and what the format needs to end a block, is in memory.
//!
//! | | names | NULL | wide numbers | note |
//! |---|---|---|---|---|
//! | CSV | labels | nothing between the commas; empty text is `""` | all digits | with the file, by the caller |
//! | XLSX | labels | blank, as is empty text | text past 15 digits | a sheet of its own |
//! | Parquet | names | NULL | in their type | the file's metadata |
//! | JSON | names | `null` | text | with the file, by the caller |

mod cell;
mod csv;
mod error;
mod guard;
mod json;
mod parquet;
mod shown;
mod splice;
mod text;
mod xlsx;

#[cfg(test)]
mod tests;

use std::{
    io::{self, Write},
    path::PathBuf,
};

use ::arrow::{array::RecordBatch, datatypes::Schema};
use domain::Column;
use world::Instant;

pub use error::{Error, Result};
pub use json::cells;
pub use splice::copy_parquet;

/// The formats that a result can be downloaded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileFormat {
    Csv,
    Xlsx,
    Parquet,
    Json,
}

impl FileFormat {
    pub const ALL: [FileFormat; 4] = [FileFormat::Csv, FileFormat::Xlsx, FileFormat::Parquet, FileFormat::Json];

    /// What the API calls it, and how its files' names end.
    pub fn as_str(self) -> &'static str {
        match self {
            FileFormat::Csv => "csv",
            FileFormat::Xlsx => "xlsx",
            FileFormat::Parquet => "parquet",
            FileFormat::Json => "json",
        }
    }

    pub fn parse(text: &str) -> Option<FileFormat> {
        FileFormat::ALL.into_iter().find(|format| format.as_str() == text)
    }

    pub fn media_type(self) -> &'static str {
        match self {
            FileFormat::Csv => "text/csv; charset=utf-8; header=present",
            FileFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            FileFormat::Parquet => "application/vnd.apache.parquet",
            FileFormat::Json => "application/json",
        }
    }

    /// Whether [`Options::note`] stands in the file. Where it does not, the caller says it beside the file, in a
    /// header of the answer: a line of words among rows of data would be read as a row.
    pub fn holds_note(self) -> bool {
        matches!(self, FileFormat::Xlsx | FileFormat::Parquet)
    }
}

/// What a file says of itself.
#[derive(Clone, Debug)]
pub struct Options {
    pub title: String,
    /// What a reader must know of the rows, such as "first 1,000 of 5,000 rows".
    pub note: Option<String>,
    /// CSV alone: begin with the mark by which Excel recognises UTF-8.
    pub byte_order_mark: bool,
    pub created_at: Instant,
    /// XLSX alone: where its sheets grow before they are packed. Its files there have no name and end with the process.
    pub scratch_folder: PathBuf,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub rows: u64,
    pub bytes: u64,
    /// CSV alone: texts and labels that got an apostrophe in front, since a spreadsheet would have taken them for a
    /// formula.
    pub guarded_cells: u64,
    /// XLSX alone: numbers of more than 15 digits and dates outside Excel's calendar, written as text.
    pub text_cells: u64,
    /// XLSX alone: texts cut at the 32,767 characters that Excel can hold. The note sheet says so.
    pub cut_cells: u64,
    /// XLSX alone: sheets with rows.
    pub sheets: u32,
}

/// Writes the visible ones of `columns`, in their order, from `batches` to `out`.
///
/// `schema` is that of the batches; columns are found in it by name. An error of `batches` ends the file where it is:
/// the caller must not pass off what was written as a whole file.
pub fn write<E>(
    format: FileFormat,
    columns: &[Column],
    schema: &Schema,
    batches: impl Iterator<Item = Result<RecordBatch, E>>,
    out: impl Write + Send,
    options: &Options,
) -> Result<Written>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let shown = shown::Shown::new(columns, schema)?;
    let batches = batches.map(|batch| {
        let batch = batch.map_err(|error| Error::Rows(Box::new(error)))?;
        shown.project(&batch)
    });
    let mut out = CountingWriter::new(out);
    let written = match format {
        FileFormat::Csv => csv::write(&shown, batches, &mut out, options),
        FileFormat::Xlsx => xlsx::write(&shown, batches, &mut out, options, xlsx::SHEET_ROWS_MAX),
        FileFormat::Parquet => parquet::write(&shown, batches, &mut out, options),
        FileFormat::Json => json::write(&shown, batches, &mut out),
    };
    out.finish(written)
}

const BUFFER_BYTES: usize = 64 << 10;

/// Counts what is written, and keeps the first error of whoever takes it. After that error it takes everything in
/// silence: a packer of XLSX that is given up still wants to write its end, and would complain on the terminal.
struct CountingWriter<W: Write> {
    out: io::BufWriter<W>,
    bytes: u64,
    failed: Option<io::Error>,
}

impl<W: Write> CountingWriter<W> {
    fn new(out: W) -> CountingWriter<W> {
        CountingWriter { out: io::BufWriter::with_capacity(BUFFER_BYTES, out), bytes: 0, failed: None }
    }

    /// What came of it: the error of whoever takes the file, before what that error became on its way.
    fn finish(mut self, written: Result<Written>) -> Result<Written> {
        if self.failed.is_none()
            && written.is_ok()
            && let Err(error) = self.out.flush()
        {
            self.failed = Some(error);
        }
        match self.failed {
            Some(error) => Err(Error::Write(error)),
            None => Ok(Written { bytes: self.bytes, ..written? }),
        }
    }

    fn keep<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        done.map_err(|error| {
            let told = io::Error::from(error.kind());
            self.failed = Some(error);
            told
        })
    }
}

impl<W: Write> Write for CountingWriter<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.failed.is_some() {
            return Ok(buffer.len());
        }
        let done = self.out.write(buffer);
        let count = self.keep(done)?;
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.failed.is_some() {
            return Ok(());
        }
        let done = self.out.flush();
        self.keep(done)
    }
}
