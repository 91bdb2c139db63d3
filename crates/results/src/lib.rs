//! The data of completed runs: write, page, sort, filter.
