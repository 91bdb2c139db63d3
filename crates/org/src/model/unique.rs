//! Values that only one person of a user type may have.

use db::{Conn, query};
use serde_json::Value;

use super::{id::UserId, index, schema::Schema};
use crate::Result;

/// Takes a value for somebody. A conflict is that somebody else has it.
pub async fn take(conn: &mut Conn, schema: &Schema, name: &str, value: &Value, user: &UserId) -> Result<()> {
    let Some((_, folded)) = index::forms(value).filter(|(text, _)| !text.is_empty()) else { return Ok(()) };
    query("insert into unique_attribute (schema_id, name, folded, user_id) values ($1, $2, $3, $4)")
        .bind(schema.key())
        .bind(name)
        .bind(folded)
        .bind(user.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether somebody else has the value.
pub async fn is_taken(
    conn: &mut Conn,
    schema: &Schema,
    name: &str,
    value: &Value,
    own: Option<&UserId>,
) -> Result<bool> {
    let Some((_, folded)) = index::forms(value).filter(|(text, _)| !text.is_empty()) else { return Ok(false) };
    let row = query("select user_id from unique_attribute where schema_id = $1 and name = $2 and folded = $3");
    let row = row.bind(schema.key()).bind(name).bind(folded).optional(conn).await?;
    let holder = row.map(|row| row.get::<String>("user_id")).transpose()?;
    Ok(holder.is_some_and(|holder| own.is_none_or(|own| own.as_str() != holder)))
}

/// Gives back what somebody had taken.
pub async fn release(conn: &mut Conn, user: &UserId) -> Result<()> {
    query("delete from unique_attribute where user_id = $1").bind(user.as_str()).execute(conn).await?;
    Ok(())
}

/// Forgets an attribute, of everybody.
pub async fn forget(conn: &mut Conn, schema: &Schema, name: &str) -> Result<()> {
    let gone = query("delete from unique_attribute where schema_id = $1 and name = $2");
    gone.bind(schema.key()).bind(name).execute(conn).await?;
    Ok(())
}

/// Makes an attribute unique that was not: takes the values that people have. A conflict is that two have the same.
pub async fn begin(conn: &mut Conn, schema: &Schema, name: &str) -> Result<()> {
    query(
        "insert into unique_attribute (schema_id, name, folded, user_id)
         select t.schema_id, a.name, a.folded, a.user_id
         from user_attribute a join org_user u on u.id = a.user_id join user_type t on t.id = u.type_id
         where t.schema_id = $1 and a.name = $2 and a.value <> ''",
    )
    .bind(schema.key())
    .bind(name)
    .execute(conn)
    .await?;
    Ok(())
}
