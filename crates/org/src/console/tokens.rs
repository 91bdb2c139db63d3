//! API tokens at the console: the one place where they are made.
//!
//! Invariant: a token's value is in the one answer that made it, and never again: not in a list, a log or the database.

use std::{collections::HashMap, time::Duration};

use axum::{
    Json,
    extract::{Path, Query, State},
    http::HeaderMap,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use world::Instant;

use super::administrator::{Administrator, must_be_json};
use crate::{
    Org,
    api::{api_tokens, body::Body, caller::token_party},
    error::{Answer, Fault},
    model::{
        id::UserId,
        log::{Event, Party},
        role::{self, RoleType},
        token::{self, Listing, Network, TokenRow},
        user::{self, User},
    },
    operations::Right,
};

/// One org has no more tokens than the console shows.
const LISTED_MAX: i64 = 1_000;
const DAY: Duration = Duration::from_secs(24 * 3_600);
const FRESH: Duration = Duration::from_secs(3 * 24 * 3_600);
const NEAR: Duration = Duration::from_secs(7 * 24 * 3_600);
/// Okta's word for "any zone".
const ANY_ZONE: &str = "ALL_IP_ZONES";

/// `POST /admin/api/tokens`
pub async fn create(
    State(org): State<Org>,
    administrator: Administrator,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<Value>> {
    must_be_json(&headers)?;
    if !administrator.may(Right::CREATE_TOKENS) {
        return Err(Fault::forbidden());
    }
    let body = with_any_zone(body.object()?);
    let mut change = administrator.begin(&org).await?;
    let (name, network) = api_tokens::content(&mut change, &body).await?;
    let (row, value) =
        token::create(&mut change, &org.vault, &org.world, &administrator.user.id, &name, &network).await?;
    change.record(Event::new("system.api_token.create").target(token_party(&row)));
    change.commit().await?;
    Ok(Json(json!({
        "id": row.id.as_str(),
        "name": row.name,
        "value": value.expose(),
        "created": row.created.to_rfc3339_ms(),
        "expiresAt": row.expires.to_rfc3339_ms(),
        "userId": row.user_id.as_str(),
    })))
}

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    q: Option<String>,
}

/// `GET /admin/api/tokens?q=`: all tokens for those who may see all, one's own otherwise.
pub async fn list(
    State(org): State<Org>,
    administrator: Administrator,
    Query(asked): Query<Asked>,
) -> Answer<Json<Value>> {
    if !administrator.may(Right::named("apiTokens.read").unwrap_or(Right::ALL_TOKENS)) {
        return Err(Fault::forbidden());
    }
    let mut reader = org.db.read().await?;
    let owner = (!administrator.may(Right::ALL_TOKENS)).then_some(&administrator.user.id);
    let listing = Listing { owner, after: None, query: asked.q.as_deref().filter(|text| !text.is_empty()) };
    let rows = token::list(&mut reader, &listing, org.now(), LISTED_MAX).await?;
    let mut owners: HashMap<UserId, (Option<User>, Option<RoleType>)> = HashMap::new();
    for row in &rows {
        if !owners.contains_key(&row.user_id) {
            let roles = role::roles_of(&mut reader, &row.user_id).await?;
            owners
                .insert(row.user_id.clone(), (user::by_id(&mut reader, &row.user_id).await?, role::strongest(&roles)));
        }
    }
    let bodies = rows.iter().map(|row| body_of(row, owners.get(&row.user_id), org.now())).collect();
    Ok(Json(Value::Array(bodies)))
}

/// `PUT /admin/api/tokens/{id}`: name and network condition.
pub async fn update(
    State(org): State<Org>,
    administrator: Administrator,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Body,
) -> Answer<Json<Value>> {
    must_be_json(&headers)?;
    let body = with_any_zone(body.object()?);
    let mut change = administrator.begin(&org).await?;
    let now = change.now;
    let found = token::by_id(&mut change, &id.as_str().into(), now).await?;
    let seen = found.filter(|row| administrator.may(Right::ALL_TOKENS) || row.user_id == administrator.user.id);
    let row = seen.ok_or_else(|| Fault::not_found(&id, "Token"))?;
    if !administrator.may(Right::named("apiTokens.manage").unwrap_or(Right::ALL_TOKENS)) {
        return Err(Fault::forbidden());
    }
    let (name, network) = api_tokens::content(&mut change, &body).await?;
    token::update(&mut change, &row.id, &name, &network, now).await?;
    let after = token::by_id(&mut change, &row.id, now).await?.ok_or_else(|| Fault::not_found(&id, "Token"))?;
    let owner = user::by_id(&mut change, &after.user_id).await?;
    let strongest = role::strongest(&role::roles_of(&mut change, &after.user_id).await?);
    change.record(
        Event::new("system.api_token.update").target(token_party(&after)).target(Party::user(&administrator.user)),
    );
    change.commit().await?;
    Ok(Json(body_of(&after, Some(&(owner, strongest)), now)))
}

/// "Any zone" is an empty list where conditions are stored.
fn with_any_zone(mut body: Map<String, Value>) -> Map<String, Value> {
    if let Some(include) = body.get_mut("network").and_then(|network| network.get_mut("include"))
        && include.as_array().is_some_and(|zones| zones.iter().any(|zone| zone == ANY_ZONE))
    {
        *include = json!([]);
    }
    body
}

fn network_body(network: &Network) -> Value {
    let mut body = network.to_json();
    if let Network::Zone { include, exclude } = network
        && include.is_empty()
        && exclude.is_empty()
    {
        body["include"] = json!([ANY_ZONE]);
    }
    body
}

fn body_of(row: &TokenRow, owner: Option<&(Option<User>, Option<RoleType>)>, now: Instant) -> Value {
    let (user, strongest) = owner.map_or((None, None), |(user, strongest)| (user.as_ref(), *strongest));
    let (state, text) = state(row, now);
    json!({
        "id": row.id.as_str(),
        "name": row.name,
        "clientName": row.client_name,
        "type": "API",
        "userId": row.user_id.as_str(),
        "userLogin": user.map(|user| user.login.as_str()),
        "userName": user.map(|user| user.profile.display_name()),
        "role": strongest.map(|kind| json!({ "type": kind.as_str(), "label": kind.label() })),
        "created": row.created.to_rfc3339_ms(),
        "expiresAt": row.expires.to_rfc3339_ms(),
        "lastUsed": row.last_used.map(Instant::to_rfc3339_ms),
        "state": state,
        "stateText": text,
        "network": network_body(&row.network),
        "canEdit": true,
    })
}

/// The colour of a token and why. Yellow is for agents' tokens, of which this org has none.
fn state(row: &TokenRow, now: Instant) -> (&'static str, String) {
    let left = row.expires.since(now);
    let days = left.as_secs().div_ceil(DAY.as_secs());
    if left <= NEAR {
        return ("red", format!("Lapses within {days} {}", if days == 1 { "day" } else { "days" }));
    }
    match row.last_used {
        Some(used) if now.since(used) <= FRESH => ("green", "Used within the last 3 days".to_owned()),
        Some(_) => ("grey", format!("Not used for 3 days, lapses in {days} days")),
        None => ("grey", format!("Not used yet, lapses in {days} days")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::token::WINDOW;

    #[test]
    fn colours_follow_use_and_lapse() {
        let used = Instant::from_seconds(1_800_000_000);
        let row = TokenRow {
            id: "00T1".into(),
            name: "t".to_owned(),
            user_id: "00u1".into(),
            client_name: "Okta API".to_owned(),
            network: Network::Anywhere,
            created: used,
            last_updated: used,
            last_used: Some(used),
            expires: used.plus(WINDOW),
        };
        for (days, colour) in [(0, "green"), (3, "green"), (4, "grey"), (22, "grey"), (23, "red"), (30, "red")] {
            assert_eq!(state(&row, used.plus(DAY * days)).0, colour, "after {days} days");
        }
        assert_eq!(state(&TokenRow { last_used: None, ..row }, used).0, "grey");
    }

    #[test]
    fn any_zone_is_written_in_okta_s_word() {
        let body = json!({ "network": { "connection": "ZONE", "include": [ANY_ZONE] } });
        let Value::Object(body) = body else { unreachable!("the body is an object") };
        let network = Network::from_json(&with_any_zone(body)["network"]).unwrap();
        assert_eq!(network, Network::Zone { include: Vec::new(), exclude: Vec::new() });
        assert_eq!(network_body(&network), json!({ "connection": "ZONE", "include": [ANY_ZONE] }));
    }
}
