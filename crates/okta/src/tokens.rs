//! API tokens and administrator roles: what can be learnt of our own token.

use std::time::Duration;

use serde::Deserialize;
use world::Instant;

use crate::{Api, Result, User, directory::push_segment};

/// A token whose `lastUpdated` is this near to the org's time was moved by the call that asked.
const JUST_MOVED: Duration = Duration::from_secs(10);

/// A row of the org's token list. The value is nowhere in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub id: String,
    pub name: String,
    pub user_id: String,
    pub expires_at: Option<Instant>,
    /// From where it may be used: ANYWHERE, or ZONE.
    pub connection: Option<String>,
    updated_at: Option<Instant>,
}

/// An administrator role that a person holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminRole {
    /// SUPER_ADMIN, ORG_ADMIN, READ_ONLY_ADMIN, ...
    pub kind: String,
    pub label: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenBody {
    id: String,
    #[serde(default)]
    name: String,
    user_id: Option<String>,
    expires_at: Option<String>,
    last_updated: Option<String>,
    network: Option<Network>,
}

#[derive(Deserialize)]
struct Network {
    connection: Option<String>,
}

#[derive(Deserialize)]
struct RoleBody {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    label: String,
}

impl Api {
    /// Active tokens, as far as the token's owner may see them.
    pub async fn tokens(&self) -> Result<Vec<Token>> {
        let keep = |body: TokenBody| {
            Some(Token {
                id: body.id,
                name: body.name,
                user_id: body.user_id.unwrap_or_default(),
                expires_at: body.expires_at.and_then(|text| text.parse().ok()),
                connection: body.network.and_then(|network| network.connection),
                updated_at: body.last_updated.and_then(|text| text.parse().ok()),
            })
        };
        self.pages("read API tokens", self.at("/api/v1/api-tokens"), keep).await
    }

    /// Our own row of the token list: its owner's, and moved by this very call. None when that fits several or none.
    pub async fn own_token(&self, owner: &User) -> Result<Option<Token>> {
        // The first reading moves `lastUpdated` of our own token, the second sees where it went.
        self.tokens().await?;
        let mut mine: Vec<Token> = self.tokens().await?.into_iter().filter(|token| token.user_id == owner.id).collect();
        if mine.len() > 1 {
            let now = self.org_now();
            mine.retain(|token| {
                token.updated_at.is_some_and(|at| now.since(at) <= JUST_MOVED && at.since(now) <= JUST_MOVED)
            });
        }
        Ok(if mine.len() == 1 { mine.pop() } else { None })
    }

    /// The administrator roles of a person.
    pub async fn roles_of(&self, user: &str) -> Result<Vec<AdminRole>> {
        let mut url = self.at("/api/v1/users/");
        push_segment(&mut url, &[user, "roles"]);
        let keep = |body: RoleBody| {
            let label = if body.label.is_empty() { body.kind.clone() } else { body.label };
            Some(AdminRole { kind: body.kind, label })
        };
        self.pages("read administrator roles", url, keep).await
    }
}
