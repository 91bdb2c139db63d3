//! The time that a request gets until its answer begins: its body is read in it, and its work is done in it.
//!
//! What streams after an answer's head has limits of its own.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::problem::Problem;

/// Answers in place of a handler that takes longer than `limit`; what it waited for is dropped.
pub async fn answer_within(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(answer) => answer,
        Err(_) => Problem::new(503, "timeout", format!("there was no answer within {} s", limit.as_secs()))
            .hint("try again in a moment; if it stays, tell your administrator")
            .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn_with_state, routing::get};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_handler_that_does_not_answer_in_time_is_a_problem_with_a_hint() {
        let app = Router::new()
            .route("/slow", get(std::future::pending::<&str>))
            .route("/quick", get(async || "there"))
            .layer(from_fn_with_state(Duration::ZERO, answer_within));
        let ask =
            async |path: &str| app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(ask("/quick").await.status(), 200);
        let answer = ask("/slow").await;
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["type"], "/problems/timeout");
        assert!(!problem["hint"].as_str().unwrap().is_empty());
    }
}
