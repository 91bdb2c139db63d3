//! The client: which origin may be reached, and what an answer may cost.

use std::{
    collections::BTreeSet,
    error::Error as StdError,
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures::StreamExt;
use reqwest::{Certificate, Client, ClientBuilder, redirect::Policy};
use url::{Host, Url};

use crate::{
    Answer, Error, Request, Result, install_tls_provider, is_public,
    resolver::{LeadsInside, PublicResolver},
};

/// The schemes by which requests go out.
pub(crate) const SCHEMES: [&str; 2] = ["https", "http"];
/// Time until a connection stands, its TLS included.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time from the request to the last byte of its answer.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// Bytes of an answer, after its compression is undone.
pub(crate) const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Connections kept for later, per host.
pub(crate) const IDLE_PER_HOST_MAX: usize = 4;
/// How long they are kept.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// What one answer may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub connect: Duration,
    pub answer: Duration,
    pub body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { connect: CONNECT_TIMEOUT, answer: ANSWER_TIMEOUT, body_bytes: BODY_BYTES_MAX }
    }
}

/// The one outbound HTTP client. Cheap to clone.
///
/// Origins that an administrator configured are reached wherever they are; all others on public addresses alone.
#[derive(Clone)]
pub struct Outbound(Arc<Shared>);

struct Shared {
    origins: BTreeSet<String>,
    authorities: Vec<Certificate>,
    limits: Limits,
    /// For configured origins: their names may lead anywhere.
    configured: OnceLock<Client>,
    /// For all others.
    public: OnceLock<Client>,
}

impl Outbound {
    /// A client that may reach these origins, wherever they are, and public addresses.
    pub fn configured(origins: impl IntoIterator<Item = Url>) -> Outbound {
        Outbound::build(origins, Vec::new(), Limits::default())
    }

    /// The same, which also believes the certificate authorities in `authorities` (PEM) beside the system's.
    pub fn with_authorities(
        origins: impl IntoIterator<Item = Url>,
        authorities: Option<&[u8]>,
        limits: Limits,
    ) -> Result<Outbound> {
        let authorities = match authorities {
            Some(pem) => Certificate::from_pem_bundle(pem)
                .map_err(|source| Error::AuthorityUnreadable { source: source.without_url() })?,
            None => Vec::new(),
        };
        Ok(Outbound::build(origins, authorities, limits))
    }

    fn build(origins: impl IntoIterator<Item = Url>, authorities: Vec<Certificate>, limits: Limits) -> Outbound {
        let origins = origins.into_iter().map(|origin| origin.origin().ascii_serialization()).collect();
        Outbound(Arc::new(Shared {
            origins,
            authorities,
            limits,
            configured: OnceLock::new(),
            public: OnceLock::new(),
        }))
    }

    pub fn limits(&self) -> Limits {
        self.0.limits
    }

    /// Sends a request and reads its answer whole.
    pub async fn send(&self, request: Request) -> Result<Answer> {
        let origin = request.url.origin().ascii_serialization();
        let client = self.client_for(&request.url, &origin)?;
        let own = request.answer_within.unwrap_or(self.0.limits.answer);
        let limits = Limits { answer: own.min(self.0.limits.answer), ..self.0.limits };
        match tokio::time::timeout(limits.answer, exchange(client, request, &origin, limits)).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::Slow { origin, limit: limits.answer }),
        }
    }

    fn client_for(&self, url: &Url, origin: &str) -> Result<&Client> {
        if !SCHEMES.contains(&url.scheme()) {
            return Err(Error::SchemeRefused { scheme: url.scheme().to_owned() });
        }
        if self.0.origins.contains(origin) {
            return Ok(self.0.configured.get_or_init(|| self.0.build_client(false)));
        }
        // A number is dialled without asking the resolver, so it is looked at here. The parser has undone odd spellings.
        let number: Option<IpAddr> = match url.host() {
            Some(Host::Ipv4(ip)) => Some(ip.into()),
            Some(Host::Ipv6(ip)) => Some(ip.into()),
            Some(Host::Domain(_)) => None,
            None => return Err(Error::Malformed { origin: origin.to_owned() }),
        };
        if number.is_some_and(|ip| !is_public(ip)) {
            return Err(Error::AddressRefused { host: url.host_str().unwrap_or_default().to_owned() });
        }
        Ok(self.0.public.get_or_init(|| self.0.build_client(true)))
    }
}

impl Shared {
    #[expect(clippy::disallowed_methods, reason = "this is the one outbound client")]
    fn builder(&self, public_alone: bool) -> ClientBuilder {
        let builder = Client::builder()
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(self.limits.connect)
            .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .user_agent(concat!("WebReports/", env!("CARGO_PKG_VERSION")));
        if public_alone { builder.dns_resolver(PublicResolver) } else { builder }
    }

    fn build_client(&self, public_alone: bool) -> Client {
        install_tls_provider();
        let with_system_roots = self.builder(public_alone).tls_certs_merge(self.authorities.iter().cloned()).build();
        with_system_roots.unwrap_or_else(|_| {
            // A machine without any root certificates, as small containers are: the ones compiled in serve.
            let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
            let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
            let client = self.builder(public_alone).tls_backend_preconfigured(tls).build();
            client.expect("the compiled-in root certificates make a client")
        })
    }
}

async fn exchange(client: &Client, request: Request, origin: &str, limits: Limits) -> Result<Answer> {
    let malformed = || Error::Malformed { origin: origin.to_owned() };
    if request.malformed {
        return Err(malformed());
    }
    let method = reqwest::Method::from_bytes(request.method.as_bytes()).map_err(|_| malformed())?;
    let mut builder = client.request(method, request.url).headers(request.headers);
    if let Some(body) = request.body {
        builder = builder.body(body);
    }
    let answer = builder.send().await.map_err(|error| failed(error, origin, limits))?;
    let too_large = || Error::TooLarge { origin: origin.to_owned(), limit_bytes: limits.body_bytes };
    if answer.content_length().is_some_and(|length| length > limits.body_bytes as u64) {
        return Err(too_large());
    }
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let mut body = Vec::new();
    let mut stream = answer.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| failed(error, origin, limits))?;
        if body.len() + chunk.len() > limits.body_bytes {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body: body.into() })
}

fn failed(error: reqwest::Error, origin: &str, limits: Limits) -> Error {
    let error = error.without_url();
    let origin = origin.to_owned();
    if error.is_timeout() {
        return Error::Slow { origin, limit: limits.connect };
    }
    if error.is_builder() {
        return Error::Malformed { origin };
    }
    let mut cause = error.source();
    while let Some(found) = cause {
        if found.is::<LeadsInside>() {
            return Error::AddressRefused { host: origin };
        }
        if let Some(tls) = found.downcast_ref::<rustls::Error>() {
            return Error::Tls { origin, reason: tls.to_string() };
        }
        cause = beneath(found);
    }
    if error.is_connect() {
        return Error::Unreachable { origin, source: error };
    }
    Error::BrokeOff { origin, source: error }
}

/// The next cause. An I/O error passes over the error that it was made of, so that one is asked for by name.
fn beneath<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}
