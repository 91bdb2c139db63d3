//! Sign-in with Okta: there with state, nonce and PKCE; back with a code that works once; rights read through the token.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use db::Conn;
use domain::{
    PersonId,
    role::{ADMIN_GROUP, GROUP_PREFIX},
};
use okta::{Finished, User};
use store::{person::Seen, sign_in_attempt::NewAttempt};
use url::{Url, form_urlencoded};
use vault::Secret;

use super::{checks::in_words, connected::Connected, lock, log::By, return_to::local_path, settings::Settings};
use crate::{Error, Portal, Result};

/// How long somebody may take at the org.
pub const ATTEMPT_LASTS: Duration = Duration::from_secs(10 * 60);
/// Sign-ins under way at once; past that people are asked to come again.
const ATTEMPTS_MAX: i64 = 10_000;
const BROWSER_CHARS: usize = 43;
/// Characters of a callback's query that are read.
const QUERY_CHARS_MAX: usize = 8_000;
/// Okta cuts the groups claim here: a claim of this many groups says nothing.
const CLAIM_GROUPS_MAX: usize = 100;
/// Names of administrators that are told to somebody without a role.
const ADMINISTRATORS_NAMED: usize = 3;

const STATE_HASH: &str = "sign-in state";
const BROWSER_HASH: &str = "sign-in browser";

/// The ways to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInOptions {
    pub okta_enabled: bool,
    pub local: bool,
    pub set_up_open: bool,
    pub notice: Option<String>,
}

/// A sign-in that begins: where the browser goes, and the cookie that ties it to this attempt.
pub struct BegunSignIn {
    pub browser: Secret,
    pub authorize_url: Url,
}

/// Somebody is signed in.
#[derive(Debug)]
pub struct FinishedSignIn {
    pub session: Secret,
    /// A local path.
    pub return_to: String,
}

/// What the org said of somebody's rights.
enum Reading {
    Token {
        user: User,
        groups: Vec<String>,
    },
    /// The claim, while the API cannot be asked.
    Claim {
        groups: Vec<String>,
    },
}

impl Portal {
    pub async fn sign_in_options(&self) -> Result<SignInOptions> {
        let mut conn = self.db.read().await?;
        let okta_enabled = Settings::load(&mut conn).await?.is_enabled();
        let local = store::person::has_local(&mut conn).await?;
        let set_up_open = store::set_up::is_open(&mut conn).await?;
        let is_down = okta_enabled && lock(&self.people.sync_status).problem.is_some();
        let notice = is_down.then(|| "The org cannot be read at the moment. Signing in may not work.".to_owned());
        Ok(SignInOptions { okta_enabled, local, set_up_open, notice })
    }

    /// Begins a sign-in. `address` is the public address that the browser came to, `return_to` where it wants to go afterwards.
    pub async fn begin_sign_in(&self, address: &Url, return_to: Option<&str>) -> Result<BegunSignIn> {
        let connected = self.enabled_connection().await?;
        let redirect_uri = address.join("OIDCCallback").map_err(|_| Error::NotFound)?;
        let begun = connected.sign_in.begin(redirect_uri.as_str()).await;
        let begun = begun.inspect_err(|error| self.remember_sign_in_problem(error))?;
        let browser = Secret::new(self.world.random.base64url(BROWSER_CHARS));
        let state_hash = self.vault.keyed_hash(STATE_HASH, begun.state.expose_bytes());
        let secrets = Secret::new(format!("{}.{}", begun.nonce.expose(), begun.verifier.expose()));
        let now = self.now();
        let mut tx = self.db.begin().await?;
        store::sign_in_attempt::delete_before(&mut tx, now.minus(ATTEMPT_LASTS)).await?;
        if store::sign_in_attempt::count(&mut tx).await? >= ATTEMPTS_MAX {
            return Err(Error::TooMany(
                "too many people are signing in at this moment; try again in a few minutes".to_owned(),
            ));
        }
        let new = NewAttempt {
            state_hash: &state_hash,
            browser_hash: &self.vault.keyed_hash(BROWSER_HASH, browser.expose_bytes()),
            verifier: self.vault.seal(&format!("sign_in_attempt/{state_hash}"), &secrets),
            redirect_uri: redirect_uri.as_str(),
            return_to: &local_path(return_to),
        };
        store::sign_in_attempt::insert(&mut tx, new, now).await?;
        tx.commit().await?;
        Ok(BegunSignIn { browser, authorize_url: begun.authorize_url })
    }

    /// Finishes a sign-in with what the browser brought back. Each attempt works once, in the browser that began it.
    pub async fn finish_sign_in(
        &self,
        address: &Url,
        browser: Option<&Secret>,
        query: &str,
        from: IpAddr,
    ) -> Result<FinishedSignIn> {
        let connected = self.enabled_connection().await?;
        let callback = Callback::read(query)?;
        let state_hash = self.vault.keyed_hash(STATE_HASH, callback.state.expose_bytes());
        let unknown = || {
            let message =
                "this sign-in was begun in another browser, took longer than 10 minutes, or was finished already";
            Error::SignInFailed(message.to_owned())
        };
        let browser_hash = self.vault.keyed_hash(BROWSER_HASH, browser.ok_or_else(unknown)?.expose_bytes());
        let now = self.now();
        let mut tx = self.db.begin().await?;
        let taken =
            store::sign_in_attempt::take(&mut tx, &state_hash, &browser_hash, now.minus(ATTEMPT_LASTS), now).await?;
        // What is used up stays used up, whatever comes of it.
        tx.commit().await?;
        let attempt = taken.ok_or_else(unknown)?;
        if Url::parse(&attempt.redirect_uri).is_ok_and(|begun_at| begun_at.origin() != address.origin()) {
            return Err(unknown());
        }
        connected.sign_in.check_response_issuer(callback.issuer.as_deref()).await?;
        let code = callback.code?;
        let secrets = self.vault.open(&format!("sign_in_attempt/{state_hash}"), &attempt.verifier)?;
        let (nonce, verifier) = secrets.expose().split_once('.').ok_or_else(unknown)?;
        let (nonce, verifier) = (Secret::new(nonce), Secret::new(verifier));
        let finished = connected.sign_in.finish(&code, &attempt.redirect_uri, &nonce, &verifier).await;
        let finished = finished.inspect_err(|error| self.remember_sign_in_problem(error))?;
        self.forget_sign_in_problem();
        let session = self.let_in(&connected, &finished, from).await?;
        Ok(FinishedSignIn { session, return_to: attempt.return_to })
    }

    async fn enabled_connection(&self) -> Result<std::sync::Arc<Connected>> {
        let connected = self.connected().await?.filter(|connected| connected.is_enabled);
        connected.ok_or(Error::OktaOff)
    }

    /// Keeps why the org let nobody in, for the Sign-in page. What one person or browser did is not the bridge's problem.
    fn remember_sign_in_problem(&self, error: &okta::Error) {
        let mut status = lock(&self.people.sync_status);
        match error {
            okta::Error::ClientRefused => {
                let problem =
                    "the org refuses the client id or its secret, so nobody can sign in; give a new client secret";
                status.client_problem = Some(problem.to_owned());
            }
            okta::Error::CodeRefused(_) | okta::Error::OrgSaid { .. } | okta::Error::ResponseIssuer => {}
            other => {
                let problem = format!("the last sign-in came to nothing: {}; {}", in_words(other), other.fix());
                status.sign_in_problem = Some(problem);
            }
        }
    }

    fn forget_sign_in_problem(&self) {
        let mut status = lock(&self.people.sync_status);
        (status.client_problem, status.sign_in_problem) = (None, None);
    }

    /// Reads somebody's rights and begins their session, or says why they may not come in.
    async fn let_in(&self, connected: &Connected, finished: &Finished, from: IpAddr) -> Result<Secret> {
        let read_at = self.now();
        let reading = self.read_rights(connected, finished).await?;
        let mut tx = self.db.begin().await?;
        let (person, name) = match &reading {
            Reading::Token { user, .. } => (record(&mut tx, self, finished, user).await?, user.name.clone()),
            Reading::Claim { .. } => self.confirmed(&mut tx, finished).await?,
        };
        if let Reading::Token { user, .. } = &reading
            && !user.is_active()
        {
            store::person::end_sessions(&mut tx, &person).await?;
            self.note(
                &mut tx,
                By::Person(&person, &name),
                "sign-in",
                "refused a sign-in",
                &format!("the org has them as {}", user.status),
            )
            .await?;
            tx.commit().await?;
            self.end_runs_of(&person).await?;
            return Err(Error::AccountNotActive(user.status.to_lowercase()));
        }
        let moved = match &reading {
            Reading::Token { groups, .. } => {
                store::person::rights_read(&mut tx, &person, read_at).await?;
                let moved = self.follow_groups(&mut tx, &person, &name, groups).await?;
                if moved.gained + moved.lost > 0 {
                    // A sync may have read the groups after we did and written before us: the next one reads them again.
                    store::org_group::clear(&mut tx).await?;
                }
                moved
            }
            Reading::Claim { groups } => {
                store::person::rights_confirmed(&mut tx, &person, read_at).await?;
                self.confirm_groups(&mut tx, &person, &name, groups).await?
            }
        };
        if moved.left == 0 {
            store::person::end_sessions(&mut tx, &person).await?;
            self.note(&mut tx, By::Person(&person, &name), "sign-in", "refused a sign-in", "no group gives a role")
                .await?;
            let administrators = administrators(&mut tx).await?;
            tx.commit().await?;
            self.end_runs_of(&person).await?;
            return Err(Error::NoRole { administrators });
        }
        let session = self.begin_session(&mut tx, &person, Some(&finished.id_token), from).await?;
        let how = match reading {
            Reading::Token { .. } => format!("from {from}"),
            Reading::Claim { .. } => {
                format!("from {from}; the groups claim confirmed the roles, the API could not be asked")
            }
        };
        self.note(&mut tx, By::Person(&person, &name), "sign-in", "signed in with Okta", &how).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// The groups through the token; the claim only while the API cannot be asked, and only when it is whole.
    async fn read_rights(&self, connected: &Connected, finished: &Finished) -> Result<Reading> {
        let api = &connected.api;
        let read = async {
            let user = api.user(&finished.subject).await?;
            let groups = api.groups_of(&finished.subject).await?;
            Ok::<_, okta::Error>((user, groups))
        };
        match read.await {
            Ok((user, groups)) => {
                let groups =
                    groups.into_iter().map(|group| group.name).filter(|name| name.starts_with(GROUP_PREFIX)).collect();
                Ok(Reading::Token { user, groups })
            }
            Err(error) if error.is_unavailable() => match &finished.groups {
                Some(groups) if groups.len() < CLAIM_GROUPS_MAX => {
                    tracing::warn!(error = in_words(&error), "the groups claim stands in for the API");
                    Ok(Reading::Claim { groups: groups.clone() })
                }
                _ => Err(Error::Org(error)),
            },
            Err(error) => Err(Error::Org(error)),
        }
    }

    /// Somebody whose rights were read through the token before. The claim brings in nobody else.
    async fn confirmed(&self, conn: &mut Conn, finished: &Finished) -> Result<(PersonId, String)> {
        let known = store::person::by_subject(conn, &finished.issuer, &finished.subject).await?;
        let known = known.filter(|person| person.is_active).ok_or(Error::GroupsUnread)?;
        if store::membership::count_of_person(conn, &known.id).await? == 0 {
            return Err(Error::GroupsUnread);
        }
        Ok((known.id, known.name))
    }

    /// Keeps of the roles that were read before those that the claim confirms, and adds none.
    async fn confirm_groups(
        &self,
        conn: &mut Conn,
        person: &PersonId,
        name: &str,
        claim: &[String],
    ) -> Result<super::rights::Moved> {
        let held = store::membership::roles_of(conn, person).await?;
        let still: Vec<String> =
            held.into_iter().map(|role| role.group).filter(|group| claim.contains(group)).collect();
        self.follow_groups(conn, person, name, &still).await
    }
}

async fn record(conn: &mut Conn, portal: &Portal, finished: &Finished, user: &User) -> Result<PersonId> {
    let seen = Seen {
        issuer: &finished.issuer,
        subject: &finished.subject,
        name: &user.name,
        login: &user.login,
        email: &user.email,
        status: &user.status,
        is_active: user.is_active(),
    };
    Ok(store::person::record(conn, portal.world.random.as_ref(), &seen, portal.now()).await?)
}

/// Whom somebody without a role can ask.
async fn administrators(conn: &mut Conn) -> Result<Vec<String>> {
    let Some(admin) = store::role::by_group(conn, ADMIN_GROUP).await? else { return Ok(Vec::new()) };
    let holders = store::membership::holders(conn, &admin.id).await?;
    Ok(holders
        .into_iter()
        .filter(|holder| holder.is_active)
        .map(|holder| holder.name)
        .take(ADMINISTRATORS_NAMED)
        .collect())
}

/// The query of a callback. Each parameter is there at most once.
struct Callback {
    state: Secret,
    issuer: Option<String>,
    /// The code, or what the org said instead.
    code: Result<Secret>,
}

impl Callback {
    fn read(query: &str) -> Result<Callback> {
        let refused =
            || Error::SignInFailed("the answer of the org cannot be read; begin the sign-in again".to_owned());
        if query.len() > QUERY_CHARS_MAX {
            return Err(refused());
        }
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if parameters.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(refused());
            }
        }
        let state = parameters.remove("state").filter(|state| !state.is_empty()).ok_or_else(refused)?;
        let clean = |text: String| text.chars().filter(|c| !c.is_control()).take(300).collect::<String>();
        let code = match (parameters.remove("code"), parameters.remove("error")) {
            (Some(code), None) if !code.is_empty() => Ok(Secret::new(code)),
            (None, Some(error)) => {
                let description = parameters.remove("error_description").map(clean).unwrap_or_default();
                Err(Error::Org(okta::Error::OrgSaid { error: clean(error), description }))
            }
            _ => return Err(refused()),
        };
        Ok(Callback { state: Secret::new(state), issuer: parameters.remove("iss"), code })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_has_each_parameter_once() {
        assert!(Callback::read("code=c&state=s").unwrap().code.is_ok());
        let said = Callback::read("error=access_denied&error_description=User%20is%20not%20assigned&state=s").unwrap();
        assert!(matches!(said.code, Err(Error::Org(okta::Error::OrgSaid { .. }))));
        for query in [
            "",
            "code=c",
            "state=s",
            "code=c&state=",
            "code=&state=s",
            "code=a&code=b&state=s",
            "code=c&state=s&state=t",
            "code=c&error=e&state=s",
            "code=c&state=s&iss=a&iss=b",
        ] {
            assert!(Callback::read(query).is_err(), "{query}");
        }
    }
}
