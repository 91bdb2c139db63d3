//! Names of public hosts: resolved once for a connection, looked at, and dialled as they were looked at.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::is_public;

/// A name that leads into a private network.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to an address inside a private network")]
pub(crate) struct LeadsInside;

/// Gives public addresses alone. A name that has a private address among others is refused whole: nobody needs such a one, and
/// an attacker who answers with both would only have to wait.
pub(crate) struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().any(|address| !is_public(address.ip())) {
                return Err(LeadsInside.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
