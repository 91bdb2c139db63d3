//! The management API: how calls are received, checked and answered, and its resources.
//!
//! Invariant: the outermost layers ([`layers`]) see every request of the org, of whichever half, before anything else does.

pub mod api_tokens;
pub mod app_body;
pub mod app_check;
pub mod app_csrs;
pub mod app_features;
pub mod app_jwks;
pub mod app_keys;
pub mod app_logo;
pub mod app_saml;
pub mod app_secrets;
pub mod app_settings;
pub mod app_users;
pub mod apps;
pub mod authenticators;
pub mod behaviors;
pub mod body;
pub mod caller;
pub mod cors;
pub mod edge;
pub mod event_hooks;
pub mod factors;
pub mod features;
pub mod filter;
pub mod finish;
pub mod gate;
pub mod group_members;
pub mod group_owners;
pub mod group_rules;
pub mod groups;
pub mod hook_endpoint;
pub mod hook_keys;
pub mod iam_bindings;
pub mod iam_resource_sets;
pub mod iam_roles;
pub mod inline_hooks;
pub mod limits;
pub mod linked_objects;
pub mod log_stream_schemas;
pub mod logs;
pub mod mappings;
pub mod orgs;
pub mod paging;
pub mod policies;
pub mod policy_content;
pub mod policy_mappings;
pub mod policy_rules;
pub mod policy_settings;
pub mod policy_simulation;
pub mod principal_limits;
pub mod resource;
pub mod role_governance;
pub mod role_targets;
pub mod roles;
pub mod schemas;
pub mod scope;
pub mod settings;
pub mod sms_templates;
pub mod subscriptions;
pub mod trusted_origins;
pub mod unserved;
pub mod user_body;
pub mod user_fields;
pub mod user_types;
pub mod users;
pub mod validate;
pub mod zones;

use std::time::Duration;

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, Uri},
    middleware,
};
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, limit::RequestBodyLimitLayer, timeout::TimeoutLayer,
};

use crate::{Org, operations::Routes};

/// No answer takes longer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// The operations that this half serves.
pub fn operations() -> Routes {
    Routes::new()
        .merge(users::operations())
        .merge(groups::operations())
        .merge(group_members::operations())
        .merge(group_rules::operations())
        .merge(group_owners::operations())
        .merge(schemas::operations())
        .merge(log_stream_schemas::operations())
        .merge(user_types::operations())
        .merge(linked_objects::operations())
        .merge(mappings::operations())
        .merge(apps::operations())
        .merge(app_users::operations())
        .merge(app_secrets::operations())
        .merge(app_keys::operations())
        .merge(app_csrs::operations())
        .merge(app_jwks::operations())
        .merge(app_saml::operations())
        .merge(app_logo::operations())
        .merge(app_features::operations())
        .merge(roles::operations())
        .merge(role_targets::operations())
        .merge(role_governance::operations())
        .merge(iam_roles::operations())
        .merge(iam_resource_sets::operations())
        .merge(iam_bindings::operations())
        .merge(api_tokens::operations())
        .merge(zones::operations())
        .merge(trusted_origins::operations())
        .merge(orgs::operations())
        .merge(logs::operations())
        .merge(event_hooks::operations())
        .merge(inline_hooks::operations())
        .merge(hook_keys::operations())
        .merge(settings::operations())
        .merge(behaviors::operations())
        .merge(sms_templates::operations())
        .merge(subscriptions::operations())
        .merge(features::operations())
        .merge(principal_limits::operations())
        .merge(policies::operations())
        .merge(factors::operations())
        .merge(authenticators::operations())
        .merge(policy_rules::operations())
        .merge(policy_mappings::operations())
        .merge(policy_simulation::operations())
}

pub fn routes() -> Router<Org> {
    operations().into_router().merge(app_logo::routes())
}

/// Everything that the org answers to, of both halves, with its layers.
pub fn whole(org: &Org) -> Router {
    let router = routes()
        .merge(crate::signin::routes())
        .merge(crate::oauth::routes())
        .merge(crate::console::routes())
        .merge(crate::tls::routes())
        .fallback(unserved::answer)
        .method_not_allowed_fallback(unserved::answer);
    let router = layers(router, org).with_state(org.clone());
    // Around the router, since it must happen before a route is chosen.
    Router::new().fallback_service(router).layer(middleware::map_request(single_slashes))
}

fn layers(router: Router<Org>, org: &Org) -> Router<Org> {
    router
        .layer(middleware::from_fn_with_state(org.clone(), cors::answer))
        .layer(CatchPanicLayer::custom(finish::panicked))
        .layer(RequestBodyLimitLayer::new(body::BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT))
        .layer(middleware::from_fn_with_state(org.clone(), finish::finish))
        .layer(CompressionLayer::new().gzip(true))
        .layer(middleware::from_fn_with_state(org.clone(), edge::enter))
}

/// `//api/v1/...` is `/api/v1/...`: a client whose base address ends in a slash writes it so.
async fn single_slashes(mut request: Request) -> Request {
    let path = request.uri().path();
    if path.contains("//") {
        let mut single = String::with_capacity(path.len());
        for character in path.chars().filter({
            let mut last = ' ';
            move |character| std::mem::replace(&mut last, *character) != '/' || *character != '/'
        }) {
            single.push(character);
        }
        if let Some(query) = request.uri().query() {
            single.push('?');
            single.push_str(query);
        }
        if let Ok(uri) = single.parse::<Uri>() {
            *request.uri_mut() = uri;
        }
    }
    request
}
