//! Defined Fields, and the values that people carry.

use db::{Conn, Row, query};
use domain::{DataType, DefinedField, FieldId, FieldValue, PersonId, Value};
use world::Instant;

use crate::{Error, Listing, Page, Result, listing::SortKey};

/// A person's value of one field, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetValue {
    pub field: FieldId,
    pub identifier: String,
    pub value: String,
}

const COLUMNS: &str = "f.id, f.name, f.identifier, f.description, f.data_type";

/// What the list can be sorted by.
pub const SORTS: &[SortKey] = &[
    SortKey::text("name", "lower(f.name)"),
    SortKey::text("identifier", "lower(f.identifier)"),
    SortKey::number("created", "f.created_us"),
];

/// Adds a field. A conflict: name or identifier is taken.
pub async fn insert(conn: &mut Conn, field: &DefinedField, now: Instant) -> Result<()> {
    query("insert into defined_field (id, name, identifier, description, data_type, created_us) values ($1, $2, $3, $4, $5, $6)")
        .bind(field.id.as_str())
        .bind(&field.name)
        .bind(&field.identifier)
        .bind(&field.description)
        .bind(type_name(field.data_type))
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn update(conn: &mut Conn, field: &DefinedField) -> Result<bool> {
    let changed =
        query("update defined_field set name = $2, identifier = $3, description = $4, data_type = $5 where id = $1")
            .bind(field.id.as_str())
            .bind(&field.name)
            .bind(&field.identifier)
            .bind(&field.description)
            .bind(type_name(field.data_type))
            .execute(conn)
            .await?;
    Ok(changed == 1)
}

pub async fn find(conn: &mut Conn, id: &FieldId) -> Result<Option<DefinedField>> {
    let row = query(format!("select {COLUMNS} from defined_field f where f.id = $1"))
        .bind(id.as_str())
        .optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Identifiers ignore case.
pub async fn find_by_identifier(conn: &mut Conn, identifier: &str) -> Result<Option<DefinedField>> {
    let statement = query(format!("select {COLUMNS} from defined_field f where lower(f.identifier) = lower($1)"));
    statement.bind(identifier).optional(conn).await?.as_ref().map(read).transpose()
}

pub async fn list(conn: &mut Conn, listing: &Listing) -> Result<Page<DefinedField>> {
    let listed = listing.read(SORTS, "name")?;
    let statement = query(format!("select {COLUMNS}, {} from defined_field f where 1 = 1", listed.sort_column()));
    let statement = listed.search(statement, &["f.name", "f.identifier", "f.description"]);
    listed.page(statement, "f.id", conn, read).await
}

/// Removes a field with everybody's values. Views that use it then return no rows, and say why.
pub async fn delete(conn: &mut Conn, id: &FieldId) -> Result<bool> {
    Ok(query("delete from defined_field where id = $1").bind(id.as_str()).execute(conn).await? == 1)
}

pub async fn set_value(conn: &mut Conn, person: &PersonId, field: &FieldId, value: &str, now: Instant) -> Result<()> {
    query(
        "insert into field_value (person_id, field_id, value, set_us) values ($1, $2, $3, $4)
         on conflict (person_id, field_id) do update set value = excluded.value, set_us = excluded.set_us",
    )
    .bind(person.as_str())
    .bind(field.as_str())
    .bind(value)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn clear_value(conn: &mut Conn, person: &PersonId, field: &FieldId) -> Result<bool> {
    let removed = query("delete from field_value where person_id = $1 and field_id = $2")
        .bind(person.as_str())
        .bind(field.as_str())
        .execute(conn)
        .await?;
    Ok(removed == 1)
}

/// How many people's values cannot be read as `data_type`, and one of them.
pub async fn unreadable_as(conn: &mut Conn, field: &FieldId, data_type: DataType) -> Result<Option<(usize, String)>> {
    let rows = query("select value from field_value where field_id = $1").bind(field.as_str()).all(conn).await?;
    let values = rows.iter().map(|row| Ok(row.get::<String>("value")?)).collect::<Result<Vec<_>>>()?;
    let mut unreadable = values.into_iter().filter(|value| Value::parse(data_type, value).is_err());
    let first = unreadable.next();
    Ok(first.map(|first| (1 + unreadable.count(), first)))
}

/// The values of a person, as typed, by identifier.
pub async fn values_set(conn: &mut Conn, person: &PersonId) -> Result<Vec<SetValue>> {
    let rows = query(
        "select f.id, f.identifier, x.value from field_value x join defined_field f on f.id = x.field_id
         where x.person_id = $1 order by lower(f.identifier)",
    )
    .bind(person.as_str())
    .all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(SetValue {
                field: row.get::<String>("id")?.into(),
                identifier: row.get("identifier")?,
                value: row.get("value")?,
            })
        })
        .collect()
}

/// The values of a person, read into their types, for [`domain::Actor::new`]. One that cannot be read counts as none.
pub async fn values_of(conn: &mut Conn, person: &PersonId) -> Result<Vec<FieldValue>> {
    let rows = query(
        "select f.identifier, f.data_type, x.value from field_value x join defined_field f on f.id = x.field_id
         where x.person_id = $1 order by lower(f.identifier)",
    )
    .bind(person.as_str())
    .all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let data_type = parse_type(row.get("data_type")?)?;
            let value = Value::parse(data_type, &row.get::<String>("value")?);
            Ok(FieldValue { identifier: row.get("identifier")?, values: value.into_iter().collect() })
        })
        .collect()
}

fn read(row: &Row) -> Result<DefinedField> {
    Ok(DefinedField {
        id: row.get::<String>("id")?.into(),
        name: row.get("name")?,
        identifier: row.get("identifier")?,
        description: row.get("description")?,
        data_type: parse_type(row.get("data_type")?)?,
    })
}

const TYPES: [(DataType, &str); 6] = [
    (DataType::Text, "text"),
    (DataType::Integer, "integer"),
    (DataType::Decimal, "decimal"),
    (DataType::Date, "date"),
    (DataType::DateTime, "datetime"),
    (DataType::Boolean, "boolean"),
];

fn type_name(data_type: DataType) -> &'static str {
    TYPES.iter().find(|(known, _)| *known == data_type).map_or("text", |(_, name)| name)
}

fn parse_type(found: String) -> Result<DataType> {
    match TYPES.iter().find(|(_, name)| *name == found) {
        Some((data_type, _)) => Ok(*data_type),
        None => Err(Error::Unknown { column: "defined_field.data_type", found }),
    }
}
