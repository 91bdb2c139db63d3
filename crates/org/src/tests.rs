//! Tests of the org as a whole, over HTTP.
