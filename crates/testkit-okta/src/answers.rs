//! What every answer has: the org's time, its rate-limit headers, and the fault that it was told to have.

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::{API_TOKEN, Shared, state::Fault};

/// Okta's error object.
pub(crate) fn error(status: u16, code: &str, summary: &str) -> Response {
    let body = json!({
        "errorCode": code, "errorSummary": summary, "errorLink": code, "errorId": "oaefake", "errorCauses": [],
    });
    (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Json(body)).into_response()
}

pub(crate) fn not_found() -> Response {
    error(404, "E0000007", "Not found: Resource not found")
}

pub(crate) fn ok(body: Value) -> Response {
    Json(body).into_response()
}

pub(crate) async fn outer(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let is_management = path.starts_with("/api/");
    let authorization =
        request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (fault, refused, now, limit) = {
        let mut state = shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.requests.push(path.clone());
        let expected = format!("SSWS {API_TOKEN}");
        let refused = is_management && (state.token_revoked || authorization.as_deref() != Some(expected.as_str()));
        (state.fault(&path), refused, state.now(), state.rate_limit)
    };
    let mut answer = match fault {
        Some(Fault::Silent) => std::future::pending::<Response>().await,
        Some(Fault::TooMany) => error(429, "E0000047", "API call exceeded rate limit due to too many requests."),
        Some(Fault::Failing) => (StatusCode::SERVICE_UNAVAILABLE, "upstream").into_response(),
        Some(Fault::Html) => Html("<html><body>Please sign in to the proxy</body></html>").into_response(),
        Some(Fault::Huge) => huge(),
        Some(Fault::Forbidden) => error(403, "E0000006", "You do not have permission to perform the requested action"),
        Some(Fault::Empty) => ok(json!([])),
        None if refused => error(401, "E0000011", "Invalid token provided"),
        None => next.run(request).await,
    };
    let headers = answer.headers_mut();
    let date = now.timestamp().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    headers.insert(header::DATE, HeaderValue::from_str(&date).expect("a date is ASCII"));
    if is_management {
        let remaining = if fault == Some(Fault::TooMany) { 0 } else { limit - 1 };
        for (name, value) in [
            ("x-rate-limit-limit", limit),
            ("x-rate-limit-remaining", remaining),
            ("x-rate-limit-reset", now.as_seconds() + 30),
        ] {
            headers.insert(name, HeaderValue::from(value));
        }
    }
    answer
}

fn huge() -> Response {
    let chunk = Bytes::from(vec![b' '; 1024 * 1024]);
    let chunks = futures::stream::iter((0..200).map(move |_| Ok::<_, std::io::Error>(chunk.clone())));
    ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(chunks)).into_response()
}
