//! `webreports setup`: the wizard's work without a browser, beside a portal that runs.

use std::process::ExitCode;

use server::{
    demo::people::PEOPLE,
    setup_command::{self, Options},
};
use testkit::Site;

#[tokio::test]
async fn the_command_line_connects_the_org_once_every_check_passes() {
    let site = Site::blank_now().await;
    let bridge = site.doors().seed_org(site.org.first_administrator_link.as_ref(), PEOPLE).await.unwrap();
    let (secret, token) = (site.folder.path().join("secret"), site.folder.path().join("token"));
    std::fs::write(&token, bridge.api_token.expose()).unwrap();
    let options = Options {
        domain: site.org_url.as_str().trim_end_matches('/').to_owned(),
        client_id: bridge.client_id.clone(),
        client_secret_file: Some(secret.clone()),
        api_token_file: Some(token),
        allow_loopback_http: true,
        check_only: false,
    };
    let mut stranger = site.stranger();

    std::fs::write(&secret, "not-the-secret-of-this-client").unwrap();
    let refused = setup_command::run(&site.config, &options).await.unwrap();
    assert_eq!(format!("{refused:?}"), format!("{:?}", ExitCode::FAILURE));
    assert_eq!(stranger.get("/api/v1/sign-in-options").await.expect(200).json["okta"]["enabled"], false);

    std::fs::write(&secret, format!("{}\n", bridge.client_secret.expose())).unwrap();
    let connected = setup_command::run(&site.config, &options).await.unwrap();
    assert_eq!(format!("{connected:?}"), format!("{:?}", ExitCode::SUCCESS));
    assert_eq!(stranger.get("/api/v1/sign-in-options").await.expect(200).json["okta"]["enabled"], true);
    site.sign_in("pia").await.get("/api/v1/session").await.expect(200);
}
