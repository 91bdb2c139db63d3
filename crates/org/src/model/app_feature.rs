//! What an app is provisioned with: the capabilities of its features.

use db::{Conn, query};
use serde_json::{Value, json};

use super::id::AppId;
use crate::{Error, Result};

/// The features that an app can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    UserProvisioning,
    InboundProvisioning,
}

impl Feature {
    pub const ALL: [Feature; 2] = [Feature::UserProvisioning, Feature::InboundProvisioning];

    pub fn as_str(self) -> &'static str {
        match self {
            Feature::UserProvisioning => "USER_PROVISIONING",
            Feature::InboundProvisioning => "INBOUND_PROVISIONING",
        }
    }

    pub fn parse(text: &str) -> Option<Feature> {
        Feature::ALL.into_iter().find(|feature| feature.as_str() == text)
    }

    /// What nobody has changed yet.
    pub fn defaults(self) -> Value {
        let off = || json!({ "status": "DISABLED" });
        match self {
            Feature::UserProvisioning => json!({
                "create": { "lifecycleCreate": off() },
                "update": {
                    "profile": off(),
                    "lifecycleDeactivate": off(),
                    "password": { "status": "DISABLED", "seed": "RANDOM", "change": "KEEP_EXISTING" },
                },
            }),
            Feature::InboundProvisioning => json!({
                "importSettings": {
                    "username": { "usernameFormat": "EMAIL", "usernameExpression": null },
                    "schedule": { "status": "DISABLED" },
                },
                "importRules": {
                    "userCreateAndMatch": {
                        "exactMatchCriteria": "EMAIL",
                        "allowPartialMatch": false,
                        "autoConfirmPartialMatch": false,
                        "autoConfirmExactMatch": false,
                        "autoConfirmNewUsers": false,
                        "autoActivateNewUsers": false,
                    },
                },
            }),
        }
    }
}

/// The capabilities that an app's feature has now.
pub async fn capabilities(conn: &mut Conn, app: &AppId, feature: Feature) -> Result<Value> {
    let row = query("select capabilities from app_feature where app_id = $1 and name = $2");
    let Some(row) = row.bind(app.as_str()).bind(feature.as_str()).optional(conn).await? else {
        return Ok(feature.defaults());
    };
    let text: String = row.get("capabilities")?;
    serde_json::from_str(&text).map_err(|error| Error::Stored { what: "app feature", reason: error.to_string() })
}

pub async fn save(conn: &mut Conn, app: &AppId, feature: Feature, capabilities: &Value) -> Result<()> {
    query(
        "insert into app_feature (app_id, name, capabilities) values ($1, $2, $3)
         on conflict (app_id, name) do update set capabilities = excluded.capabilities",
    )
    .bind(app.as_str())
    .bind(feature.as_str())
    .bind(capabilities.to_string())
    .execute(conn)
    .await?;
    Ok(())
}
