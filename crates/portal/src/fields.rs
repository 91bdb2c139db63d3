//! Defined Fields, and the values that people carry: row-level security in a View's query.

use std::collections::BTreeMap;

use domain::{Actor, DataType, DefinedField, FieldId, Permission, PersonId, Value, actor::Use, field::is_identifier};
use store::{Listing, Page};

use crate::{Error, Portal, Result};

pub const NAME_CHARS_MAX: usize = 100;
pub const DESCRIPTION_CHARS_MAX: usize = 1_000;

#[derive(Clone, Debug)]
pub struct NewField {
    pub name: String,
    /// With its `@`.
    pub identifier: String,
    pub description: String,
    pub data_type: DataType,
}

impl Portal {
    /// The fields: for who gives people their values, and for publishers, who write queries with them.
    pub async fn defined_fields(&self, actor: &Actor, listing: &Listing) -> Result<Page<DefinedField>> {
        if !actor.has(Permission::Publish) {
            actor.may(Use(Permission::ManageUsers))?;
        }
        Ok(store::field::list(&mut *self.db.read().await?, listing).await?)
    }

    pub async fn add_defined_field(&self, actor: &Actor, new: NewField) -> Result<DefinedField> {
        actor.may(Use(Permission::ManageUsers))?;
        let field = checked(FieldId::new(self.world.random.as_ref()), new)?;
        let mut tx = self.db.begin().await?;
        store::field::insert(&mut tx, &field, self.now()).await.map_err(is_taken)?;
        self.record(&mut tx, actor, "defined-field", "added a Defined Field", &field.identifier).await?;
        tx.commit().await?;
        Ok(field)
    }

    /// Changes a field. Its type cannot become one that people's values do not fit.
    pub async fn change_defined_field(&self, actor: &Actor, id: &FieldId, new: NewField) -> Result<DefinedField> {
        actor.may(Use(Permission::ManageUsers))?;
        let field = checked(id.clone(), new)?;
        let mut tx = self.db.begin().await?;
        store::field::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
        if let Some((people, value)) = store::field::unreadable_as(&mut tx, id, field.data_type).await? {
            let message = format!("{people} people have a value that does not fit this type, such as `{value}`");
            return Err(Error::invalid("data_type", message));
        }
        store::field::update(&mut tx, &field).await.map_err(is_taken)?;
        self.record(&mut tx, actor, "defined-field", "changed a Defined Field", &field.identifier).await?;
        tx.commit().await?;
        Ok(field)
    }

    pub async fn remove_defined_field(&self, actor: &Actor, id: &FieldId) -> Result<()> {
        actor.may(Use(Permission::ManageUsers))?;
        let mut tx = self.db.begin().await?;
        let field = store::field::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
        store::field::delete(&mut tx, id).await?;
        self.record(&mut tx, actor, "defined-field", "removed a Defined Field", &field.identifier).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Gives a person a value, or takes it away. It is in force on their next request.
    pub async fn set_field_value(
        &self,
        actor: &Actor,
        person: &PersonId,
        id: &FieldId,
        value: Option<&str>,
    ) -> Result<()> {
        actor.may(Use(Permission::ManageUsers))?;
        let mut tx = self.db.begin().await?;
        let field = store::field::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
        match value.filter(|value| !value.is_empty()) {
            Some(value) => {
                let read =
                    Value::parse(field.data_type, value).map_err(|error| Error::invalid("value", error.to_string()))?;
                let set = store::field::set_value(&mut tx, person, id, &read.to_string(), self.now()).await;
                // The only thing that can be missing here is the person.
                set.map_err(|error| if error.is_conflict() { Error::NotFound } else { error.into() })?;
            }
            None => {
                store::field::clear_value(&mut tx, person, id).await?;
            }
        }
        let what = if value.is_some() { "gave a person a value" } else { "took a person's value" };
        self.record(&mut tx, actor, "defined-field", what, &format!("{} of {person}", field.identifier)).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn checked(id: FieldId, new: NewField) -> Result<DefinedField> {
    let mut errors = BTreeMap::new();
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        errors.insert("name".to_owned(), format!("a name of 1 to {NAME_CHARS_MAX} characters"));
    }
    if !is_identifier(&new.identifier) {
        let message = "`@`, a letter, then letters, digits and underscores, such as @RegionID";
        errors.insert("identifier".to_owned(), message.to_owned());
    }
    if new.description.chars().count() > DESCRIPTION_CHARS_MAX {
        errors.insert("description".to_owned(), format!("at most {DESCRIPTION_CHARS_MAX} characters"));
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    Ok(DefinedField {
        id,
        name: name.to_owned(),
        identifier: new.identifier,
        description: new.description,
        data_type: new.data_type,
    })
}

/// The unique key that said no names its column, in SQLite's words and in PostgreSQL's.
fn is_taken(error: store::Error) -> Error {
    match &error {
        store::Error::Db(db::Error::Conflict { constraint, .. }) if constraint.contains("identifier") => {
            Error::invalid("identifier", "another Defined Field has this identifier")
        }
        _ if error.is_conflict() => Error::invalid("name", "another Defined Field has this name"),
        _ => error.into(),
    }
}
