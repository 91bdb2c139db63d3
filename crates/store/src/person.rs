//! People. A person is (issuer, subject); login and e-mail are labels. A local account has the issuer `local`.

use db::{Conn, Row, query};
use domain::PersonId;
use vault::Secret;
use world::{Instant, Random};

use crate::{Error, Listing, Page, Result, listing::SortKey};

/// The issuer of local accounts.
pub const LOCAL_ISSUER: &str = "local";

/// Who owns a person and their memberships: the org, or this portal. Never both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Okta,
    Local,
}

impl Source {
    pub const ALL: [Source; 2] = [Source::Okta, Source::Local];

    pub fn as_str(self) -> &'static str {
        match self {
            Source::Okta => "okta",
            Source::Local => "local",
        }
    }

    fn parse(found: String) -> Result<Source> {
        match found.as_str() {
            "okta" => Ok(Source::Okta),
            "local" => Ok(Source::Local),
            _ => Err(Error::Unknown { column: "person.source", found }),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    pub source: Source,
    pub issuer: String,
    pub subject: String,
    pub name: String,
    pub login: String,
    pub email: String,
    /// The org's word, such as ACTIVE.
    pub status: String,
    pub is_active: bool,
    /// Sessions of an earlier epoch have ended.
    pub epoch: i64,
    /// When groups and status were last read from where they are owned.
    pub rights_at: Instant,
    /// When an ID token's claim last confirmed them instead.
    pub claim_at: Option<Instant>,
    pub last_sign_in_at: Option<Instant>,
    pub created_at: Instant,
}

/// A person as the org describes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen<'a> {
    pub issuer: &'a str,
    pub subject: &'a str,
    pub name: &'a str,
    pub login: &'a str,
    pub email: &'a str,
    pub status: &'a str,
    pub is_active: bool,
}

/// What the sync compares: everybody of one issuer, small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: PersonId,
    pub name: String,
    pub login: String,
    pub email: String,
    pub status: String,
}

pub(crate) const COLUMNS: &str = "p.id, p.source, p.issuer, p.subject, p.name, p.login, p.email, p.status, p.active, p.epoch, \
     p.rights_us, p.claim_us, p.last_sign_in_us, p.created_us";

/// What the list can be sorted by.
pub const SORTS: &[SortKey] = &[
    SortKey::text("name", "lower(p.name)"),
    SortKey::text("login", "lower(p.login)"),
    SortKey::text("email", "lower(p.email)"),
    SortKey::text("source", "p.source"),
    SortKey::text("status", "p.status"),
    SortKey::number("created", "p.created_us"),
    SortKey::number("last_sign_in", "coalesce(p.last_sign_in_us, 0)"),
];

/// Adds a local account. A conflict: the login is taken.
pub async fn insert_local(
    conn: &mut Conn,
    id: &PersonId,
    name: &str,
    login: &str,
    email: &str,
    hash: &str,
    now: Instant,
) -> Result<()> {
    query(
        "insert into person (id, source, issuer, subject, name, login, email, status, active, epoch, rights_us, password_hash, created_us)
         values ($1, 'local', $2, $3, $4, $5, $6, 'ACTIVE', 1, 0, $7, $8, $7)",
    )
    .bind(id.as_str())
    .bind(LOCAL_ISSUER)
    .bind(login.to_lowercase())
    .bind(name)
    .bind(login)
    .bind(email)
    .bind(now)
    .bind(hash)
    .execute(conn)
    .await?;
    Ok(())
}

/// Records a person of the org as it describes them now. The id is that of the row that there now is.
pub async fn record(conn: &mut Conn, random: &(dyn Random + '_), seen: &Seen<'_>, now: Instant) -> Result<PersonId> {
    let row = query(
        "insert into person (id, source, issuer, subject, name, login, email, status, active, epoch, rights_us, created_us)
         values ($1, 'okta', $2, $3, $4, $5, $6, $7, $8, 0, 0, $9)
         on conflict (issuer, subject) do update set name = excluded.name, login = excluded.login, email = excluded.email,
             status = excluded.status, active = excluded.active
         returning id",
    )
    .bind(PersonId::new(random).as_str())
    .bind(seen.issuer)
    .bind(seen.subject)
    .bind(seen.name)
    .bind(seen.login)
    .bind(seen.email)
    .bind(seen.status)
    .bind(seen.is_active)
    .bind(now)
    .one(conn)
    .await?;
    Ok(row.get::<String>("id")?.into())
}

pub async fn find(conn: &mut Conn, id: &PersonId) -> Result<Option<Person>> {
    let statement = query(format!("select {COLUMNS} from person p where p.id = $1"));
    statement.bind(id.as_str()).optional(conn).await?.as_ref().map(read).transpose()
}

pub async fn by_subject(conn: &mut Conn, issuer: &str, subject: &str) -> Result<Option<Person>> {
    let statement = query(format!("select {COLUMNS} from person p where p.issuer = $1 and p.subject = $2"));
    statement.bind(issuer).bind(subject).optional(conn).await?.as_ref().map(read).transpose()
}

/// A local account with the hash of its password.
pub async fn local_by_login(conn: &mut Conn, login: &str) -> Result<Option<(Person, Secret)>> {
    let statement =
        query(format!("select {COLUMNS}, p.password_hash from person p where p.issuer = $1 and p.subject = $2"));
    let row = statement.bind(LOCAL_ISSUER).bind(login.to_lowercase()).optional(conn).await?;
    let Some(row) = row else { return Ok(None) };
    let hash: Option<String> = row.get("password_hash")?;
    Ok(Some((read(&row)?, Secret::new(hash.unwrap_or_default()))))
}

pub async fn set_password_hash(conn: &mut Conn, id: &PersonId, hash: &str) -> Result<()> {
    query("update person set password_hash = $2 where id = $1 and source = 'local'")
        .bind(id.as_str())
        .bind(hash)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn has_local(conn: &mut Conn) -> Result<bool> {
    Ok(query("select id from person where source = 'local' and active = 1 limit 1").optional(conn).await?.is_some())
}

/// Everybody of one issuer by subject, to compare with what the org says.
pub async fn known(conn: &mut Conn, issuer: &str) -> Result<std::collections::HashMap<String, Known>> {
    let rows = query("select id, subject, name, login, email, status from person where issuer = $1")
        .bind(issuer)
        .all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let known = Known {
                id: row.get::<String>("id")?.into(),
                name: row.get("name")?,
                login: row.get("login")?,
                email: row.get("email")?,
                status: row.get("status")?,
            };
            Ok((row.get::<String>("subject")?, known))
        })
        .collect()
}

/// Ends every session of a person: each request compares the epoch.
pub async fn end_sessions(conn: &mut Conn, id: &PersonId) -> Result<()> {
    query("update person set epoch = epoch + 1 where id = $1").bind(id.as_str()).execute(conn).await?;
    query("delete from session where person_id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}

/// Holds a person's epoch until the transaction ends: whoever ends their rights meanwhile waits, and then finds what the
/// transaction recorded. `false`: the epoch is over already, or the person is not active.
pub async fn hold_epoch(conn: &mut Conn, id: &PersonId, epoch: i64) -> Result<bool> {
    let held = query("update person set epoch = epoch where id = $1 and epoch = $2 and active = 1");
    Ok(held.bind(id.as_str()).bind(epoch).execute(conn).await? == 1)
}

/// Ends every session of everybody from the org.
pub async fn end_sessions_of_org(conn: &mut Conn) -> Result<()> {
    query("update person set epoch = epoch + 1 where source = 'okta'").execute(conn).await?;
    query("delete from session where person_id in (select id from person where source = 'okta')").execute(conn).await?;
    Ok(())
}

/// Groups and status were read from the org.
pub async fn rights_read(conn: &mut Conn, id: &PersonId, now: Instant) -> Result<()> {
    query("update person set rights_us = $2 where id = $1").bind(id.as_str()).bind(now).execute(conn).await?;
    Ok(())
}

/// The claim of an ID token confirmed what was read before.
pub async fn rights_confirmed(conn: &mut Conn, id: &PersonId, now: Instant) -> Result<()> {
    query("update person set claim_us = $2 where id = $1").bind(id.as_str()).bind(now).execute(conn).await?;
    Ok(())
}

pub async fn signed_in(conn: &mut Conn, id: &PersonId, now: Instant) -> Result<()> {
    query("update person set last_sign_in_us = $2 where id = $1").bind(id.as_str()).bind(now).execute(conn).await?;
    Ok(())
}

pub async fn count_of_org(conn: &mut Conn) -> Result<i64> {
    let row = query("select count(*) as n from person where source = 'okta' and active = 1").one(conn).await?;
    Ok(row.get("n")?)
}

pub async fn list(conn: &mut Conn, listing: &Listing) -> Result<Page<Person>> {
    let listed = listing.read(SORTS, "name")?;
    let statement = query(format!("select {COLUMNS}, {} from person p where 1 = 1", listed.sort_column()));
    listed.page(listed.search(statement, &["p.name", "p.login", "p.email"]), "p.id", conn, read).await
}

pub(crate) fn read(row: &Row) -> Result<Person> {
    Ok(Person {
        id: row.get::<String>("id")?.into(),
        source: Source::parse(row.get("source")?)?,
        issuer: row.get("issuer")?,
        subject: row.get("subject")?,
        name: row.get("name")?,
        login: row.get("login")?,
        email: row.get("email")?,
        status: row.get("status")?,
        is_active: row.get("active")?,
        epoch: row.get("epoch")?,
        rights_at: row.get("rights_us")?,
        claim_at: row.get("claim_us")?,
        last_sign_in_at: row.get("last_sign_in_us")?,
        created_at: row.get("created_us")?,
    })
}
