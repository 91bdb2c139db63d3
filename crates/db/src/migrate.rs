//! Migrations: numbered, forward only, never edited once merged. One text runs on both databases.
//!
//! Invariant: a migration runs in one transaction together with the row that says that it ran; before the first one that runs
//! on an existing SQLite file a copy of that file is made beside it.

use std::path::PathBuf;

use world::Instant;

use crate::{Db, Error, Result, query};

/// One migration: `Migration::new(7, "firing", include_str!("../migrations/0007_firing.sql"))`.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    pub number: i64,
    pub name: &'static str,
    pub sql: &'static str,
}

impl Migration {
    pub const fn new(number: i64, name: &'static str, sql: &'static str) -> Migration {
        Migration { number, name, sql }
    }

    /// FNV-1a of the text: enough to notice an edit, and no secret depends on it.
    fn fingerprint(&self) -> String {
        let hash = self
            .sql
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{hash:016x}")
    }
}

/// What [`run`] did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Migrated {
    pub ran: Vec<i64>,
    /// The copy of the SQLite file from before, where one was made.
    pub copy: Option<PathBuf>,
}

const TABLE: &str = "create table if not exists migration (
    number      bigint not null primary key,
    name        text   not null,
    fingerprint text   not null,
    applied_us  bigint not null
)";

/// A number that no other program takes, so that two processes starting at once wait for each other.
const POSTGRES_LOCK: i64 = 0x7765_6272;

/// Runs the migrations that have not run yet, in order.
pub async fn run(db: &Db, migrations: &[Migration], now: Instant) -> Result<Migrated> {
    let mut tx = db.begin().await?;
    if !tx.is_sqlite() {
        query("select pg_advisory_xact_lock($1)").bind(POSTGRES_LOCK).execute(&mut tx).await?;
    }
    tx.raw(TABLE).await?;
    let mut applied = Vec::new();
    for row in query("select number, name, fingerprint from migration order by number").all(&mut tx).await? {
        applied.push((row.get::<i64>("number")?, row.get::<String>("name")?, row.get::<String>("fingerprint")?));
    }
    tx.commit().await?;

    let known = migrations.iter().map(|migration| migration.number).max().unwrap_or(0);
    if let Some((found, _, _)) = applied.last().filter(|(number, _, _)| *number > known) {
        return Err(Error::Newer { found: *found, known });
    }
    let mut migrated = Migrated::default();
    for migration in migrations {
        match applied.iter().find(|(number, _, _)| *number == migration.number) {
            Some((number, name, fingerprint)) if *fingerprint != migration.fingerprint() => {
                return Err(Error::MigrationEdited { number: *number, name: name.clone() });
            }
            Some(_) => {}
            None => {
                if migrated.ran.is_empty() && !applied.is_empty() {
                    migrated.copy = copy(db, applied.last().map_or(0, |(number, _, _)| *number)).await?;
                }
                if apply(db, migration, now).await? {
                    migrated.ran.push(migration.number);
                }
            }
        }
    }
    Ok(migrated)
}

async fn apply(db: &Db, migration: &Migration, now: Instant) -> Result<bool> {
    let named = |source: Error| Error::Migration {
        number: migration.number,
        name: migration.name.to_owned(),
        source: Box::new(source),
    };
    let mut tx = db.begin().await?;
    if !tx.is_sqlite() {
        query("select pg_advisory_xact_lock($1)").bind(POSTGRES_LOCK).execute(&mut tx).await?;
    }
    let claimed = query("insert into migration (number, name, fingerprint, applied_us) values ($1, $2, $3, $4) on conflict (number) do nothing")
        .bind(migration.number)
        .bind(migration.name)
        .bind(migration.fingerprint())
        .bind(now);
    if claimed.execute(&mut tx).await? == 0 {
        return Ok(false);
    }
    tx.raw(migration.sql).await.map_err(named)?;
    tx.commit().await?;
    Ok(true)
}

/// Copies the SQLite file to `<file>.before-<last migration>`; PostgreSQL has its own backups.
async fn copy(db: &Db, last: i64) -> Result<Option<PathBuf>> {
    let Some(file) = db.file() else { return Ok(None) };
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".before-{:04}", last + 1));
    let copy = file.with_file_name(name);
    if copy.exists() {
        return Ok(Some(copy));
    }
    query("vacuum into $1").bind(copy.display().to_string()).execute(&mut *db.read().await?).await?;
    Ok(Some(copy))
}
