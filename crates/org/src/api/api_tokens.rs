//! API tokens: list, read, change the network condition, revoke. No call of this API makes one.
//!
//! Invariant: whoever may not see all tokens sees their own alone; others' are as if they were not there.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    body::{Body, Properties},
    caller::{By, Caller, token_party},
    edge::Address,
    paging::{Asked, Beyond},
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        id::TokenId,
        log::Event,
        resource,
        token::{self, Listing, Network, TokenRow},
        zone::Zone,
    },
    operations::{Right, Routes},
};

const LIMIT: i64 = 20;
const LIMIT_MAX: i64 = 200;
const NAME_LEN_MAX: usize = 100;

pub fn operations() -> Routes {
    Routes::new()
        .on("listApiTokens", list)
        .on("getApiToken", get)
        .on("upsertApiToken", replace)
        .on("revokeApiToken", revoke)
        .on("revokeCurrentApiToken", revoke_current)
}

fn body(address: &Address, row: &TokenRow, window: Option<&str>) -> Value {
    json!({
        "id": row.id.as_str(),
        "name": row.name,
        "userId": row.user_id.as_str(),
        "clientName": row.client_name,
        "tokenWindow": window,
        "network": row.network.to_json(),
        "expiresAt": row.expires.to_rfc3339_ms(),
        "created": row.created.to_rfc3339_ms(),
        "lastUpdated": row.last_updated.to_rfc3339_ms(),
        "_links": {
            "self": { "href": address.link(&format!("/api/v1/api-tokens/{}", row.id)), "hints": { "allow": ["GET", "DELETE"] } },
            "user": { "href": address.link(&format!("/api/v1/users/{}", row.user_id)), "hints": { "allow": ["GET"] } },
        },
    })
}

/// The length of every token's window, as ISO 8601 writes it.
const WINDOW: &str = "P30D";

async fn find(conn: &mut Conn, org: &Org, caller: &Caller, id: &str) -> Answer<TokenRow> {
    let row = token::by_id(conn, &id.into(), org.now()).await?;
    let seen = row.filter(|row| caller.may(Right::ALL_TOKENS) || row.user_id == caller.user.id);
    seen.ok_or_else(|| Fault::not_found(id, "Token"))
}

async fn list(State(org): State<Org>, caller: Caller, asked: Asked) -> Answer<Response> {
    let limit = asked.limit(LIMIT, LIMIT_MAX, Beyond::Cut)?;
    let owner = (!caller.may(Right::ALL_TOKENS)).then_some(&caller.user.id);
    let listing = Listing { owner, after: asked.after_id(TokenId::PREFIX)?, query: asked.get("q") };
    let rows = token::list(&mut *org.db.read().await?, &listing, org.now(), limit + 1).await?;
    Ok(asked.page(rows, limit, |row| row.id.to_string(), |row| body(&asked.address, row, None)))
}

async fn get(State(org): State<Org>, caller: Caller, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    let row = find(&mut *org.db.read().await?, &org, &caller, &id).await?;
    Ok(Json(body(&address, &row, Some(WINDOW))))
}

/// Name and network condition of a body; also the console's, when it makes a token.
pub async fn content(conn: &mut Conn, given: &Map<String, Value>) -> Answer<(String, Network)> {
    let name = given.text("name")?.unwrap_or_default().trim();
    if name.is_empty() {
        return Err(Fault::field("name", "The field cannot be left blank"));
    }
    if name.chars().count() > NAME_LEN_MAX {
        return Err(Fault::field("name", &format!("The field must be between 1 and {NAME_LEN_MAX} characters")));
    }
    let network = match given.child("network")? {
        None => Network::Anywhere,
        Some(network) => {
            let network = Network::from_json(&Value::Object(network.clone()));
            network.ok_or_else(|| {
                Fault::field(
                    "network",
                    "The connection must be ANYWHERE or ZONE, include and exclude lists of zone ids",
                )
            })?
        }
    };
    for id in network.zone_ids() {
        if resource::by_id::<Zone>(conn, id.as_str()).await?.is_none() {
            return Err(Fault::field("network", &format!("There is no network zone {id}")));
        }
    }
    Ok((name.to_owned(), network))
}

async fn replace(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let row = find(&mut change, &org, &caller, &id).await?;
    let (name, network) = content(&mut change, &given).await?;
    let now = change.now;
    token::update(&mut change, &row.id, &name, &network, now).await?;
    let after = find(&mut change, &org, &caller, &id).await?;
    change.record(Event::new("system.api_token.update").target(token_party(&after)));
    change.commit().await?;
    Ok(Json(body(&address, &after, Some(WINDOW))))
}

async fn revoke(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let row = find(&mut *org.db.read().await?, &org, &caller, &id).await?;
    end(&org, &caller, &row).await
}

/// Ends the token that the call is made with: no right beyond having it is needed.
async fn revoke_current(State(org): State<Org>, caller: Caller) -> Answer<StatusCode> {
    let By::Token(row) = &caller.by else { return Err(Fault::new(&codes::E0000011)) };
    end(&org, &caller, row).await
}

async fn end(org: &Org, caller: &Caller, row: &TokenRow) -> Answer<StatusCode> {
    let mut change = caller.begin(org).await?;
    let now = change.now;
    if token::revoke(&mut change, &row.id, now).await? {
        change.record(Event::new("system.api_token.revoke").target(token_party(row)));
    }
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
