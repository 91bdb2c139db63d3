//! Files of a stored result: written on a thread that may block, handed on piece by piece, and never held whole.
//!
//! Invariant: a file that could not be written to its end breaks off with an error; it never ends as if it were whole. The
//! reader's database is not touched.

use std::{
    fs::File,
    io::{self, Write},
    time::Duration,
};

use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use domain::{Actor, RunId, RunState};
use export::FileFormat;
use futures::{StreamExt, stream, stream::BoxStream};
use results::Arrangement;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, mpsc},
};

use crate::{
    Error, Portal, Result,
    pages::{has_data, readable, visible},
};

/// Bytes of a piece of a file.
const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that wait for a slow reader; then the writing waits.
const WAITING_PIECES: usize = 4;
/// A reader who takes nothing for so long has gone, whatever the network says: the file breaks off and its place is free again.
const READER_WAIT_MAX: Duration = Duration::from_secs(300);
/// Files written at once, over all people: each has a thread.
pub(crate) const FILES_AT_ONCE_MAX: usize = 16;
const NAME_CHARS_MAX: usize = 100;

/// A file on its way.
pub struct ExportFile {
    /// With its ending; no character in it has a meaning to a shell, a header or a file system.
    pub name: String,
    pub content_type: &'static str,
    /// What must be said beside the file, where the format itself has no room for it: "first N rows".
    pub note: Option<String>,
    pub stream: BoxStream<'static, Result<Bytes>>,
}

impl Portal {
    /// A file of a completed run, in the order and with the filter of the grid. Hidden columns are left out.
    pub async fn export(
        &self,
        actor: &Actor,
        id: &RunId,
        format: FileFormat,
        arrangement: Arrangement,
    ) -> Result<ExportFile> {
        let run = self.seen(actor, id).await?;
        has_data(&run)?;
        if run.state == RunState::Running {
            return Err(Error::Conflict("this run still goes on; download it once it has finished".to_owned()));
        }
        let place = self.file_places.clone().try_acquire_owned();
        let place = place.map_err(|_| Error::TooMany("too many files are being written at this moment".to_owned()))?;
        let arrangement = visible(&run, &arrangement);
        let asked = arrangement.columns.clone().unwrap_or_default();
        if asked.is_empty() {
            return Err(readable(&run, results::Error::NoColumns));
        }
        let columns = run.columns.iter().filter(|column| asked.contains(&column.name)).cloned().collect::<Vec<_>>();
        // All rows as they are stored need not be encoded anew: their schema then names every column by position.
        let is_copy = format == FileFormat::Parquet && arrangement.is_as_stored();
        let content = if is_copy { self.copy_of(id).await } else { self.rows_of(id, &arrangement).await };
        let content = content.map_err(|error| readable(&run, error))?;

        let mut tx = self.db.begin().await?;
        let what = format!("{} of {} as {} ({id})", run.title, run.person_name, format.as_str());
        self.record(&mut tx, actor, "run", "download", &what).await?;
        tx.commit().await?;

        let cut = run.cut_at_rows_max.then(|| format!("first {} rows; the query has more", run.rows));
        let options = export::Options {
            title: run.title.clone(),
            note: cut.clone(),
            byte_order_mark: false,
            created_at: self.now(),
            scratch_folder: self.config.results_folder(),
        };
        let (sender, pieces) = mpsc::channel(WAITING_PIECES);
        tokio::task::spawn_blocking(move || {
            let mut out = Pieces {
                piece: Vec::with_capacity(PIECE_BYTES),
                sender: sender.clone(),
                wait_max: READER_WAIT_MAX,
                runtime: Handle::current(),
                _place: place,
            };
            let written = match content {
                Content::Copy(file, schema) => export::copy_parquet(&file, &columns, &schema, &mut out, &options),
                Content::Rows(rows) => {
                    let schema = rows.schema().clone();
                    export::write(format, &columns, &schema, rows.blocking(), &mut out, &options)
                }
            };
            let written = written.map_err(Error::from).and_then(|_| out.flush().map_err(Error::from));
            // The empty piece says that this is the end. Nobody takes it any more when sending fails, which may be the very error.
            let last =
                async { tokio::time::timeout(READER_WAIT_MAX, sender.send(written.map(|()| Bytes::new()))).await };
            let _ = Handle::current().block_on(last);
        });
        Ok(ExportFile {
            name: file_name(&run.title, format),
            content_type: format.media_type(),
            note: cut.filter(|_| !format.holds_note()),
            stream: received(pieces),
        })
    }
}

/// What a file is made of.
enum Content {
    /// The stored file, with the run's columns under their own names.
    Copy(File, SchemaRef),
    Rows(results::Rows),
}

impl Portal {
    /// Nothing of the rows is decoded for a copy.
    async fn copy_of(&self, id: &RunId) -> Result<Content, results::Error> {
        Ok(Content::Copy(self.results.file(id)?, self.results.schema(id).await?))
    }

    async fn rows_of(&self, id: &RunId, arrangement: &Arrangement) -> Result<Content, results::Error> {
        Ok(Content::Rows(self.results.rows(id, arrangement).await?))
    }
}

/// The pieces up to the empty one. A writer that ends without it broke off, and its file must not pass for a whole one.
fn received(pieces: mpsc::Receiver<Result<Bytes>>) -> BoxStream<'static, Result<Bytes>> {
    let next = |pieces: Option<mpsc::Receiver<Result<Bytes>>>| async move {
        let mut pieces = pieces?;
        match pieces.recv().await {
            Some(Ok(piece)) if piece.is_empty() => None,
            Some(Ok(piece)) => Some((Ok(piece), Some(pieces))),
            Some(Err(error)) => Some((Err(error), None)),
            None => Some((Err(Error::Files(io::Error::other("the file broke off before its end"))), None)),
        }
    };
    stream::unfold(Some(pieces), next).fuse().boxed()
}

/// Hands pieces on, and waits up to `wait_max` while nobody takes them. Once the reader is gone it fails, which ends the writing.
struct Pieces {
    piece: Vec<u8>,
    sender: mpsc::Sender<Result<Bytes>>,
    wait_max: Duration,
    runtime: Handle,
    _place: OwnedSemaphorePermit,
}

impl Write for Pieces {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = buffer.len().min(PIECE_BYTES - self.piece.len());
        self.piece.extend_from_slice(&buffer[..count]);
        if self.piece.len() >= PIECE_BYTES {
            self.hand_on()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() { Ok(()) } else { self.hand_on() }
    }
}

impl Pieces {
    fn hand_on(&mut self) -> io::Result<()> {
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE_BYTES));
        let taken = async { tokio::time::timeout(self.wait_max, self.sender.send(Ok(piece.into()))).await };
        match self.runtime.block_on(taken) {
            Ok(sent) => sent.map_err(|_| io::ErrorKind::BrokenPipe.into()),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

/// The title with everything but letters, digits, blanks, `-`, `_` and dots inside taken out.
fn file_name(title: &str, format: FileFormat) -> String {
    let kept =
        title.chars().map(|c| if c.is_alphanumeric() || " -_.".contains(c) { c } else { ' ' }).collect::<String>();
    let words = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = words.trim_matches(['.', ' ']).chars().take(NAME_CHARS_MAX).collect::<String>();
    let stem = if words.is_empty() { "report" } else { words.trim_end_matches(['.', ' ']) };
    format!("{stem}.{}", format.as_str())
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn a_reader_who_takes_nothing_gives_the_place_back() {
        let places = std::sync::Arc::new(Semaphore::new(1));
        let (sender, pieces) = mpsc::channel(WAITING_PIECES);
        let mut out = Pieces {
            piece: Vec::new(),
            sender,
            wait_max: Duration::from_millis(10),
            runtime: Handle::current(),
            _place: places.clone().try_acquire_owned().unwrap(),
        };
        let written = tokio::task::spawn_blocking(move || out.write_all(&vec![0; (WAITING_PIECES + 2) * PIECE_BYTES]));
        assert_eq!(written.await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(places.available_permits(), 1);
        let received = received(pieces).collect::<Vec<_>>().await;
        assert!(received.last().unwrap().is_err());
    }

    #[test]
    fn a_file_name_is_a_name_and_nothing_else() {
        for (title, expected) in [
            ("Sales by region", "Sales by region.csv"),
            ("../../etc/passwd", "etc passwd.csv"),
            ("a\"b\r\nc;d", "a b c d.csv"),
            ("...", "report.csv"),
            ("Umsätze 2026.1", "Umsätze 2026.1.csv"),
        ] {
            assert_eq!(file_name(title, FileFormat::Csv), expected);
        }
    }
}
