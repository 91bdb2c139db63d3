//! What a database must be able to do to be a source.

use async_trait::async_trait;
use domain::BoundQuery;

use crate::{Catalog, Result, TestStep, column::Described, feed::Feed, stop::Stop};

/// One connection profile, ready to be used. Opens what it needs and closes it again; nothing is shared between two runs.
///
/// Whatever it does, it only reads, and it ends soon after `stop` is requested, the database's own work included: when a
/// method returns, the database no longer works for it.
#[async_trait]
pub(crate) trait Driver: Send + Sync {
    /// Runs the query: [`Feed::begin`] once, then batches. The query is never a withheld one.
    async fn run(&self, query: &BoundQuery, feed: &mut Feed, stop: &Stop) -> Result<()>;

    /// The columns that the query returns. Of a withheld query no row is looked at.
    async fn columns(&self, query: &BoundQuery, stop: &Stop) -> Result<Vec<Described>>;

    /// Tables and views that the connection's user may read.
    async fn catalog(&self, stop: &Stop) -> Result<Catalog>;

    /// Steps from the name of the server to its version; the first that fails is the last.
    async fn test(&self) -> Vec<TestStep>;
}
