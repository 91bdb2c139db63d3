//! What set-up can make through the token: groups and the application. Each has its undoing.

use serde::Deserialize;
use serde_json::{Value, json};
use vault::Secret;

use crate::{Api, Group, Result, directory::GroupBody};

/// The application that people sign in through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApplication {
    pub label: String,
    pub redirect_uris: Vec<String>,
    pub sign_out_uris: Vec<String>,
    /// Where a tile of the org's end-user page leads.
    pub start_uri: String,
}

/// An application as it was made.
pub struct Application {
    pub id: String,
    pub client_id: String,
    pub client_secret: Secret,
}

#[derive(Deserialize)]
struct ApplicationBody {
    id: String,
    credentials: Credentials,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    oauth_client: OauthClient,
}

#[derive(Deserialize)]
struct OauthClient {
    client_id: String,
    client_secret: Secret,
}

impl NewApplication {
    /// The body of the call that makes it: shown before it is sent.
    pub fn body(&self) -> Value {
        json!({
            "name": "oidc_client",
            "label": self.label,
            "signOnMode": "OPENID_CONNECT",
            "credentials": {"oauthClient": {"token_endpoint_auth_method": "client_secret_basic", "pkce_required": true}},
            "settings": {"oauthClient": {
                "application_type": "web",
                "response_types": ["code"],
                "grant_types": ["authorization_code"],
                "redirect_uris": self.redirect_uris,
                "post_logout_redirect_uris": self.sign_out_uris,
                "initiate_login_uri": self.start_uri,
            }},
        })
    }
}

impl Api {
    pub async fn create_group(&self, body: &Value) -> Result<Group> {
        Ok(self.change::<GroupBody>("create a group", "POST", "/api/v1/groups", body).await?.into())
    }

    pub async fn delete_group(&self, id: &str) -> Result<()> {
        self.act("delete a group", "DELETE", &format!("/api/v1/groups/{id}"), None).await
    }

    pub async fn create_application(&self, body: &Value) -> Result<Application> {
        let made: ApplicationBody = self.change("create an application", "POST", "/api/v1/apps", body).await?;
        let client = made.credentials.oauth_client;
        Ok(Application { id: made.id, client_id: client.client_id, client_secret: client.client_secret })
    }

    /// Removes an application; an active one has to be deactivated before.
    pub async fn delete_application(&self, id: &str) -> Result<()> {
        self.act("deactivate an application", "POST", &format!("/api/v1/apps/{id}/lifecycle/deactivate"), None).await?;
        self.act("delete an application", "DELETE", &format!("/api/v1/apps/{id}"), None).await
    }

    /// Lets a group's members use an application.
    pub async fn assign_group(&self, application: &str, group: &str) -> Result<()> {
        let path = format!("/api/v1/apps/{application}/groups/{group}");
        self.act("assign a group to an application", "PUT", &path, Some(&json!({}))).await
    }

    pub async fn unassign_group(&self, application: &str, group: &str) -> Result<()> {
        let path = format!("/api/v1/apps/{application}/groups/{group}");
        self.act("take a group from an application", "DELETE", &path, None).await
    }
}
