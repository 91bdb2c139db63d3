//! One open file, read at positions by many readers at once.
//!
//! Invariant: no reader moves a shared cursor, so a file that is still being written through another handle can be
//! read, and pages of one file can be cut at the same time.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    os::unix::fs::FileExt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use parquet::{
    errors::{ParquetError, Result},
    file::reader::{ChunkReader, Length},
};

/// A page header with its neighbourhood; more would read into pages that are skipped.
const HEADER_BYTES: usize = 256;

#[derive(Clone)]
pub(crate) struct PositionedFile(Arc<Inner>);

struct Inner {
    file: File,
    bytes_read: AtomicU64,
}

impl PositionedFile {
    pub(crate) fn new(file: File) -> PositionedFile {
        PositionedFile(Arc::new(Inner { file, bytes_read: AtomicU64::new(0) }))
    }

    /// How many bytes were read through this handle and its clones.
    #[cfg(test)]
    pub(crate) fn bytes_read(&self) -> u64 {
        self.0.bytes_read.load(Ordering::Relaxed)
    }

    pub(crate) fn size_bytes(&self) -> io::Result<u64> {
        self.0.file.metadata().map(|metadata| metadata.len())
    }

    pub(crate) fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.bytes_read.fetch_add(buffer.len() as u64, Ordering::Relaxed);
        self.0.file.read_exact_at(buffer, offset)
    }
}

impl Length for PositionedFile {
    fn len(&self) -> u64 {
        self.size_bytes().unwrap_or(0)
    }
}

impl ChunkReader for PositionedFile {
    type T = BufReader<Cursor>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(BufReader::with_capacity(HEADER_BYTES, Cursor { file: self.clone(), offset: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let mut buffer = vec![0; length];
        self.read_exact_at(&mut buffer, start).map_err(|error| ParquetError::External(Box::new(error)))?;
        Ok(buffer.into())
    }
}

/// Reads on from one position.
pub(crate) struct Cursor {
    file: PositionedFile,
    offset: u64,
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.0.file.read_at(buffer, self.offset)?;
        self.offset += count as u64;
        self.file.0.bytes_read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
