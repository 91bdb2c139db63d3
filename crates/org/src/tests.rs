//! Tests of the org as a whole, over HTTP.
//!
//! Invariant: every answer goes through [`site::Site`]'s client, which checks what all answers have in common.

mod apps;
mod callers;
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
