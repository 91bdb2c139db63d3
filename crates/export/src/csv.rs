//! CSV as RFC 4180 has it: commas, CRLF, quotes around what needs them, UTF-8.
//!
//! NULL is nothing between two commas, empty text (or no bytes) is `""`. A file of one column writes NULL as `""` too, since readers
//! skip an empty line and would lose the row. Texts pass the formula guard (see the module `guard`).

use std::io::Write;

use arrow::array::RecordBatch;

use crate::{
    Error, Options, Result, Written,
    cell::{Cell, Cells},
    guard::is_like_a_formula,
    shown::Shown,
    text::{self, Between},
};

const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();
/// Lines go on to the writer in pieces of about this size.
const PIECE_BYTES: usize = 64 << 10;

pub(crate) fn write(
    shown: &Shown<'_>,
    batches: impl Iterator<Item = Result<RecordBatch>>,
    out: &mut impl Write,
    options: &Options,
) -> Result<Written> {
    let mut written = Written::default();
    let mut piece = Vec::with_capacity(PIECE_BYTES + (PIECE_BYTES >> 2));
    if options.byte_order_mark {
        piece.extend_from_slice(BYTE_ORDER_MARK);
    }
    for (index, column) in shown.columns.iter().enumerate() {
        if index > 0 {
            piece.push(b',');
        }
        push_text(&column.label, &mut piece, &mut written);
    }
    piece.extend_from_slice(b"\r\n");
    for batch in batches {
        let batch = batch?;
        let columns: Vec<Cells<'_>> = batch.columns().iter().filter_map(|array| Cells::new(array)).collect();
        let null: &[u8] = if columns.len() == 1 { b"\"\"" } else { b"" };
        for row in 0..batch.num_rows() {
            for (index, cells) in columns.iter().enumerate() {
                if index > 0 {
                    piece.push(b',');
                }
                match cells.get(row) {
                    Cell::Null => piece.extend_from_slice(null),
                    Cell::Text(text) => push_text(text, &mut piece, &mut written),
                    Cell::Bytes([]) => piece.extend_from_slice(b"\"\""),
                    other => text::push(other, Between::Blank, &mut piece),
                }
            }
            piece.extend_from_slice(b"\r\n");
            if piece.len() >= PIECE_BYTES {
                out.write_all(&piece).map_err(Error::Write)?;
                piece.clear();
            }
        }
        written.rows += batch.num_rows() as u64;
    }
    out.write_all(&piece).map_err(Error::Write)?;
    Ok(written)
}

fn push_text(text: &str, piece: &mut Vec<u8>, written: &mut Written) {
    let is_guarded = is_like_a_formula(text);
    written.guarded_cells += u64::from(is_guarded);
    let needs_quotes = text.is_empty() || text.bytes().any(|byte| matches!(byte, b'"' | b',' | b'\r' | b'\n'));
    if !needs_quotes {
        if is_guarded {
            piece.push(b'\'');
        }
        piece.extend_from_slice(text.as_bytes());
        return;
    }
    piece.push(b'"');
    if is_guarded {
        piece.push(b'\'');
    }
    for part in text.as_bytes().split_inclusive(|byte| *byte == b'"') {
        piece.extend_from_slice(part);
        if part.ends_with(b"\"") {
            piece.push(b'"');
        }
    }
    piece.push(b'"');
}
