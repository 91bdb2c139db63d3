//! Parameters of an OAuth request: one value each.
//!
//! Invariant: a parameter that is given twice is refused before its value means anything; an empty value counts as not given.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};

use super::fault::OAuthFault;

/// Requests with more are refused.
const COUNT_MAX: usize = 64;
const BODY_BYTES_MAX: usize = 64 * 1024;

#[derive(Clone, Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub fn parse(encoded: &str) -> Parameters {
        let pairs = url::form_urlencoded::parse(encoded.as_bytes()).take(COUNT_MAX);
        Parameters(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// The names that were given more than once.
    pub fn repeated(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let mut repeated: Vec<&str> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        repeated.dedup();
        repeated
    }

    pub fn without(&self, name: &str) -> Parameters {
        Parameters(self.0.iter().filter(|(known, _)| known != name).cloned().collect())
    }

    pub fn pairs(self) -> impl Iterator<Item = (String, String)> {
        self.0.into_iter()
    }

    pub fn encode(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

impl FromIterator<(String, String)> for Parameters {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Parameters {
        Parameters(pairs.into_iter().take(COUNT_MAX).collect())
    }
}

/// The body of a request whose every parameter has one value.
pub struct Posted(pub Parameters);

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = OAuthFault;

    async fn from_request(request: Request, state: &S) -> Result<Posted, OAuthFault> {
        let in_query = request.uri().query().map(Parameters::parse).unwrap_or_default();
        if in_query.has("client_id") || in_query.has("client_secret") || in_query.has("client_assertion") {
            return Err(OAuthFault::invalid_request("Client credentials cannot be supplied via query parameters."));
        }
        let parameters = Form::from_request(request, state).await?.0;
        if !parameters.repeated().is_empty() {
            return Err(OAuthFault::invalid_request("The request contained multiple parameters with the same name."));
        }
        Ok(Posted(parameters))
    }
}

/// A body, whether or not its parameters have one value each.
pub struct Form(pub Parameters);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = OAuthFault;

    async fn from_request(request: Request, _: &S) -> Result<Form, OAuthFault> {
        let is_form = is_form(request.headers());
        let bytes: Bytes = axum::body::to_bytes(request.into_body(), BODY_BYTES_MAX)
            .await
            .map_err(|_| OAuthFault::invalid_request("Invalid request"))?;
        if !is_form && !bytes.is_empty() {
            return Err(OAuthFault::invalid_request(
                "The content type of the request must be application/x-www-form-urlencoded.",
            ));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| OAuthFault::invalid_request("Invalid request"))?;
        Ok(Form(Parameters::parse(text)))
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_seen_and_empty_values_are_none() {
        let parameters = Parameters::parse("a=1&b=&a=2&c=x%20y&c=z");
        assert_eq!(parameters.repeated(), ["a", "c"]);
        assert_eq!(parameters.get("b"), None);
        assert_eq!(Parameters::parse("c=x%20y").get("c"), Some("x y"));
        assert_eq!(Parameters::parse("a=1&b=2").without("a").encode(), "b=2");
    }
}
