//! Signing in: passwords, lock-out, sessions and the org's own pages.

pub mod account_page;
pub mod app_access;
pub mod assets;
pub mod authn;
pub mod authn_body;
pub mod authn_recovery;
pub mod cookie;
pub mod credentials;
pub mod csrf;
pub mod decision;
pub mod enrollment;
pub mod factor_page;
pub mod factors;
pub mod flow;
pub mod home_page;
pub mod html;
pub mod lockout;
pub mod login_page;
pub mod new_password;
pub mod page;
pub mod password_history;
pub mod password_page;
pub mod password_policy;
pub mod return_address;
pub mod self_service;
pub mod session;
pub mod session_api;
pub mod session_token;
pub mod sign_on;
pub mod sign_out;
pub mod state_token;
pub mod totp;
pub mod unlock_page;
pub mod webauthn;

use axum::{Router, routing::get};
use db::Migration;

use crate::{Org, operations::Routes};

/// 0020 to 0024.
pub const MIGRATIONS: &[Migration] = &[
    Migration::new(20, "session", include_str!("../../migrations/0020_session.sql")),
    Migration::new(21, "lockout", include_str!("../../migrations/0021_lockout.sql")),
];

/// What has a row in the operations table.
pub fn operations() -> Routes {
    Routes::new()
        .on("postAuthn", authn::begin)
        .on("postAuthnCredentialsChangePassword", authn::change_password)
        .on("postAuthnCancel", authn::cancel)
        .on("postAuthnPrevious", authn::previous)
        .on("postAuthnSkip", authn::skip)
        .on("postAuthnFactors", authn::enroll)
        .on("postAuthnFactorsLifecycleActivate", authn::activate)
        .on("postAuthnFactorsLifecycleResend", authn::resend_activation)
        .on("postAuthnFactorsVerify", authn::verify)
        .on("postAuthnFactorsVerifyResend", authn::resend_challenge)
        .on("postAuthnRecoveryPassword", authn_recovery::password)
        .on("postAuthnRecoveryUnlock", authn_recovery::unlock)
        .on("postAuthnRecoveryToken", authn_recovery::token)
        .on("postAuthnRecoveryAnswer", authn_recovery::answer)
        .on("postAuthnCredentialsResetPassword", authn_recovery::reset_password)
        .on("postSessions", session_api::create)
        .on("getSessionsMe", session_api::me)
        .on("deleteSessionsMe", session_api::end_me)
        .on("postSessionsMeLifecycleRefresh", session_api::refresh_me)
        .on("getSession", session_api::get)
        .on("revokeSession", session_api::end)
        .on("refreshSession", session_api::refresh)
}

/// Pages and what has a row.
pub fn routes() -> Router<Org> {
    let pages = Router::new()
        .route("/", get(home_page::show))
        .route("/app/UserHome", get(home_page::show))
        .route(account_page::PATH, get(account_page::show))
        .route(account_page::PROFILE_PATH, axum::routing::post(account_page::save_profile))
        .route(account_page::SESSIONS_PATH, axum::routing::post(account_page::end_sessions))
        .route(login_page::PATH, get(login_page::show).post(login_page::submit))
        .route(factor_page::PATH, get(factor_page::show).post(factor_page::submit))
        .route("/unlock_account/{token}", get(unlock_page::show).post(unlock_page::submit))
        .route(password_page::EXPIRED_PATH, axum::routing::post(password_page::submit_expired))
        .route("/welcome/{token}", get(password_page::show_welcome).post(password_page::submit_welcome))
        .route("/reset_password/{token}", get(password_page::show_reset).post(password_page::submit_reset))
        .route("/login/signout", get(sign_out::sign_out))
        .route("/login/sessionCookieRedirect", get(sign_out::cookie_redirect))
        .route(page::STYLESHEET, get(assets::stylesheet))
        .route("/assets/fonts/{file}", get(assets::font))
        .route(page::ICON, get(assets::icon));
    pages.merge(operations().into_router())
}
