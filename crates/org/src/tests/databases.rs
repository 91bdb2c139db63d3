//! The same test on SQLite and on PostgreSQL.

use super::site::Site;
use crate::OrgConfig;

/// Runs a test on a new org of each kind.
pub(crate) async fn each(test: impl AsyncFn(Site)) {
    test(Site::start().await).await;
    let url = testkit_postgres::Postgres::shared().fresh_database();
    test(Site::with(|config| OrgConfig { database: url.parse().unwrap(), ..config }).await).await;
}
