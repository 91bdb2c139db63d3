//! People: one person's row.
//!
//! Invariant: logins are unique without regard to case; `user_attribute` says the same as the profile.

use db::{Conn, Row, query};
use world::{Instant, World};

pub use super::user_type::{UserType, create_type, default_type, type_by_id};
use super::{
    fold,
    id::{UserId, UserTypeId},
    index, password_history,
    profile::Profile,
    schema::{self, Schema},
    unique,
};
use crate::{Error, Result};

macro_rules! statuses {
    ($($variant:ident $text:literal;)*) => {
        /// A person's status, as the API writes it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Status { $($variant,)* }

        impl Status {
            pub const ALL: &[Status] = &[$(Status::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Status::$variant => $text,)* }
            }

            pub fn parse(text: &str) -> Option<Status> {
                match text { $($text => Some(Status::$variant),)* _ => None }
            }
        }
    };
}

statuses! {
    Staged "STAGED";
    Provisioned "PROVISIONED";
    Active "ACTIVE";
    Recovery "RECOVERY";
    PasswordExpired "PASSWORD_EXPIRED";
    LockedOut "LOCKED_OUT";
    Suspended "SUSPENDED";
    Deprovisioned "DEPROVISIONED";
}

/// Who keeps a person's password: the org itself, or another provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    pub kind: String,
    pub name: String,
}

impl Provider {
    /// Of somebody whose password was imported and has not been used yet.
    pub fn import() -> Provider {
        Provider { kind: "IMPORT".to_owned(), name: "IMPORT".to_owned() }
    }

    pub fn okta() -> Provider {
        Provider { kind: "OKTA".to_owned(), name: "OKTA".to_owned() }
    }

    /// Whether sign-in with a password of ours is possible.
    pub fn is_local(&self) -> bool {
        matches!(self.kind.as_str(), "OKTA" | "IMPORT")
    }
}

#[derive(Clone, Debug)]
pub struct User {
    pub id: UserId,
    pub type_id: UserTypeId,
    pub status: Status,
    pub login: String,
    pub profile: Profile,
    pub has_password: bool,
    pub provider: Provider,
    pub recovery_question: Option<String>,
    pub created: Instant,
    pub activated: Option<Instant>,
    pub status_changed: Option<Instant>,
    pub last_login: Option<Instant>,
    pub last_updated: Instant,
    pub password_changed: Option<Instant>,
}

impl User {
    pub(super) const COLUMNS: &str =
        "u.id, u.type_id, u.status, u.login, u.profile, u.provider_type, u.provider_name, u.recovery_question,
        u.created_us, u.activated_us, u.status_changed_us, u.last_login_us, u.updated_us, u.password_changed_us,
        cast(case when u.password_hash is null then 0 else 1 end as bigint) as has_password";

    pub(super) fn read(row: &Row) -> Result<User> {
        let status: String = row.get("status")?;
        let profile: String = row.get("profile")?;
        let stored = |reason: &str| Error::Stored { what: "person", reason: reason.to_owned() };
        Ok(User {
            id: row.get::<String>("id")?.into(),
            type_id: row.get::<String>("type_id")?.into(),
            status: Status::parse(&status).ok_or_else(|| stored("unknown status"))?,
            login: row.get("login")?,
            profile: Profile::parse(&profile).ok_or_else(|| stored("the profile is no JSON object"))?,
            has_password: row.get("has_password")?,
            provider: Provider { kind: row.get("provider_type")?, name: row.get("provider_name")? },
            recovery_question: row.get("recovery_question")?,
            created: row.get("created_us")?,
            activated: row.get("activated_us")?,
            status_changed: row.get("status_changed_us")?,
            last_login: row.get("last_login_us")?,
            last_updated: row.get("updated_us")?,
            password_changed: row.get("password_changed_us")?,
        })
    }
}

impl User {
    /// For a client that acts for itself: somebody who is in no table, whose id and login are the client's.
    pub fn stand_in(client_id: &str, label: &str, type_id: UserTypeId, now: Instant) -> User {
        User {
            id: client_id.into(),
            type_id,
            status: Status::Active,
            login: client_id.to_owned(),
            profile: Profile::of(client_id, "", label, ""),
            has_password: false,
            provider: Provider::okta(),
            recovery_question: None,
            created: now,
            activated: None,
            status_changed: None,
            last_login: None,
            last_updated: now,
            password_changed: None,
        }
    }
}

/// What a new person begins with.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub type_id: UserTypeId,
    pub status: Status,
    pub profile: Profile,
    pub password_hash: Option<String>,
    pub provider: Provider,
    /// The question, and the hash of its answer.
    pub recovery: Option<(String, String)>,
}

/// Makes a person. Membership of Everyone is the caller's (`group::add_to_everyone`).
pub async fn create(conn: &mut Conn, world: &World, new: &NewUser) -> Result<User> {
    let id = UserId::new(world);
    let now = world.now().whole_second();
    let activated = (!matches!(new.status, Status::Staged | Status::Provisioned)).then_some(now);
    let activated = activated.or((new.status == Status::Provisioned).then_some(now));
    let (question, answer_hash) = new.recovery.clone().unzip();
    let login = new.profile.login();
    query(
        "insert into org_user (id, type_id, status, login, login_folded, login_prefix_folded, email_folded, profile, password_hash,
            provider_type, provider_name, recovery_question, recovery_answer_hash, created_us, activated_us, status_changed_us,
            updated_us, password_changed_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
    )
    .bind(id.as_str())
    .bind(new.type_id.as_str())
    .bind(new.status.as_str())
    .bind(login)
    .bind(fold(login))
    .bind(login_prefix(login))
    .bind(fold(new.profile.email()))
    .bind(new.profile.to_text())
    .bind(new.password_hash.clone())
    .bind(&new.provider.kind)
    .bind(&new.provider.name)
    .bind(question)
    .bind(answer_hash)
    .bind(now)
    .bind(activated)
    .bind(activated)
    .bind(now)
    .bind(new.password_hash.is_some().then_some(now))
    .execute(conn)
    .await?;
    let schema = schema::of_type(conn, &new.type_id).await?;
    index_profile(conn, &id, &new.profile, &schema).await?;
    if let Some(hash) = &new.password_hash {
        password_history::remember(conn, &id, hash, now).await?;
    }
    let created = by_id(conn, &id).await?;
    created.ok_or_else(|| Error::Stored { what: "person", reason: "it is gone right after it was made".to_owned() })
}

pub async fn by_id(conn: &mut Conn, id: &UserId) -> Result<Option<User>> {
    let sql = format!("select {} from org_user u where u.id = $1", User::COLUMNS);
    let row = query(sql).bind(id.as_str()).optional(conn).await?;
    row.map(|row| User::read(&row)).transpose()
}

/// By the whole login, without regard to case.
pub async fn by_login(conn: &mut Conn, login: &str) -> Result<Option<User>> {
    let sql = format!("select {} from org_user u where u.login_folded = $1", User::COLUMNS);
    let row = query(sql).bind(fold(login)).optional(conn).await?;
    row.map(|row| User::read(&row)).transpose()
}

/// By id, login, or the part of a login before `@` when only one person has it.
pub async fn find(conn: &mut Conn, text: &str) -> Result<Option<User>> {
    if let Some(user) = by_id(conn, &text.into()).await? {
        return Ok(Some(user));
    }
    if let Some(user) = by_login(conn, text).await? {
        return Ok(Some(user));
    }
    let sql = format!("select {} from org_user u where u.login_prefix_folded = $1 limit 2", User::COLUMNS);
    let rows = query(sql).bind(fold(text)).all(conn).await?;
    if rows.len() == 1 { User::read(&rows[0]).map(Some) } else { Ok(None) }
}

/// Sets status and its time. What the status means for sessions, assignments and passwords is the caller's to do.
pub async fn set_status(conn: &mut Conn, id: &UserId, status: Status, now: Instant) -> Result<()> {
    let now = now.whole_second();
    let activates = matches!(status, Status::Active | Status::Provisioned);
    query(
        "update org_user set status = $1, status_changed_us = $2, updated_us = $2,
            activated_us = case when $3 = 1 and (activated_us is null or status in ('STAGED', 'DEPROVISIONED')) then $2 else activated_us end
         where id = $4",
    )
    .bind(status.as_str())
    .bind(now)
    .bind(activates)
    .bind(id.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes a successful sign-in.
pub async fn record_login(conn: &mut Conn, id: &UserId, now: Instant) -> Result<()> {
    let update = query("update org_user set last_login_us = $1 where id = $2");
    update.bind(now.whole_second()).bind(id.as_str()).execute(conn).await?;
    Ok(())
}

/// Replaces the profile, its login and mail address with it, and the user type, whose schema the profile follows.
pub async fn update_profile(
    conn: &mut Conn,
    id: &UserId,
    kind: &UserTypeId,
    profile: &Profile,
    now: Instant,
) -> Result<()> {
    let login = profile.login();
    query(
        "update org_user set login = $1, login_folded = $2, login_prefix_folded = $3, email_folded = $4, profile = $5, updated_us = $6,
            type_id = $7
         where id = $8",
    )
    .bind(login)
    .bind(fold(login))
    .bind(login_prefix(login))
    .bind(fold(profile.email()))
    .bind(profile.to_text())
    .bind(now.whole_second())
    .bind(kind.as_str())
    .bind(id.as_str())
    .execute(conn)
    .await?;
    query("delete from user_attribute where user_id = $1").bind(id.as_str()).execute(conn).await?;
    unique::release(conn, id).await?;
    let schema = schema::of_type(conn, kind).await?;
    index_profile(conn, id, profile, &schema).await
}

/// The argon2id hash of the password, where there is one.
pub async fn password_hash(conn: &mut Conn, id: &UserId) -> Result<Option<String>> {
    let row = query("select password_hash from org_user where id = $1").bind(id.as_str()).optional(conn).await?;
    Ok(row.map(|row| row.get("password_hash")).transpose()?.flatten())
}

/// Sets the password's hash and the time of the change. Whose password was imported has one of ours from then on.
pub async fn set_password_hash(conn: &mut Conn, id: &UserId, hash: Option<&str>, now: Instant) -> Result<()> {
    let now = now.whole_second();
    query("update org_user set password_hash = $1, password_changed_us = case when $1 is null then password_changed_us else $2 end, updated_us = $2,
            provider_type = case when provider_type = 'IMPORT' then 'OKTA' else provider_type end,
            provider_name = case when provider_type = 'IMPORT' then 'OKTA' else provider_name end
         where id = $3")
        .bind(hash)
        .bind(now)
        .bind(id.as_str())
        .execute(conn)
        .await?;
    if let Some(hash) = hash {
        password_history::remember(conn, id, hash, now).await?;
    }
    Ok(())
}

/// Renews the hash of the same password with today's parameters. Nobody sees it, but that an imported password is the org's own now.
pub async fn renew_password_hash(conn: &mut Conn, id: &UserId, hash: &str) -> Result<()> {
    query(
        "update org_user set password_hash = $1,
            provider_type = case when provider_type = 'IMPORT' then 'OKTA' else provider_type end,
            provider_name = case when provider_type = 'IMPORT' then 'OKTA' else provider_name end
         where id = $2",
    )
    .bind(hash)
    .bind(id.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// Sets the hash of a password that was made elsewhere; the person counts as imported until it is used.
pub async fn set_imported_hash(conn: &mut Conn, id: &UserId, hash: &str, now: Instant) -> Result<()> {
    query(
        "update org_user set password_hash = $1, password_changed_us = $2, updated_us = $2, provider_type = 'IMPORT', provider_name = 'IMPORT'
         where id = $3",
    )
    .bind(hash)
    .bind(now.whole_second())
    .bind(id.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// The hash of the recovery question's answer.
pub async fn recovery_answer_hash(conn: &mut Conn, id: &UserId) -> Result<Option<String>> {
    let row = query("select recovery_answer_hash from org_user where id = $1").bind(id.as_str()).optional(conn).await?;
    Ok(row.map(|row| row.get("recovery_answer_hash")).transpose()?.flatten())
}

pub async fn set_recovery(conn: &mut Conn, id: &UserId, question: &str, answer_hash: &str, now: Instant) -> Result<()> {
    query("update org_user set recovery_question = $1, recovery_answer_hash = $2, updated_us = $3 where id = $4")
        .bind(question)
        .bind(answer_hash)
        .bind(now.whole_second())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes what a person knew: at deactivation.
pub async fn forget_credentials(conn: &mut Conn, id: &UserId) -> Result<()> {
    query(
        "update org_user set password_hash = null, recovery_question = null, recovery_answer_hash = null where id = $1",
    )
    .bind(id.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes the person with everything that hangs on it.
pub async fn delete(conn: &mut Conn, id: &UserId) -> Result<()> {
    query("delete from org_user where id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}

/// How many people there are of each status.
pub async fn count_by_status(conn: &mut Conn) -> Result<Vec<(Status, i64)>> {
    let rows = query("select status, count(*) as n from org_user group by status order by status").all(conn).await?;
    let mut counts = Vec::new();
    for row in rows {
        let status: String = row.get("status")?;
        if let Some(status) = Status::parse(&status) {
            counts.push((status, row.get("n")?));
        }
    }
    Ok(counts)
}

fn login_prefix(login: &str) -> String {
    fold(login.split('@').next().unwrap_or_default())
}

/// Writes what is searched in a profile, and takes the values that only one person may have.
async fn index_profile(conn: &mut Conn, id: &UserId, profile: &Profile, schema: &Schema) -> Result<()> {
    for (name, position, value, folded) in index::rows(profile.entries()) {
        query("insert into user_attribute (user_id, name, position, value, folded) values ($1, $2, $3, $4, $5)")
            .bind(id.as_str())
            .bind(name)
            .bind(position)
            .bind(value)
            .bind(folded)
            .execute(conn)
            .await?;
    }
    for attribute in schema.custom.iter().filter(|attribute| attribute.is_unique()) {
        if let Some(value) = profile.value(&attribute.name) {
            unique::take(conn, schema, &attribute.name, value, id).await?;
        }
    }
    Ok(())
}
