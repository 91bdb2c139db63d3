//! Access tokens that come back: is this one of ours, does it still hold, and for whom.

use db::Conn;
use serde_json::Value;
use vault::Secret;
use world::Instant;

use super::{
    grant::{self, Grant},
    key,
    server::Server,
};
use crate::{
    Org, Result,
    model::{
        app::{self, App},
        token::may_act,
        user::{self, User},
    },
};

/// An access token that holds.
pub struct AccessToken {
    pub claims: Value,
    pub grant: Grant,
    pub app: App,
    pub user: Option<User>,
    /// What this token was narrowed to.
    pub scopes: Vec<String>,
}

impl AccessToken {
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| granted == scope)
    }
}

/// Reads an access token of this server. `None`: it is none, has lapsed, or was ended with what it hangs on.
pub async fn read(org: &Org, conn: &mut Conn, server: &Server, token: &Secret) -> Result<Option<AccessToken>> {
    let Some(claims) = key::verify(conn, server, server.access_purpose(), token.expose()).await? else {
        return Ok(None);
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let issued_here = text("iss").is_some_and(|issuer| is_issuer(org, server, issuer));
    let Some(jti) = text("jti").filter(|jti| jti.starts_with("AT.") && issued_here) else { return Ok(None) };
    if claims.get("exp").and_then(Value::as_i64).is_none_or(|expires| Instant::from_seconds(expires) <= org.now()) {
        return Ok(None);
    }
    let Some(grant) = grant::by_access_token(conn, jti, org.now()).await?.filter(|grant| grant.server_id == server.id)
    else {
        return Ok(None);
    };
    let Some((app, user)) = behind(conn, &grant).await? else { return Ok(None) };
    let scopes = claims.get("scp").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let scopes = scopes.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    Ok(Some(AccessToken { claims, grant, app, user, scopes }))
}

/// The app and the person of a grant, while both may still act.
pub async fn behind(conn: &mut Conn, grant: &Grant) -> Result<Option<(App, Option<User>)>> {
    let Some(app) = app::by_id(conn, &grant.app_id).await?.filter(|app| app.active) else { return Ok(None) };
    let Some(id) = &grant.user_id else { return Ok(Some((app, None))) };
    let user = user::by_id(conn, id).await?.filter(|user| may_act(user.status));
    Ok(user.map(|user| (app, Some(user))))
}

/// Whether an issuer is this server at one of the org's addresses.
pub fn is_issuer(org: &Org, server: &Server, issuer: &str) -> bool {
    org.addresses.iter().any(|address| server.issuer(&crate::api::edge::Address(address.clone())) == issuer)
}
