//! The words and the rules of WebReports. No I/O, no clock, no async.
