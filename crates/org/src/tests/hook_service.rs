//! A service that hooks call, on a free port of this machine: it says what it was told, and answers as a test wants.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use url::Url;

/// One call, as the service saw it.
#[derive(Debug)]
pub(super) struct Call {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Call {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The types of the events that a delivery tells of.
    pub(super) fn events(&self) -> Vec<String> {
        let body = self.json();
        let events = body["data"]["events"].as_array().unwrap();
        events.iter().map(|event| event["eventType"].as_str().unwrap().to_owned()).collect()
    }
}

/// What the service answers.
#[derive(Clone, Debug)]
pub(super) enum Say {
    /// The challenge again where there is one, and else nothing.
    Right,
    Status(u16),
    Body(Value),
    /// Nothing ever.
    Silence,
}

pub(super) struct Service {
    pub origin: Url,
    calls: UnboundedReceiver<Call>,
    say: Arc<Mutex<Vec<Say>>>,
    seen: Arc<AtomicUsize>,
}

impl Service {
    pub(super) async fn start() -> Service {
        let (sender, calls) = unbounded_channel();
        let say: Arc<Mutex<Vec<Say>>> = Arc::default();
        let seen: Arc<AtomicUsize> = Arc::default();
        let (answers, count) = (say.clone(), seen.clone());
        let app = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let (sender, answers, count) = (sender.clone(), answers.clone(), count.clone());
            async move {
                let challenge = headers.get("x-okta-verification-challenge").cloned();
                let body = String::from_utf8(body.to_vec()).unwrap();
                let _ = sender.send(Call { method, path: uri.path().to_owned(), headers, body });
                count.fetch_add(1, Ordering::SeqCst);
                let say = {
                    let mut answers = answers.lock().unwrap();
                    if answers.is_empty() { Say::Right } else { answers.remove(0) }
                };
                answer(say, challenge.map(|value| value.to_str().unwrap().to_owned())).await
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Service { origin, calls, say, seen }
    }

    pub(super) fn uri(&self, path: &str) -> String {
        self.origin.join(path).unwrap().to_string()
    }

    /// What it answers next, in this order; after that it is right again.
    pub(super) fn says(&self, answers: impl IntoIterator<Item = Say>) {
        self.say.lock().unwrap().extend(answers);
    }

    /// The next call, once there is one.
    pub(super) async fn call(&mut self) -> Call {
        let next = tokio::time::timeout(std::time::Duration::from_secs(20), self.calls.recv());
        next.await.expect("the service is called").unwrap()
    }

    pub(super) fn count(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

async fn answer(say: Say, challenge: Option<String>) -> Response {
    match say {
        Say::Right => match challenge {
            Some(challenge) => axum::Json(json!({ "verification": challenge })).into_response(),
            None => StatusCode::NO_CONTENT.into_response(),
        },
        Say::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Say::Body(body) => axum::Json(body).into_response(),
        Say::Silence => std::future::pending().await,
    }
}
