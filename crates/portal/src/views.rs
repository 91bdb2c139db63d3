//! Views: publish, read, publish the next version, remove.
//!
//! Invariant: a published version never changes. What is published was parsed, its parameters fit its text, and its columns were
//! found by asking the database, so that a View which cannot run is refused before anybody is assigned to it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Actor, Column, ConnectionId, DataType, FieldValue, Parameter, Permission, PersonId, ReportType, SecurityContext,
    Template, Value, View, ViewId, ViewVersion,
    actor::Use,
    view::{Definition, is_name},
};
use store::{
    Listing, Page,
    view::{ListedView, PublishedVersion},
};

use crate::{Error, Portal, Result};

pub const TITLE_CHARS_MAX: usize = 200;
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;
pub const CATEGORY_CHARS_MAX: usize = 100;
pub const NOTE_CHARS_MAX: usize = 1_000;
pub const LABEL_CHARS_MAX: usize = 200;
pub const PARAMETERS_MAX: usize = 100;
pub const COLUMNS_MAX: usize = 1_000;
/// CSS pixels.
pub const WIDTH_MAX: u32 = 2_000;
/// What every View can be shown as; the other presentations come with their editors.
const TYPES: &[ReportType] = &[ReportType::Details];

/// What a publisher gives.
#[derive(Clone, Debug)]
pub struct NewView {
    pub name: String,
    pub title: String,
    pub description: String,
    pub category: String,
    pub sql: String,
    pub parameters: Vec<Parameter>,
    /// Labels, formats and widths of columns that the query has; the others are taken as the database names them.
    pub columns: Vec<Column>,
    pub note: String,
    /// Where the query is tried.
    pub connection: ConnectionId,
}

/// A View with one of its versions.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewDetails {
    pub view: View,
    pub shown: ViewVersion,
    /// Query identifiers of Defined Fields in the query.
    pub fields: Vec<String>,
    pub publisher_name: String,
    pub assignments_count: i64,
    /// Newest first.
    pub versions: Vec<PublishedVersion>,
}

/// What may be done with a View that one may see in this list.
pub const VIEW_ACTIONS: &[&str] = &["edit", "assign", "delete"];

impl Portal {
    /// Views: every one for who manages reports, else those that one published.
    pub async fn views(&self, actor: &Actor, listing: &Listing) -> Result<Page<ListedView>> {
        let publisher = self.only_published_by(actor)?;
        Ok(store::view::list(&mut *self.db.read().await?, publisher, listing).await?)
    }

    /// A View with its current version.
    pub async fn view(&self, actor: &Actor, id: &ViewId) -> Result<ViewDetails> {
        let conn = &mut self.db.read().await?;
        let (view, current) = self.managed(conn, actor, id).await?;
        details(conn, view, current).await
    }

    /// A View with an earlier version.
    pub async fn view_version(&self, actor: &Actor, id: &ViewId, version: i64) -> Result<ViewDetails> {
        let conn = &mut self.db.read().await?;
        let (view, _) = self.managed(conn, actor, id).await?;
        let shown = store::view::version(conn, id, version).await?.ok_or(Error::NotFound)?;
        details(conn, view, shown).await
    }

    /// Publishes version 1 of a new View.
    pub async fn publish(&self, actor: &Actor, new: NewView) -> Result<ViewDetails> {
        actor.may(Use(Permission::Publish))?;
        let definition = self.checked_definition(actor, &new).await?;
        let view = shaped(ViewId::new(self.world.random.as_ref()), 1, actor.person.clone(), &new);
        let version = self.version_of(actor, &view, definition, new.note);
        let mut tx = self.db.begin().await?;
        store::view::insert(&mut tx, &view, self.now()).await.map_err(name_is_taken)?;
        store::view::insert_version(&mut tx, &version, &actor.name).await?;
        self.record(&mut tx, actor, "view", "published a View", &format!("{} version 1", view.name)).await?;
        tx.commit().await?;
        self.view(actor, &view.id).await
    }

    /// Publishes the next version of a View. Assignments run it from then on. `expected` is the version that it began from: a newer
    /// one is not put over by somebody who has not seen it.
    pub async fn publish_next(&self, actor: &Actor, id: &ViewId, expected: i64, new: NewView) -> Result<ViewDetails> {
        let (before, current) = self.managed(&mut *self.db.read().await?, actor, id).await?;
        if before.version != expected {
            return Err(self.view_changed(id, current.version, expected).await?);
        }
        let definition = self.checked_definition(actor, &new).await?;
        let view = shaped(id.clone(), before.version + 1, before.publisher, &new);
        let version = self.version_of(actor, &view, definition, new.note);
        let mut tx = self.db.begin().await?;
        if !store::view::advance(&mut tx, &view).await.map_err(name_is_taken)? {
            drop(tx);
            let version = store::view::find(&mut *self.db.read().await?, id).await?.ok_or(Error::NotFound)?.version;
            return Err(self.view_changed(id, version, expected).await?);
        }
        store::view::insert_version(&mut tx, &version, &actor.name).await?;
        let what = format!("{} version {}", view.name, view.version);
        self.record(&mut tx, actor, "view", "published a View", &what).await?;
        tx.commit().await?;
        let conn = &mut self.db.read().await?;
        details(conn, view, version).await
    }

    async fn view_changed(&self, id: &ViewId, version: i64, expected: i64) -> Result<Error> {
        let versions = store::view::versions(&mut *self.db.read().await?, id).await?;
        let by = versions.into_iter().find(|known| known.version == version).map(|known| known.publisher_name);
        Ok(Error::ViewChanged { version, by: by.unwrap_or_else(|| "somebody".to_owned()), expected })
    }

    /// Removes a View with its versions and assignments; runs of it stay.
    pub async fn remove_view(&self, actor: &Actor, id: &ViewId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let (view, _) = self.managed(&mut tx, actor, id).await?;
        let assignments = store::assignment::count_of_view(&mut tx, id).await?;
        store::view::delete(&mut tx, id).await?;
        let what = format!("{} with {assignments} assignments", view.name);
        self.record(&mut tx, actor, "view", "removed a View", &what).await?;
        tx.commit().await?;
        Ok(())
    }

    fn version_of(&self, actor: &Actor, view: &View, definition: Definition, note: String) -> ViewVersion {
        ViewVersion {
            view: view.id.clone(),
            version: view.version,
            definition,
            note,
            published_by: actor.person.clone(),
            published_at: self.now(),
        }
    }

    /// Checks what a publisher gave and finds the columns through the connection.
    async fn checked_definition(&self, actor: &Actor, new: &NewView) -> Result<Definition> {
        let mut errors = words_that_do_not_fit(new);
        let template = match Template::parse(&new.sql) {
            Ok(template) => template,
            Err(error) => {
                errors.insert("sql".to_owned(), error.to_string());
                return Err(Error::Invalid(errors));
            }
        };
        let fields = self.fields_of(&template).await?;
        if let Some(unknown) = template.fields().iter().find(|used| !fields.contains_key(&used.to_ascii_lowercase())) {
            errors.insert("sql".to_owned(), format!("`{unknown}` is not the identifier of a Defined Field"));
        }
        if let Err(message) = parameters_fit(&template, &new.parameters) {
            errors.insert("parameters".to_owned(), message);
        }
        if !errors.is_empty() {
            return Err(Error::Invalid(errors));
        }
        let (stored, _) = match self.connection_to_publish_on(actor, &new.connection).await {
            Err(Error::NotFound) => {
                return Err(Error::invalid("connection_id", "there is no such connection profile for you"));
            }
            other => other?,
        };
        let profile = self.profile(stored.connection).await?;
        let query = template
            .bind(sample_context(actor, &template, &fields), &sample_values(&new.parameters))
            .map_err(|error| Error::invalid("sql", error.to_string()))?;
        let found = self.sources.columns(&profile, &query).await?;
        let columns = labelled(found, &new.columns)?;
        Ok(Definition { sql: new.sql.clone(), parameters: new.parameters.clone(), columns, types: TYPES.to_vec() })
    }

    /// The data types of the Defined Fields that a query uses, by identifier in lower case.
    pub(crate) async fn fields_of(&self, template: &Template) -> Result<BTreeMap<String, DataType>> {
        let mut found = BTreeMap::new();
        let conn = &mut self.db.read().await?;
        for identifier in template.fields() {
            if let Some(field) = store::field::find_by_identifier(conn, identifier).await? {
                found.insert(identifier.to_ascii_lowercase(), field.data_type);
            }
        }
        Ok(found)
    }
}

async fn details(conn: &mut db::Conn, view: View, shown: ViewVersion) -> Result<ViewDetails> {
    let versions = store::view::versions(conn, &view.id).await?;
    let publisher_name = versions.iter().find(|version| version.version == shown.version);
    let publisher_name = publisher_name.map_or_else(String::new, |version| version.publisher_name.clone());
    let template = shown.definition.template();
    let fields =
        template.map_or_else(|_| Vec::new(), |template| template.fields().into_iter().map(str::to_owned).collect());
    let assignments_count = store::assignment::count_of_view(conn, &view.id).await?;
    Ok(ViewDetails { view, shown, fields, publisher_name, assignments_count, versions })
}

fn shaped(id: ViewId, version: i64, publisher: PersonId, new: &NewView) -> View {
    View {
        id,
        name: new.name.clone(),
        title: new.title.trim().to_owned(),
        description: new.description.clone(),
        category: new.category.trim().to_owned(),
        version,
        publisher,
    }
}

fn words_that_do_not_fit(new: &NewView) -> BTreeMap<String, String> {
    let mut errors = BTreeMap::new();
    if !is_name(&new.name) {
        let message = "1 to 100 letters, digits, `_`, `-` or `.`, beginning with a letter";
        errors.insert("name".to_owned(), message.to_owned());
    }
    let title = new.title.trim();
    if title.is_empty() || title.chars().count() > TITLE_CHARS_MAX || title.chars().any(char::is_control) {
        errors.insert("title".to_owned(), format!("a title of 1 to {TITLE_CHARS_MAX} characters"));
    }
    let texts = [
        ("description", &new.description, DESCRIPTION_CHARS_MAX),
        ("category", &new.category, CATEGORY_CHARS_MAX),
        ("note", &new.note, NOTE_CHARS_MAX),
    ];
    for (field, text, chars_max) in texts {
        if text.chars().count() > chars_max || text.contains('\0') {
            errors.insert(field.to_owned(), format!("at most {chars_max} characters"));
        }
    }
    errors
}

/// Every parameter of the text is declared, every declared one is in the text, and each declaration makes sense.
pub(crate) fn parameters_fit(template: &Template, parameters: &[Parameter]) -> Result<(), String> {
    if parameters.len() > PARAMETERS_MAX {
        return Err(format!("at most {PARAMETERS_MAX} parameters"));
    }
    let used = template.parameters();
    let mut declared = BTreeSet::new();
    for parameter in parameters {
        if !declared.insert(parameter.name.as_str()) {
            return Err(format!("`{}` is declared twice", parameter.name));
        }
        if !used.contains(&parameter.name.as_str()) {
            return Err(format!("`{}` is declared, but ?{}? is not in the query", parameter.name, parameter.name));
        }
        let label = parameter.label.trim();
        if label.is_empty() || label.chars().count() > LABEL_CHARS_MAX || label.chars().any(char::is_control) {
            return Err(format!("`{}` needs a label of 1 to {LABEL_CHARS_MAX} characters", parameter.name));
        }
        if let Some(default) = parameter.default.as_deref().filter(|default| !default.is_empty())
            && let Err(error) = Value::parse(parameter.data_type, default)
        {
            return Err(format!("the default of `{}` does not fit its type: {error}", parameter.name));
        }
    }
    match used.iter().find(|name| !declared.contains(*name)) {
        Some(missing) => Err(format!("?{missing}? is in the query, but not declared as a parameter")),
        None => Ok(()),
    }
}

/// The default, or a null of the right type, wherever the query has a value, so that the database can say which columns come back.
fn sample_values(parameters: &[Parameter]) -> BTreeMap<String, Vec<Value>> {
    let sample = |parameter: &Parameter| {
        let default = parameter.default.as_deref().filter(|text| !text.is_empty());
        let read = default.and_then(|text| Value::parse(parameter.data_type, text).ok());
        read.unwrap_or(Value::Null(parameter.data_type))
    };
    parameters.iter().map(|parameter| (parameter.name.clone(), vec![sample(parameter)])).collect()
}

fn sample_context(actor: &Actor, template: &Template, fields: &BTreeMap<String, DataType>) -> SecurityContext {
    let values = template.fields().into_iter().filter_map(|identifier| {
        let data_type = fields.get(&identifier.to_ascii_lowercase())?;
        Some(FieldValue::of(identifier, vec![Value::Null(*data_type)]))
    });
    SecurityContext::new(actor.person.clone(), values.collect())
}

/// The columns that the database found, in its order, with the labels that the publisher gave.
fn labelled(found: Vec<(String, DataType)>, given: &[Column]) -> Result<Vec<Column>> {
    if found.is_empty() || found.len() > COLUMNS_MAX {
        return Err(Error::invalid(
            "sql",
            format!("a View has 1 to {COLUMNS_MAX} columns; this query has {}", found.len()),
        ));
    }
    if let Some(unknown) = given.iter().find(|column| !found.iter().any(|(name, _)| *name == column.name)) {
        return Err(Error::invalid("columns", format!("the query has no column `{}`", unknown.name)));
    }
    for column in given {
        let label = column.label.trim();
        if label.is_empty() || label.chars().count() > LABEL_CHARS_MAX || label.chars().any(char::is_control) {
            return Err(Error::invalid(
                "columns",
                format!("`{}` needs a label of 1 to {LABEL_CHARS_MAX} characters", column.name),
            ));
        }
        if column.width.is_some_and(|width| width == 0 || width > WIDTH_MAX) {
            return Err(Error::invalid(
                "columns",
                format!("the width of `{}` is between 1 and {WIDTH_MAX} pixels", column.name),
            ));
        }
    }
    let columns = joined(found, given);
    if columns.iter().all(|column| !column.visible) {
        return Err(Error::invalid("columns", "at least one column is visible"));
    }
    Ok(columns)
}

/// What is known of each found column: the publisher's words for it, the database's type.
pub(crate) fn joined(found: Vec<(String, DataType)>, given: &[Column]) -> Vec<Column> {
    let known = |name: &str| given.iter().find(|column| column.name == name);
    let columns = found.into_iter().map(|(name, data_type)| match known(&name) {
        Some(column) => Column { data_type, ..column.clone() },
        None => Column::found(&name, data_type),
    });
    columns.collect()
}

fn name_is_taken(error: store::Error) -> Error {
    if error.is_conflict() { Error::invalid("name", "another View has this name") } else { error.into() }
}
