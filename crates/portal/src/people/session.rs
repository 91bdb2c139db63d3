//! Sessions: 256 random bits in a cookie, their keyed hash here, the person's epoch compared at every request.

use std::{net::IpAddr, time::Duration};

use db::Conn;
use domain::{Actor, PersonId};
use store::{person::Source, session::NewSession};
use url::Url;
use vault::Secret;

use super::log::By;
use crate::{Error, Portal, Result};

/// 43 characters of base64url hold more than 256 bits.
const ID_CHARS: usize = 43;
/// The time of the last request is written at most this often.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// Purposes of the keyed hashes.
const SESSION_HASH: &str = "session";
const CSRF_HASH: &str = "csrf";

/// Somebody who is signed in, with the rights of this moment.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub actor: Actor,
    pub email: String,
    pub source: Source,
    /// Goes into a header of every call that changes something. Derived from the session, so it ends with it.
    pub csrf_token: String,
    /// The org that the person came from.
    pub org_url: Option<String>,
    id_hash: String,
}

impl Portal {
    /// Who a session's cookie belongs to.
    ///
    /// Errors: `NotSignedIn` when it is none of ours, has ended by time, by sign-out or with the person's rights; `RightsTooOld`
    /// when the rights could not be read from the org for too long.
    pub async fn signed_in(&self, cookie: &Secret) -> Result<SignedIn> {
        let id_hash = self.vault.keyed_hash(SESSION_HASH, cookie.expose_bytes());
        let mut conn = self.db.read().await?;
        let session = store::session::find(&mut conn, &id_hash).await?.ok_or(Error::NotSignedIn)?;
        let (now, person) = (self.now(), &session.person);
        let is_over = now.since(session.used_at) >= self.config.session_idle
            || now.since(session.began_at) >= self.config.session_absolute
            || session.epoch != person.epoch
            || !person.is_active;
        if is_over {
            return Err(Error::NotSignedIn);
        }
        let actor = self.actor_of(&mut conn, person).await?;
        drop(conn);
        if now.since(session.used_at) >= TOUCH_EVERY {
            let mut tx = self.db.begin().await?;
            store::session::touch(&mut tx, &id_hash, now).await?;
            tx.commit().await?;
        }
        Ok(SignedIn {
            actor,
            email: person.email.clone(),
            source: person.source,
            csrf_token: self.vault.keyed_hash(CSRF_HASH, cookie.expose_bytes()),
            org_url: (person.source == Source::Okta).then(|| person.issuer.clone()),
            id_hash,
        })
    }

    /// Begins a session with an id of its own; whatever the browser had before is not taken on.
    pub(crate) async fn begin_session(
        &self,
        conn: &mut Conn,
        person: &PersonId,
        id_token: Option<&Secret>,
        from: IpAddr,
    ) -> Result<Secret> {
        let cookie = Secret::new(self.world.random.base64url(ID_CHARS));
        let id_hash = self.vault.keyed_hash(SESSION_HASH, cookie.expose_bytes());
        let id_token = id_token.map(|token| self.vault.seal(&format!("session/{id_hash}"), token));
        let new = NewSession { id_hash: &id_hash, person, id_token, client_address: from.to_string() };
        store::session::insert(conn, new, self.now()).await?;
        store::person::signed_in(conn, person, self.now()).await?;
        Ok(cookie)
    }

    /// Ends a session. The answer is where the browser ends its session at the org, when it has one there and the org answers.
    pub async fn sign_out(&self, signed_in: &SignedIn, address: &Url) -> Result<Option<String>> {
        let mut tx = self.db.begin().await?;
        let session = store::session::find(&mut tx, &signed_in.id_hash).await?;
        store::session::delete(&mut tx, &signed_in.id_hash).await?;
        self.note(&mut tx, By::Actor(&signed_in.actor), "sign-in", "signed out", "").await?;
        tx.commit().await?;
        let Some((session, sealed)) =
            session.and_then(|mut session| session.id_token.take().map(|sealed| (session, sealed)))
        else {
            return Ok(None);
        };
        let id_token = self.vault.open(&format!("session/{}", session.id_hash), &sealed)?;
        let Some(connected) = self.connected().await? else { return Ok(None) };
        // The session here has ended either way; an org that does not answer is no reason to say otherwise.
        match connected.sign_in.sign_out_url(&id_token, address.as_str()).await {
            Ok(url) => Ok(url.map(String::from)),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the org's sign-out address could not be read"
                );
                Ok(None)
            }
        }
    }

    /// Removes what ended by time: sessions, and sign-ins that nobody finished.
    pub(crate) async fn remove_ended_sessions(&self) -> Result<()> {
        let now = self.now();
        let mut tx = self.db.begin().await?;
        store::session::delete_over(
            &mut tx,
            now.minus(self.config.session_idle),
            now.minus(self.config.session_absolute),
        )
        .await?;
        store::sign_in_attempt::delete_before(&mut tx, now.minus(super::sign_in::ATTEMPT_LASTS)).await?;
        tx.commit().await?;
        Ok(())
    }
}
