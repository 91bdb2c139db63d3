//! The Admin Console: its pages, and the calls that only a session of the console can make (`/admin/api/…`).
//!
//! Invariant: a call of the console carries the session's cookie, comes from a page of this address, and, when it changes something,
//! the session's token in `X-CSRF-Token`; the rights are the person's own, asked for at every call. API tokens open none of it.

pub mod administrator;
pub mod administrators;
pub mod dashboard;
pub mod files;
pub mod first_administrator;
pub mod group_rules;
pub mod outbox;
pub mod scopes;
pub mod session;
pub mod token_preview;
pub mod tokens;

use axum::{
    Router,
    routing::{get, post, put},
};
use db::Migration;

use crate::Org;

pub use first_administrator::offer as first_administrator_link;

/// 0030.
pub const MIGRATIONS: &[Migration] =
    &[Migration::new(30, "first_administrator", include_str!("../../migrations/0030_first_administrator.sql"))];

pub fn routes() -> Router<Org> {
    Router::new()
        .route("/admin/api/session", get(session::show))
        .route("/admin/api/password-policy", get(session::password_rules))
        .route("/admin/api/tokens", get(tokens::list).post(tokens::create))
        .route("/admin/api/tokens/{id}", put(tokens::update))
        .route("/admin/api/dashboard", get(dashboard::show))
        .route("/admin/api/outbox", get(outbox::list))
        .route("/admin/api/administrators", get(administrators::list))
        .route("/admin/api/group-rules/preview", post(group_rules::show))
        .route("/admin/api/scopes", get(scopes::list))
        .route("/admin/api/authorization-servers/{id}/token-preview", post(token_preview::show))
        .route("/admin/api/first-administrator", post(first_administrator::redeem))
        .route("/admin", get(files::to_folder))
        .route("/admin/", get(files::index))
        .route("/admin/{*path}", get(files::serve))
}
