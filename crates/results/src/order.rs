//! The rows of a result in some order, or those that meet a filter: their numbers in a file beside the result.
//!
//! Made once, it turns every page of that order, however deep, into one short read here and one of the rows. The file
//! is `<run>.<identity>.order`: a mark, the number of entries, and the row numbers, little-endian, 4 bytes each.

use std::{
    io::{BufWriter, Write},
    ops::Range,
    path::Path,
};

use arrow::array::UInt32Array;
use world::{Draft, files::Readers};

use crate::{Error, Result, file::PositionedFile};

const MARK: &[u8; 8] = b"WRorder1";
const HEADER_BYTES: u64 = 16;
const ENTRY_BYTES: u64 = 4;

pub(crate) struct Order {
    file: PositionedFile,
    count: u64,
}

impl Order {
    /// Opens an order. A file that does not say what it should is damaged, and can be made again.
    pub(crate) fn open(path: &Path) -> Result<Order> {
        let file = PositionedFile::new(std::fs::File::open(path).map_err(Error::file("opened"))?);
        let size_bytes = file.size_bytes().map_err(Error::file("read"))?;
        let mut header = [0; HEADER_BYTES as usize];
        file.read_exact_at(&mut header, 0).map_err(Error::file("read"))?;
        let (mark, count) = header.split_at(MARK.len());
        let count = count.try_into().map_or(0, u64::from_le_bytes);
        if mark != MARK || size_bytes != HEADER_BYTES.saturating_add(count.saturating_mul(ENTRY_BYTES)) {
            return Err(Error::Damaged("an order file has not the length that it says".into()));
        }
        Ok(Order { file, count })
    }

    /// How many rows it has: all of the result, or those that met the filter.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn size_bytes(&self) -> u64 {
        HEADER_BYTES + self.count * ENTRY_BYTES
    }

    /// Row numbers at positions of this order; fewer where it ends.
    pub(crate) fn rows(&self, positions: Range<u64>) -> Result<Vec<u32>> {
        let end = positions.end.min(self.count);
        let start = positions.start.min(end);
        let length = usize::try_from((end - start) * ENTRY_BYTES).map_err(|_| Error::TooManyRows)?;
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, HEADER_BYTES + start * ENTRY_BYTES).map_err(Error::file("read"))?;
        Ok(bytes.chunks_exact(4).map(|entry| u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]])).collect())
    }
}

/// Writes an order; dropped before [`OrderWriter::finish`] it leaves nothing.
pub(crate) struct OrderWriter {
    draft: Draft,
    buffer: BufWriter<std::fs::File>,
    count: u64,
}

impl OrderWriter {
    pub(crate) fn create(path: &Path) -> Result<OrderWriter> {
        let mut draft = Draft::create(path, Readers::OwnerOnly).map_err(Error::file("created"))?;
        let mut buffer = BufWriter::with_capacity(1 << 16, draft.handle().map_err(Error::file("created"))?);
        buffer.write_all(MARK).and_then(|()| buffer.write_all(&[0; 8])).map_err(Error::file("written"))?;
        Ok(OrderWriter { draft, buffer, count: 0 })
    }

    pub(crate) fn write(&mut self, numbers: &UInt32Array) -> Result<()> {
        for number in numbers.values() {
            self.buffer.write_all(&number.to_le_bytes()).map_err(Error::file("written"))?;
        }
        self.count += numbers.len() as u64;
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<()> {
        use std::os::unix::fs::FileExt;
        let OrderWriter { draft, buffer, count } = self;
        let file = buffer.into_inner().map_err(|error| Error::file("written")(error.into_error()))?;
        file.write_all_at(&count.to_le_bytes(), MARK.len() as u64).map_err(Error::file("written"))?;
        draft.publish().map_err(Error::file("published"))
    }
}
