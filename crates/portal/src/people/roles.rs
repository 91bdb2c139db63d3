//! Roles: the default ones, and custom ones that ask only for a name.

use domain::{Actor, Permission, Permissions, Role, RoleId, actor::Use, role::GROUP_PREFIX};
use store::{
    Listing, Page,
    role::{ListedRole, ROLES_MAX},
};

use crate::{Error, Portal, Result};

pub const NAME_CHARS_MAX: usize = 60;
/// What a custom role allows until somebody gives it more: that of a reader.
const CUSTOM_PERMISSIONS: &[Permission] = &[Permission::Execute, Permission::SeeRoleResults];

impl Portal {
    /// Roles, for who manages people, and for who assigns reports to them.
    pub async fn roles(&self, actor: &Actor, listing: &Listing) -> Result<Page<ListedRole>> {
        let sees = [Permission::ManageReports, Permission::Publish, Permission::Configure];
        if !sees.iter().any(|permission| actor.has(*permission)) {
            actor.may(Use(Permission::ManageUsers))?;
        }
        Ok(store::role::list(&mut *self.db.read().await?, listing).await?)
    }

    /// Adds the role `Sales`, which the members of the org's group `WRSales` hold from the next reading on.
    pub async fn add_role(&self, actor: &Actor, name: &str) -> Result<ListedRole> {
        actor.may(Use(Permission::ManageUsers))?;
        let name = name.trim();
        let fits = !name.is_empty()
            && name.chars().count() <= NAME_CHARS_MAX
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        if !fits {
            let message = format!("a name of 1 to {NAME_CHARS_MAX} letters, digits, spaces, - and _");
            return Err(Error::invalid("name", message));
        }
        let role = Role {
            id: RoleId::new(self.world.random.as_ref()),
            name: name.to_owned(),
            group: format!("{GROUP_PREFIX}{}", name.replace(' ', "")),
            permissions: Permissions::of(CUSTOM_PERMISSIONS),
            preset: false,
        };
        let mut tx = self.db.begin().await?;
        if store::role::count(&mut tx).await? >= ROLES_MAX {
            return Err(Error::Conflict(format!("there are {ROLES_MAX} roles, which is as many as there can be")));
        }
        store::role::insert(&mut tx, &role, self.now()).await.map_err(|error| match error.is_conflict() {
            true => Error::invalid("name", "another role has this name, or its group"),
            false => error.into(),
        })?;
        self.record(&mut tx, actor, "role", "added a role", &format!("{} for the group {}", role.name, role.group))
            .await?;
        tx.commit().await?;
        Ok(ListedRole { role, people_count: 0 })
    }
}
