//! PostgreSQL, one connection a run.
//!
//! Invariant: whatever runs, runs in a read-only transaction with the run's own time limit, and a run that ends early ends the
//! server's work before its place is given back. Connections are not pooled: a run's settings and its cancel key end with it,
//! and the handshake is small beside a report.

mod bind;
mod catalog;
mod numeric;
mod read;
mod session;
mod test;
mod tls;
mod types;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{BoundQuery, PostgresTls};
use vault::Secret;

use session::Session;
pub(crate) use tls::Trust;

use crate::{Catalog, Result, TestStep, column::Described, driver::Driver, feed::Feed, stop::Stop};

pub(crate) struct PostgresDriver {
    host: String,
    port: u16,
    database: String,
    user: String,
    password: Option<Secret>,
    tls: PostgresTls,
    trust: Arc<Trust>,
    own: Option<Arc<str>>,
}

impl PostgresDriver {
    pub(crate) fn new(
        host: &str,
        port: u16,
        database: &str,
        user: &str,
        password: Option<Secret>,
        tls: PostgresTls,
        trust: &Arc<Trust>,
    ) -> PostgresDriver {
        let (host, database, user) = (host.to_owned(), database.to_owned(), user.to_owned());
        PostgresDriver { host, port, database, user, password, tls, trust: trust.clone(), own: None }
    }

    /// The identity of the database that is never read.
    pub(crate) fn never(self, own: Option<Arc<str>>) -> PostgresDriver {
        PostgresDriver { own, ..self }
    }

    /// For messages: where, and not with what.
    fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

#[async_trait]
impl Driver for PostgresDriver {
    async fn run(&self, query: &BoundQuery, feed: &mut Feed, stop: &Stop) -> Result<()> {
        let mut session = Session::open(self, stop).await?;
        let done = session.cancel().guard(stop, read::run(&mut session.client, query, feed, stop)).await;
        session.close().await;
        done
    }

    async fn columns(&self, query: &BoundQuery, stop: &Stop) -> Result<Vec<Described>> {
        let mut session = Session::open(self, stop).await?;
        let done = session.cancel().guard(stop, read::describe(&mut session.client, query, stop)).await;
        session.close().await;
        done
    }

    async fn catalog(&self, stop: &Stop) -> Result<Catalog> {
        let mut session = Session::open(self, stop).await?;
        let done = session.cancel().guard(stop, catalog::read(&mut session.client, stop)).await;
        session.close().await;
        done
    }

    async fn test(&self) -> Vec<TestStep> {
        test::steps(self).await
    }
}
