//! Claims: what tokens and `/userinfo` say of a person.

use db::Conn;
use serde_json::{Map, Value, json};
use world::Instant;

use super::{
    claim_value::Values,
    grant::Grant,
    mint::{Identity, Place},
    server::Server,
};
use crate::{
    Result,
    api::edge::Address,
    model::{app::App, group, user::User},
};

/// A groups claim that would name more groups fails: it is left out.
pub const GROUPS_MAX: usize = 100;
const JTI_LEN: usize = 43;

/// What an access token is about.
pub struct Access<'a> {
    pub server: &'a Server,
    pub address: &'a Address,
    pub app: &'a App,
    /// Absent where a client acts for itself.
    pub user: Option<&'a User>,
    pub grant: &'a Grant,
    pub scopes: &'a [String],
    pub jti: &'a str,
    pub issued: Instant,
    pub expires: Instant,
}

/// What is signed as an access token: the server's own claims, with those of its owner, of which one may say who it is about.
pub fn access_token(about: &Access<'_>, values: Values) -> Value {
    let client_id = about.app.client_id.as_deref().unwrap_or(about.app.id.as_str());
    let mut claims = Map::new();
    claims.insert("ver".to_owned(), 1.into());
    claims.insert("jti".to_owned(), about.jti.into());
    claims.insert("iss".to_owned(), about.server.issuer(about.address).into());
    claims.insert("aud".to_owned(), about.server.audience(about.address).into());
    claims.insert("iat".to_owned(), about.issued.as_seconds().into());
    claims.insert("exp".to_owned(), about.expires.as_seconds().into());
    claims.insert("cid".to_owned(), client_id.into());
    if let Some(user) = about.user {
        claims.insert("uid".to_owned(), user.id.as_str().into());
    }
    claims.insert("scp".to_owned(), about.scopes.into());
    if let Some(auth_time) = about.grant.auth_time {
        claims.insert("auth_time".to_owned(), auth_time.as_seconds().into());
    }
    claims.insert("sub".to_owned(), about.user.map_or(client_id, |user| user.login.as_str()).into());
    claims.extend(values.claims);
    Value::Object(claims)
}

/// What is signed as an ID token.
pub async fn id_token(conn: &mut Conn, place: &Place<'_>, identity: &Identity<'_>, values: Values) -> Result<Value> {
    let (org, server, grant) = (place.org, place.server, identity.grant);
    let now = org.now();
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), identity.user.id.as_str().into());
    if !identity.thin {
        claims.extend(by_scope(identity.user, identity.scopes));
        claims.retain(|name, _| !values.without.contains(name));
    }
    claims.insert("ver".to_owned(), 1.into());
    claims.insert("iss".to_owned(), server.issuer(place.address).into());
    claims.insert("aud".to_owned(), place.app.client_id.as_deref().unwrap_or(place.app.id.as_str()).into());
    claims.insert("iat".to_owned(), now.as_seconds().into());
    claims.insert("exp".to_owned(), (now.as_seconds() + server.id_token_s).into());
    claims.insert("jti".to_owned(), format!("ID.{}", org.world.random.base64url(JTI_LEN)).into());
    claims.insert("amr".to_owned(), grant.amr.clone().into());
    claims.insert("idp".to_owned(), org.id.as_str().into());
    if let Some(acr) = &grant.acr {
        claims.insert("acr".to_owned(), acr.clone().into());
    }
    if let Some(nonce) = identity.nonce {
        claims.insert("nonce".to_owned(), nonce.into());
    }
    if let Some(auth_time) = grant.auth_time {
        claims.insert("auth_time".to_owned(), auth_time.as_seconds().into());
    }
    for (name, value) in [("at_hash", identity.access_token), ("c_hash", identity.code)] {
        if let Some(value) = value {
            claims.insert(name.to_owned(), half_hash(value).into());
        }
    }
    if let (Some(session), true) = (&grant.session_id, place.app.oauth().is_some_and(|client| client.wants_session_id))
    {
        claims.insert("sid".to_owned(), session.clone().into());
    }
    if !identity.thin {
        claims.extend(groups(conn, server, place.app, identity.user, identity.scopes).await?);
    }
    claims.extend(values.claims);
    Ok(Value::Object(claims))
}

/// What `/userinfo` answers.
pub async fn user_info(
    conn: &mut Conn,
    server: &Server,
    app: &App,
    user: &User,
    scopes: &[String],
    values: Values,
) -> Result<Value> {
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), user.id.as_str().into());
    claims.extend(by_scope(user, scopes));
    claims.retain(|name, _| !values.without.contains(name));
    claims.extend(groups(conn, server, app, user, scopes).await?);
    claims.extend(values.claims);
    Ok(Value::Object(claims))
}

fn by_scope(user: &User, scopes: &[String]) -> Map<String, Value> {
    let has = |scope: &str| scopes.iter().any(|granted| granted == scope);
    let mut claims = Map::new();
    let mut set = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            claims.insert(name.to_owned(), value.into());
        }
    };
    let attribute = |name: &str| user.profile.get(name).map(str::to_owned);
    if has("profile") {
        set(
            "name",
            Some(
                attribute("displayName").filter(|name| !name.is_empty()).unwrap_or_else(|| user.profile.display_name()),
            ),
        );
        set("preferred_username", Some(user.login.clone()));
        set("given_name", attribute("firstName"));
        set("family_name", attribute("lastName"));
        set("middle_name", attribute("middleName"));
        set("nickname", attribute("nickName"));
        set("profile", attribute("profileUrl"));
        set("zoneinfo", Some(attribute("timezone").unwrap_or_else(|| "America/Los_Angeles".to_owned())));
        set("locale", Some(attribute("locale").unwrap_or_else(|| "en_US".to_owned())));
    }
    if has("email") {
        set("email", attribute("email"));
    }
    if has("phone") {
        set("phone_number", attribute("primaryPhone").or_else(|| attribute("mobilePhone")));
    }
    if has("profile") {
        claims.insert("updated_at".to_owned(), user.last_updated.as_seconds().into());
    }
    if has("email") {
        claims.insert("email_verified".to_owned(), true.into());
    }
    if has("address") {
        let parts = [
            ("street_address", "streetAddress"),
            ("locality", "city"),
            ("region", "state"),
            ("postal_code", "zipCode"),
            ("country", "countryCode"),
        ];
        let parts: Map<String, Value> =
            parts.into_iter().filter_map(|(claim, name)| Some((claim.to_owned(), attribute(name)?.into()))).collect();
        if !parts.is_empty() {
            claims.insert("address".to_owned(), Value::Object(parts));
        }
    }
    claims
}

/// The groups claim of the org's server: as the app's filter says, with the scope `groups` alone.
async fn groups(
    conn: &mut Conn,
    server: &Server,
    app: &App,
    user: &User,
    scopes: &[String],
) -> Result<Map<String, Value>> {
    let mut claims = Map::new();
    let Some(claim) =
        app.groups_claim.as_ref().filter(|_| server.is_org() && scopes.iter().any(|scope| scope == "groups"))
    else {
        return Ok(claims);
    };
    let names = claim.names(&group::groups_of(conn, &user.id).await?);
    if names.len() <= GROUPS_MAX && !names.is_empty() {
        claims.insert(claim.name.clone(), json!(names));
    }
    Ok(claims)
}

/// `at_hash` and `c_hash`: the left half of the SHA-256 of a token, in base64url.
pub fn half_hash(token: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_half_hash_is_that_of_the_specification() {
        // OpenID Connect Core 1.0, appendix A.3.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(half_hash(token), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
