//! HTTP, command line and start-up: the binary `webreports`.
//!
//! Invariant: no SQL and no permission is decided here. A handler reads the request, calls one function of `portal`, and shapes
//! the answer; `http/problem.rs` alone knows status codes.

pub mod cli;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod http;
pub mod serve;
pub mod setup_command;
pub mod telemetry;
