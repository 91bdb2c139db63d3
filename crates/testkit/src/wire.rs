//! The wire between portal and org: a proxy on a port of its own that can be cut, or told to answer in the org's place.
//!
//! To everybody the wire's address is the org's: its issuer, its links and its cookies name it. So what stands behind it is the
//! real built-in org, and what goes wrong on the way is what can go wrong on the way to a tenant.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State as Extract},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use url::Url;

/// Bodies that pass the wire; the org takes no larger one.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// What [`Fault::Huge`] answers.
const HUGE_BYTES: usize = 200 * 1024 * 1024;

/// What happens to a request in place of the org's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No answer comes.
    Silent,
    /// This comes instead: status, type, body.
    Says(u16, &'static str, &'static str),
    /// 429, and the org's word on how many seconds it lasts.
    TooMany { resets_in_s: i64 },
    /// 200 MB of JSON's blanks.
    Huge,
    /// The org's own answer, and the connection is reset in the middle of it.
    CutOff,
    /// The org's own answer, with one text in place of another.
    Replaced(String, String),
}

/// A request that passed, with its body and the body of the answer.
#[derive(Clone, Debug)]
pub struct Passed {
    pub method: String,
    pub path: String,
    pub query: String,
    pub sent: Vec<u8>,
    pub answered: Vec<u8>,
}

/// A wire that works until it is told otherwise.
pub struct Wire {
    pub url: Url,
    address: SocketAddr,
    shared: Arc<Shared>,
    served: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    state: Mutex<State>,
    /// Where the org listens, and the client that reaches it there.
    org: OnceLock<(Url, net::Outbound)>,
    clock: Arc<dyn world::Clock>,
    arrived: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    faults: Vec<(String, Fault)>,
    passed: Vec<Passed>,
    /// Paths in the order in which they came, those that got no answer too.
    arrived: Vec<String>,
}

impl Wire {
    /// A wire that listens. The org's time is told by `clock`.
    pub async fn open(clock: Arc<dyn world::Clock>) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let url = format!("http://localhost:{}/", address.port()).parse().expect("an address");
        let (state, arrived) = (Mutex::default(), watch::Sender::new(0));
        let wire = Wire {
            url,
            address,
            shared: Arc::new(Shared { state, org: OnceLock::new(), clock, arrived }),
            served: Mutex::new(None),
        };
        wire.serve(listener);
        wire
    }

    /// The other end.
    pub fn lead_to(&self, org: SocketAddr) {
        let url: Url = format!("http://{org}/").parse().expect("an address");
        let http = net::Outbound::configured([url.clone()]);
        assert!(self.shared.org.set((url, http)).is_ok(), "a wire leads to one org");
    }

    fn serve(&self, listener: TcpListener) {
        let app = Router::new().fallback(pass).with_state(self.shared.clone());
        let served = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        *lock(&self.served) = Some(served);
    }

    /// What begins with `prefix` meets this fault from now on.
    pub fn fail(&self, prefix: &str, fault: Fault) {
        self.shared.state().faults.push((prefix.to_owned(), fault));
    }

    /// Closes the port: whoever calls is refused.
    pub async fn cut(&self) {
        let served = lock(&self.served).take();
        if let Some(served) = served {
            served.abort();
            let _ = served.await;
        }
    }

    /// Everything passes again.
    pub async fn mend(&self) {
        self.shared.state().faults.clear();
        if lock(&self.served).is_none() {
            let listener = TcpListener::bind(self.address).await.expect("the port is still ours");
            self.serve(listener);
        }
    }

    /// What passed under this prefix.
    pub fn passed(&self, prefix: &str) -> Vec<Passed> {
        self.shared.state().passed.iter().filter(|passed| passed.path.starts_with(prefix)).cloned().collect()
    }

    /// How many requests came under this prefix, answered or not.
    pub fn arrived(&self, prefix: &str) -> usize {
        self.shared.state().arrived.iter().filter(|path| path.starts_with(prefix)).count()
    }

    /// Waits until more than `before` requests came under this prefix.
    pub async fn until_more_than(&self, before: usize, prefix: &str) {
        let mut arrivals = self.shared.arrived.subscribe();
        arrivals.wait_for(|_| self.arrived(prefix) > before).await.expect("the wire is there");
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if let Some(served) = lock(&self.served).take() {
            served.abort();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn fault(&self, path: &str) -> Option<Fault> {
        self.state().faults.iter().find(|(prefix, _)| path.starts_with(prefix.as_str())).map(|(_, fault)| fault.clone())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn pass(Extract(shared): Extract<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    shared.state().arrived.push(path.clone());
    shared.arrived.send_modify(|count| *count += 1);
    let mut answer = match shared.fault(&path) {
        Some(Fault::Silent) => std::future::pending().await,
        Some(Fault::Says(status, kind, body)) => {
            let status = StatusCode::from_u16(status).expect("a status");
            (status, [(header::CONTENT_TYPE, kind)], body).into_response()
        }
        Some(Fault::TooMany { resets_in_s }) => too_many(shared.clock.now().as_seconds() + resets_in_s),
        Some(Fault::Huge) => {
            let chunk = Bytes::from(vec![b' '; 1024 * 1024]);
            let chunks = (0..HUGE_BYTES / chunk.len()).map(move |_| Ok::<_, std::io::Error>(chunk.clone()));
            let body = Body::from_stream(futures::stream::iter(chunks));
            ([(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Some(Fault::CutOff) => {
            let (answer, body) = ask(&shared, request).await;
            let half = [Ok(body.slice(..body.len() / 2)), Err(std::io::Error::other("the connection is reset"))];
            answer.map(|_| Body::from_stream(futures::stream::iter(half)))
        }
        Some(Fault::Replaced(text, by)) => {
            let (answer, body) = ask(&shared, request).await;
            let body = String::from_utf8_lossy(&body).replace(&text, &by);
            answer.map(|_| Body::from(body))
        }
        None => {
            let (answer, body) = ask(&shared, request).await;
            answer.map(|_| Body::from(body))
        }
    };
    // What the wire says in the org's place it says at the org's time.
    let date = shared.clock.now().timestamp().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let date = HeaderValue::from_str(&date).expect("a date is ASCII");
    answer.headers_mut().entry(header::DATE).or_insert(date);
    // Every connection carries one request: a wire that is cut leaves none behind.
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

fn too_many(resets_at_s: i64) -> Response {
    let body = r#"{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit due to too many requests.","errorLink":"E0000047","errorId":"oaeWire","errorCauses":[]}"#;
    let mut answer =
        (StatusCode::TOO_MANY_REQUESTS, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    for (name, value) in
        [("x-rate-limit-limit", 600), ("x-rate-limit-remaining", 0), ("x-rate-limit-reset", resets_at_s)]
    {
        answer.headers_mut().insert(name, HeaderValue::from(value));
    }
    answer
}

/// The org's answer: its head, and its body whole.
async fn ask(shared: &Shared, request: Request) -> (Response, Bytes) {
    let (org, http) = shared.org.get().expect("the wire leads somewhere");
    let (head, body) = request.into_parts();
    let sent = axum::body::to_bytes(body, BODY_BYTES_MAX).await.expect("the body of a request");
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut forwarded = net::Request::new(head.method.as_str(), org.join(path).expect("a path"));
    for (name, value) in &head.headers {
        // These are the connection's own. `host` goes along: to the org it names the wire.
        if !matches!(name.as_str(), "connection" | "content-length" | "accept-encoding" | "transfer-encoding") {
            forwarded = forwarded.header(name.as_str(), value.to_str().expect("a header of text"));
        }
    }
    if !sent.is_empty() || head.headers.contains_key(header::CONTENT_LENGTH) {
        forwarded = forwarded.body(sent.to_vec());
    }
    let answer = http.send(forwarded).await.expect("the org behind the wire answers");
    shared.state().passed.push(Passed {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        sent: sent.to_vec(),
        answered: answer.body.to_vec(),
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(answer.status).expect("a status");
    for (name, value) in &answer.headers {
        if !is_of_the_connection(name) {
            response.headers_mut().append(name, value.clone());
        }
    }
    (response, answer.body)
}

fn is_of_the_connection(name: &HeaderName) -> bool {
    matches!(*name, header::CONNECTION | header::CONTENT_LENGTH | header::TRANSFER_ENCODING)
}
