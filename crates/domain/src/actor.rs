//! Who acts, with which rights, and the permit that a check yields.
//!
//! Invariant: a [`Permit`] is made by [`Actor::may`] alone, and what it allows is named by its type. A function that needs a right
//! takes the permit, so the check cannot be forgotten. What a person may not even know of is answered as if it did not exist.

use world::Instant;

use crate::{
    Assignment, Connection, FieldValue, Permission, Permissions, PersonId, Role, RoleId, Run, SecurityContext, View,
};

/// A signed-in person with the rights of this moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Actor {
    pub person: PersonId,
    pub name: String,
    pub login: String,
    pub roles: Vec<Role>,
    pub fields: Vec<FieldValue>,
    /// When the rights were last read from where they are owned.
    pub rights_as_of: Instant,
    /// The person's epoch in which these rights were read; none for who acts without a session. What is recorded for a person
    /// is recorded in this epoch or not at all.
    pub epoch: Option<i64>,
    permissions: Permissions,
}

/// The check said no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The person may know that it exists: say which permission it takes.
    #[error("this takes the permission `{}`", .0.as_str())]
    PermissionNeeded(Permission),
    /// The person may not know of it.
    #[error("there is no such thing for you")]
    NotFound,
    #[error("the assignment of this report has lapsed")]
    Lapsed,
}

/// Proof that a check was made and said yes. `T` names what was allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit<T> {
    person: PersonId,
    pub subject: T,
}

impl<T> Permit<T> {
    pub fn person(&self) -> &PersonId {
        &self.person
    }
}

/// Something that a person may or may not do. Implementations hold the rule.
pub trait Action {
    /// What the permit carries on.
    type Subject;
    fn check(self, actor: &Actor) -> Result<Self::Subject, Denied>;
}

impl Actor {
    pub fn new(
        person: PersonId,
        name: String,
        login: String,
        roles: Vec<Role>,
        fields: Vec<FieldValue>,
        rights_as_of: Instant,
    ) -> Actor {
        let mut permissions = Permissions::default();
        for role in &roles {
            permissions.join(&role.permissions);
        }
        Actor { person, name, login, roles, fields, rights_as_of, epoch: None, permissions }
    }

    pub fn in_epoch(self, epoch: i64) -> Actor {
        Actor { epoch: Some(epoch), ..self }
    }

    pub fn may<A: Action>(&self, action: A) -> Result<Permit<A::Subject>, Denied> {
        action.check(self).map(|subject| Permit { person: self.person.clone(), subject })
    }

    /// The union of the permissions of all roles.
    pub fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    pub fn has(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }

    pub fn holds(&self, role: &RoleId) -> bool {
        self.roles.iter().any(|held| held.id == *role)
    }

    pub fn security_context(&self) -> SecurityContext {
        SecurityContext::new(self.person.clone(), self.fields.clone())
    }
}

/// Use one permission that has no object: manage users, configure, publish.
pub struct Use(pub Permission);

impl Action for Use {
    type Subject = Permission;
    fn check(self, actor: &Actor) -> Result<Permission, Denied> {
        if actor.has(self.0) { Ok(self.0) } else { Err(Denied::PermissionNeeded(self.0)) }
    }
}

/// Run a report that is assigned to a role.
pub struct Execute<'a> {
    pub assignment: &'a Assignment,
    pub now: Instant,
}

impl Action for Execute<'_> {
    type Subject = Assignment;
    fn check(self, actor: &Actor) -> Result<Assignment, Denied> {
        let own = actor.has(Permission::Execute) && actor.holds(&self.assignment.role);
        if !own && !actor.has(Permission::ExecuteAny) {
            return Err(Denied::NotFound);
        }
        if self.assignment.is_lapsed(self.now) {
            return Err(Denied::Lapsed);
        }
        Ok(self.assignment.clone())
    }
}

/// See a completed run: its facts, rows and files. Own runs, and every run for who may see all results.
pub struct See<'a>(pub &'a Run);

impl Action for See<'_> {
    type Subject = Run;
    fn check(self, actor: &Actor) -> Result<Run, Denied> {
        let own = self.0.person == actor.person;
        if own || actor.has(Permission::SeeAllResults) { Ok(self.0.clone()) } else { Err(Denied::NotFound) }
    }
}

/// Cancel, keep or delete a run: own ones, and every one for who may see all results.
pub struct Remove<'a>(pub &'a Run);

impl Action for Remove<'_> {
    type Subject = Run;
    fn check(self, actor: &Actor) -> Result<Run, Denied> {
        See(self.0).check(actor)
    }
}

/// Read or change a published View: its publisher, and who manages reports. The text of a View is not for readers.
pub struct Manage<'a>(pub &'a View);

impl Action for Manage<'_> {
    type Subject = View;
    fn check(self, actor: &Actor) -> Result<View, Denied> {
        let own = actor.has(Permission::Publish) && self.0.publisher == actor.person;
        if own || actor.has(Permission::ManageReports) { Ok(self.0.clone()) } else { Err(Denied::NotFound) }
    }
}

/// Assign reports on a connection profile, and know it by its name: whoever may publish on it, and who manages reports.
pub struct AssignOn<'a>(pub PublishOn<'a>);

impl Action for AssignOn<'_> {
    type Subject = Connection;
    fn check(self, actor: &Actor) -> Result<Connection, Denied> {
        if actor.has(Permission::ManageReports) { Ok(self.0.connection.clone()) } else { self.0.check(actor) }
    }
}

/// Publish against a connection profile, look into its catalog, and assign one's own reports on it: whoever configures may use
/// every profile, a publisher those that are open to publishers or name them.
pub struct PublishOn<'a> {
    pub connection: &'a Connection,
    /// The publishers whom the profile names; none: it is open to all.
    pub publishers: Option<&'a [PersonId]>,
}

impl Action for PublishOn<'_> {
    type Subject = Connection;
    fn check(self, actor: &Actor) -> Result<Connection, Denied> {
        let open = self.publishers.is_none_or(|publishers| publishers.contains(&actor.person));
        let own = actor.has(Permission::Publish) && open;
        if own || actor.has(Permission::Configure) { Ok(self.connection.clone()) } else { Err(Denied::NotFound) }
    }
}
