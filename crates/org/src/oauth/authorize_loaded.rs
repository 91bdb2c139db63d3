//! An authorize request, found, read and checked: what its handler, the sign-in page and the consent page all begin with.

use db::Conn;

use super::{
    authorize_request::{self as request, Asked, Destination},
    client::Client,
    consent,
    custom_scope::{self, CustomScope},
    fault::OAuthFault,
    mark,
    parameters::Parameters,
    request_source::{self, Once},
    scope::Known,
    server::{self, Server},
};
use crate::{Org, Result, signin::return_address::ReturnAddress};

/// A request that can be served, once it is known for whom.
pub struct Loaded {
    pub server: Server,
    pub client: Client,
    pub destination: Destination,
    pub asked: Asked,
    pub custom: Vec<CustomScope>,
    pub once: Option<Once>,
    /// The parameters that count.
    pub parameters: Parameters,
}

/// A request that cannot be served, and where that is said.
pub enum Refused {
    Here(OAuthFault),
    There(Box<Destination>, OAuthFault),
}

/// Reads a request. `outer` is what the browser brings, with the marks of our own pages.
pub async fn load(
    org: &Org,
    conn: &mut Conn,
    server: &Server,
    outer: &Parameters,
) -> Result<std::result::Result<Loaded, Refused>> {
    let outer = mark::without_marks(outer);
    let resolved = match request_source::resolve(org, conn, server, &outer).await {
        Ok(resolved) => resolved,
        Err(fault) => {
            return Ok(Err(match request::destination(conn, &outer).await? {
                Ok((_, destination)) => Refused::There(Box::new(destination), fault),
                Err(_) => Refused::Here(fault),
            }));
        }
    };
    let (client, destination) = match request::destination(conn, &resolved.parameters).await? {
        Ok(found) => found,
        Err(fault) => return Ok(Err(Refused::Here(fault))),
    };
    let custom = custom_scope::of_server(conn, server).await?;
    let granted = consent::scopes_of_app(conn, &client.app.id).await?;
    let known = Known { server, custom: &custom, granted: &granted };
    let parameters = resolved.parameters;
    Ok(match request::check(&known, &client, &parameters) {
        Ok(asked) => {
            Ok(Loaded { server: server.clone(), client, destination, asked, custom, once: resolved.once, parameters })
        }
        Err(fault) => Err(Refused::There(Box::new(destination), fault)),
    })
}

/// The request that a return address leads back to, when it is one that can be served.
pub async fn behind(org: &Org, conn: &mut Conn, from: &ReturnAddress) -> Result<Option<Loaded>> {
    if !is_authorize(from.path()) {
        return Ok(None);
    }
    let Some(server) = server::of_path(conn, from.path()).await? else { return Ok(None) };
    Ok(load(org, conn, &server, &Parameters::parse(from.query())).await?.ok())
}

fn is_authorize(path: &str) -> bool {
    path.starts_with("/oauth2/") && path.ends_with("/v1/authorize")
}
