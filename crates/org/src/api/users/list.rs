//! Lists of people: `filter`, `search` with `sortBy`, `q`.

use std::collections::HashMap;

use axum::{extract::State, http::HeaderMap, response::Response};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use db::Conn;

use crate::{
    Org,
    api::{
        caller::{Caller, Hidden},
        filter::{
            Operator,
            compile::{self, AttributeTable, Column, Compared, DATES, EQ, Field, Grammar},
        },
        paging::{Asked, Beyond, invalid_cursor},
        user_body::{self, Omitted},
        user_fields::Fields,
    },
    error::{Answer, Fault, codes},
    model::{
        reach::Object,
        schema::{self, Kind},
        user::User,
        user_list::{self, Cursor, Key, Listing},
    },
    operations::Right,
};

const LIMIT_MAX: i64 = 200;
const LIMIT_WITH_Q: i64 = 10;

const SEARCH: &[Operator] =
    &[Operator::Eq, Operator::Ne, Operator::Gt, Operator::Ge, Operator::Lt, Operator::Le, Operator::StartsWith];
const SEARCH_WITH_CONTAINS: &[Operator] = &[
    Operator::Eq,
    Operator::Ne,
    Operator::Gt,
    Operator::Ge,
    Operator::Lt,
    Operator::Le,
    Operator::StartsWith,
    Operator::Contains,
];
const NUMBERS: &[Operator] = &[Operator::Eq, Operator::Ne, Operator::Gt, Operator::Ge, Operator::Lt, Operator::Le];
const FLAGS: &[Operator] = &[Operator::Eq, Operator::Ne];
/// What `q` and `filter` ask about.
const QUICK: [&str; 4] = ["login", "email", "firstName", "lastName"];
/// The profile attributes that `co` may be asked of.
const CONTAINS: [&str; 5] = ["login", "email", "firstName", "lastName", "displayName"];

const FILTER_GRAMMAR: Grammar = Grammar { field: filter_field, allows_not: false };

fn filter_field(name: &str) -> Option<Field> {
    Some(match name {
        "id" => Field::new(Column::Exact("u.id"), EQ),
        "status" => Field::new(Column::Exact("u.status"), EQ),
        "lastUpdated" => Field::new(Column::Instant("u.updated_us"), DATES),
        "profile.login" => Field::new(Column::Exact("u.login"), EQ),
        "profile.email" | "profile.firstName" | "profile.lastName" => {
            let name = name.trim_start_matches("profile.").to_owned();
            Field::new(Column::Profile { table: AttributeTable::People, name, compared: Compared::Exactly }, EQ)
        }
        _ => return None,
    })
}

/// The attributes that people have today, of whatever user type, and what their values are.
struct Searchable(HashMap<String, Kind>);

impl Searchable {
    async fn get(conn: &mut Conn) -> Answer<Searchable> {
        let mut kinds = HashMap::new();
        for schema in schema::of_all_types(conn).await? {
            for attribute in schema.attributes() {
                kinds.entry(attribute.name.clone()).or_insert(attribute.kind);
            }
        }
        Ok(Searchable(kinds))
    }

    fn field(&self, name: &str) -> Option<Field> {
        Some(match name {
            "id" => Field::new(Column::Exact("u.id"), SEARCH).with_present(),
            "status" => Field::new(Column::Capitals("u.status"), SEARCH).with_present(),
            "created" => Field::new(Column::Instant("u.created_us"), DATES).with_present(),
            "activated" => Field::new(Column::Instant("u.activated_us"), DATES).with_present(),
            "statusChanged" => Field::new(Column::Instant("u.status_changed_us"), DATES).with_present(),
            "lastUpdated" => Field::new(Column::Instant("u.updated_us"), DATES).with_present(),
            "type.id" => Field::new(Column::Exact("u.type_id"), EQ),
            _ => {
                let name = name.strip_prefix("profile.")?;
                let kind = self.0.get(name)?;
                let (compared, operators) = match kind {
                    kind if kind.is_numeric() => (Compared::AsNumber, NUMBERS),
                    Kind::Boolean => (Compared::WithoutCase, FLAGS),
                    _ if CONTAINS.contains(&name) => (Compared::WithoutCase, SEARCH_WITH_CONTAINS),
                    _ => (Compared::WithoutCase, SEARCH),
                };
                let column = Column::Profile { table: AttributeTable::People, name: name.to_owned(), compared };
                Field::new(column, operators).with_present()
            }
        })
    }

    fn sort_key(&self, name: &str) -> Option<Key> {
        Some(match name {
            "id" => Key::Id,
            "status" => Key::Status,
            "created" => Key::Created,
            "activated" => Key::Activated,
            "statusChanged" => Key::StatusChanged,
            "lastUpdated" => Key::LastUpdated,
            _ => {
                let name = name.strip_prefix("profile.").filter(|name| self.0.contains_key(*name))?;
                Key::Attribute(name.to_owned())
            }
        })
    }
}

/// Shows, finds and sorts by what the caller may see.
pub async fn list(State(org): State<Org>, caller: Caller, asked: Asked, headers: HeaderMap) -> Answer<Response> {
    let omitted = Omitted::asked(&headers);
    let fields = asked.get("fields").map(Fields::read).transpose()?;
    let hidden = caller.hidden_attributes();
    let within = caller.sees(Right::READ_USERS, Object::Person, "u.id");
    let body = |user: &User| {
        let mut whole = user_body::in_list(&asked.address, user, omitted);
        hidden.conceal(&mut whole);
        fields.as_ref().map_or(whole.clone(), |fields| fields.of(&whole))
    };
    if let Some(text) = asked.get("q") {
        let limit = asked.limit(LIMIT_WITH_Q, LIMIT_MAX, Beyond::Cut)?;
        if QUICK.iter().any(|name| hidden.includes(name)) {
            return Err(Fault::new(&codes::E0000094));
        }
        let people = user_list::quick(&mut *org.db.read().await?, text, limit, within.as_ref()).await?;
        return Ok(asked.list(people.iter().map(body).collect(), limit, None));
    }
    let limit = asked.limit(LIMIT_MAX, LIMIT_MAX, Beyond::Cut)?;
    let mut reader = org.db.read().await?;
    let listing = Listing { within, ..listing(&mut reader, &asked, &hidden).await? };
    let searched = asked.get("search").is_some();
    let people = user_list::list(&mut reader, &listing, limit + 1).await?;
    Ok(asked.page(people, limit, |(_, cursor)| write_cursor(cursor, searched), |(user, _)| body(user)))
}

async fn listing(conn: &mut Conn, asked: &Asked, hidden: &Hidden) -> Answer<Listing> {
    let searched = asked.get("search").is_some();
    // Without a search nobody asks for the attributes.
    let mut searchable = if searched { Searchable::get(conn).await? } else { Searchable(HashMap::new()) };
    searchable.0.retain(|name, _| !hidden.includes(name));
    let filter = asked.get("filter").unwrap_or_default();
    if QUICK.iter().any(|name| hidden.includes(name) && filter.contains(&format!("profile.{name}"))) {
        return Err(Fault::new(&codes::E0000094));
    }
    let condition = compile::condition(asked, &FILTER_GRAMMAR, &|name| searchable.field(name))?;
    let key = match asked.get("sortBy").filter(|_| searched) {
        Some(name) => searchable.sort_key(name).ok_or_else(|| Fault::new(&codes::E0000031))?,
        None => Key::Id,
    };
    let descending = match asked.get("sortOrder").filter(|_| searched).map(str::to_ascii_lowercase).as_deref() {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(_) => return Err(Fault::new(&codes::E0000031)),
    };
    let after = asked.get("after").map(|text| read_cursor(text, searched)).transpose()?;
    Ok(Listing { with_deactivated: condition.is_some(), condition, within: None, key, descending, after })
}

/// A digit and the id, as Okta's; of a search the key too, since the order is its own.
fn write_cursor(cursor: &Cursor, searched: bool) -> String {
    if searched { format!("{}.{}", URL_SAFE_NO_PAD.encode(&cursor.key), cursor.id) } else { format!("2{}", cursor.id) }
}

fn read_cursor(text: &str, searched: bool) -> Answer<Cursor> {
    let is_id =
        |id: &str| id.len() == 20 && id.starts_with("00u") && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if searched {
        let parts = text.split_once('.').filter(|(_, id)| is_id(id));
        let key =
            parts.and_then(|(key, _)| URL_SAFE_NO_PAD.decode(key).ok()).and_then(|key| String::from_utf8(key).ok());
        let cursor = parts.zip(key).map(|((_, id), key)| Cursor { key, id: id.to_owned() });
        return cursor.ok_or_else(|| Fault::new(&codes::E0000031));
    }
    let id =
        text.strip_prefix(|digit: char| digit.is_ascii_digit()).filter(|id| is_id(id)).ok_or_else(invalid_cursor)?;
    Ok(Cursor { key: id.to_owned(), id: id.to_owned() })
}
