//! Query parameters, pages of lists and their `Link` headers.
//!
//! Invariant: a page is never longer than its list's maximum; `next` is there exactly when another page is.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::edge::Address;
use crate::error::{Answer, Fault, codes};

/// What a request asks, and under which address and path: enough to write the links of its answer.
#[derive(Clone, Debug)]
pub struct Asked {
    pub address: Address,
    path: String,
    pairs: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Asked, Fault> {
        let address = Address::from_request_parts(parts, state).await?;
        let pairs = serde_urlencoded::from_str(parts.uri.query().unwrap_or_default())
            .map_err(|_| Fault::new(&codes::E0000001))?;
        Ok(Asked { address, path: parts.uri.path().to_owned(), pairs })
    }
}

/// What a list does with a limit beyond its maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    Cut,
    Refuse,
}

impl Asked {
    /// A parameter's value; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.get(name).map_or(default, |value| value.eq_ignore_ascii_case("true"))
    }

    pub fn limit(&self, default: i64, max: i64, beyond: Beyond) -> Answer<i64> {
        let Some(text) = self.get("limit") else { return Ok(default) };
        match text.parse::<i64>() {
            Ok(limit) if limit > max && beyond == Beyond::Cut => Ok(max),
            Ok(limit) if (1..=max).contains(&limit) => Ok(limit),
            Ok(_) => Err(Fault::field("limit", &format!("The limit must be between 1 and {max}"))),
            Err(_) => Err(Fault::field("limit", "The limit must be a number")),
        }
    }

    /// The cursor of a list in id order whose ids begin with `prefix`.
    pub fn after_id(&self, prefix: &str) -> Answer<Option<&str>> {
        match self.get("after") {
            None => Ok(None),
            Some(id)
                if id.len() == 20 && id.starts_with(prefix) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
            {
                Ok(Some(id))
            }
            Some(_) => Err(invalid_cursor()),
        }
    }

    /// A page: at most `limit` of `items`, which may hold one more, the sign that there is another page.
    pub fn page<T>(
        &self,
        mut items: Vec<T>,
        limit: i64,
        cursor: impl Fn(&T) -> String,
        body: impl Fn(&T) -> Value,
    ) -> Response {
        let limit_len = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit_len;
        items.truncate(limit_len);
        let next = if more { items.last().map(cursor) } else { None };
        self.list(items.iter().map(body).collect(), limit, next.as_deref())
    }

    /// A list with the links that belong to it.
    pub fn list(&self, bodies: Vec<Value>, limit: i64, next: Option<&str>) -> Response {
        let mut headers = HeaderMap::new();
        let mut link = |url: String, relation: &str| {
            if let Ok(value) = HeaderValue::from_str(&format!("<{url}>; rel=\"{relation}\"")) {
                headers.append(header::LINK, value);
            }
        };
        link(self.url(limit, self.get("after")), "self");
        if let Some(next) = next {
            link(self.url(limit, Some(next)), "next");
        }
        (headers, axum::Json(bodies)).into_response()
    }

    /// This call's address with another cursor and the limit that was really used.
    fn url(&self, limit: i64, after: Option<&str>) -> String {
        let others = self.pairs.iter().filter(|(key, _)| key != "after" && key != "limit").cloned();
        let mut pairs: Vec<(String, String)> =
            after.map(|after| ("after".to_owned(), after.to_owned())).into_iter().collect();
        pairs.extend(others);
        pairs.push(("limit".to_owned(), limit.to_string()));
        let query = serde_urlencoded::to_string(&pairs).unwrap_or_default();
        self.address.link(&format!("{}?{query}", self.path))
    }
}

pub fn invalid_cursor() -> Fault {
    Fault::new(&codes::E0000029).with_cause("Invalid cursor.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Asked {
        let address = Address("http://localhost:8081".parse().unwrap());
        Asked { address, path: "/api/v1/groups".to_owned(), pairs: serde_urlencoded::from_str(query).unwrap() }
    }

    #[test]
    fn the_next_page_keeps_the_question_and_moves_the_cursor() {
        let asked = asked("q=a%26b&limit=2&after=old");
        let response = asked.page(vec!["one", "two", "three"], 2, |item| (*item).to_owned(), |item| Value::from(*item));
        let links: Vec<_> = response.headers().get_all("link").iter().map(|value| value.to_str().unwrap()).collect();
        let base = "http://localhost:8081/api/v1/groups?after";
        assert_eq!(
            links,
            [
                format!("<{base}=old&q=a%26b&limit=2>; rel=\"self\""),
                format!("<{base}=two&q=a%26b&limit=2>; rel=\"next\"")
            ]
        );
        let last = asked.page(vec!["one", "two"], 2, |item| (*item).to_owned(), |item| Value::from(*item));
        assert_eq!(last.headers().get_all("link").iter().count(), 1);
    }

    #[test]
    fn limits_are_cut_or_refused_and_cursors_checked() {
        assert_eq!(asked("limit=500").limit(200, 200, Beyond::Cut).unwrap(), 200);
        assert!(asked("limit=500").limit(20, 200, Beyond::Refuse).is_err());
        assert!(asked("limit=0").limit(20, 200, Beyond::Cut).is_err());
        assert!(asked("limit=x").limit(20, 200, Beyond::Cut).is_err());
        assert!(asked("after=00g123").after_id("00g").is_err());
        assert!(asked("after=00g00000000000000001").after_id("00g").unwrap().is_some());
    }
}
