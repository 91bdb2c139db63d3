//! Tests of the org as a whole, over HTTP.
//!
//! Invariant: every answer goes through [`site::Site`]'s client or a browser's, which hold it against the tables of operations
//! ([`conformance`]).

mod apps;
mod callers;
mod conformance;
mod edges;
mod groups;
mod identity;
mod logs;
mod networks;
mod postgres;
mod roles;
mod site;
mod tokens;
mod users;
mod users_lists;
mod users_passwords;
