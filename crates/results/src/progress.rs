//! A result that is still being written, for those who read it meanwhile.
//!
//! Invariant: what [`Readable::rows`] counts is in the file and can be read; it only grows, until the writer finishes
//! or gives up.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use parquet::{
    arrow::ArrowSchemaConverter,
    file::metadata::{FileMetaData, ParquetMetaData, RowGroupMetaData},
    schema::types::SchemaDescPtr,
};
use tokio::sync::watch;

use crate::{Result, file::PositionedFile, snapshot::Snapshot};

/// A shared handle; it lives on after the writer, and then tells how that ended.
#[derive(Clone)]
pub struct Progress(Arc<Shared>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readable {
    pub rows: u64,
    pub state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Writing,
    Finished,
    /// The writer was dropped: there will be no result.
    GivenUp,
}

struct Shared {
    file: PositionedFile,
    in_file: SchemaRef,
    description: SchemaDescPtr,
    groups: Mutex<Groups>,
    readable: watch::Sender<Readable>,
}

#[derive(Default)]
struct Groups {
    whole: Vec<RowGroupMetaData>,
    /// The last snapshot, used again until another row group is whole.
    snapshot: Option<Arc<Snapshot>>,
}

impl Progress {
    pub(crate) fn new(file: PositionedFile, in_file: SchemaRef) -> Result<Progress> {
        let description = Arc::new(ArrowSchemaConverter::new().convert(&in_file)?);
        let (readable, _) = watch::channel(Readable { rows: 0, state: State::Writing });
        Ok(Progress(Arc::new(Shared { file, in_file, description, groups: Mutex::default(), readable })))
    }

    pub fn readable(&self) -> Readable {
        *self.0.readable.borrow()
    }

    /// Wakes whoever waits whenever more rows can be read, and when the writer ends.
    pub fn changes(&self) -> watch::Receiver<Readable> {
        self.0.readable.subscribe()
    }

    /// Takes in the row groups that came to be since the last call; they must be in the file.
    pub(crate) fn add(&self, flushed: &[RowGroupMetaData], rows: u64) {
        let mut groups = self.0.groups.lock().unwrap_or_else(PoisonError::into_inner);
        let known = groups.whole.len();
        groups.whole.extend(flushed.iter().skip(known).cloned());
        groups.snapshot = None;
        drop(groups);
        self.0.readable.send_modify(|readable| readable.rows = rows);
    }

    pub(crate) fn end(&self, state: State) {
        self.0.readable.send_modify(|readable| readable.state = state);
    }

    pub(crate) fn snapshot(&self) -> Result<Arc<Snapshot>> {
        let shared = &self.0;
        let mut groups = shared.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(snapshot) = &groups.snapshot {
            return Ok(snapshot.clone());
        }
        let rows = groups.whole.iter().map(RowGroupMetaData::num_rows).sum();
        let file_metadata = FileMetaData::new(2, rows, None, None, shared.description.clone(), None);
        let metadata = ParquetMetaData::new(file_metadata, groups.whole.clone());
        let snapshot = Arc::new(Snapshot::unfinished(shared.file.clone(), metadata, shared.in_file.clone())?);
        groups.snapshot = Some(snapshot.clone());
        Ok(snapshot)
    }
}
