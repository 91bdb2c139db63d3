//! The one door to customers' databases.
//!
//! Invariant: a query that is withheld from its reader is described and never run.

use std::{path::PathBuf, sync::Arc, time::Duration};

use domain::{BoundQuery, ConnectionId, ConnectionKind, DataType};
use tokio_util::sync::CancellationToken;

use crate::{
    Catalog, Error, Limits, Load, Profile, Result, Rows, TestStep,
    column::{Described, names_and_types},
    driver::Driver,
    feed::{Feed, Taker},
    gate::{Gates, LOOKS_MAX, Place, Purpose},
    postgres::{PostgresDriver, Trust},
    sqlite::{Forbidden, SqliteDriver},
    stop::Stop,
};

/// A description or a catalog may take this long.
pub(crate) const LOOK_TIMEOUT: Duration = Duration::from_secs(30);

/// All connections of one portal. Cheap to clone.
#[derive(Clone)]
pub struct Sources {
    gates: Arc<Gates>,
    forbidden: Arc<Forbidden>,
    own: Option<Arc<str>>,
    trust: Arc<Trust>,
}

impl Sources {
    /// `forbidden` are files and folders that are never opened as a source, whatever path leads to them: the portal's own
    /// database, keys and results.
    pub fn new(forbidden: Vec<PathBuf>) -> Sources {
        Sources {
            gates: Arc::default(),
            forbidden: Arc::new(Forbidden::new(forbidden)),
            own: None,
            trust: Arc::new(Trust::public()),
        }
    }

    /// Refuses the PostgreSQL database of this identity, whatever address leads there: the portal's own metadata. It is
    /// `<system identifier of the server>/<name of the database>`.
    pub fn never(mut self, identity: Option<String>) -> Sources {
        self.own = identity.map(Into::into);
        self
    }

    /// Believes certificates of these authorities (PEM) beside the public ones.
    pub fn trusting(mut self, authorities_pem: &[u8]) -> Result<Sources> {
        self.trust = Arc::new(Trust::public().and(authorities_pem)?);
        Ok(self)
    }

    /// Runs a query. Waits for a place at the connection, then for the columns; the rows follow in [`Rows::stream`].
    ///
    /// `cancel` and dropping the rows stop the database's work. A place is held until the database has stopped.
    pub async fn run(
        &self,
        profile: &Profile,
        query: &BoundQuery,
        limits: Limits,
        cancel: CancellationToken,
    ) -> Result<Rows> {
        if !query.withheld().is_empty() {
            return Ok(Rows::none(&self.describe(profile, query).await?));
        }
        let driver = self.driver(profile);
        let connection = &profile.connection;
        let places_max = connection.budget.concurrent_max;
        let place = self.gates.enter(&connection.id, Purpose::Run, places_max, &cancel).await?;

        // Ends with the rows as well as with the caller's token.
        let until_dropped = cancel.child_token();
        let (stop, watch) = Stop::watch(until_dropped.clone(), limits.timeout);
        let until_dropped = until_dropped.drop_guard();
        let (mut feed, Taker { begun, batches, outcome }) = Feed::new(limits, stop.clone());
        let query = query.clone();
        tokio::spawn(async move {
            let result = driver.run(&query, &mut feed, &stop).await;
            drop((place, watch, driver));
            feed.finish(result).await;
        });
        let begun = begun.await.map_err(|_| Error::driver("it ended without an answer"))??;
        Ok(Rows::streaming(&begun.columns, begun.schema, batches, outcome, until_dropped))
    }

    /// The columns that a query returns. PostgreSQL is asked for them without running anything; SQLite has no types for
    /// expressions, so the first rows are looked at.
    pub async fn columns(&self, profile: &Profile, query: &BoundQuery) -> Result<Vec<(String, DataType)>> {
        Ok(names_and_types(&self.describe(profile, query).await?))
    }

    /// Tables and views with their columns.
    pub async fn catalog(&self, profile: &Profile) -> Result<Catalog> {
        let (_place, stop, _watch) = self.look(profile).await?;
        let catalog = self.driver(profile).catalog(&stop).await;
        catalog.map_err(|error| if stop.is_requested() { stop.error() } else { error })
    }

    /// Tests a connection step by step; the first step that fails is the last.
    pub async fn test(&self, profile: &Profile) -> Vec<TestStep> {
        match self.look(profile).await {
            Ok(_place) => self.driver(profile).test().await,
            Err(error) => vec![TestStep::of("place", &error)],
        }
    }

    /// How many runs have a place at a connection, and how many wait for one.
    pub fn load(&self, connection: &ConnectionId) -> Load {
        self.gates.load(connection)
    }

    async fn describe(&self, profile: &Profile, query: &BoundQuery) -> Result<Vec<Described>> {
        let (_place, stop, _watch) = self.look(profile).await?;
        let columns = self.driver(profile).columns(query, &stop).await;
        columns.map_err(|error| if stop.is_requested() { stop.error() } else { error })
    }

    async fn look(&self, profile: &Profile) -> Result<(Place, Stop, tokio_util::sync::DropGuard)> {
        let never = CancellationToken::new();
        let place = self.gates.enter(&profile.connection.id, Purpose::Look, LOOKS_MAX, &never).await?;
        let (stop, watch) = Stop::watch(never, LOOK_TIMEOUT);
        Ok((place, stop, watch))
    }

    fn driver(&self, profile: &Profile) -> Box<dyn Driver> {
        match &profile.connection.kind {
            ConnectionKind::Sqlite { path } => Box::new(SqliteDriver::new(PathBuf::from(path), self.forbidden.clone())),
            ConnectionKind::PostgreSql { host, port, database, user, tls } => Box::new(
                PostgresDriver::new(host, *port, database, user, profile.password.clone(), *tls, &self.trust)
                    .never(self.own.clone()),
            ),
        }
    }
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sources")
    }
}
