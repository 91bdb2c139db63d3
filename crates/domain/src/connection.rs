//! Connection profiles: a named database, how to reach it, and what a run may cost there.

use serde::{Deserialize, Serialize};

use crate::ConnectionId;

/// The password is not here: it is sealed in the vault under the connection's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    pub id: ConnectionId,
    pub name: String,
    pub kind: ConnectionKind,
    pub budget: Budget,
}

/// A closed list of databases, each with a closed list of options: there is no free connection string.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionKind {
    Sqlite { path: String },
    PostgreSql { host: String, port: u16, database: String, user: String, tls: PostgresTls },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PostgresTls {
    /// Encrypted, and the server's certificate must be valid for its name.
    Verify,
    /// Encrypted, whoever answers.
    Require,
    /// Not encrypted.
    Disable,
}

impl PostgresTls {
    pub const ALL: [PostgresTls; 3] = [PostgresTls::Verify, PostgresTls::Require, PostgresTls::Disable];
}

impl ConnectionKind {
    pub const NAMES: [&'static str; 2] = ["sqlite", "postgresql"];

    pub fn name(&self) -> &'static str {
        match self {
            ConnectionKind::Sqlite { .. } => ConnectionKind::NAMES[0],
            ConnectionKind::PostgreSql { .. } => ConnectionKind::NAMES[1],
        }
    }
}

/// What one run may take from the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    pub timeout_ms: u64,
    pub rows_max: u64,
    pub concurrent_max: u32,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { timeout_ms: 300_000, rows_max: 10_000_000, concurrent_max: 4 }
    }
}
