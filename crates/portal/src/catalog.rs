//! The catalog of a connection: the tables and columns that a publisher can write a query against.

use domain::{Actor, ConnectionId};

use crate::{Portal, Result};

impl Portal {
    pub async fn catalog(&self, actor: &Actor, id: &ConnectionId) -> Result<source::Catalog> {
        let (stored, _) = self.connection_to_publish_on(actor, id).await?;
        let profile = self.profile(stored.connection).await?;
        Ok(self.sources.catalog(&profile).await?)
    }
}
