//! Available: the reports that one's roles give, and what may be done with each.

use domain::{Actor, Permission, RoleId};
use store::{Listing, Page, assignment::AvailableReport};

use crate::{Portal, Result};

/// What may be done with every row of Available. Whoever sees a row may run it.
pub const AVAILABLE_ACTIONS: &[&str] = &["execute", "download"];

impl Portal {
    /// What may be run now. Assignments that have lapsed are left out.
    pub async fn available(&self, actor: &Actor, listing: &Listing) -> Result<Page<AvailableReport>> {
        let roles: Vec<RoleId> = actor.roles.iter().map(|role| role.id.clone()).collect();
        let roles = if actor.has(Permission::ExecuteAny) {
            None
        } else if actor.has(Permission::Execute) {
            Some(roles.as_slice())
        } else {
            Some(&[][..])
        };
        let conn = &mut self.db.read().await?;
        Ok(store::assignment::available(conn, &actor.person, roles, self.now(), listing).await?)
    }
}
