//! Our metadata: every SQL statement, every migration.
