//! The management API through the API token: one call, and lists page by page.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use net::{Answer, Outbound, Request};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;
use vault::Secret;
use world::{Instant, World};

use crate::{
    Error, OrgAddress, Result,
    answer::{Line, in_a_hurry, is_json, json, said},
    budget::Budget,
};

/// A list that goes on for more pages than this is no list of an org's.
const PAGES_MAX: usize = 1_000;

/// Who waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody who signs in or sets up.
    Person,
    /// The sync: leaves part of our share of the rate limit to people.
    Background,
}

/// Management calls of one org through one token. Cheap to clone; clones share the budget.
#[derive(Clone)]
pub struct Api {
    shared: Arc<Shared>,
    urgency: Urgency,
}

struct Shared {
    line: Line,
    org: OrgAddress,
    token: Secret,
    budget: Budget,
    /// When a call last succeeded, by our clock; 0: never.
    succeeded_us: AtomicI64,
}

/// The error object of every management call.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody {
    error_code: String,
    #[serde(default)]
    error_summary: String,
    #[serde(default)]
    error_causes: Vec<ErrorCause>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorCause {
    #[serde(default)]
    error_summary: String,
}

impl Api {
    pub fn new(http: Outbound, org: OrgAddress, token: Secret, world: World) -> Api {
        let line = Line::new(http, world);
        let shared = Shared { line, org, token, budget: Budget::default(), succeeded_us: AtomicI64::new(0) };
        Api { shared: Arc::new(shared), urgency: Urgency::Person }
    }

    /// The same calls, for work that nobody waits for.
    pub fn in_background(&self) -> Api {
        Api { urgency: Urgency::Background, ..self.clone() }
    }

    pub fn org_address(&self) -> &OrgAddress {
        &self.shared.org
    }

    /// What time it is at the org. Instants of its answers compare with this one, not with our own clock.
    pub fn org_now(&self) -> Instant {
        self.shared.line.org_now()
    }

    /// When a call last succeeded. Each one renews the token.
    pub fn succeeded_at(&self) -> Option<Instant> {
        let us = self.shared.succeeded_us.load(Ordering::Relaxed);
        (us != 0).then(|| Instant::from_us(us))
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, what: &'static str, url: Url) -> Result<T> {
        json(what, &self.call(what, "GET", url, None).await?)
    }

    pub(crate) async fn change<T: DeserializeOwned>(
        &self,
        what: &'static str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<T> {
        json(what, &self.call(what, method, self.at(path), Some(body)).await?)
    }

    /// A call whose answer's body says nothing.
    pub(crate) async fn act(&self, what: &'static str, method: &str, path: &str, body: Option<&Value>) -> Result<()> {
        self.call(what, method, self.at(path), body).await.map(|_| ())
    }

    pub(crate) fn at(&self, path: &str) -> Url {
        self.shared.org.at(path)
    }

    /// Every page of a list. `keep` takes what is needed of each row, so that a long list stays small.
    pub(crate) async fn pages<T: DeserializeOwned, K>(
        &self,
        what: &'static str,
        first: Url,
        keep: impl Fn(T) -> Option<K>,
    ) -> Result<Vec<K>> {
        let mut kept = Vec::new();
        let mut next = Some(first);
        for _ in 0..PAGES_MAX {
            let Some(url) = next.take() else { return Ok(kept) };
            let answer = self.call(what, "GET", url.clone(), None).await?;
            kept.extend(json::<Vec<T>>(what, &answer)?.into_iter().filter_map(&keep));
            next = next_page(&answer);
            // The token goes with the next request too, so a link that leads elsewhere is not followed.
            if next.as_ref().is_some_and(|next| !self.shared.org.is_same_origin(next) || *next == url) {
                return Err(Error::ForeignLink { what });
            }
        }
        if next.is_some() { Err(Error::TooManyPages { what }) } else { Ok(kept) }
    }

    async fn call(&self, what: &'static str, method: &str, url: Url, body: Option<&Value>) -> Result<Answer> {
        let shared = &self.shared;
        let path = url.path().to_owned();
        shared.budget.take(&path, self.urgency, shared.line.world.now())?;
        let mut request = Request::new(method, url)
            .header("accept", "application/json")
            .header("authorization", &format!("SSWS {}", shared.token.expose()));
        request = match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            // Without a body POST and PUT must say so.
            None if matches!(method, "POST" | "PUT") => request.body(Vec::new()).header("content-length", "0"),
            None => request,
        };
        if self.urgency == Urgency::Person {
            request = in_a_hurry(request);
        }
        let answer = match shared.line.send(request).await {
            Ok(answer) => answer,
            Err(Error::RateLimited { resets_at }) => {
                shared.budget.exhausted(&path, resets_at);
                return Err(Error::RateLimited { resets_at });
            }
            Err(error) => return Err(error),
        };
        let now = shared.line.world.now();
        shared.budget.learn(&path, &answer, now);
        if !answer.is_success() {
            return Err(refused(what, &answer));
        }
        shared.succeeded_us.store(now.as_us(), Ordering::Relaxed);
        Ok(answer)
    }
}

fn refused(what: &'static str, answer: &Answer) -> Error {
    if !is_json(answer) {
        return Error::NotJson { what, found: format!("status {} without JSON", answer.status) };
    }
    let Ok(body) = serde_json::from_slice::<ErrorBody>(&answer.body) else {
        return Error::Refused {
            what,
            status: answer.status,
            code: String::new(),
            summary: "it does not say why".to_owned(),
        };
    };
    match (body.error_code.as_str(), answer.status) {
        ("E0000011", _) | (_, 401) => Error::TokenRefused,
        ("E0000006", _) => Error::RightMissing { what },
        (_, 404) => Error::NotFound { what },
        _ => {
            let texts = std::iter::once(body.error_summary)
                .chain(body.error_causes.into_iter().map(|cause| cause.error_summary));
            let summary = said(&texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; "));
            Error::Refused { what, status: answer.status, code: said(&body.error_code), summary }
        }
    }
}

/// The address of `Link: <...>; rel="next"`. There is a header line for each relation; proxies may have joined them.
fn next_page(answer: &Answer) -> Option<Url> {
    let lines = answer.headers.get_all("link").iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(", <")).find_map(|link| {
        let (target, parameters) = link.trim_start_matches('<').split_once('>')?;
        let is_next = parameters.split(';').any(|parameter| parameter.trim().eq_ignore_ascii_case("rel=\"next\""));
        if is_next { Url::parse(target).ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use net::{HeaderMap, HeaderName};

    #[test]
    fn the_next_page_is_found_in_one_line_or_in_several() {
        let link = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(HeaderName::from_static("link"), line.parse().unwrap());
            }
            next_page(&Answer { status: 200, headers, body: Default::default() }).map(|url| url.to_string())
        };
        let own = "<https://acme.okta.com/api/v1/groups?limit=2>; rel=\"self\"";
        let next = "<https://acme.okta.com/api/v1/groups?after=00g2&limit=2>; rel=\"next\"";
        let expected = Some("https://acme.okta.com/api/v1/groups?after=00g2&limit=2".to_owned());
        assert_eq!(link(&[own, next]), expected);
        assert_eq!(link(&[&format!("{own}, {next}")]), expected);
        assert_eq!(link(&[own]), None);
    }
}
