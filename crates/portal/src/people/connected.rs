//! The connection to the org: its address, sign-in and management calls, made from the settings and kept until they change.

use std::sync::Arc;

use net::{Limits, Outbound};
use okta::{Api, OrgAddress, SignIn};
use vault::Secret;

use super::{
    lock,
    settings::{API_TOKEN, CLIENT_SECRET, Settings},
};
use crate::{Portal, Result};

/// A connection of one revision of the settings. What is not given yet is empty, and the org then refuses it.
pub(crate) struct Connected {
    pub(crate) revision: i64,
    pub(crate) is_enabled: bool,
    pub(crate) org: OrgAddress,
    pub(crate) sign_in: SignIn,
    pub(crate) api: Api,
}

impl Portal {
    /// The connection as it is configured now. None while no domain is given.
    pub(crate) async fn connected(&self) -> Result<Option<Arc<Connected>>> {
        let mut conn = self.db.read().await?;
        let settings = Settings::load(&mut conn).await?;
        let known = lock(&self.people.connected).clone();
        if let Some(known) = known.filter(|known| known.revision == settings.revision()) {
            return Ok(Some(known));
        }
        let Some(org) = settings.org() else { return Ok(None) };
        let client_secret = store::setting::secret(&mut conn, &self.vault, CLIENT_SECRET).await?;
        let api_token = store::setting::secret(&mut conn, &self.vault, API_TOKEN).await?;
        let made = self.connected_with(
            org,
            settings.client_id(),
            client_secret,
            api_token,
            settings.revision(),
            settings.is_enabled(),
        )?;
        let made = Arc::new(made);
        *lock(&self.people.connected) = Some(made.clone());
        Ok(Some(made))
    }

    /// A connection that is not kept: to try settings before they replace others.
    pub(crate) fn connected_with(
        &self,
        org: OrgAddress,
        client_id: &str,
        client_secret: Option<Secret>,
        api_token: Option<Secret>,
        revision: i64,
        is_enabled: bool,
    ) -> Result<Connected> {
        // The configured org is reached wherever it is, the demo's loopback included; `okta` asks no other origin.
        let authorities = self.config.okta_ca_pem.as_deref();
        let http = Outbound::with_authorities([org.origin().clone()], authorities, Limits::default())?;
        let none = || Secret::new("");
        Ok(Connected {
            revision,
            is_enabled,
            sign_in: SignIn::new(
                http.clone(),
                org.clone(),
                client_id.to_owned(),
                client_secret.unwrap_or_else(none),
                self.world.clone(),
            ),
            api: Api::new(http, org.clone(), api_token.unwrap_or_else(none), self.world.clone()),
            org,
        })
    }
}
