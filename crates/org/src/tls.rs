//! The certificate that https listens with.

use std::sync::Arc;

use axum::Router;

use crate::{Org, Result};

pub fn routes() -> Router<Org> {
    Router::new()
}

/// What the https listener presents; `start` calls it once when an https address is configured.
pub async fn server_config(org: &Org) -> Result<Arc<rustls::ServerConfig>> {
    let _ = org;
    Err(crate::Error::Setting { name: "https_address", reason: "there is no certificate".to_owned() })
}
