//! XLSX, written row by row.
//!
//! Text is a string by type and never a formula. A number is a number cell when Excel holds and shows it exactly,
//! with at most 15 significant digits, or when it is a double anyway; other numbers are text with all their digits.
//! Dates from 1900-03-01 to 9999-12-31 are date cells (before that day Excel's calendar has a day too many), others
//! are text. A time of day keeps its microseconds; a date with its time is one double of days, which holds a microsecond until the
//! year 2079 and 40 of them in 9999. NULL and empty text are blank. Rows past the last of
//! a sheet go on on the next, each with the labels on top.

use std::io::Write;

use arrow::{array::RecordBatch, datatypes::DataType};
use domain::{Column, Format};
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format as CellFormat, FormatAlign, Workbook, Worksheet, XlsxError,
};

use crate::{
    Error, Options, Result, Written,
    cell::{Cell, Cells},
    shown::Shown,
    text::{self, Between},
};

/// Rows of a sheet, the labels among them.
pub(crate) const SHEET_ROWS_MAX: u32 = 1_048_576;
const COLUMNS_MAX: usize = 16_384;
/// UTF-16 units of a text.
const TEXT_UNITS_MAX: usize = 32_767;
const SHEET_NAME_CHARS_MAX: usize = 31;
/// From here on a whole number has more digits than Excel keeps.
const EXACT_BELOW: u128 = 1_000_000_000_000_000;
/// 1970-01-01 as Excel counts days, and the first and the last day that it counts right.
const EPOCH_DAY: i64 = 25_569;
const FIRST_DAY: i64 = 61;
const LAST_DAY: i64 = 2_958_465;
/// A column is as wide as its texts in the first rows, between these.
const WIDTH_CHARS_MIN: usize = 8;
const WIDTH_CHARS_MAX: usize = 60;

pub(crate) fn write(
    shown: &Shown<'_>,
    batches: impl Iterator<Item = Result<RecordBatch>>,
    out: &mut (impl Write + Send),
    options: &Options,
    sheet_rows_max: u32,
) -> Result<Written> {
    if shown.columns.len() > COLUMNS_MAX {
        return Err(Error::TooManyColumns(shown.columns.len()));
    }
    let mut book = Book::new(shown, options, sheet_rows_max)?;
    for batch in batches {
        let batch = batch?;
        if batch.num_rows() == 0 {
            continue;
        }
        if book.written.sheets == 0 {
            book.measure(&batch);
        }
        let columns: Vec<Cells<'_>> = batch.columns().iter().filter_map(|array| Cells::new(array)).collect();
        let mut row = 0;
        while row < batch.num_rows() {
            row = book.append(&columns, row, batch.num_rows())?;
        }
    }
    book.finish(out)
}

struct Book<'a> {
    workbook: Workbook,
    columns: &'a [&'a Column],
    formats: Vec<CellFormat>,
    header: CellFormat,
    widths: Vec<usize>,
    options: &'a Options,
    sheet_rows_max: u32,
    /// The row of the last sheet that is written next.
    next_row: u32,
    written: Written,
}

impl<'a> Book<'a> {
    fn new(shown: &'a Shown<'_>, options: &'a Options, sheet_rows_max: u32) -> Result<Book<'a>> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(&options.scratch_folder)?;
        let mut properties = DocProperties::new().set_title(&options.title).set_author("WebReports");
        if let Some(note) = &options.note {
            properties = properties.set_comment(note);
        }
        if let Ok(created_at) = ExcelDateTime::from_timestamp(options.created_at.as_seconds()) {
            properties = properties.set_creation_datetime(&created_at);
        }
        workbook.set_properties(&properties);
        let formats = shown.columns.iter().enumerate();
        Ok(Book {
            workbook,
            columns: &shown.columns,
            formats: formats.map(|(index, column)| cell_format(column, shown.data_type(index))).collect(),
            header: CellFormat::new().set_bold(),
            widths: shown.columns.iter().map(|column| column.label.chars().count()).collect(),
            options,
            sheet_rows_max,
            next_row: 0,
            written: Written::default(),
        })
    }

    /// Makes columns as wide as the first rows need.
    fn measure(&mut self, batch: &RecordBatch) {
        const ROWS: usize = 200;
        let mut text = Vec::new();
        for (array, width) in batch.columns().iter().zip(&mut self.widths) {
            let Some(cells) = Cells::new(array) else { continue };
            for row in 0..batch.num_rows().min(ROWS) {
                text.clear();
                text::push(cells.get(row), Between::Blank, &mut text);
                *width = (*width).max(String::from_utf8_lossy(&text).chars().count());
            }
        }
    }

    /// Writes rows from `row` on until the batch or the sheet ends, and says which row is next.
    fn append(&mut self, columns: &[Cells<'_>], mut row: usize, rows: usize) -> Result<usize> {
        if self.written.sheets == 0 || self.next_row >= self.sheet_rows_max {
            self.begin_sheet()?;
        }
        let sheet = self.workbook.worksheet_from_index(self.written.sheets as usize - 1)?;
        while row < rows && self.next_row < self.sheet_rows_max {
            for (col, (cells, format)) in (0..).zip(columns.iter().zip(&self.formats)) {
                put(sheet, self.next_row, col, cells.get(row), format, &mut self.written)?;
            }
            self.next_row += 1;
            self.written.rows += 1;
            row += 1;
        }
        Ok(row)
    }

    fn begin_sheet(&mut self) -> Result<()> {
        self.end_sheet()?;
        self.written.sheets += 1;
        let name = sheet_name(&self.options.title, self.written.sheets);
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        sheet.set_freeze_panes(1, 0)?;
        for (col, (column, width)) in (0..).zip(self.columns.iter().zip(&self.widths)) {
            match column.width {
                Some(pixels) => sheet.set_column_width_pixels(col, pixels)?,
                // Two characters more, for the filter's arrow.
                None => sheet.set_column_width(col, (width + 2).clamp(WIDTH_CHARS_MIN, WIDTH_CHARS_MAX) as f64)?,
            };
            let (label, is_cut) = within_excel(&column.label);
            self.written.cut_cells += u64::from(is_cut);
            sheet.write_string_with_format(0, col, label, &self.header)?;
        }
        self.next_row = 1;
        Ok(())
    }

    /// The filter arrows belong over the rows, whose number is known only now.
    fn end_sheet(&mut self) -> Result<()> {
        if self.written.sheets == 0 {
            return Ok(());
        }
        let sheet = self.workbook.worksheet_from_index(self.written.sheets as usize - 1)?;
        let last_col = u16::try_from(self.columns.len() - 1).unwrap_or(u16::MAX);
        sheet.autofilter(0, 0, self.next_row.saturating_sub(1), last_col)?;
        Ok(())
    }

    fn finish(mut self, out: &mut (impl Write + Send)) -> Result<Written> {
        if self.written.sheets == 0 {
            self.begin_sheet()?;
        }
        self.end_sheet()?;
        let mut notes: Vec<String> = self.options.note.iter().cloned().collect();
        if self.written.cut_cells > 0 {
            notes.push(format!("Texts cut at the 32,767 characters that Excel can hold: {}", self.written.cut_cells));
        }
        if !notes.is_empty() {
            let sheet = self.workbook.add_worksheet_with_constant_memory()?;
            sheet.set_name("Note")?;
            sheet.set_column_width(0, 80)?;
            sheet.write_string_with_format(0, 0, within_excel(&self.options.title).0, &self.header)?;
            for (row, note) in (1..).zip(&notes) {
                sheet.write_string(row, 0, within_excel(note).0)?;
            }
        }
        self.workbook.save_to_writer(out)?;
        Ok(self.written)
    }
}

fn put(
    sheet: &mut Worksheet,
    row: u32,
    col: u16,
    cell: Cell<'_>,
    format: &CellFormat,
    written: &mut Written,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Null => {}
        Cell::Boolean(value) => {
            sheet.write_boolean_with_format(row, col, value, format)?;
        }
        Cell::Text(text) => {
            let (text, is_cut) = within_excel(text);
            written.cut_cells += u64::from(is_cut);
            sheet.write_string_with_format(row, col, text, format)?;
        }
        cell => {
            if let Some(number) = number(cell) {
                sheet.write_number_with_format(row, col, number, format)?;
            } else {
                let mut text = Vec::new();
                text::push(cell, Between::Blank, &mut text);
                let text = String::from_utf8_lossy(&text);
                let (text, is_cut) = within_excel(&text);
                written.cut_cells += u64::from(is_cut);
                written.text_cells += u64::from(!matches!(cell, Cell::Bytes(_)));
                sheet.write_string_with_format(row, col, text, format)?;
            }
        }
    }
    Ok(())
}

/// The number of a number cell; none where that would not be the value.
fn number(cell: Cell<'_>) -> Option<f64> {
    const DAY_SECONDS: i64 = 86_400;
    let day = |days: i64| Some(days + EPOCH_DAY).filter(|day| (FIRST_DAY..=LAST_DAY).contains(day));
    match cell {
        Cell::Integer(value) => (u128::from(value.unsigned_abs()) < EXACT_BELOW).then_some(value as f64),
        Cell::Unsigned(value) => (u128::from(value) < EXACT_BELOW).then_some(value as f64),
        Cell::Double(value) => value.is_finite().then_some(value),
        Cell::Decimal { digits, scale } => {
            // Noughts at the end count for nothing: 123456789012345.00 has 15 digits.
            let (mut digits, mut scale) = (digits, scale);
            while scale > 0 && digits % 10 == 0 {
                digits /= 10;
                scale -= 1;
            }
            let exact = digits.unsigned_abs() < EXACT_BELOW;
            exact.then(|| decimal_text(digits, scale).parse().ok()).flatten()
        }
        Cell::WideDecimal { digits, scale } => number(Cell::Decimal { digits: digits.to_i128()?, scale }),
        Cell::Date(days) => day(days.into()).map(|day| day as f64),
        Cell::Time { nanoseconds } => Some(nanoseconds as f64 / (DAY_SECONDS as f64 * 1e9)),
        Cell::DateTime { seconds, nanoseconds, .. } => {
            let day = day(seconds.div_euclid(DAY_SECONDS))?;
            let of_day = seconds.rem_euclid(DAY_SECONDS) as f64 + f64::from(nanoseconds) / 1e9;
            Some(day as f64 + of_day / DAY_SECONDS as f64)
        }
        Cell::Null | Cell::Boolean(_) | Cell::Text(_) | Cell::Bytes(_) => None,
    }
}

/// Read again, this gives the double nearest to the decimal, which has the same first 15 digits.
fn decimal_text(digits: i128, scale: u8) -> String {
    format!("{digits}e-{scale}")
}

fn cell_format(column: &Column, data_type: &DataType) -> CellFormat {
    let format = CellFormat::new();
    if matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Binary | DataType::LargeBinary) {
        return format.set_num_format("@");
    }
    if *data_type == DataType::Boolean {
        return format;
    }
    // Numbers that are written as text stand where numbers do.
    let format = format.set_align(FormatAlign::Right);
    let zone = if matches!(data_type, DataType::Timestamp(_, Some(_))) { "\"Z\"" } else { "" };
    let places = |scale: i8| match usize::from(scale.unsigned_abs()) {
        0 => String::new(),
        // Excel shows at most 30 places.
        scale => format!(".{}", "0".repeat(scale.min(30))),
    };
    let scale = match data_type {
        DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => Some(*scale),
        _ => None,
    };
    let is_temporal = matches!(data_type, DataType::Date32 | DataType::Time64(_) | DataType::Timestamp(_, _));
    let code = match column.format {
        Some(Format::Integer) if !is_temporal => "#,##0".to_owned(),
        Some(Format::Decimal) if !is_temporal => format!("#,##0{}", places(scale.unwrap_or(2))),
        Some(Format::Money) if !is_temporal => "#,##0.00".to_owned(),
        Some(Format::Percent) if !is_temporal => "0.00%".to_owned(),
        Some(Format::Date) if matches!(data_type, DataType::Timestamp(_, _)) => "yyyy-mm-dd".to_owned(),
        _ => match data_type {
            DataType::Date32 => "yyyy-mm-dd".to_owned(),
            DataType::Time64(_) => "hh:mm:ss".to_owned(),
            DataType::Timestamp(_, _) => format!("yyyy-mm-dd hh:mm:ss{zone}"),
            DataType::Float32 | DataType::Float64 => return format,
            _ => format!("0{}", places(scale.unwrap_or(0))),
        },
    };
    format.set_num_format(code)
}

/// The text as far as Excel can hold it, and whether that was not all.
fn within_excel(text: &str) -> (&str, bool) {
    // A character is at least as many bytes as units.
    if text.len() <= TEXT_UNITS_MAX {
        return (text, false);
    }
    let mut units = 0;
    for (position, c) in text.char_indices() {
        units += c.len_utf16();
        if units > TEXT_UNITS_MAX {
            return (&text[..position], true);
        }
    }
    (text, false)
}

/// The title as the name of a sheet: without the signs that Excel refuses, at most 31 characters, numbered from the
/// second sheet on.
fn sheet_name(title: &str, number: u32) -> String {
    let suffix = if number > 1 { format!(" ({number})") } else { String::new() };
    let room = SHEET_NAME_CHARS_MAX - suffix.len();
    let cleaned: String =
        title.chars().map(|c| if c.is_control() || "[]:*?/\\'".contains(c) { ' ' } else { c }).collect();
    let mut name = String::new();
    for c in cleaned.trim().chars() {
        if name.encode_utf16().count() + c.len_utf16() > room {
            break;
        }
        name.push(c);
    }
    let name = name.trim_end();
    // Excel keeps these names for itself, or we do.
    let is_taken = name.is_empty() || name.eq_ignore_ascii_case("history") || name.eq_ignore_ascii_case("note");
    format!("{}{suffix}", if is_taken { "Report" } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_a_name_that_excel_accepts() {
        for (title, number, expected) in [
            ("Sales by region", 1, "Sales by region"),
            ("Sales: Q1/Q2 [all]", 2, "Sales  Q1 Q2  all (2)"),
            ("'history'", 1, "Report"),
            ("", 3, "Report (3)"),
            ("Revenue by nation and month and more", 1, "Revenue by nation and month and"),
        ] {
            assert_eq!(sheet_name(title, number), expected);
            rust_xlsxwriter::utility::check_sheet_name(&sheet_name(title, number)).unwrap();
        }
    }

    #[test]
    fn a_number_is_a_number_cell_only_where_excel_holds_all_its_digits() {
        assert_eq!(number(Cell::Integer(-999_999_999_999_999)), Some(-999_999_999_999_999.0));
        assert_eq!(number(Cell::Integer(1_000_000_000_000_000)), None);
        assert_eq!(number(Cell::Decimal { digits: 12_345_678_901_234_500, scale: 4 }), Some(1_234_567_890_123.45));
        assert_eq!(number(Cell::Decimal { digits: 1_234_567_890_123_456, scale: 4 }), None);
        assert_eq!(number(Cell::Date(-25_508)), Some(61.0));
        assert_eq!(number(Cell::Date(-25_509)), None);
        assert_eq!(number(Cell::DateTime { seconds: 43_200, nanoseconds: 0, zoned: false }), Some(25_569.5));
    }
}
