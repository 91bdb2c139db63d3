//! Groups.
//!
//! Invariant: Everyone cannot be changed, emptied or deleted; a group that gives roles changes by hands that may give roles.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
    filter::{
        Operator,
        compile::{self, AttributeTable, Column, Compared, DATES, EQ, Field, Grammar},
    },
    group_rules,
    paging::{Asked, Beyond},
    users::lifecycle::keep_a_super_administrator,
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        group::{self, Group, GroupType},
        group_list::{self, Key, Listing},
        id::GroupId,
        log::{Event, Party},
        profile::Profile,
        reach::Object,
        role,
        schema::{self, Owner, Schema},
        user_list::Cursor,
    },
    operations::{Right, Routes},
};

const LIMIT_MAX: i64 = 10_000;
const LIMIT_WITH_Q: i64 = 300;
/// Statistics are three more questions a group.
const LIMIT_WITH_STATS: i64 = 200;
const TEXTS: &[Operator] = &[Operator::Eq, Operator::StartsWith, Operator::Contains];
const FILTER_GRAMMAR: Grammar = Grammar { field: filter_field, allows_not: false };
/// As many custom attributes of numbers as of texts are asked alike; `co` is for name and description.
const CUSTOM: &[Operator] =
    &[Operator::Eq, Operator::Ne, Operator::Gt, Operator::Ge, Operator::Lt, Operator::Le, Operator::StartsWith];

pub fn operations() -> Routes {
    Routes::new()
        .on("listGroups", list)
        .on("addGroup", create)
        .on("getGroup", get)
        .on("replaceGroup", replace)
        .on("deleteGroup", delete)
}

/// A group on the wire.
pub fn body(address: &Address, group: &Group) -> Value {
    let base = format!("/api/v1/groups/{}", group.id);
    let mut profile = json!({ "name": group.name, "description": group.description });
    for (name, value) in group.custom.entries() {
        profile[name] = value.clone();
    }
    let logo = |size: &str| json!({ "name": size, "href": address.link(&format!("/assets/group-{size}.svg")), "type": "image/svg+xml" });
    json!({
        "id": group.id.as_str(),
        "created": group.created.to_rfc3339_ms(),
        "lastUpdated": group.last_updated.to_rfc3339_ms(),
        "lastMembershipUpdated": group.last_membership_updated.to_rfc3339_ms(),
        "objectClass": ["okta:user_group"],
        "type": group.kind.as_str(),
        "profile": profile,
        "_links": {
            "logo": [logo("medium"), logo("large")],
            "users": { "href": address.link(&format!("{base}/users")) },
            "apps": { "href": address.link(&format!("{base}/apps")) },
        },
    })
}

pub async fn find(conn: &mut Conn, id: &str) -> Answer<Group> {
    group::by_id(conn, &id.into()).await?.ok_or_else(|| Fault::not_found(id, "UserGroup"))
}

fn filter_field(name: &str) -> Option<Field> {
    Some(match name {
        "id" => Field::new(Column::Exact("g.id"), EQ),
        "type" => Field::new(Column::Exact("g.type"), EQ),
        "lastUpdated" => Field::new(Column::Instant("g.updated_us"), DATES),
        "lastMembershipUpdated" => Field::new(Column::Instant("g.membership_updated_us"), DATES),
        _ => return None,
    })
}

fn search_field(name: &str, schema: &Schema) -> Option<Field> {
    let custom = name.strip_prefix("profile.").and_then(|name| schema.custom.iter().find(|known| known.name == name));
    if let Some(attribute) = custom {
        let compared = if attribute.kind.is_numeric() { Compared::AsNumber } else { Compared::WithoutCase };
        let column = Column::Profile { table: AttributeTable::Groups, name: attribute.name.clone(), compared };
        return Some(Field::new(column, CUSTOM).with_present());
    }
    Some(match name {
        "created" => Field::new(Column::Instant("g.created_us"), DATES).with_present(),
        "profile.name" => Field::new(Column::Folded("g.name_folded"), TEXTS).with_present(),
        // Of groups that come from a directory; this org has none.
        "source.id" => Field::new(Column::Exact("nullif(g.id, g.id)"), EQ),
        "profile.description" => Field::new(Column::Folded("g.description_folded"), TEXTS).with_present(),
        _ => filter_field(name)?.with_present(),
    })
}

fn sort_key(name: &str) -> Option<Key> {
    Some(match name {
        "id" => Key::Id,
        "profile.name" => Key::Name,
        "profile.description" => Key::Description,
        "created" => Key::Created,
        "lastUpdated" => Key::LastUpdated,
        "lastMembershipUpdated" => Key::LastMembershipUpdated,
        _ => return None,
    })
}

async fn list(State(org): State<Org>, caller: Caller, asked: Asked) -> Answer<Response> {
    let expand = asked.get("expand").unwrap_or_default();
    let with_stats = expand.split(',').any(|name| name == "stats");
    let max = if with_stats { LIMIT_WITH_STATS } else { LIMIT_MAX };
    let paged = asked.get("q").is_none();
    let limit = asked.limit(if paged { max } else { LIMIT_WITH_Q.min(max) }, max, Beyond::Cut)?;
    let searched = asked.get("search").is_some();
    let mut reader = org.db.read().await?;
    let schema = schema::get(&mut reader, Owner::Groups).await?;
    let within = caller.sees(Right::READ_GROUPS, Object::Group, "g.id");
    let listing = Listing { within, ..listing(&asked, searched, &schema)? };
    let mut shown = Vec::new();
    for (group, cursor) in group_list::list(&mut reader, &listing, limit + i64::from(paged)).await? {
        let mut body = body(&asked.address, &group);
        if with_stats {
            body["_embedded"] = json!({ "stats": stats(&mut reader, &asked.address, &group).await? });
        }
        shown.push((cursor, body));
    }
    Ok(asked.page(shown, limit, |(cursor, _)| write_cursor(cursor, searched), |(_, body)| body.clone()))
}

fn listing(asked: &Asked, searched: bool, schema: &Schema) -> Answer<Listing> {
    let condition = compile::condition(asked, &FILTER_GRAMMAR, &|name| search_field(name, schema))?;
    let key = match asked.get("sortBy").filter(|_| searched) {
        Some(name) => sort_key(name).ok_or_else(|| Fault::new(&codes::E0000031))?,
        None => Key::Id,
    };
    let order = asked.get("sortOrder").filter(|_| searched);
    let descending = order.is_some_and(|order| order.eq_ignore_ascii_case("desc"));
    let (prefix, after) = (asked.get("q").map(str::to_owned), cursor(asked, searched)?);
    Ok(Listing { condition, within: None, prefix, key, descending, after })
}

async fn stats(conn: &mut Conn, address: &Address, group: &Group) -> Answer<Value> {
    Ok(json!({
        "usersCount": group::count_members(conn, &group.id).await?,
        "appsCount": group::count_apps(conn, &group.id).await?,
        "groupPushMappingsCount": 0,
        "hasAdminPrivlege": role::is_given_by(conn, &group.id).await?,
        "_links": { "self": { "href": address.link(&format!("/api/v1/groups/{}/stats", group.id)) } },
    }))
}

fn write_cursor(cursor: &Cursor, searched: bool) -> String {
    if searched { format!("{}.{}", URL_SAFE_NO_PAD.encode(&cursor.key), cursor.id) } else { cursor.id.clone() }
}

fn cursor(asked: &Asked, searched: bool) -> Answer<Option<Cursor>> {
    if !searched {
        return Ok(asked.after_id(GroupId::PREFIX)?.map(|id| Cursor { key: id.to_owned(), id: id.to_owned() }));
    }
    let Some(text) = asked.get("after") else { return Ok(None) };
    let parts = text.split_once('.');
    let key = parts.and_then(|(key, _)| URL_SAFE_NO_PAD.decode(key).ok()).and_then(|key| String::from_utf8(key).ok());
    let cursor = parts.zip(key).map(|((_, id), key)| Cursor { key, id: id.to_owned() });
    cursor.map(Some).ok_or_else(|| Fault::new(&codes::E0000031))
}

async fn get(State(org): State<Org>, asked: Asked, Path(id): Path<String>) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let group = find(&mut reader, &id).await?;
    let mut shown = body(&asked.address, &group);
    if asked.get("expand").is_some_and(|expand| expand.split(',').any(|name| name == "stats")) {
        shown["_embedded"] = json!({ "stats": stats(&mut reader, &asked.address, &group).await? });
    }
    Ok(Json(shown))
}

/// What a body says of a group.
struct Content {
    name: String,
    description: Option<String>,
    custom: Profile,
}

/// Checked against the schema of groups.
async fn content(conn: &mut Conn, body: &Map<String, Value>) -> Answer<Content> {
    let schema = schema::get(conn, Owner::Groups).await?;
    let given = Profile::from_json(body.child("profile")?.cloned().unwrap_or_default());
    let given = schema.with_defaults(given);
    if let Some(cause) = schema.check(&given).into_iter().next() {
        let field = cause.split_once(':').map_or("profile", |(field, _)| field).to_owned();
        return Err(Fault::invalid(&field, [cause]));
    }
    let text = |name: &str| given.get(name).map(str::to_owned);
    let name = text("name").unwrap_or_default().trim().to_owned();
    let others = given.entries().filter(|(name, _)| !matches!(*name, "name" | "description"));
    let custom = Profile::from_json(others.map(|(name, value)| (name.to_owned(), value.clone())).collect());
    Ok(Content { name, description: text("description"), custom })
}

async fn refuse_taken_name(conn: &mut Conn, name: &str, own: Option<&GroupId>) -> Answer<()> {
    match group::by_name(conn, name).await? {
        Some(other) if Some(&other.id) != own => {
            Err(Fault::field("name", "An object with this field already exists in the current organization"))
        }
        _ => Ok(()),
    }
}

async fn create(State(org): State<Org>, caller: Caller, address: Address, given: Body) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let Content { name, description, custom } = content(&mut change, &given).await?;
    refuse_taken_name(&mut change, &name, None).await?;
    let group = group::create(&mut change, &org.world, GroupType::OktaGroup, &name, description.as_deref())
        .await
        .map_err(Fault::taken("name"))?;
    group::set_custom(&mut change, &group.id, &custom).await?;
    let group = find(&mut change, group.id.as_str()).await?;
    change.record(Event::new("group.lifecycle.create").target(Party::group(&group)));
    change.commit().await?;
    Ok(Json(body(&address, &group)))
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
    let before = find(&mut change, &id).await?;
    if before.kind != GroupType::OktaGroup {
        return Err(Fault::new(&codes::E0000077).with_argument("profile"));
    }
    let Content { name, description, custom } = content(&mut change, &given).await?;
    refuse_taken_name(&mut change, &name, Some(&before.id)).await?;
    let now = change.now;
    group::set_custom(&mut change, &before.id, &custom).await?;
    group::update(&mut change, &before.id, &name, description.as_deref(), now).await.map_err(Fault::taken("name"))?;
    let after = find(&mut change, &id).await?;
    change.record(Event::new("group.profile.update").target(Party::group(&after)));
    let renamed = before.name != after.name;
    if renamed {
        group_rules::ask_again(&mut change).await?;
    }
    change.commit().await?;
    if renamed {
        group_rules::take_up(&org).await?;
    }
    Ok(Json(body(&address, &after)))
}

async fn delete(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let group = find(&mut change, &id).await?;
    if group.kind != GroupType::OktaGroup {
        return Err(Fault::forbidden());
    }
    caller.must_outrank_group(&mut change, &group).await?;
    let supers = role::count_active_super_administrators(&mut change).await?;
    group_rules::group_goes(&mut change, &group).await?;
    group::delete(&mut change, &group.id).await?;
    keep_a_super_administrator(&mut change, supers).await?;
    change.record(Event::new("group.lifecycle.delete").target(Party::group(&group)));
    change.commit().await?;
    group_rules::take_up(&org).await?;
    Ok(StatusCode::NO_CONTENT)
}
