//! OAuth 2.0 and OpenID Connect: the org's own authorization server and custom ones.

pub mod access;
pub mod assertion;
pub mod authorize;
pub mod authorize_answer;
pub mod authorize_request;
pub mod bearer;
pub mod claims;
pub mod client;
pub mod cors;
pub mod custom_scope;
pub mod discovery;
pub mod fault;
pub mod grant;
pub mod introspect;
pub mod key;
pub mod logout;
pub mod parameters;
pub mod pkce;
pub mod reauthentication;
pub mod scope;
pub mod server;
pub mod token;
pub mod user_info;

use axum::{
    Router,
    routing::{get, options},
};
use db::Migration;

use crate::{Org, Result, operations::Routes};

/// 0025 to 0029.
pub const MIGRATIONS: &[Migration] = &[
    Migration::new(25, "authorization_server", include_str!("../../migrations/0025_authorization_server.sql")),
    Migration::new(26, "oauth_grant", include_str!("../../migrations/0026_oauth_grant.sql")),
    Migration::new(27, "custom_scope", include_str!("../../migrations/0027_custom_scope.sql")),
];

/// What a new org needs before its first request. Keys are made when they first sign.
pub async fn prepare(org: &Org) -> Result<()> {
    let mut tx = org.db.begin().await?;
    server::prepare(&mut tx, org.now()).await?;
    Ok(tx.commit().await?)
}

/// What has a row in the operations table.
pub fn operations() -> Routes {
    Routes::new()
        .on("getWellKnownOpenIDConfiguration", discovery::openid)
        .on("getWellKnownOpenIDConfigurationCustomAS", discovery::openid)
        .on("getWellKnownOauthAuthorizationServer", discovery::oauth)
        .on("getWellKnownOAuthConfigurationCustomAS", discovery::oauth)
        .on("getWellKnownOauthAuthorizationServerOauth2", discovery::oauth)
        .on("oauthKeys", discovery::keys)
        .on("oauthKeysCustomAS", discovery::keys)
        .on("authorize", authorize::by_query)
        .on("authorizeWithPost", authorize::by_form)
        .on("authorizeCustomAS", authorize::by_query)
        .on("authorizeCustomASWithPost", authorize::by_form)
        .on("token", token::issue)
        .on("tokenCustomAS", token::issue)
        .on("tokenOptions", token::preflight)
        .on("tokenOptionsCustomAS", token::preflight)
        .on("userinfo", user_info::answer)
        .on("postOauth2V1UserinfoOfOrgAS", user_info::answer)
        .on("userinfoCustomAS", user_info::answer)
        .on("postOauth2V1Userinfo", user_info::answer)
        .on("introspect", introspect::introspect)
        .on("introspectCustomAS", introspect::introspect)
        .on("revoke", introspect::revoke)
        .on("revokeCustomAS", introspect::revoke)
        .on("logout", logout::by_query)
        .on("logoutWithPost", logout::by_form)
        .on("logoutCustomAS", logout::by_query)
        .on("logoutCustomASWithPost", logout::by_form)
        .on("listAuthorizationServers", server::list)
        .on("getAuthorizationServer", server::get)
        .on("listOAuth2Scopes", custom_scope::list)
        .on("createOAuth2Scope", custom_scope::create)
        .on("getOAuth2Scope", custom_scope::get)
        .on("deleteOAuth2Scope", custom_scope::delete)
}

/// What has a row, preflights, and the keys where one client looks for them without discovery.
pub fn routes() -> Router<Org> {
    let more = Router::new()
        .route("/v1/keys", get(discovery::keys))
        .route("/.well-known/openid-configuration", options(discovery::preflight))
        .route("/oauth2/v1/keys", options(discovery::preflight))
        .route("/oauth2/{authorizationServerId}/v1/keys", options(discovery::preflight))
        .route("/oauth2/v1/userinfo", options(user_info::preflight))
        .route("/oauth2/{authorizationServerId}/v1/userinfo", options(user_info::preflight));
    operations().into_router().merge(more)
}
