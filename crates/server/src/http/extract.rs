//! Paths and queries of the API, whose faults are answered as problems, as those of bodies are.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// Ids out of the path. What cannot be one leads nowhere.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Problem> {
        let read = axum::extract::Path::from_request_parts(parts, state).await;
        read.map(|axum::extract::Path(ids)| Path(ids)).map_err(|_| Problem::not_found())
    }
}

/// The query of the address.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Query<T>, Problem> {
        let read = axum::extract::Query::from_request_parts(parts, state).await;
        read.map(|axum::extract::Query(query)| Query(query))
            .map_err(|rejection| Problem::new(422, "invalid", rejection.body_text()))
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, http::Request, routing::get};
    use tower::ServiceExt;

    use super::{super::list::ListQuery, *};

    #[tokio::test]
    async fn a_path_or_a_query_that_cannot_be_read_is_a_problem() {
        let app: Router = Router::new()
            .route("/versions/{version}", get(async |Path(version): Path<i64>| version.to_string()))
            .route("/list", get(async |Query(query): Query<ListQuery>| format!("{:?}", query.limit)));
        for (path, status, kind) in [
            ("/versions/12", 200, "text/plain; charset=utf-8"),
            ("/versions/twelve", 404, "application/problem+json"),
            ("/list?limit=5", 200, "text/plain; charset=utf-8"),
            ("/list?limit=many", 422, "application/problem+json"),
            ("/list?limit=1&limit=2", 422, "application/problem+json"),
        ] {
            let answer = app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["content-type"]),
                (status, &kind.parse().unwrap()),
                "{path}"
            );
        }
    }
}
