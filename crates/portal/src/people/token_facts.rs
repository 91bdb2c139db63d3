//! What the org tells of our API token: whose it is, what it may do, when it lapses, from where it may be used.

use std::time::Duration;

use okta::Api;
use serde::{Deserialize, Serialize};
use world::Instant;

use super::settings::{Settings, TOKEN_FACTS};
use crate::{Portal, Result};

/// A token that is not used for this long is revoked for good. Fixed for all orgs.
pub(crate) const TOKEN_WINDOW: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How often the sync reads them again.
const READ_EVERY: Duration = Duration::from_secs(60 * 60);

/// As it was last read. Kept in the settings as JSON; the value of the token is nowhere in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenFacts {
    pub name: Option<String>,
    pub owner: TokenOwner,
    /// Administrator roles of the owner. None: they could not be read.
    pub rights: Option<Vec<String>>,
    expires_us: Option<i64>,
    /// ANYWHERE or ZONE.
    pub connection: Option<String>,
    read_us: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenOwner {
    pub login: String,
    pub name: String,
}

impl TokenFacts {
    /// Reads them. Only whose the token is must be readable: the token list and roles take rights that an owner may lack.
    pub(crate) async fn read(api: &Api, now: Instant) -> Result<TokenFacts, okta::Error> {
        let me = api.me().await?;
        let own = match api.own_token(&me).await {
            Ok(own) => own,
            Err(error) if error.is_unavailable() => return Err(error),
            Err(_) => None,
        };
        let rights = api.roles_of(&me.id).await.ok().map(|roles| roles.into_iter().map(|role| role.label).collect());
        Ok(TokenFacts {
            name: own.as_ref().map(|token| token.name.clone()),
            owner: TokenOwner { login: me.login, name: me.name },
            rights,
            expires_us: own.as_ref().and_then(|token| token.expires_at).map(Instant::as_us),
            connection: own.and_then(|token| token.connection),
            read_us: now.as_us(),
        })
    }

    pub fn expires_at(&self) -> Option<Instant> {
        self.expires_us.map(Instant::from_us)
    }

    pub fn read_at(&self) -> Instant {
        Instant::from_us(self.read_us)
    }

    pub(crate) fn connection_in_words(&self) -> String {
        match self.connection.as_deref() {
            Some("ANYWHERE") => "it may be used from any address".to_owned(),
            Some(_) => "it may be used from certain network zones alone".to_owned(),
            None => "from where it may be used cannot be read".to_owned(),
        }
    }
}

impl Portal {
    /// Keeps what was read, unless the connection was changed meanwhile.
    pub(crate) async fn keep_token_facts(&self, revision: i64, facts: &TokenFacts) -> Result<()> {
        let mut tx = self.db.begin().await?;
        if Settings::load(&mut tx).await?.revision() == revision {
            let json = serde_json::to_string(facts).map_err(std::io::Error::other)?;
            store::setting::put(&mut tx, TOKEN_FACTS, &json, self.now()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Whether the sync should read them again.
    pub(crate) fn are_token_facts_old(&self, facts: Option<&TokenFacts>) -> bool {
        facts.is_none_or(|facts| self.now().since(facts.read_at()) >= READ_EVERY)
    }
}
