//! The limit of one client at the authorize endpoint.

use serde_json::json;

use super::{super::site::Site, browser::Browser};

/// The status of the last of one call more than a client has in a minute.
async fn overload(browser: &Browser, client: &str) -> u16 {
    let mut last = 0;
    for _ in 0..61 {
        last = authorize(browser, client).await;
    }
    last
}

async fn authorize(browser: &Browser, client: &str) -> u16 {
    browser.get(&format!("/oauth2/v1/authorize?client_id={client}")).await.status
}

#[tokio::test]
async fn one_client_is_refused_at_the_authorize_endpoint_where_that_is_enforced() {
    let site = Site::with_limits().await;
    let browser = Browser::new(&site);
    let path = "/api/v1/rate-limit-settings/per-client";
    assert_eq!(site.get(path).await.ok(), json!({ "defaultMode": "PREVIEW" }));
    assert_eq!(overload(&browser, "previewed").await, 400);
    assert_eq!(site.events("system.client.rate_limit.notification").await.len(), 1);
    let whole = json!({ "defaultMode": "DISABLE", "useCaseModeOverrides": { "OAUTH2_AUTHORIZE": "ENFORCE" } });
    assert_eq!(site.put(path, whole.clone()).await.ok(), whole);
    assert_eq!(site.get(path).await.ok(), whole);
    assert_eq!(overload(&browser, "enforced").await, 429);
    assert_eq!(site.events("system.client.rate_limit.violation").await.len(), 1);
    assert_eq!(authorize(&browser, "another").await, 400);
    site.put(path, json!({ "defaultMode": "SOMETIMES" })).await.refused(400, "E0000001");
    site.put(path, json!({ "defaultMode": "DISABLE" })).await.is(200);
    assert_eq!(authorize(&browser, "enforced").await, 400);
}
