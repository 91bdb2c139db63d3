//! The words and the rules of WebReports: View, Parameter, Permission, Assignment, Run.
//!
//! Invariant: no I/O, no clock, no async. What this crate decides can be read and tested without a server.

pub mod actor;
pub mod assignment;
pub mod column;
pub mod connection;
pub mod field;
pub mod id;
pub mod parameter;
pub mod permission;
pub mod query;
pub mod report_type;
pub mod role;
pub mod run;
pub mod template;
pub mod value;
pub mod view;

pub use actor::{Actor, Denied, Permit};
pub use assignment::Assignment;
pub use column::{Column, Format};
pub use connection::{Budget, Connection, ConnectionKind, PostgresTls};
pub use field::{DefinedField, FieldValue};
pub use id::*;
pub use parameter::{Parameter, ParameterProblem, Values};
pub use permission::{Permission, Permissions};
pub use query::{BoundQuery, SecurityContext};
pub use report_type::ReportType;
pub use role::{DEFAULT_ROLES, DefaultRole, Role};
pub use run::{Asked, Run, RunState};
pub use template::{Template, TemplateError};
pub use value::{DataType, Value, ValueError};
pub use view::{View, ViewVersion};
