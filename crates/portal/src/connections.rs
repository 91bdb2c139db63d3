//! Connection profiles: add, change, test, look into, remove.
//!
//! Invariant: a password is never sent where it was not given for. Whoever changes the address of a profile gives the password
//! again; and no profile reaches the portal's own data.

use std::{collections::BTreeMap, path::Path};

use domain::{
    Actor, Budget, Connection, ConnectionId, ConnectionKind, Denied, Permission, Permit,
    actor::{AssignOn, PublishOn, Use},
};
use source::Profile;
use store::{
    Listing, Page,
    connection::{Publishers, StoredConnection},
};
use vault::Secret;

use crate::{Error, Portal, Result};

/// The folder beside the data folder in which an installation keeps the SQLite files of its own that are sources. Nothing in
/// the data folder itself is ever one.
pub const SOURCES_FOLDER: &str = "sources";

pub const NAME_CHARS_MAX: usize = 100;
const ADDRESS_CHARS_MAX: usize = 1_000;
const PASSWORD_BYTES_MAX: usize = 1_000;
pub const TIMEOUT_MS: std::ops::RangeInclusive<u64> = 1_000..=3_600_000;
pub const ROWS_MAX: std::ops::RangeInclusive<u64> = 1..=100_000_000;
pub const CONCURRENT_MAX: std::ops::RangeInclusive<u32> = 1..=64;

/// What a caller gives to add or change a profile.
#[derive(Clone, Debug)]
pub struct NewConnection {
    pub name: String,
    pub kind: ConnectionKind,
    pub budget: Budget,
    /// None keeps the password that is there.
    pub password: Option<Secret>,
    pub publishers: Publishers,
}

/// What can be done with a profile, all told; a person may do some of it.
pub const CONNECTION_ACTIONS: [&str; 4] = ["edit", "test", "delete", "publish"];

/// A profile as one person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionProfile {
    pub id: ConnectionId,
    pub name: String,
    /// `sqlite` or `postgresql`.
    pub kind: &'static str,
    /// How it is reached, for who may configure. A publisher knows its name.
    pub settings: Option<ConnectionKind>,
    pub password_set: bool,
    pub budget: Budget,
    pub publishers: Option<Publishers>,
    pub actions: Vec<&'static str>,
}

impl Portal {
    /// Profiles: every one for who may configure or manages reports, else those that one may publish against.
    pub async fn connections(&self, actor: &Actor, listing: &Listing) -> Result<Page<ConnectionProfile>> {
        let conn = &mut self.db.read().await?;
        if actor.has(Permission::Configure) || actor.has(Permission::ManageReports) {
            let page = store::connection::list(conn, listing).await?;
            let mut items = Vec::with_capacity(page.items.len());
            for stored in page.items {
                let publishers = store::connection::publishers(conn, &stored).await?;
                items.push(seen(actor, stored, publishers));
            }
            return Ok(Page { items, next: page.next });
        }
        actor.may(Use(Permission::Publish))?;
        let page = store::connection::list_of_publisher(conn, &actor.person, listing).await?;
        Ok(page.map(|stored| seen(actor, stored, Publishers::All)))
    }

    pub async fn connection(&self, actor: &Actor, id: &ConnectionId) -> Result<ConnectionProfile> {
        let (stored, publishers) = self.connection_to_assign_on(actor, id).await?;
        Ok(seen(actor, stored, publishers))
    }

    pub async fn add_connection(&self, actor: &Actor, new: NewConnection) -> Result<ConnectionProfile> {
        actor.may(Use(Permission::Configure))?;
        self.check_connection(&new)?;
        let connection = Connection {
            id: ConnectionId::new(self.world.random.as_ref()),
            name: new.name.trim().to_owned(),
            kind: new.kind,
            budget: new.budget,
        };
        let mut tx = self.db.begin().await?;
        let added = store::connection::insert(&mut tx, &connection, &new.publishers, self.now()).await;
        added.map_err(name_is_taken)?;
        if let Some(password) = new.password.filter(|password| !password.is_empty()) {
            store::connection::set_password(&mut tx, &self.vault, &connection.id, Some(&password)).await?;
        }
        self.record(&mut tx, actor, "connection", "added a connection profile", &connection.name).await?;
        tx.commit().await?;
        self.connection(actor, &connection.id).await
    }

    pub async fn change_connection(
        &self,
        actor: &Actor,
        id: &ConnectionId,
        new: NewConnection,
    ) -> Result<ConnectionProfile> {
        actor.may(Use(Permission::Configure))?;
        self.check_connection(&new)?;
        let mut tx = self.db.begin().await?;
        let before = store::connection::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
        if before.password_set && new.password.is_none() && moved(&before.connection.kind, &new.kind) {
            return Err(Error::invalid(
                "password",
                "the address changes: give the password again, so that it is not sent elsewhere unasked",
            ));
        }
        let after = Connection { id: id.clone(), name: new.name.trim().to_owned(), kind: new.kind, budget: new.budget };
        let changed = store::connection::update(&mut tx, &after, &new.publishers, self.now()).await;
        if !changed.map_err(name_is_taken)? {
            return Err(Error::NotFound);
        }
        if let Some(password) = &new.password {
            let password = Some(password).filter(|password| !password.is_empty());
            store::connection::set_password(&mut tx, &self.vault, id, password).await?;
        }
        self.record(&mut tx, actor, "connection", "changed a connection profile", &after.name).await?;
        tx.commit().await?;
        self.connection(actor, id).await
    }

    /// Removes a profile that no assignment uses.
    pub async fn remove_connection(&self, actor: &Actor, id: &ConnectionId) -> Result<()> {
        actor.may(Use(Permission::Configure))?;
        let mut tx = self.db.begin().await?;
        let stored = store::connection::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
        let used = store::assignment::count_of_connection(&mut tx, id).await?;
        if used > 0 {
            return Err(Error::Conflict(format!("{used} assignments use this connection profile; remove them first")));
        }
        store::connection::delete(&mut tx, id).await?;
        self.record(&mut tx, actor, "connection", "removed a connection profile", &stored.connection.name).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Tries a profile step by step: reached, signed in, may read, cannot write.
    pub async fn test_connection(&self, actor: &Actor, id: &ConnectionId) -> Result<Vec<source::TestStep>> {
        actor.may(Use(Permission::Configure))?;
        let stored = store::connection::find(&mut *self.db.read().await?, id).await?.ok_or(Error::NotFound)?;
        let profile = self.profile(stored.connection).await?;
        Ok(self.sources.test(&profile).await)
    }

    /// The profile, if this person may publish against it.
    pub(crate) async fn connection_to_publish_on(
        &self,
        actor: &Actor,
        id: &ConnectionId,
    ) -> Result<(StoredConnection, Publishers)> {
        self.allowed_connection(id, |asked| actor.may(asked)).await
    }

    /// The profile, if this person may assign reports on it.
    pub(crate) async fn connection_to_assign_on(
        &self,
        actor: &Actor,
        id: &ConnectionId,
    ) -> Result<(StoredConnection, Publishers)> {
        self.allowed_connection(id, |asked| actor.may(AssignOn(asked))).await
    }

    async fn allowed_connection(
        &self,
        id: &ConnectionId,
        may: impl FnOnce(PublishOn<'_>) -> Result<Permit<Connection>, Denied>,
    ) -> Result<(StoredConnection, Publishers)> {
        let conn = &mut self.db.read().await?;
        let stored = store::connection::find(conn, id).await?.ok_or(Error::NotFound)?;
        let publishers = store::connection::publishers(conn, &stored).await?;
        let named = match &publishers {
            Publishers::All => None,
            Publishers::Only(people) => Some(people.as_slice()),
        };
        may(PublishOn { connection: &stored.connection, publishers: named })?;
        Ok((stored, publishers))
    }

    /// A connection with its password opened, ready for a driver.
    pub(crate) async fn profile(&self, connection: Connection) -> Result<Profile> {
        if let ConnectionKind::Sqlite { path } = &connection.kind {
            self.check_file(path)?;
        }
        let password = store::connection::password(&mut *self.db.read().await?, &self.vault, &connection.id).await?;
        Ok(Profile { connection, password })
    }

    fn check_connection(&self, new: &NewConnection) -> Result<()> {
        let mut errors = BTreeMap::new();
        let mut wrong = |field: &str, message: String| drop(errors.insert(field.to_owned(), message));
        let name = new.name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            wrong("name", format!("a name of 1 to {NAME_CHARS_MAX} characters"));
        }
        match &new.kind {
            ConnectionKind::Sqlite { path } if path.trim().is_empty() || path.len() > ADDRESS_CHARS_MAX => {
                wrong("sqlite.path", "the path of a SQLite file on the server".to_owned());
            }
            ConnectionKind::Sqlite { path } => {
                if let Err(Error::Invalid(found)) = self.check_file(path) {
                    found.into_iter().for_each(|(field, message)| wrong(&field, message));
                }
            }
            ConnectionKind::PostgreSql { host, port, database, user, .. } => {
                for (field, value) in [("host", host), ("database", database), ("user", user)] {
                    let bad = |c: char| c.is_control() || (field == "host" && (c.is_whitespace() || "/@,".contains(c)));
                    if value.trim().is_empty() || value.len() > ADDRESS_CHARS_MAX || value.chars().any(bad) {
                        wrong(
                            &format!("postgresql.{field}"),
                            format!("a {field} is needed, without blanks or addresses around it"),
                        );
                    }
                }
                if *port == 0 {
                    wrong("postgresql.port", "a port between 1 and 65535; PostgreSQL's usual one is 5432".to_owned());
                }
            }
        }
        if new.password.as_ref().is_some_and(|password| password.len() > PASSWORD_BYTES_MAX) {
            wrong("password", format!("at most {PASSWORD_BYTES_MAX} bytes"));
        }
        if !TIMEOUT_MS.contains(&new.budget.timeout_ms) {
            wrong("timeout_ms", format!("between {} and {} milliseconds", TIMEOUT_MS.start(), TIMEOUT_MS.end()));
        }
        if !ROWS_MAX.contains(&new.budget.rows_max) {
            wrong("rows_max", format!("between {} and {} rows", ROWS_MAX.start(), ROWS_MAX.end()));
        }
        if !CONCURRENT_MAX.contains(&new.budget.concurrent_max) {
            wrong(
                "concurrent_max",
                format!("between {} and {} runs at once", CONCURRENT_MAX.start(), CONCURRENT_MAX.end()),
            );
        }
        if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
    }

    /// Refuses files of the portal's own, so that the form says it; the door to the sources refuses them again at each run.
    /// Links are followed first, so that none leads there.
    fn check_file(&self, path: &str) -> Result<()> {
        let path = Path::new(path);
        if !path.is_absolute() {
            return Err(Error::invalid(
                "sqlite.path",
                "the path begins with /: it does not depend on where the server was started",
            ));
        }
        // What is not there yet cannot be the portal's own; the test of the profile says that it is missing.
        let Ok(path) = path.canonicalize() else { return Ok(()) };
        let own = self.config.own_places();
        if own.iter().filter_map(|own| own.canonicalize().ok()).any(|own| path.starts_with(own)) {
            return Err(Error::invalid("sqlite.path", "this is WebReports' own data, which is never a source"));
        }
        Ok(())
    }
}

/// Whether the password would go to another server, or to another account.
fn moved(before: &ConnectionKind, after: &ConnectionKind) -> bool {
    match (before, after) {
        (
            ConnectionKind::PostgreSql { host, port, user, tls, .. },
            ConnectionKind::PostgreSql { host: host_after, port: port_after, user: user_after, tls: tls_after, .. },
        ) => (host, port, user, tls) != (host_after, port_after, user_after, tls_after),
        (ConnectionKind::Sqlite { .. }, ConnectionKind::Sqlite { .. }) => false,
        _ => true,
    }
}

fn seen(actor: &Actor, stored: StoredConnection, publishers: Publishers) -> ConnectionProfile {
    let configures = actor.has(Permission::Configure);
    let mut actions = Vec::new();
    if configures {
        actions.extend(["edit", "test", "delete"]);
    }
    if configures || actor.has(Permission::Publish) {
        actions.push("publish");
    }
    let connection = stored.connection;
    ConnectionProfile {
        id: connection.id,
        name: connection.name,
        kind: connection.kind.name(),
        settings: configures.then_some(connection.kind),
        password_set: stored.password_set,
        budget: connection.budget,
        publishers: configures.then_some(publishers),
        actions,
    }
}

fn name_is_taken(error: store::Error) -> Error {
    if error.is_conflict() { Error::invalid("name", "another connection profile has this name") } else { error.into() }
}
