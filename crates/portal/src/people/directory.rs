//! People as lists and pages show them.

use domain::{Actor, Permission, PersonId, actor::Use};
use store::{
    Listing, Page,
    field::SetValue,
    person::{Person, Source},
};
use world::Instant;

use crate::{Error, Portal, Result};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPerson {
    pub id: PersonId,
    pub name: String,
    pub login: String,
    pub email: String,
    /// Where the person is managed.
    pub source: Source,
    pub roles: Vec<String>,
    /// `active`, or what keeps the person out.
    pub status: String,
    pub last_sign_in: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonDetails {
    pub person: ListedPerson,
    /// Groups of the org that the person was last seen in.
    pub groups: Vec<String>,
    pub fields: Vec<SetValue>,
}

impl Portal {
    /// People that WebReports knows: those in its groups at the org, and local accounts.
    pub async fn people(&self, actor: &Actor, listing: &Listing) -> Result<Page<ListedPerson>> {
        actor.may(Use(Permission::ManageUsers))?;
        let mut conn = self.db.read().await?;
        let page = store::person::list(&mut conn, listing).await?;
        let ids: Vec<PersonId> = page.items.iter().map(|person| person.id.clone()).collect();
        let mut roles = store::membership::role_names_of(&mut conn, &ids).await?;
        Ok(page.map(|person| {
            let roles = roles.remove(&person.id).unwrap_or_default();
            listed(person, roles)
        }))
    }

    pub async fn person(&self, actor: &Actor, id: &PersonId) -> Result<PersonDetails> {
        actor.may(Use(Permission::ManageUsers))?;
        let mut conn = self.db.read().await?;
        let person = store::person::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
        let roles = store::membership::roles_of(&mut conn, id).await?.into_iter().map(|role| role.name).collect();
        Ok(PersonDetails {
            groups: store::membership::groups_of(&mut conn, id).await?,
            fields: store::field::values_set(&mut conn, id).await?,
            person: listed(person, roles),
        })
    }
}

fn listed(person: Person, roles: Vec<String>) -> ListedPerson {
    let status = if person.is_active { "active".to_owned() } else { person.status.to_lowercase().replace('_', " ") };
    ListedPerson {
        id: person.id,
        name: person.name,
        login: person.login,
        email: person.email,
        source: person.source,
        roles,
        status,
        last_sign_in: person.last_sign_in_at,
    }
}
