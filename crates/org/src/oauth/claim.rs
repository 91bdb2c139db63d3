//! Claims of custom authorization servers: what their tokens say beside what all tokens say.
//!
//! Invariant: no claim takes the name of one that the server itself answers for. System claims cannot be renamed or removed, only
//! switched off and moved between the ID token and `/userinfo`.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use db::{Conn, Row, query};
use serde_json::{Map, Value, json};
use world::World;

use super::{
    claim_value, custom_scope, expression,
    scope::OPEN_ID,
    server::{self, Server},
};
use crate::{
    Error, Org, Result,
    api::{
        body::{Body, Properties},
        caller::Caller,
        edge::Address,
    },
    error::{Answer, Fault},
    model::{
        id::generate,
        log::{Event, Party},
    },
    operations::Routes,
};

const PREFIX: &str = "ocl";
const NAME_LEN_MAX: usize = 255;
const VALUE_LEN_MAX: usize = 1_024;
/// A server has no more claims than one token can hold.
const PER_SERVER_MAX: usize = 200;
/// What only the server itself says.
const RESERVED: [&str; 23] = [
    "ver",
    "jti",
    "iss",
    "aud",
    "cid",
    "uid",
    "scp",
    "exp",
    "iat",
    "nbf",
    "amr",
    "idp",
    "nonce",
    "auth_time",
    "at_hash",
    "c_hash",
    "acr",
    "azp",
    "cnf",
    "may_act",
    "act",
    "sid",
    "active",
];
/// Claims of OpenID Connect, and the scope that gives each.
const OF_OPEN_ID: [(&str, &str); 19] = [
    ("name", "profile"),
    ("preferred_username", "profile"),
    ("given_name", "profile"),
    ("family_name", "profile"),
    ("middle_name", "profile"),
    ("nickname", "profile"),
    ("profile", "profile"),
    ("picture", "profile"),
    ("website", "profile"),
    ("gender", "profile"),
    ("birthdate", "profile"),
    ("zoneinfo", "profile"),
    ("locale", "profile"),
    ("updated_at", "profile"),
    ("email", "email"),
    ("email_verified", "email"),
    ("address", "address"),
    ("phone_number", "phone"),
    ("phone_number_verified", "phone"),
];
const SUBJECT: &str = "(appuser != null) ? appuser.userName : app.clientId";

pub fn operations() -> Routes {
    Routes::new()
        .on("listOAuth2Claims", list)
        .on("createOAuth2Claim", create)
        .on("getOAuth2Claim", get)
        .on("replaceOAuth2Claim", replace)
        .on("deleteOAuth2Claim", delete)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    Expression,
    Groups,
    System,
}

impl ValueType {
    fn as_str(self) -> &'static str {
        match self {
            ValueType::Expression => "EXPRESSION",
            ValueType::Groups => "GROUPS",
            ValueType::System => "SYSTEM",
        }
    }

    fn parse(text: &str) -> Option<ValueType> {
        [ValueType::Expression, ValueType::Groups, ValueType::System].into_iter().find(|kind| kind.as_str() == text)
    }
}

#[derive(Clone, Debug)]
pub struct Claim {
    pub id: String,
    pub name: String,
    pub active: bool,
    /// In access tokens, or else in ID tokens and `/userinfo`.
    pub of_resource: bool,
    pub value_type: ValueType,
    pub value: String,
    pub group_filter_type: Option<String>,
    /// Any of these scopes brings it; without one it is always there.
    pub scopes: Vec<String>,
    /// Whether an ID token that comes with an access token has it too.
    pub always_included: bool,
    pub is_system: bool,
}

const COLUMNS: &str =
    "id, name, status, claim_type, value_type, value, group_filter_type, scopes, always_included, is_system";

impl Claim {
    fn read(row: &Row) -> Result<Claim> {
        let stored = |reason: String| Error::Stored { what: "claim", reason };
        let (status, claim_type): (String, String) = (row.get("status")?, row.get("claim_type")?);
        let (value_type, scopes): (String, String) = (row.get("value_type")?, row.get("scopes")?);
        Ok(Claim {
            id: row.get("id")?,
            name: row.get("name")?,
            active: status == "ACTIVE",
            of_resource: claim_type == "RESOURCE",
            value_type: ValueType::parse(&value_type).ok_or_else(|| stored(format!("unknown type {value_type}")))?,
            value: row.get("value")?,
            group_filter_type: row.get("group_filter_type")?,
            scopes: serde_json::from_str(&scopes).map_err(|error| stored(error.to_string()))?,
            always_included: row.get("always_included")?,
            is_system: row.get("is_system")?,
        })
    }

    fn party(&self) -> Party {
        Party::new(&self.id, "OAuth2Claim", &self.name, &self.name)
    }

    fn claim_type(&self) -> &'static str {
        if self.of_resource { "RESOURCE" } else { "IDENTITY" }
    }
}

/// The claims of a server, by name.
pub async fn of_server(conn: &mut Conn, server_id: &str) -> Result<Vec<Claim>> {
    let sql = format!("select {COLUMNS} from claim where server_id = $1 order by claim_type desc, name, id");
    query(sql).bind(server_id).all(conn).await?.iter().map(Claim::read).collect()
}

/// The claims that every server begins with.
pub async fn create_system(conn: &mut Conn, world: &World, server_id: &str) -> Result<()> {
    let claim = |name: &str, value: &str, value_type, scopes: &[&str]| Claim {
        id: generate(PREFIX, world),
        name: name.to_owned(),
        active: true,
        of_resource: value_type == ValueType::Expression,
        value_type,
        value: value.to_owned(),
        group_filter_type: None,
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        always_included: true,
        is_system: true,
    };
    insert(conn, server_id, &claim("sub", SUBJECT, ValueType::Expression, &[])).await?;
    for (name, scope) in OF_OPEN_ID {
        insert(conn, server_id, &claim(name, name, ValueType::System, &[scope])).await?;
    }
    Ok(())
}

async fn insert(conn: &mut Conn, server_id: &str, claim: &Claim) -> Result<()> {
    let sql = format!("insert into claim ({COLUMNS}, server_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
    query(sql)
        .bind(&claim.id)
        .bind(&claim.name)
        .bind(if claim.active { "ACTIVE" } else { "INACTIVE" })
        .bind(claim.claim_type())
        .bind(claim.value_type.as_str())
        .bind(&claim.value)
        .bind(claim.group_filter_type.clone())
        .bind(Value::from(claim.scopes.clone()).to_string())
        .bind(claim.always_included)
        .bind(claim.is_system)
        .bind(server_id)
        .execute(conn)
        .await?;
    Ok(())
}

async fn remove(conn: &mut Conn, claim: &Claim) -> Result<()> {
    query("delete from claim where id = $1").bind(&claim.id).execute(conn).await?;
    Ok(())
}

async fn find(conn: &mut Conn, server: &str, id: &str) -> Answer<(Server, Claim)> {
    let server = server::custom(conn, server).await?;
    let found = of_server(conn, &server.id).await?.into_iter().find(|claim| claim.id == id);
    Ok((server, found.ok_or_else(|| Fault::not_found(id, "OAuth2Claim"))?))
}

async fn list(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let server = server::custom(&mut reader, &id).await?;
    let claims = of_server(&mut reader, &server.id).await?;
    Ok(Json(claims.iter().map(|claim| body(&address, &server, claim)).collect()))
}

async fn get(
    State(org): State<Org>,
    address: Address,
    Path((server, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let (server, claim) = find(&mut *org.db.read().await?, &server, &id).await?;
    Ok(Json(body(&address, &server, &claim)))
}

async fn create(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Response> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let server = server::custom(&mut change, &id).await?;
    let claim = read(&given, generate(PREFIX, &org.world))?;
    check(&mut change, &server, &claim).await?;
    insert(&mut change, &server.id, &claim).await.map_err(Fault::taken("name"))?;
    change.record(Event::new("oauth2.claim.created").target(claim.party()).target(server.party()));
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(body(&address, &server, &claim))).into_response())
}

async fn replace(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((server, id)): Path<(String, String)>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let (server, before) = find(&mut change, &server, &id).await?;
    let claim = if before.is_system { changed_system(&given, &before)? } else { read(&given, before.id.clone())? };
    remove(&mut change, &before).await?;
    check(&mut change, &server, &claim).await?;
    insert(&mut change, &server.id, &claim).await.map_err(Fault::taken("name"))?;
    change.record(Event::new("oauth2.claim.updated").target(claim.party()).target(server.party()));
    change.commit().await?;
    Ok(Json(body(&address, &server, &claim)))
}

async fn delete(
    State(org): State<Org>,
    caller: Caller,
    Path((server, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let (server, claim) = find(&mut change, &server, &id).await?;
    if claim.is_system {
        return Err(Fault::forbidden().with_cause("System claims cannot be deleted."));
    }
    remove(&mut change, &claim).await?;
    change.record(Event::new("oauth2.claim.deleted").target(claim.party()).target(server.party()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Name, types and, but for the subject, the value of a system claim are not its owner's to change.
fn changed_system(given: &Map<String, Value>, before: &Claim) -> Answer<Claim> {
    let mut claim = before.clone();
    claim.active = active(given)?;
    claim.always_included = given.flag("alwaysIncludeInToken")?.unwrap_or(before.always_included);
    if before.value_type == ValueType::Expression
        && let Some(value) = given.text("value")?
    {
        check_expression(value)?;
        claim.value = value.to_owned();
    }
    Ok(claim)
}

fn active(given: &Map<String, Value>) -> Answer<bool> {
    match given.text("status")? {
        None | Some("ACTIVE") => Ok(true),
        Some("INACTIVE") => Ok(false),
        Some(_) => Err(Fault::field("status", "The value must be ACTIVE or INACTIVE")),
    }
}

fn check_expression(value: &str) -> Answer<()> {
    expression::check(value).map_err(|error| Fault::field("value", &format!("Invalid expression: {error}")))
}

fn read(given: &Map<String, Value>, id: String) -> Answer<Claim> {
    let name = given.text("name")?.unwrap_or_default().trim().to_owned();
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    if name.is_empty() {
        return Err(Fault::field("name", "The field cannot be left blank"));
    }
    if name.len() > NAME_LEN_MAX || !name.bytes().all(plain) {
        return Err(Fault::field("name", "The claim name is not valid"));
    }
    if RESERVED.contains(&name.as_str()) || name == "sub" {
        return Err(Fault::field("name", "The claim name is reserved"));
    }
    let of_resource = match given.text("claimType")? {
        Some("RESOURCE") => true,
        Some("IDENTITY") => false,
        _ => return Err(Fault::field("claimType", "The value must be RESOURCE or IDENTITY")),
    };
    let value = given.text("value")?.unwrap_or_default().to_owned();
    if value.is_empty() || value.len() > VALUE_LEN_MAX {
        return Err(Fault::field("value", &format!("The field must be between 1 and {VALUE_LEN_MAX} characters")));
    }
    let filter = given.text("group_filter_type")?;
    let value_type = match given.text("valueType")? {
        Some("EXPRESSION") => ValueType::Expression,
        Some("GROUPS") => ValueType::Groups,
        _ => return Err(Fault::field("valueType", "The value must be EXPRESSION or GROUPS")),
    };
    let group_filter_type = match (value_type, filter) {
        (ValueType::Groups, Some(filter)) if claim_value::is_filter(filter, &value) => Some(filter.to_owned()),
        (ValueType::Groups, _) => {
            return Err(Fault::field("group_filter_type", "The filter of the groups is not valid"));
        }
        _ => {
            check_expression(&value)?;
            None
        }
    };
    let scopes = given.child("conditions")?.map(|conditions| conditions.texts("scopes")).transpose()?.flatten();
    let always = given.flag("alwaysIncludeInToken")?.unwrap_or(true);
    Ok(Claim {
        id,
        name,
        active: active(given)?,
        of_resource,
        value_type,
        value,
        group_filter_type,
        scopes: scopes.unwrap_or_default(),
        // What an access token says, it says always.
        always_included: always || of_resource,
        is_system: false,
    })
}

/// What only the server's other claims and scopes can tell.
async fn check(conn: &mut Conn, server: &Server, claim: &Claim) -> Answer<()> {
    let known = of_server(conn, &server.id).await?;
    if known.iter().any(|known| known.name == claim.name && known.of_resource == claim.of_resource) {
        return Err(Fault::field("name", "An object with this field already exists in the current organization"));
    }
    if known.len() >= PER_SERVER_MAX {
        return Err(Fault::field("name", "This authorization server has too many claims"));
    }
    let scopes = custom_scope::of_server(conn, server).await?;
    let is_known = |name: &String| OPEN_ID.contains(&name.as_str()) || scopes.iter().any(|scope| scope.name == *name);
    match claim.scopes.iter().find(|scope| !is_known(scope)) {
        Some(unknown) => Err(Fault::field("conditions.scopes", &format!("The scope '{unknown}' does not exist"))),
        None => Ok(()),
    }
}

fn body(address: &Address, server: &Server, claim: &Claim) -> Value {
    let path = format!("/api/v1/authorizationServers/{}/claims/{}", server.id, claim.id);
    let mut body = json!({
        "id": claim.id,
        "name": claim.name,
        "status": if claim.active { "ACTIVE" } else { "INACTIVE" },
        "claimType": claim.claim_type(),
        "valueType": claim.value_type.as_str(),
        "value": claim.value,
        "conditions": { "scopes": claim.scopes },
        "system": claim.is_system,
        "alwaysIncludeInToken": claim.always_included,
        "apiResourceId": null,
    });
    if let Some(filter) = &claim.group_filter_type {
        body["group_filter_type"] = filter.clone().into();
    }
    body["_links"] = json!({ "self": { "href": address.link(&path), "hints": { "allow": ["GET", "PUT", "DELETE"] } } });
    body
}
