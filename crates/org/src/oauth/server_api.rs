//! Custom authorization servers in the management API, and which of them trust which.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use db::{Conn, query};
use serde_json::{Map, Value, json};

use super::{
    grant, key,
    server::{self, Content, Server},
};
use crate::{
    Org,
    api::{
        body::{Body, Properties},
        caller::Caller,
        edge::Address,
        paging::{Asked, Beyond},
    },
    error::{Answer, Fault},
    model::{literal, log::Event},
    operations::Routes,
};

const LIMIT: i64 = 200;
/// An org has no more servers than one page can list.
const SERVERS_MAX: i64 = 200;
const NAME_LEN_MAX: usize = 255;
const DESCRIPTION_LEN_MAX: usize = 1_000;
const AUDIENCE_LEN_MAX: usize = 1_024;
const ISSUER_MODES: [&str; 3] = ["ORG_URL", "CUSTOM_URL", "DYNAMIC"];

pub fn operations() -> Routes {
    Routes::new()
        .on("listAuthorizationServers", list)
        .on("createAuthorizationServer", create)
        .on("getAuthorizationServer", get)
        .on("replaceAuthorizationServer", replace)
        .on("deleteAuthorizationServer", delete)
        .on("activateAuthorizationServer", activate)
        .on("deactivateAuthorizationServer", deactivate)
        .on("listAssociatedServersByTrustedType", list_associated)
        .on("createAssociatedServers", associate)
        .on("deleteAssociatedServer", dissociate)
}

/// `GET /api/v1/authorizationServers`; `q` is the beginning of a name or of an audience.
async fn list(State(org): State<Org>, asked: Asked) -> Answer<Response> {
    page(&org, &asked, server::select(), body).await
}

type Shape = fn(&Address, &Server, Value) -> Value;

async fn page(org: &Org, asked: &Asked, mut select: db::Query, shape: Shape) -> Answer<Response> {
    let limit = asked.limit(LIMIT, LIMIT, Beyond::Cut)?;
    let after = asked.after_id(server::PREFIX)?.unwrap_or_default();
    if let Some(text) = asked.get("q") {
        let placeholder = select.next_placeholder();
        let condition =
            format!(" and (s.name like ${placeholder} escape '\\' or s.audience like ${placeholder} escape '\\')");
        select = select.push(&condition).bind(format!("{}%", literal(text)));
    }
    let (first, second) = (select.next_placeholder(), select.next_placeholder() + 1);
    let select =
        select.push(&format!(" and s.id > ${first} order by s.id limit ${second}")).bind(after).bind(limit + 1);
    let mut shown = Vec::new();
    let rows = select.all(&mut *org.db.read().await?).await?;
    for row in rows {
        let server = Server::read(&row)?;
        let signing = key::signing_state(org, &server).await?;
        shown.push((server.id.clone(), shape(&asked.address, &server, signing)));
    }
    Ok(asked.page(shown, limit, |(id, _)| id.clone(), |(_, body)| body.clone()))
}

async fn answer(org: &Org, address: &Address, id: &str) -> Answer<Json<Value>> {
    let server = server::custom(&mut *org.db.read().await?, id).await?;
    let signing = key::signing_state(org, &server).await?;
    Ok(Json(body(address, &server, signing)))
}

async fn get(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    answer(&org, &address, &id).await
}

async fn create(State(org): State<Org>, caller: Caller, address: Address, given: Body) -> Answer<Response> {
    let content = content(&given.object()?, None)?;
    let mut change = caller.begin(&org).await?;
    if server::count(&mut change).await? > SERVERS_MAX {
        return Err(Fault::field("name", "This org has too many authorization servers"));
    }
    let id = server::create(&mut change, &org.world, &content).await?;
    let server = server::custom(&mut change, &id).await?;
    change.record(Event::new("oauth2.as.created").target(server.party()));
    change.commit().await?;
    Ok((StatusCode::CREATED, answer(&org, &address, &id).await?).into_response())
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
    let before = server::custom(&mut change, &id).await?;
    let content = content(&given, Some(&before))?;
    let now = change.now;
    server::update(&mut change, &id, &content, now).await?;
    change.record(Event::new("oauth2.as.updated").target(before.party()));
    change.commit().await?;
    answer(&org, &address, &id).await
}

async fn delete(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let server = server::custom(&mut change, &id).await?;
    if server.id == server::DEFAULT {
        return Err(Fault::forbidden().with_cause("The default authorization server cannot be deleted."));
    }
    server::delete(&mut change, &server.id).await?;
    change.record(Event::new("oauth2.as.deleted").target(server.party()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn activate(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    set_active(&org, &caller, &id, true).await
}

async fn deactivate(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    set_active(&org, &caller, &id, false).await
}

async fn set_active(org: &Org, caller: &Caller, id: &str, active: bool) -> Answer<StatusCode> {
    let mut change = caller.begin(org).await?;
    let server = server::custom(&mut change, id).await?;
    let now = change.now;
    if server::set_active(&mut change, id, active, now).await? {
        if !active {
            grant::end_all_of_server(&mut change, id, now).await?;
        }
        let kind = if active { "oauth2.as.activated" } else { "oauth2.as.deactivated" };
        change.record(Event::new(kind).target(server.party()));
    }
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn content(given: &Map<String, Value>, before: Option<&Server>) -> Answer<Content> {
    let text = |name: &'static str, len_max: usize| -> Answer<String> {
        let text = given.text(name)?.unwrap_or_default().trim().to_owned();
        if text.chars().count() > len_max {
            return Err(Fault::field(name, "The field is too long"));
        }
        Ok(text)
    };
    let name = text("name", NAME_LEN_MAX)?;
    if name.is_empty() {
        return Err(Fault::field("name", "The field cannot be left blank"));
    }
    let audiences = given.texts("audiences")?.unwrap_or_default();
    let audience = match audiences.as_slice() {
        [audience] if !audience.trim().is_empty() && audience.len() <= AUDIENCE_LEN_MAX => audience.trim().to_owned(),
        [] => return Err(Fault::field("audiences", "The field cannot be left blank")),
        _ => return Err(Fault::field("audiences", "Exactly one audience must be given")),
    };
    let signing = given.child("credentials")?.map(|credentials| credentials.child("signing")).transpose()?.flatten();
    let rotates = match signing.map(|signing| signing.text("rotationMode")).transpose()?.flatten() {
        Some("AUTO") => true,
        Some("MANUAL") => false,
        Some(_) => return Err(Fault::field("rotationMode", "The value must be AUTO or MANUAL")),
        None => before.is_none_or(|before| before.rotates),
    };
    let issuer_mode = match given.text("issuerMode")? {
        Some(mode) if ISSUER_MODES.contains(&mode) => mode.to_owned(),
        Some(_) => return Err(Fault::field("issuerMode", "The value must be ORG_URL, CUSTOM_URL or DYNAMIC")),
        None => before.map_or_else(|| "ORG_URL".to_owned(), |before| before.issuer_mode.clone()),
    };
    if given.text("accessTokenEncryptedResponseAlgorithm")?.is_some() || given.text("jwks_uri")?.is_some() {
        let reason = "Encryption of access tokens is not enabled for this org";
        return Err(Fault::field("accessTokenEncryptedResponseAlgorithm", reason));
    }
    Ok(Content { name, description: text("description", DESCRIPTION_LEN_MAX)?, audience, rotates, issuer_mode })
}

fn link(address: &Address, path: &str, allow: &[&str]) -> Value {
    json!({ "href": address.link(path), "hints": { "allow": allow } })
}

fn facts(address: &Address, server: &Server, signing: Value) -> Value {
    json!({
        "id": server.id,
        "name": server.name,
        "description": server.description,
        "audiences": [server.audience],
        "issuer": server.issuer(address),
        "issuerMode": server.issuer_mode,
        "status": if server.active { "ACTIVE" } else { "INACTIVE" },
        "created": server.created.to_rfc3339_ms(),
        "lastUpdated": server.last_updated.to_rfc3339_ms(),
        "credentials": { "signing": signing },
    })
}

fn body(address: &Address, server: &Server, signing: Value) -> Value {
    let own = format!("/api/v1/authorizationServers/{}", server.id);
    let metadata = |name: &str| {
        let href = address.link(&format!("/oauth2/{}/.well-known/{name}", server.id));
        json!({ "name": name, "href": href, "hints": { "allow": ["GET"] } })
    };
    let mut links = Map::new();
    for name in ["scopes", "claims", "policies"] {
        links.insert(name.to_owned(), link(address, &format!("{own}/{name}"), &["GET"]));
    }
    links.insert("self".to_owned(), link(address, &own, &["GET", "DELETE", "PUT"]));
    links.insert(
        "metadata".to_owned(),
        json!([metadata("oauth-authorization-server"), metadata("openid-configuration")]),
    );
    let rotate = link(address, &format!("{own}/credentials/lifecycle/keyRotate"), &["POST"]);
    links.insert("rotateKey".to_owned(), rotate);
    let state = if server.active { "deactivate" } else { "activate" };
    links.insert(state.to_owned(), link(address, &format!("{own}/lifecycle/{state}"), &["POST"]));
    let mut body = facts(address, server, signing);
    body["_links"] = Value::Object(links);
    body
}

fn associated_body(address: &Address, server: &Server, signing: Value) -> Value {
    let mut body = facts(address, server, signing);
    body["credentials"]["signing"]["use"] = "sig".into();
    body["_links"] =
        json!({ "self": link(address, &format!("/api/v1/authorizationServers/{}", server.id), &["DELETE"]) });
    body
}

/// `GET …/associatedServers?trusted=`: the servers that this one trusts, or, with `false`, those that trust this one.
async fn list_associated(State(org): State<Org>, asked: Asked, Path(id): Path<String>) -> Answer<Response> {
    server::custom(&mut *org.db.read().await?, &id).await?;
    let (wanted, known) =
        if asked.flag("trusted", true) { ("trusted_id", "server_id") } else { ("server_id", "trusted_id") };
    let condition = format!(" and s.id in (select t.{wanted} from authorization_server_trust t where t.{known} = $1)");
    page(&org, &asked, server::select().push(&condition).bind(&id), associated_body).await
}

/// `POST …/associatedServers`: `trusted` lists the ids to trust.
async fn associate(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let wanted = match given.get("trusted") {
        Some(Value::String(one)) => vec![one.clone()],
        _ => given.texts("trusted")?.unwrap_or_default(),
    };
    if wanted.is_empty() {
        return Err(Fault::field("trusted", "The field cannot be left blank"));
    }
    let mut change = caller.begin(&org).await?;
    let server = server::custom(&mut change, &id).await?;
    let now = change.now;
    let mut trusted = Vec::new();
    for other in &wanted {
        let other = server::custom(&mut change, other).await?;
        if other.id == server.id {
            return Err(Fault::field("trusted", "An authorization server cannot be associated with itself"));
        }
        let added = query(
            "insert into authorization_server_trust (server_id, trusted_id, created_us) values ($1, $2, $3) on conflict (server_id, trusted_id) do nothing",
        );
        if added.bind(&server.id).bind(&other.id).bind(now).execute(&mut change).await? == 0 {
            return Err(Fault::field("trusted", "The associated server mapping already exists."));
        }
        change.record(Event::new("app.oauth2.trusted_server.add").target(server.party()).target(other.party()));
        trusted.push(other);
    }
    change.commit().await?;
    let mut bodies = Vec::new();
    for other in &trusted {
        bodies.push(associated_body(&address, other, key::signing_state(&org, other).await?));
    }
    Ok(Json(Value::Array(bodies)))
}

async fn dissociate(
    State(org): State<Org>,
    caller: Caller,
    Path((id, other)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let server = server::custom(&mut change, &id).await?;
    let other = trusted(&mut change, &server, &other).await?;
    let removed = query("delete from authorization_server_trust where server_id = $1 and trusted_id = $2");
    removed.bind(&server.id).bind(&other.id).execute(&mut change).await?;
    change.record(Event::new("app.oauth2.trusted_server.delete").target(server.party()).target(other.party()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn trusted(conn: &mut Conn, server: &Server, other: &str) -> Answer<Server> {
    let row = query("select 1 from authorization_server_trust where server_id = $1 and trusted_id = $2");
    match row.bind(&server.id).bind(other).optional(conn).await? {
        Some(_) => server::custom(conn, other).await,
        None => Err(Fault::not_found(other, "AuthorizationServer")),
    }
}
