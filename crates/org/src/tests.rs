//! Tests of the org as a whole, over HTTP.
//!
//! Invariant: every answer goes through [`site::Site`]'s client or a browser's, which hold it against the tables of operations
//! ([`conformance`]).

mod admin_scope;
mod app_credentials;
mod apps;
mod authenticators;
mod callers;
mod conformance;
mod databases;
mod edges;
mod factors;
mod group_owners;
mod group_rules;
mod groups;
mod hook_service;
mod hooks;
mod iam;
mod identity;
mod inline_hooks;
mod linked_objects;
mod logs;
mod mails;
mod mappings;
mod networks;
mod org_settings;
mod policies;
mod postgres;
mod rate_limits;
mod roles;
mod schemas;
mod security_settings;
mod site;
mod tokens;
mod user_types;
mod users;
mod users_imported;
mod users_lists;
mod users_passwords;
