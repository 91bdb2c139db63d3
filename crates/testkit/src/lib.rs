//! Starts the whole site for a test.
