//! Assignments: report x connection x role x type. A report that is not assigned cannot be run.

use world::Instant;

use crate::{AssignmentId, ConnectionId, ReportType, RoleId, ViewId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub id: AssignmentId,
    pub view: ViewId,
    pub connection: ConnectionId,
    pub role: RoleId,
    pub report_type: ReportType,
    pub category: String,
    pub description: String,
    /// When the assignment lapses; results live on by their own retention.
    pub expires_at: Option<Instant>,
}

impl Assignment {
    pub fn is_lapsed(&self, now: Instant) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}
