//! What can go wrong with an org, each thing by its own name: somebody does something else about each of them.

use world::Instant;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the org could not be reached")]
    Unreachable(#[source] net::Error),
    #[error("the org broke off in the middle of its answer")]
    BrokeOff(#[source] net::Error),
    #[error("the org did not answer in time")]
    Slow(#[source] net::Error),
    #[error("no secure connection with the org")]
    Tls(#[source] net::Error),
    #[error("the org's answer is larger than any that is expected")]
    TooLarge(#[source] net::Error),
    #[error("the request could not be sent")]
    NotSent(#[source] net::Error),
    /// 429. Nothing more is sent to this bucket until `resets_at`.
    #[error("the org's rate limit is used up until {resets_at}")]
    RateLimited { resets_at: Instant },
    /// Our own share of the org's rate limit is used up: nothing was sent.
    #[error("our share of the org's rate limit is used up until {resets_at}")]
    ShareUsed { resets_at: Instant },
    #[error("the org failed with status {status}")]
    ServerFailed { status: u16 },
    /// A page where data belongs: a proxy, a sign-in wall, or an address that is not an org.
    #[error("the answer to `{what}` is {found}, not JSON")]
    NotJson { what: &'static str, found: String },
    #[error("the answer to `{what}` does not have the form that it should have")]
    Malformed { what: &'static str, source: serde_json::Error },
    /// E0000011: wrong, lapsed or revoked, or its owner is no longer active.
    #[error("the org refuses the API token")]
    TokenRefused,
    /// E0000006.
    #[error("the API token may not `{what}`")]
    RightMissing { what: &'static str },
    #[error("the org does not know what `{what}` asks for")]
    NotFound { what: &'static str },
    #[error("the org refused `{what}` with status {status}: {summary}")]
    Refused { what: &'static str, status: u16, code: String, summary: String },
    #[error("the answer to `{what}` leads to another place than the org")]
    ForeignLink { what: &'static str },
    #[error("the list that `{what}` answers has no end")]
    TooManyPages { what: &'static str },

    #[error("the org calls itself `{found}`, not `{expected}`")]
    IssuerMismatch { expected: String, found: String },
    /// Discovery names an address that the configured issuer does not own.
    #[error("the org's `{endpoint}` lies outside its own address")]
    ForeignEndpoint { endpoint: &'static str },
    #[error("the org's discovery document does not offer {0}")]
    NotOffered(&'static str),
    #[error("the org refuses the client id or its secret")]
    ClientRefused,
    #[error("the org refuses the code of this sign-in: {0}")]
    CodeRefused(String),
    #[error("the org ended the sign-in with `{error}`: {description}")]
    OrgSaid { error: String, description: String },
    /// The `iss` parameter of the authorization response is missing or another's (RFC 9207).
    #[error("the answer to this sign-in does not come from the configured org")]
    ResponseIssuer,
    /// The ID token was made just now, and its times do not fit this machine's clock.
    #[error("the clocks of this machine and of the org differ by {by_s} s")]
    ClockOff { by_s: i64 },
    #[error("the ID token was refused: {0}")]
    IdToken(IdTokenFault),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Which rule of OpenID Connect an ID token broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenFault {
    #[error("there is none")]
    Missing,
    #[error("it is not a token")]
    Malformed,
    #[error("its algorithm is not RS256")]
    Algorithm,
    #[error("it does not name its key, or none of the org's keys has that name")]
    Key,
    #[error("its signature is wrong")]
    Signature,
    #[error("another issuer made it")]
    Issuer,
    #[error("it was made for another client")]
    Audience,
    #[error("it belongs to another sign-in")]
    Nonce,
    #[error("it has expired")]
    Expired,
    #[error("it belongs to another access token")]
    AccessTokenHash,
}

impl Error {
    /// Whether the org could not be asked at this moment: down, slow, failing, busy, or something else stands before it. A token
    /// that is refused is not this: the org answered, and said no.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Error::Unreachable(_)
            | Error::BrokeOff(_)
            | Error::Slow(_)
            | Error::Tls(_)
            | Error::TooLarge(_)
            | Error::RateLimited { .. }
            | Error::ShareUsed { .. }
            | Error::ServerFailed { .. }
            | Error::NotJson { .. } => true,
            Error::NotSent(_)
            | Error::Malformed { .. }
            | Error::TokenRefused
            | Error::RightMissing { .. }
            | Error::NotFound { .. }
            | Error::Refused { .. }
            | Error::ForeignLink { .. }
            | Error::TooManyPages { .. }
            | Error::IssuerMismatch { .. }
            | Error::ForeignEndpoint { .. }
            | Error::NotOffered(_)
            | Error::ClientRefused
            | Error::CodeRefused(_)
            | Error::OrgSaid { .. }
            | Error::ResponseIssuer
            | Error::ClockOff { .. }
            | Error::IdToken(_) => false,
        }
    }

    /// What to do about it, for who looks after the bridge.
    pub fn fix(&self) -> &'static str {
        match self {
            Error::Unreachable(_) => "check the domain, the network between this machine and the org, and the firewall",
            Error::BrokeOff(_) => {
                "try again; if it stays, look at the proxies and firewalls between this machine and the org"
            }
            Error::Slow(_) => "try again; if it stays, look at the network and at the org's status page",
            Error::Tls(_) => {
                "check this machine's clock, and give the org's certificate authority with okta-ca-file if it is a private one"
            }
            Error::TooLarge(_) | Error::NotJson { .. } => {
                "check the domain; a proxy or a sign-in wall may stand before it"
            }
            Error::NotSent(_) => "check the domain: it must be reachable as it was typed",
            Error::RateLimited { .. } | Error::ShareUsed { .. } => {
                "wait for the minute to pass; other programs may be using up the org's limit"
            }
            Error::ServerFailed { .. } => "try again; if it stays, look at the org's status page",
            Error::Malformed { .. } | Error::ForeignLink { .. } | Error::TooManyPages { .. } => {
                "check the domain: this does not answer as an org does"
            }
            Error::TokenRefused => {
                "create a new token in the Admin Console (Security > API > Tokens) and give it here; its owner must be active"
            }
            Error::RightMissing { .. } => {
                "give the token's owner an administrator role that allows it, and check that the token may be used from this machine's network"
            }
            Error::NotFound { .. } | Error::Refused { .. } => "read what the org says, and check the domain",
            Error::IssuerMismatch { .. } => "use the address that the org calls itself by",
            Error::ForeignEndpoint { .. } => {
                "use the domain that the org's own addresses have, such as its custom domain"
            }
            Error::NotOffered(_) => "use an org or authorization server that offers it",
            Error::ClientRefused => {
                "copy client id and client secret again from the application's General tab; the secret may have been rotated"
            }
            Error::CodeRefused(_) => "begin the sign-in again",
            Error::OrgSaid { .. } => "read what the org says; assign the person to the application if they are not",
            Error::ResponseIssuer => "begin the sign-in again from the sign-in page",
            Error::ClockOff { .. } => "set this machine's clock by a time server",
            Error::IdToken(_) => "begin the sign-in again; if it stays, check domain and client id",
        }
    }
}

impl From<net::Error> for Error {
    fn from(error: net::Error) -> Error {
        match error {
            net::Error::Unreachable { .. } => Error::Unreachable(error),
            net::Error::BrokeOff { .. } => Error::BrokeOff(error),
            net::Error::Slow { .. } => Error::Slow(error),
            net::Error::Tls { .. } => Error::Tls(error),
            net::Error::TooLarge { .. } => Error::TooLarge(error),
            net::Error::SchemeRefused { .. }
            | net::Error::AddressRefused { .. }
            | net::Error::Malformed { .. }
            | net::Error::AuthorityUnreadable { .. } => Error::NotSent(error),
        }
    }
}
