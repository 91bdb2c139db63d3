//! What nobody serves: unknown paths, wrong methods, and operations of Okta's that this org does not have.

use axum::{
    extract::{Request, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};

use super::{caller, gate, limits::Share};
use crate::{
    Org,
    error::{Fault, codes},
    model::log::CallOrigin,
    operations::{self, Needs, Unserved},
};

pub async fn answer(State(org): State<Org>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let path = parts.uri.path();
    let share = Share::of_stranger(parts.extensions.get::<CallOrigin>().and_then(|origin| origin.address));
    let counted =
        path.starts_with("/api/v1/").then(|| org.limits.count(&parts.method, path, &share, org.now())).flatten();
    let fault = match operations::unserved(&parts.method, path) {
        // A preflight of a page that is not trusted: an answer without the headers that would allow anything.
        Unserved::WrongMethod if parts.method == Method::OPTIONS => return StatusCode::OK.into_response(),
        Unserved::WrongMethod => Fault::new(&codes::E0000022),
        Unserved::UnknownPath => Fault::new(&codes::E0000008),
        Unserved::NotBuilt(id) => {
            let public = operations::by_id(id).is_some_and(|operation| operation.needs == Needs::Nothing);
            match caller::authenticate(&org, &parts).await {
                Err(fault) if !public => fault,
                _ => Fault::new(&codes::E0000015),
            }
        }
    };
    let exceeded = counted.is_some_and(|decision| decision.exceeded);
    let mut response = if exceeded { Fault::new(&codes::E0000047) } else { fault }.into_response();
    gate::show(counted, response.headers_mut());
    response
}
