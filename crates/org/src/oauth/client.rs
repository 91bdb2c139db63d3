//! Who is this client: authentication at the token, introspection and revocation endpoints.
//!
//! Invariant: a client is known by exactly one method, the one that it is registered for; secrets are compared as keyed hashes.

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use vault::Secret;

use super::{
    assertion,
    fault::{OAuthFault, OAuthResult},
    parameters::Parameters,
    server::Server,
};
use crate::{
    Org,
    api::edge::Address,
    model::{
        app::{self, App, OAuthClient},
        client_secret,
        log::{self, CallOrigin, Event, Outcome, Party},
    },
};

/// An app that proved that it is this app (or cannot, being public).
#[derive(Clone, Debug)]
pub struct Client {
    pub app: App,
    pub oauth: OAuthClient,
    pub client_id: String,
}

impl Client {
    /// How the log names it.
    pub fn party(&self) -> Party {
        Party::new(&self.client_id, "PublicClientApp", &self.client_id, &self.app.label)
    }

    pub fn is_public(&self) -> bool {
        self.oauth.token_endpoint_auth_method == "none"
    }

    pub fn allows(&self, grant_type: &str) -> bool {
        self.oauth.grant_types.iter().any(|allowed| allowed == grant_type)
    }
}

/// The OIDC app of a client id, when it is active.
pub async fn find(conn: &mut db::Conn, client_id: &str) -> crate::Result<Option<Client>> {
    let app = app::by_client_id(conn, client_id).await?.filter(|app| app.active);
    Ok(app.and_then(|app| app.oauth().map(|oauth| Client { app, oauth, client_id: client_id.to_owned() })))
}

enum Proof {
    Basic(String, Vec<Secret>),
    Post(String, Secret),
    Assertion(Secret),
    Nothing(String),
}

/// Authenticates the client of a request.
pub async fn authenticate(
    org: &Org,
    address: &Address,
    server: &Server,
    origin: &CallOrigin,
    headers: &HeaderMap,
    parameters: &Parameters,
    endpoint: &str,
) -> OAuthResult<Client> {
    let proof = proof(headers, parameters)?;
    let outcome = check(org, address, server, endpoint, &proof).await;
    if let Err(fault) = &outcome
        && fault.error == "invalid_client"
    {
        let given = parameters.get("client_id").unwrap_or("unknown").chars().take(100).collect::<String>();
        let event = Event::new("app.oauth2.invalid_client_credentials")
            .by(Party::new(&given, "PublicClientApp", &given, &given))
            .outcome(Outcome::Failure, fault.description.clone())
            .from(origin);
        let mut tx = org.db.begin().await?;
        log::write(&mut tx, &org.world, &event).await?;
        tx.commit().await?;
    }
    outcome
}

async fn check(org: &Org, address: &Address, server: &Server, endpoint: &str, proof: &Proof) -> OAuthResult<Client> {
    let refused = || {
        OAuthFault::invalid_client(
            "Client authentication failed. Either the client or the client credentials are invalid.",
        )
    };
    let mut reader = org.db.read().await?;
    let (client_id, method) = match proof {
        Proof::Basic(client_id, _) => (client_id.clone(), "client_secret_basic"),
        Proof::Post(client_id, _) => (client_id.clone(), "client_secret_post"),
        Proof::Nothing(client_id) => (client_id.clone(), "none"),
        Proof::Assertion(assertion) => (assertion::claimed_client(assertion)?, ""),
    };
    let client = find(&mut reader, &client_id).await?;
    let Some(client) = client else {
        return Err(if method == "none" {
            OAuthFault::invalid_client("Invalid value for 'client_id' parameter.")
        } else {
            refused()
        });
    };
    match proof {
        Proof::Nothing(_) if client.is_public() => Ok(client),
        Proof::Nothing(_) => Err(OAuthFault::invalid_client("No client credentials found.")),
        Proof::Basic(_, secrets) if client.oauth.token_endpoint_auth_method == method => {
            for secret in secrets {
                if client_secret::matches(&mut reader, &org.vault, &client.app.id, secret).await? {
                    return Ok(client);
                }
            }
            Err(OAuthFault::invalid_client("The client secret supplied for a confidential client is invalid.")
                .challenged("Basic realm=\"org\""))
        }
        Proof::Post(_, secret) if client.oauth.token_endpoint_auth_method == method => {
            if client_secret::matches(&mut reader, &org.vault, &client.app.id, secret).await? {
                return Ok(client);
            }
            Err(OAuthFault::invalid_client("The client secret supplied for a confidential client is invalid."))
        }
        Proof::Assertion(assertion) => {
            let audiences = assertion::Audiences {
                issuer: server.issuer(address),
                endpoints: vec![server.endpoint(address, "token"), server.endpoint(address, endpoint)],
            };
            let jti = assertion::check(org, &mut reader, &client, assertion, &audiences).await?;
            drop(reader);
            if let Some(jti) = jti {
                assertion::once(org, &client, &jti).await?;
            }
            Ok(client)
        }
        Proof::Basic(..) | Proof::Post(..) => Err(refused()),
    }
}

fn proof(headers: &HeaderMap, parameters: &Parameters) -> OAuthResult<Proof> {
    let basic = basic(headers)?;
    let client_id = parameters.get("client_id");
    let secret = parameters.get("client_secret");
    let assertion = parameters.get("client_assertion");
    if usize::from(basic.is_some()) + usize::from(secret.is_some()) + usize::from(assertion.is_some()) > 1 {
        let text = "Cannot supply multiple client credentials. Use one of the following: credentials in the Authorization header, credentials in the post body, or a client_assertion in the post body.";
        return Err(OAuthFault::new(401, "invalid_request", text));
    }
    if let Some((id, secrets)) = basic {
        if client_id.is_some_and(|given| given != id) {
            return Err(OAuthFault::invalid_client(
                "Client authentication failed. Either the client or the client credentials are invalid.",
            ));
        }
        return Ok(Proof::Basic(id, secrets));
    }
    if let Some(assertion) = assertion {
        if parameters.get("client_assertion_type") != Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer") {
            return Err(OAuthFault::invalid_request("The client_assertion_type is invalid."));
        }
        return Ok(Proof::Assertion(Secret::new(assertion)));
    }
    match (client_id, secret) {
        (Some(id), Some(secret)) => Ok(Proof::Post(id.to_owned(), Secret::new(secret))),
        (Some(id), None) => Ok(Proof::Nothing(id.to_owned())),
        (None, _) => Err(OAuthFault::invalid_client("No client credentials found.")),
    }
}

/// Reads `Authorization: Basic`. One old client writes a colon after the word. Specification and habit differ on whether the parts are
/// form-encoded, so a secret is tried in both readings.
fn basic(headers: &HeaderMap) -> OAuthResult<Option<(String, Vec<Secret>)>> {
    let malformed = || {
        OAuthFault::invalid_client("Found Authentication header but was not valid client credentials.")
            .challenged("Basic realm=\"org\"")
    };
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().map_err(|_| malformed())?;
    let (word, encoded) = text.split_once(' ').ok_or_else(malformed)?;
    if values.next().is_some() || !word.trim_end_matches(':').eq_ignore_ascii_case("basic") {
        return Err(malformed());
    }
    let decoded =
        STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(malformed)?;
    let (id, secret) = decoded.split_once(':').ok_or_else(malformed)?;
    let mut secrets = vec![Secret::new(secret)];
    let plain = form_decoded(secret);
    if plain != secret {
        secrets.push(Secret::new(plain));
    }
    Ok(Some((form_decoded(id), secrets)))
}

fn form_decoded(text: &str) -> String {
    let encoded = format!("x={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(encoded.as_bytes())
        .next()
        .map_or_else(|| text.to_owned(), |(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        headers
    }

    #[test]
    fn basic_is_read_with_its_quirks() {
        let plain = format!("Basic {}", STANDARD.encode("0oa1:se-cret_"));
        let (id, secrets) = basic(&header(&plain)).unwrap().unwrap();
        assert_eq!((id.as_str(), secrets[0].expose()), ("0oa1", "se-cret_"));
        let colon = format!("Basic: {}", STANDARD.encode("0oa1:secret"));
        assert_eq!(basic(&header(&colon)).unwrap().unwrap().0, "0oa1");
        let encoded = format!("basic {}", STANDARD.encode("0oa1:se%2Dcret%5F"));
        assert!(basic(&header(&encoded)).unwrap().unwrap().1.iter().any(|secret| secret.expose() == "se-cret_"));
        for wrong in ["Basic", "Basic !!!", "Bearer abc", "Basic bm9jb2xvbg=="] {
            assert!(basic(&header(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn two_proofs_are_one_too_many() {
        let headers = header(&format!("Basic {}", STANDARD.encode("a:b")));
        assert!(
            matches!(proof(&headers, &Parameters::parse("client_secret=b&client_id=a")), Err(fault) if fault.error == "invalid_request")
        );
        assert!(
            matches!(proof(&headers, &Parameters::parse("client_id=other")), Err(fault) if fault.error == "invalid_client")
        );
        assert!(
            matches!(proof(&HeaderMap::new(), &Parameters::default()), Err(fault) if fault.description.starts_with("No client"))
        );
    }
}
