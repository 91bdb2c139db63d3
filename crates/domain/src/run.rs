//! Runs: one execution of an assigned report by one person. States move forward alone.

use serde::{Deserialize, Serialize};
use world::Instant;

use crate::{AssignmentId, Column, PersonId, ReportType, RoleId, RunId, Value, ViewId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    Queued,
    Running,
    Completed,
    Failed,
    Cancelled,
    /// The server stopped while it ran.
    Interrupted,
}

impl RunState {
    pub const ALL: [RunState; 6] = [
        RunState::Queued,
        RunState::Running,
        RunState::Completed,
        RunState::Failed,
        RunState::Cancelled,
        RunState::Interrupted,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            RunState::Queued => "queued",
            RunState::Running => "running",
            RunState::Completed => "completed",
            RunState::Failed => "failed",
            RunState::Cancelled => "cancelled",
            RunState::Interrupted => "interrupted",
        }
    }

    pub fn parse(text: &str) -> Option<RunState> {
        RunState::ALL.into_iter().find(|state| state.as_str() == text)
    }

    pub fn is_final(self) -> bool {
        !matches!(self, RunState::Queued | RunState::Running)
    }
}

/// Which button began it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Asked {
    Execute,
    Download,
}

impl Asked {
    pub const ALL: [Asked; 2] = [Asked::Execute, Asked::Download];

    pub fn as_str(self) -> &'static str {
        match self {
            Asked::Execute => "execute",
            Asked::Download => "download",
        }
    }

    pub fn parse(text: &str) -> Option<Asked> {
        Asked::ALL.into_iter().find(|asked| asked.as_str() == text)
    }
}

/// A bound parameter as people read it on the Completed page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GivenParameter {
    pub name: String,
    pub label: String,
    pub values: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub id: RunId,
    /// None once the assignment was removed: the result lives on.
    pub assignment: Option<AssignmentId>,
    pub view: ViewId,
    pub view_version: i64,
    pub title: String,
    pub report_type: ReportType,
    pub connection_name: String,
    /// The role through which the reader reached the report; none for an administrator who holds no such role.
    pub role: Option<RoleId>,
    pub role_name: String,
    pub person: PersonId,
    pub person_name: String,
    pub asked: Asked,
    /// On Completed, until retention removes it. One that is not kept goes soon after it was last looked at.
    pub kept: bool,
    pub state: RunState,
    pub parameters: Vec<GivenParameter>,
    pub columns: Vec<Column>,
    /// [`crate::BoundQuery::identity`] of what ran.
    pub query_identity: String,
    /// Query identifiers without a value, which is why there are no rows.
    pub withheld: Vec<String>,
    pub rows: i64,
    pub bytes: i64,
    /// The budget bit: only the first `rows` are here.
    pub cut_at_rows_max: bool,
    pub database_us: i64,
    pub created_at: Instant,
    pub started_at: Option<Instant>,
    pub finished_at: Option<Instant>,
    pub expires_at: Option<Instant>,
    /// Why it failed: a problem's slug and the words for the reader.
    pub failure: Option<Failure>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub slug: String,
    /// The database's own words where it was the database.
    pub detail: String,
    pub hint: Option<String>,
    /// Whether the reader's database failed, or we did.
    pub ours: bool,
}
