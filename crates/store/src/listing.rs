//! Lists: a search text, an order out of an allow-list, and pages by cursor.
//!
//! A cursor says after which row the next page begins (the value sorted by, and the id), so a page costs the same wherever it is,
//! and rows that come or go meanwhile neither repeat nor hide others. Invariant: what a caller sends is bound or looked up in the
//! allow-list; none of it becomes text of a statement.

use db::{Conn, Query, Row};

use crate::{Error, Result};

/// Rows of one page, when the caller does not say.
pub const LIMIT_DEFAULT: u32 = 50;
/// Rows of one page at most.
pub const LIMIT_MAX: u32 = 500;
/// Characters of a search text that are looked at.
pub const SEARCH_CHARS_MAX: usize = 200;
/// A longer cursor is not one of ours.
pub const CURSOR_CHARS_MAX: usize = 4_000;

/// What a caller asks of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Rows of the page; none: [`LIMIT_DEFAULT`].
    pub limit: Option<u32>,
    /// The cursor that the page before gave.
    pub after: Option<String>,
    /// Rows that contain this text, whatever its case.
    pub q: Option<String>,
    /// `created`, or `-created` for the other direction.
    pub sort: Option<String>,
}

/// One page, and the cursor of the next one if there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl<T> Page<T> {
    pub fn map<U>(self, to: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(to).collect(), next: self.next }
    }
}

/// How values of a sort key are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
}

/// One order that a list can be had in. `sql` is never null.
#[derive(Clone, Copy, Debug)]
pub struct SortKey {
    pub name: &'static str,
    pub sql: &'static str,
    pub kind: Kind,
}

impl SortKey {
    pub const fn text(name: &'static str, sql: &'static str) -> SortKey {
        SortKey { name, sql, kind: Kind::Text }
    }

    pub const fn number(name: &'static str, sql: &'static str) -> SortKey {
        SortKey { name, sql, kind: Kind::Number }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Key {
    Text(String),
    Number(i64),
}

/// A listing whose order and cursor were read: ready to become a statement.
pub struct Listed {
    key: SortKey,
    descending: bool,
    after: Option<(Key, String)>,
    limit: u32,
    q: Option<String>,
}

impl Listing {
    /// Reads order and cursor. `default` is an order as a caller would write it.
    pub fn read(&self, keys: &[SortKey], default: &str) -> Result<Listed> {
        let asked = self.sort.as_deref().filter(|sort| !sort.is_empty()).unwrap_or(default);
        let (name, descending) = asked.strip_prefix('-').map_or((asked, false), |name| (name, true));
        let key = keys.iter().find(|key| key.name == name).ok_or_else(|| Error::UnknownSort(name.to_owned()))?;
        let after = match self.after.as_deref().filter(|after| !after.is_empty()) {
            Some(after) => Some(read_cursor(after, asked, key.kind).ok_or(Error::UnknownCursor)?),
            None => None,
        };
        let q = self.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
        let q = q.map(|q| q.chars().take(SEARCH_CHARS_MAX).collect::<String>());
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
        Ok(Listed { key: *key, descending, after, limit, q })
    }
}

impl Listed {
    /// The column that a statement of this list selects beside its own.
    pub fn sort_column(&self) -> String {
        format!("{} as sort_key", self.key.sql)
    }

    /// Keeps the rows in which one of `columns` contains the search text. The statement ends inside its `where`.
    pub fn search(&self, query: Query, columns: &[&str]) -> Query {
        let Some(q) = &self.q else { return query };
        let placeholder = query.next_placeholder();
        // The database folds both sides by its own rules: SQLite those of ASCII, PostgreSQL those of its locale.
        let any = columns.iter().map(|column| format!("lower({column}) like lower(${placeholder}) escape '\\'"));
        let any = any.collect::<Vec<_>>().join(" or ");
        let escaped = q.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        query.push(&format!(" and ({any})")).bind(format!("%{escaped}%"))
    }

    /// Adds cursor, order and limit to a statement that ends inside its `where`, and runs it. `id` is unique in the list.
    pub async fn page<T>(
        &self,
        query: Query,
        id: &str,
        conn: &mut Conn,
        read: impl Fn(&Row) -> Result<T>,
    ) -> Result<Page<T>> {
        let (key, direction) = (self.key.sql, if self.descending { "desc" } else { "asc" });
        let mut query = query;
        if let Some((value, row)) = &self.after {
            let placeholder = query.next_placeholder();
            let comparison = if self.descending { "<" } else { ">" };
            query = query.push(&format!(" and ({key}, {id}) {comparison} (${placeholder}, ${})", placeholder + 1));
            query = match value {
                Key::Text(value) => query.bind(value.as_str()),
                Key::Number(value) => query.bind(*value),
            };
            query = query.bind(row.as_str());
        }
        let placeholder = query.next_placeholder();
        query = query.push(&format!(" order by {key} {direction}, {id} {direction} limit ${placeholder}"));
        // One row more than the page has says whether there is a next one.
        let rows = query.bind(i64::from(self.limit) + 1).all(conn).await?;
        let shown = rows.len().min(self.limit as usize);
        let next = match rows.get(shown) {
            Some(_) => Some(self.cursor(&rows[shown - 1])?),
            None => None,
        };
        let items = rows[..shown].iter().map(read).collect::<Result<Vec<T>>>()?;
        Ok(Page { items, next })
    }

    fn cursor(&self, row: &Row) -> Result<String> {
        let value = match self.key.kind {
            Kind::Text => serde_json::Value::from(row.get::<String>("sort_key")?),
            Kind::Number => serde_json::Value::from(row.get::<i64>("sort_key")?),
        };
        let order = if self.descending { format!("-{}", self.key.name) } else { self.key.name.to_owned() };
        let cursor = serde_json::json!([order, value, row.get::<String>("id")?]).to_string();
        Ok(cursor.bytes().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// A cursor belongs to the order that it was made in.
fn read_cursor(cursor: &str, order: &str, kind: Kind) -> Option<(Key, String)> {
    if cursor.len() > CURSOR_CHARS_MAX || !cursor.is_ascii() || !cursor.len().is_multiple_of(2) {
        return None;
    }
    let bytes = (0..cursor.len()).step_by(2).map(|at| u8::from_str_radix(&cursor[at..at + 2], 16).ok());
    let bytes = bytes.collect::<Option<Vec<u8>>>()?;
    let (found, value, id): (String, serde_json::Value, String) = serde_json::from_slice(&bytes).ok()?;
    let key = match kind {
        Kind::Text => Key::Text(value.as_str()?.to_owned()),
        Kind::Number => Key::Number(value.as_i64()?),
    };
    (found == order && !id.contains('\0')).then_some((key, id))
}
