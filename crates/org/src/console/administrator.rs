//! Somebody at the console: signed in with a browser, with at least one administrator role.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use std::ops::Deref;

use crate::{
    Org,
    api::caller::{self, By, Caller},
    error::{Answer, Fault, codes},
};

/// A [`Caller`] by session. It derefs to the caller, whose rights the handler asks for.
pub struct Administrator(pub Caller);

impl Deref for Administrator {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl FromRequestParts<Org> for Administrator {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, org: &Org) -> Result<Administrator, Fault> {
        let caller = match caller::authenticate(org, parts).await {
            Ok(caller) => caller,
            // A session that has ended and one that never was are the same to the console: sign in.
            Err(fault) if fault.code == &codes::E0000005 => return Err(Fault::new(&codes::E0000011)),
            Err(fault) => return Err(fault),
        };
        if !matches!(caller.by, By::Session) {
            return Err(Fault::new(&codes::E0000011));
        }
        if caller.roles.is_empty() {
            return Err(Fault::forbidden());
        }
        Ok(Administrator(caller))
    }
}

/// Bodies are JSON by their type: a form of another site cannot send that without asking first.
pub fn must_be_json(headers: &HeaderMap) -> Answer<()> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_json = kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if is_json { Ok(()) } else { Err(Fault::new(&codes::E0000021)) }
}
