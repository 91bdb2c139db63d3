//! OAuth 2.0 and OpenID Connect: the org's own authorization server and custom ones.

pub mod access;
pub mod access_policy;
pub mod access_policy_api;
pub mod activate_page;
pub mod assertion;
pub mod assurance;
pub mod authorize;
pub mod authorize_answer;
pub mod authorize_issue;
pub mod authorize_loaded;
pub mod authorize_request;
pub mod bearer;
pub mod claim;
pub mod claim_value;
pub mod claims;
pub mod client;
pub mod client_signature;
pub mod consent;
pub mod consent_page;
pub mod cors;
pub mod custom_scope;
pub mod device;
pub mod discovery;
pub mod expression;
mod expression_function;
pub mod fault;
pub mod frontchannel_logout;
pub mod grant;
pub mod grant_api;
pub mod introspect;
pub mod key;
pub mod key_api;
pub mod logout;
pub mod mark;
pub mod mint;
pub mod par;
pub mod parameters;
pub mod pkce;
pub mod registration;
pub mod request_source;
pub mod scope;
pub mod server;
pub mod server_api;
pub mod token;
pub mod token_api;
pub mod user_info;
pub mod webfinger;

use axum::{
    Router,
    response::Redirect,
    routing::{get, options, post},
};
use db::Migration;

use crate::{Org, Result, operations::Routes, signin::login_page};

/// 0025 to 0029, and 0050 to 0059.
pub const MIGRATIONS: &[Migration] = &[
    Migration::new(25, "authorization_server", include_str!("../../migrations/0025_authorization_server.sql")),
    Migration::new(26, "oauth_grant", include_str!("../../migrations/0026_oauth_grant.sql")),
    Migration::new(27, "custom_scope", include_str!("../../migrations/0027_custom_scope.sql")),
    Migration::new(
        50,
        "authorization_server_settings",
        include_str!("../../migrations/0050_authorization_server_settings.sql"),
    ),
    Migration::new(51, "claim", include_str!("../../migrations/0051_claim.sql")),
    Migration::new(52, "access_policy", include_str!("../../migrations/0052_access_policy.sql")),
    Migration::new(53, "scope_grant", include_str!("../../migrations/0053_scope_grant.sql")),
    Migration::new(54, "grant_terms", include_str!("../../migrations/0054_grant_terms.sql")),
    Migration::new(55, "pushed_request", include_str!("../../migrations/0055_pushed_request.sql")),
    Migration::new(56, "device_authorization", include_str!("../../migrations/0056_device_authorization.sql")),
    Migration::new(57, "client_role", include_str!("../../migrations/0057_client_role.sql")),
];

/// What a new org needs before its first request. Keys are made when they first sign.
pub async fn prepare(org: &Org) -> Result<()> {
    let mut tx = org.db.begin().await?;
    server::prepare(&mut tx, &org.world).await?;
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
        .on("listOAuth2Scopes", custom_scope::list)
        .on("createOAuth2Scope", custom_scope::create)
        .on("getOAuth2Scope", custom_scope::get)
        .on("replaceOAuth2Scope", custom_scope::replace)
        .on("deleteOAuth2Scope", custom_scope::delete)
        .on("deviceAuthorize", device::authorize)
        .on("deviceAuthorizeCustomAS", device::authorize)
        .on("getActivate", activate_page::show)
        .on("par", par::push)
        .on("parCustomAS", par::push)
        .on("parOptions", par::preflight)
        .on("parOptionsCustomAS", par::preflight)
        .on("getWellKnownWebfinger", webfinger::answer)
        .merge(server_api::operations())
        .merge(key_api::operations())
        .merge(claim::operations())
        .merge(access_policy_api::operations())
        .merge(grant_api::operations())
        .merge(token_api::operations())
        .merge(registration::operations())
}

/// What has a row, preflights, and the keys where one client looks for them without discovery.
pub fn routes() -> Router<Org> {
    let more = Router::new()
        .route("/v1/keys", get(discovery::keys))
        .route(activate_page::PATH, post(activate_page::submit))
        .route(consent_page::PATH, post(consent_page::submit))
        .route("/sso/idps/OKTA", get(async || Redirect::to(login_page::PATH)))
        .route("/.well-known/openid-configuration", options(discovery::preflight))
        .route("/oauth2/v1/keys", options(discovery::preflight))
        .route("/oauth2/{authorizationServerId}/v1/keys", options(discovery::preflight))
        .route("/oauth2/v1/userinfo", options(user_info::preflight))
        .route("/oauth2/{authorizationServerId}/v1/userinfo", options(user_info::preflight));
    operations().into_router().merge(more)
}
