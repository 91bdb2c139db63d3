//! Simple resources: a list with filter, search and pages; create, get, replace, delete; activate and deactivate; an event for each
//! change.
//!
//! A module implements [`Stored`] for its row and [`Resource`] for its API, and names its operations with [`operations`]: there its table,
//! its columns and how a row is written and read; here what a body may say ([`Resource::content`]), what an answer says
//! ([`Resource::body`]), what a list may ask ([`Resource::field`], [`Resource::SEARCHED`]) and what is refused ([`Resource::judge`]). What
//! such a resource does besides is a handler of its own, merged into the same routes.
//!
//! Invariant: a change and its event are one transaction, and whatever is judged was read in it.

use std::future::Future;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use db::Conn;
use serde_json::{Map, Value, json};
use world::{Instant, World};

use super::{
    body::Body,
    caller::Caller,
    edge::Address,
    filter::{
        self,
        compile::{Field, Grammar},
    },
    paging::{Asked, Beyond},
};
use crate::{
    Org, Result,
    error::{Answer, Fault},
    model::{
        id::UserId,
        log::{Event, Party},
        resource::{self, Stored},
        starts_with,
    },
    operations::{self, Routes},
};

/// The types of the events that tell of changes; none where Okta has none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Events {
    pub created: Option<&'static str>,
    pub updated: Option<&'static str>,
    pub deleted: Option<&'static str>,
    pub activated: Option<&'static str>,
    pub deactivated: Option<&'static str>,
}

/// What is about to be done.
pub enum Act<'a, R: Resource> {
    Create(&'a R::Content),
    Replace(&'a R, &'a R::Content),
    Delete(&'a R),
    Activate(&'a R),
    Deactivate(&'a R),
}

pub trait Resource: Stored {
    /// What a body says, read and found right.
    type Content: Send + Sync;

    /// Okta's word for it in E0000007 and in events.
    const KIND: &'static str;
    /// Of the list.
    const PATH: &'static str;
    const LIMIT: i64 = 20;
    const LIMIT_MAX: i64 = 200;
    const EVENTS: Events;
    /// The columns of which one begins with `q`; none where there is no `q`.
    const SEARCHED: &'static [&'static str] = &[];
    const CREATED: StatusCode = StatusCode::OK;
    /// Whether activating and deactivating answer with the resource; with nothing otherwise.
    const LIFECYCLE_ANSWERS: bool = true;

    /// A body, for a new one or in place of what there is.
    fn content(given: &Map<String, Value>) -> Answer<Self::Content>;

    /// The answer, but for `_links`.
    fn body(&self) -> Value;

    /// Adds to the links that all have: itself, and `activate` or `deactivate`.
    fn links(&self, _address: &Address, _links: &mut Map<String, Value>) {}

    /// What `filter` may ask; columns are those of `r`.
    fn field(_name: &str) -> Option<Field> {
        None
    }

    /// Writes a new row; its id.
    fn insert(
        conn: &mut Conn,
        world: &World,
        content: &Self::Content,
        by: &UserId,
    ) -> impl Future<Output = Result<String>> + Send;

    fn update(
        &self,
        conn: &mut Conn,
        content: &Self::Content,
        by: &UserId,
        now: Instant,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Refuses what may not be done.
    fn judge(_conn: &mut Conn, _caller: &Caller, _act: Act<'_, Self>) -> impl Future<Output = Answer<()>> + Send {
        async { Ok(()) }
    }

    /// Does what takes more than a connection, once the row is written: seals a secret, asks the configuration.
    fn complete(
        _org: &Org,
        _conn: &mut Conn,
        _id: &str,
        _content: &Self::Content,
    ) -> impl Future<Output = Answer<()>> + Send {
        async { Ok(()) }
    }

    /// What an error of the database means.
    fn fault(error: crate::Error) -> Fault {
        Fault::taken("name")(error)
    }

    /// How events name it.
    fn party(&self) -> Party;
}

/// The operations of a resource whose ids end in these words, such as `NetworkZone` and `NetworkZones`: each that the table has.
pub fn operations<R: Resource>(one: &str, many: &str) -> Routes {
    let mut routes = Routes::new();
    let mut on = |id: String, add: fn(Routes, &str) -> Routes| {
        if operations::by_id(&id).is_some() {
            routes = add(std::mem::take(&mut routes), &id);
        }
    };
    on(format!("list{many}"), |routes, id| routes.on(id, list::<R>));
    on(format!("create{one}"), |routes, id| routes.on(id, create::<R>));
    on(format!("get{one}"), |routes, id| routes.on(id, get::<R>));
    on(format!("replace{one}"), |routes, id| routes.on(id, replace::<R>));
    on(format!("delete{one}"), |routes, id| routes.on(id, delete::<R>));
    on(format!("activate{one}"), |routes, id| routes.on(id, activate::<R>));
    on(format!("deactivate{one}"), |routes, id| routes.on(id, deactivate::<R>));
    routes
}

/// The row of this id, or E0000007.
pub async fn find<R: Resource>(conn: &mut Conn, id: &str) -> Answer<R> {
    resource::by_id(conn, id).await?.ok_or_else(|| Fault::not_found(id, R::KIND))
}

/// A whole answer.
pub fn answer<R: Resource>(address: &Address, row: &R) -> Value {
    let path = format!("{}/{}", R::PATH, row.id());
    let lifecycle = if row.active() { "deactivate" } else { "activate" };
    let mut links = Map::new();
    links.insert("self".to_owned(), link(address, &path, &["GET", "PUT", "DELETE"]));
    links.insert(lifecycle.to_owned(), link(address, &format!("{path}/lifecycle/{lifecycle}"), &["POST"]));
    row.links(address, &mut links);
    let mut body = row.body();
    body["_links"] = Value::Object(links);
    body
}

/// A link with the methods that it takes.
pub fn link(address: &Address, path: &str, methods: &[&str]) -> Value {
    json!({ "href": address.link(path), "hints": { "allow": methods } })
}

fn event<R: Resource>(kind: Option<&'static str>, row: &R) -> Option<Event> {
    kind.map(|kind| Event::new(kind).target(row.party()))
}

async fn list<R: Resource>(State(org): State<Org>, asked: Asked) -> Answer<Response> {
    let limit = asked.limit(R::LIMIT, R::LIMIT_MAX, Beyond::Cut)?;
    let after = asked.after_id(R::PREFIX)?.unwrap_or_default();
    let mut select = resource::select::<R>();
    if let Some(text) = asked.get("filter") {
        let grammar = Grammar { field: R::field, allows_not: false };
        select = grammar.compile(&filter::parse(text)?)?.append(select.push(" and "));
    }
    if let Some(text) = asked.get("q").filter(|_| !R::SEARCHED.is_empty()) {
        let placeholder = select.next_placeholder();
        let tests: Vec<_> =
            R::SEARCHED.iter().map(|column| format!("{column} like ${placeholder} escape '\\'")).collect();
        select = select.push(&format!(" and ({})", tests.join(" or "))).bind(starts_with(text));
    }
    let (first, second) = (select.next_placeholder(), select.next_placeholder() + 1);
    let select =
        select.push(&format!(" and r.id > ${first} order by r.id limit ${second}")).bind(after).bind(limit + 1);
    let rows: Vec<R> = resource::from_rows(&select.all(&mut *org.db.read().await?).await?)?;
    Ok(asked.page(rows, limit, |row| row.id().to_owned(), |row| answer(&asked.address, row)))
}

pub async fn get<R: Resource>(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(answer(&address, &find::<R>(&mut *org.db.read().await?, &id).await?)))
}

pub async fn create<R: Resource>(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    given: Body,
) -> Answer<(StatusCode, Json<Value>)> {
    let content = R::content(&given.object()?)?;
    let mut change = caller.begin(&org).await?;
    R::judge(&mut change, &caller, Act::Create(&content)).await?;
    let id = R::insert(&mut change, &org.world, &content, &caller.user.id).await.map_err(R::fault)?;
    R::complete(&org, &mut change, &id, &content).await?;
    let row = find::<R>(&mut change, &id).await?;
    event(R::EVENTS.created, &row).into_iter().for_each(|event| change.record(event));
    change.commit().await?;
    Ok((R::CREATED, Json(answer(&address, &row))))
}

pub async fn replace<R: Resource>(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let content = R::content(&given.object()?)?;
    let mut change = caller.begin(&org).await?;
    let before = find::<R>(&mut change, &id).await?;
    R::judge(&mut change, &caller, Act::Replace(&before, &content)).await?;
    let now = change.now;
    before.update(&mut change, &content, &caller.user.id, now).await.map_err(R::fault)?;
    R::complete(&org, &mut change, &id, &content).await?;
    let row = find::<R>(&mut change, &id).await?;
    event(R::EVENTS.updated, &row).into_iter().for_each(|event| change.record(event));
    change.commit().await?;
    Ok(Json(answer(&address, &row)))
}

pub async fn delete<R: Resource>(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let row = find::<R>(&mut change, &id).await?;
    R::judge(&mut change, &caller, Act::Delete(&row)).await?;
    resource::delete::<R>(&mut change, &id).await?;
    event(R::EVENTS.deleted, &row).into_iter().for_each(|event| change.record(event));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn activate<R: Resource>(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
) -> Answer<Response> {
    set_active::<R>(&org, &caller, &address, &id, true).await
}

pub async fn deactivate<R: Resource>(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
) -> Answer<Response> {
    set_active::<R>(&org, &caller, &address, &id, false).await
}

async fn set_active<R: Resource>(
    org: &Org,
    caller: &Caller,
    address: &Address,
    id: &str,
    active: bool,
) -> Answer<Response> {
    let mut change = caller.begin(org).await?;
    let before = find::<R>(&mut change, id).await?;
    let act = if active { Act::Activate(&before) } else { Act::Deactivate(&before) };
    R::judge(&mut change, caller, act).await?;
    let now = change.now;
    resource::set_active::<R>(&mut change, id, active, &caller.user.id, now).await?;
    let row = find::<R>(&mut change, id).await?;
    let kind = if active { R::EVENTS.activated } else { R::EVENTS.deactivated };
    event(kind, &row).into_iter().for_each(|event| change.record(event));
    change.commit().await?;
    Ok(if R::LIFECYCLE_ANSWERS {
        Json(answer(address, &row)).into_response()
    } else {
        StatusCode::NO_CONTENT.into_response()
    })
}
