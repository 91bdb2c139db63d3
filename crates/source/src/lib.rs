//! Connection profiles: runs a BoundQuery on somebody's database and yields Arrow batches.
