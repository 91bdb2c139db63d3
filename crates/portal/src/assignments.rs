//! Assignments: which report, on which connection, for which role, in which type, and until when.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    Actor, Assignment, AssignmentId, ConnectionId, Permission, ReportType, RoleId, ViewId,
    actor::{Manage, Use},
};
use store::{Listing, Page, assignment::ListedAssignment};

use crate::{Error, Portal, Result};

/// Assignments that one call makes at most: views x roles x types.
pub const ASSIGNED_AT_ONCE_MAX: usize = 500;
pub const EXPIRATION_DAYS_MAX: u32 = 36_500;
pub const CATEGORY_CHARS_MAX: usize = 100;
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What may be done with an assignment that one may see in this list.
pub const ASSIGNMENT_ACTIONS: &[&str] = &["delete"];

/// One dialog assigns several reports.
#[derive(Clone, Debug)]
pub struct NewAssignments {
    pub views: Vec<ViewId>,
    pub connection: ConnectionId,
    pub roles: Vec<RoleId>,
    pub types: Vec<ReportType>,
    /// None: the View's own.
    pub category: Option<String>,
    pub description: Option<String>,
    /// Days until the assignments lapse.
    pub expiration_days: Option<u32>,
}

impl Portal {
    /// Assignments: every one for who manages reports, else those of Views published by oneself.
    pub async fn assignments(&self, actor: &Actor, listing: &Listing) -> Result<Page<ListedAssignment>> {
        let publisher = self.only_published_by(actor)?;
        Ok(store::assignment::list(&mut *self.db.read().await?, publisher, listing).await?)
    }

    /// Assigns every View to every role in every type. What is assigned already is renewed.
    pub async fn assign(&self, actor: &Actor, new: NewAssignments) -> Result<Vec<ListedAssignment>> {
        self.only_published_by(actor)?;
        check(&new)?;
        let connection = match self.connection_to_assign_on(actor, &new.connection).await {
            Ok((stored, _)) => stored.connection.id,
            Err(Error::NotFound) => {
                return Err(Error::invalid("connection_id", "there is no such connection profile for you"));
            }
            Err(other) => return Err(other),
        };
        let expires_at = new.expiration_days.map(|days| self.now().plus(DAY * days));
        let mut tx = self.db.begin().await?;
        let mut items = Vec::new();
        for view in &new.views {
            let (view, current) = self.managed(&mut tx, actor, view).await?;
            if let Some(other) = new.types.iter().find(|wanted| !current.definition.types.contains(wanted)) {
                return Err(Error::invalid(
                    "types",
                    format!("`{}` has no presentation as {}", view.title, other.as_str()),
                ));
            }
            for role in &new.roles {
                for report_type in &new.types {
                    let assignment = Assignment {
                        id: AssignmentId::new(self.world.random.as_ref()),
                        view: view.id.clone(),
                        connection: connection.clone(),
                        role: role.clone(),
                        report_type: *report_type,
                        category: new.category.clone().unwrap_or_else(|| view.category.clone()),
                        description: new.description.clone().unwrap_or_else(|| view.description.clone()),
                        expires_at,
                    };
                    let assigned = store::assignment::assign(&mut tx, &assignment, self.now()).await;
                    // View and connection were read above: what is missing is the role.
                    let no_role = |error: store::Error| {
                        if error.is_conflict() {
                            Error::invalid("role_ids", "one of the roles does not exist")
                        } else {
                            error.into()
                        }
                    };
                    let id = assigned.map_err(no_role)?;
                    let listed = store::assignment::find(&mut tx, &id).await?.ok_or(Error::NotFound)?;
                    let what = format!("{} to {} on {}", listed.view_name, listed.role_name, listed.connection_name);
                    self.record(&mut tx, actor, "assignment", "assigned a report", &what).await?;
                    items.push(listed);
                }
            }
        }
        tx.commit().await?;
        Ok(items)
    }

    /// Removes an assignment; runs of it stay.
    pub async fn unassign(&self, actor: &Actor, id: &AssignmentId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let listed = store::assignment::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
        self.managed(&mut tx, actor, &listed.assignment.view).await?;
        store::assignment::delete(&mut tx, id).await?;
        let what = format!("{} to {} on {}", listed.view_name, listed.role_name, listed.connection_name);
        self.record(&mut tx, actor, "assignment", "removed an assignment", &what).await?;
        tx.commit().await?;
        Ok(())
    }

    /// None for who manages every report; a publisher's own id; a refusal for everybody else.
    pub(crate) fn only_published_by<'a>(&self, actor: &'a Actor) -> Result<Option<&'a domain::PersonId>> {
        if actor.has(Permission::ManageReports) {
            return Ok(None);
        }
        actor.may(Use(Permission::Publish))?;
        Ok(Some(&actor.person))
    }

    /// A View that this person may manage, with its current version.
    pub(crate) async fn managed(
        &self,
        conn: &mut db::Conn,
        actor: &Actor,
        id: &ViewId,
    ) -> Result<(domain::View, domain::ViewVersion)> {
        let view = store::view::find(conn, id).await?.ok_or(Error::NotFound)?;
        let current = store::view::version(conn, id, view.version).await?.ok_or(Error::NotFound)?;
        let permit = actor.may(Manage(&view))?;
        Ok((permit.subject, current))
    }
}

fn check(new: &NewAssignments) -> Result<()> {
    let mut errors = BTreeMap::new();
    let mut wrong = |field: &str, message: String| drop(errors.insert(field.to_owned(), message));
    for (field, is_empty) in
        [("view_ids", new.views.is_empty()), ("role_ids", new.roles.is_empty()), ("types", new.types.is_empty())]
    {
        if is_empty {
            wrong(field, "choose at least one".to_owned());
        }
    }
    if new.views.len().saturating_mul(new.roles.len()).saturating_mul(new.types.len()) > ASSIGNED_AT_ONCE_MAX {
        wrong("view_ids", format!("this makes more than {ASSIGNED_AT_ONCE_MAX} assignments at once"));
    }
    if new.expiration_days.is_some_and(|days| days == 0 || days > EXPIRATION_DAYS_MAX) {
        wrong(
            "expiration_days",
            format!("between 1 and {EXPIRATION_DAYS_MAX} days, or empty for an assignment that does not lapse"),
        );
    }
    for (field, text, chars_max) in
        [("category", &new.category, CATEGORY_CHARS_MAX), ("description", &new.description, DESCRIPTION_CHARS_MAX)]
    {
        if text.as_ref().is_some_and(|text| text.chars().count() > chars_max) {
            wrong(field, format!("at most {chars_max} characters"));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}
