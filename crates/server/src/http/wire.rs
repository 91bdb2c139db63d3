//! The words, ids and values of the API as its description has them: named schemas, made from the very lists that the program goes
//! by, so that the two cannot drift apart.
//!
//! Invariant: nothing of these types exists at run time. A body holds the program's own text or type, and names one of these as
//! its `value_type`.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ArrayBuilder, KnownFormat, ObjectBuilder, RefOr, SchemaFormat,
        schema::{OneOfBuilder, Schema, SchemaType, Type},
    },
};

use super::problem;

/// The words that serde writes for these values.
fn written<T: Serialize>(all: &[T]) -> Vec<Value> {
    all.iter().map(|one| serde_json::to_value(one).expect("a word is plain data")).collect()
}

fn said(words: &[&str]) -> Vec<Value> {
    words.iter().map(|word| Value::from(*word)).collect()
}

macro_rules! schemas {
    ($($(#[doc = $doc:literal])* $name:ident = $schema:expr;)*) => {$(
        $(#[doc = $doc])*
        pub enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let description = concat!($($doc,)*).trim();
                $schema.description(Some(description)).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )*};
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn one_of(words: Vec<Value>) -> ObjectBuilder {
    text().enum_values(Some(words))
}

/// As `domain::id` makes them.
fn id(prefix: &str) -> ObjectBuilder {
    text().pattern(Some(format!("^{prefix}_[0-9A-Za-z]{{20}}$")))
}

schemas! {
    /// An instant in UTC with milliseconds.
    Instant = text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));

    /// Id of a run.
    RunId = id(domain::RunId::PREFIX);
    /// Id of an assignment.
    AssignmentId = id(domain::AssignmentId::PREFIX);
    /// Id of a View.
    ViewId = id(domain::ViewId::PREFIX);
    /// Id of a connection profile.
    ConnectionId = id(domain::ConnectionId::PREFIX);
    /// Id of a person.
    PersonId = id(domain::PersonId::PREFIX);
    /// Id of a role.
    RoleId = id(domain::RoleId::PREFIX);
    /// Id of a Defined Field.
    FieldId = id(domain::FieldId::PREFIX);

    /// What a value is.
    DataType = one_of(written(&domain::DataType::ALL));
    /// How a column is shown.
    Format = one_of(written(&domain::Format::ALL));
    /// A presentation of a View.
    ReportType = one_of(written(&domain::ReportType::ALL));
    /// How far a run is; states move forward alone.
    RunState = one_of(written(&domain::RunState::ALL));
    /// Which button began a run.
    Asked = one_of(written(&domain::Asked::ALL));
    /// What a role allows.
    Permission = one_of(written(domain::Permission::ALL));
    /// A database that connection profiles reach.
    ConnectionKind = one_of(said(&domain::ConnectionKind::NAMES));
    /// `verify`: the server's certificate must be valid; `require`: encrypted, whoever answers; `disable`: not encrypted.
    Encryption = one_of(written(&domain::PostgresTls::ALL));
    /// Where a person is managed.
    Source = one_of(said(&portal::Source::ALL.map(portal::Source::as_str)));
    /// One thing that set-up tests by itself.
    CheckName = one_of(portal::CheckName::ALL.iter().map(|name| name.as_str().into()).collect());
    /// What a check came to.
    CheckState = one_of(said(&portal::CheckState::ALL.map(portal::CheckState::as_str)));
    /// What became of a call that the wizard makes.
    StepState = one_of(said(&portal::StepState::ALL.map(portal::StepState::as_str)));
    /// The state of a part of the bridge.
    Lamp = one_of(said(&portal::Lamp::ALL.map(portal::Lamp::as_str)));
    /// A format of files.
    FileFormat = one_of(said(&portal::FileFormat::ALL.map(portal::FileFormat::as_str)));
    /// A comparison of a column with values.
    Op = one_of(written(&portal::Op::ALL));
    /// What may be done with a run.
    RunAction = one_of(said(&portal::RUN_ACTIONS));
    /// What may be done with a report on Available.
    AvailableAction = one_of(said(portal::AVAILABLE_ACTIONS));
    /// What may be done with a View.
    ViewAction = one_of(said(portal::VIEW_ACTIONS));
    /// What may be done with an assignment.
    AssignmentAction = one_of(said(portal::ASSIGNMENT_ACTIONS));
    /// What may be done with a connection profile.
    ConnectionAction = one_of(said(&portal::CONNECTION_ACTIONS));
    /// The kind of a problem.
    ProblemType = one_of(problem::KINDS.iter().map(|(slug, _)| format!("/problems/{slug}").into()).collect());

    /// A cell of a result. Numbers that JSON holds exactly are numbers; decimals, large integers, dates and texts are strings.
    Cell = types([Type::Null, Type::Boolean, Type::Number, Type::String]);
    /// A value as its reader gives it, or several.
    ParameterValue = OneOfBuilder::new().item(types([Type::Null, Type::Boolean, Type::Number, Type::String]))
        .item(ArrayBuilder::new().items(types([Type::Boolean, Type::Number, Type::String])).max_items(Some(portal::limits::VALUES_MAX)));
    /// What a column is compared with, as a text in the form of its type; a list for `in`.
    FilterValue = OneOfBuilder::new().item(text()).item(ArrayBuilder::new().items(text()).max_items(Some(portal::limits::IN_VALUES_MAX)));
}

/// A value of one of several types.
fn types<const N: usize>(types: [Type; N]) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::from_iter(types))
}
