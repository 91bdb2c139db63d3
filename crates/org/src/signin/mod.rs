use axum::Router;

use crate::Org;

pub fn routes() -> Router<Org> {
    Router::new()
}
