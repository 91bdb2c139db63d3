//! Arrow batches into files: CSV, XLSX, Parquet, JSON.
