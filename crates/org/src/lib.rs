//! The built-in org: an identity provider that speaks Okta's public API.
//!
//! Invariant: whoever asks meets it over HTTP alone, on one origin: the management API (`api`), sign-in pages and sessions
//! (`signin`), OAuth and OpenID Connect (`oauth`), the Admin Console (`console`). Every route but static files and pages has a row
//! in the operations table, which decides right, scope and rate bucket before its handler runs.

pub mod api;
pub mod config;
pub mod console;
pub mod error;
pub mod expression;
pub mod hooks;
pub mod mail;
pub mod model;
pub mod oauth;
pub mod operations;
pub mod signin;
pub mod start;
pub mod state;
pub mod tls;

pub use config::OrgConfig;
pub use error::{Error, Fault, Result};
pub use start::{Running, start};
pub use state::Org;

#[cfg(test)]
mod tests;
