//! Rights of people from the org: the groups that were read decide the roles, and the last reading decides how long they count.

use db::Conn;
use domain::{Actor, PersonId, Role, role::ADMIN_GROUP};
use store::{
    membership,
    person::{Person, Source},
};
use world::Instant;

use super::{
    lock,
    log::By,
    settings::{DOMAIN, ENABLED, SYNCED},
};
use crate::{Error, Portal, Result};

/// What a change of somebody's groups did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) gained: usize,
    pub(crate) lost: usize,
    /// Roles that are left.
    pub(crate) left: i64,
}

impl Portal {
    /// The actor of a session's person, or why there is none at this moment.
    pub(crate) async fn actor_of(&self, conn: &mut Conn, person: &Person) -> Result<Actor> {
        let rights_as_of = match person.source {
            Source::Local => self.now(),
            Source::Okta => self.rights_as_of(conn, person).await?,
        };
        let roles = membership::roles_of(conn, &person.id).await?;
        if roles.is_empty() {
            return Err(Error::NotSignedIn);
        }
        let fields = store::field::values_of(conn, &person.id).await?;
        let (id, name, login) = (person.id.clone(), person.name.clone(), person.login.clone());
        Ok(Actor::new(id, name, login, roles, fields, rights_as_of).in_epoch(person.epoch))
    }

    /// When a person's rights were last confirmed. An error once that is too long ago.
    async fn rights_as_of(&self, conn: &mut Conn, person: &Person) -> Result<Instant> {
        let values = store::setting::values(conn, &[DOMAIN, ENABLED, SYNCED]).await?;
        let text = |name: &str| values.get(name).map(String::as_str).unwrap_or_default();
        if text(ENABLED) != "1" || text(DOMAIN) != person.issuer {
            return Err(Error::NotSignedIn);
        }
        let synced = text(SYNCED).parse().map_or(Instant::EPOCH, Instant::from_us);
        let as_of = person.rights_at.max(synced).max(person.claim_at.unwrap_or(Instant::EPOCH));
        let max_age = self.config.rights_max_age;
        if self.now().since(as_of) > max_age {
            let reason = lock(&self.people.sync_status).problem.clone();
            let reason = reason.unwrap_or_else(|| "they have not been read from the org since".to_owned());
            return Err(Error::RightsTooOld { as_of, max_age, reason });
        }
        Ok(as_of)
    }

    /// Gives and takes roles so that they are those of `groups`, and remembers the groups.
    ///
    /// The last administrator from the org keeps the role, and it is said so: see [`Portal::may_lose`].
    pub(crate) async fn follow_groups(
        &self,
        conn: &mut Conn,
        person: &PersonId,
        name: &str,
        groups: &[String],
    ) -> Result<Moved> {
        let mut moved = Moved::default();
        let held = membership::roles_of(conn, person).await?;
        for role in store::role::all(conn).await? {
            let is_member = groups.contains(&role.group);
            let has = held.iter().any(|held| held.id == role.id);
            if is_member {
                moved.gained += usize::from(self.gain(conn, person, name, &role).await?);
            } else if has && self.may_lose(conn, person, &role).await? {
                moved.lost += usize::from(self.lose(conn, person, name, &role).await?);
            }
        }
        membership::set_groups(conn, person, groups).await?;
        moved.left = membership::count_of_person(conn, person).await?;
        Ok(moved)
    }

    pub(crate) async fn gain(&self, conn: &mut Conn, person: &PersonId, name: &str, role: &Role) -> Result<bool> {
        let is_new = membership::add(conn, person, &role.id, Source::Okta, self.now()).await?;
        if is_new {
            let detail = format!("{} by the group {}", role.name, role.group);
            self.note(conn, By::Person(person, name), "rights", "gained a role", &detail).await?;
        }
        Ok(is_new)
    }

    pub(crate) async fn lose(&self, conn: &mut Conn, person: &PersonId, name: &str, role: &Role) -> Result<bool> {
        let had = membership::remove(conn, person, &role.id).await?;
        if had {
            let detail = format!("{} by the group {}", role.name, role.group);
            self.note(conn, By::Person(person, name), "rights", "lost a role", &detail).await?;
        }
        Ok(had)
    }

    /// Whether somebody may lose a role: the last active person from the org who administers WebReports may not, whatever the org
    /// says. The membership is marked as held, and the bridge reports it until somebody is in the group.
    async fn may_lose(&self, conn: &mut Conn, person: &PersonId, role: &Role) -> Result<bool> {
        if role.group != ADMIN_GROUP {
            return Ok(true);
        }
        let holders = membership::holders(conn, &role.id).await?;
        if holders.iter().any(|holder| holder.is_active && holder.person != *person && !holder.is_held) {
            return Ok(true);
        }
        if holders.iter().any(|holder| holder.person == *person && holder.is_active) {
            membership::set_held(conn, person, &role.id, true).await?;
            return Ok(false);
        }
        Ok(true)
    }
}
