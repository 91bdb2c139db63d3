//! Sign-in, sessions, sign-out, local accounts.

use testkit_okta::Tamper;

use super::*;

#[tokio::test]
async fn a_person_signs_in_with_the_union_of_what_their_groups_give() {
    let bench = Bench::ready().await;
    let pia = bench.org.person("pia@acme.example", &["WRUser", "WRQueue", "Everyone", "WRNobodyKnows"]);
    let session = bench.sign_in(&pia).await.unwrap();
    let signed_in = bench.portal.signed_in(&session).await.unwrap();
    assert_eq!(signed_in.actor.roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>(), ["Queue", "User"]);
    assert!(signed_in.actor.has(domain::Permission::Queue) && !signed_in.actor.has(domain::Permission::Configure));
    assert_eq!((signed_in.email.as_str(), signed_in.source.as_str()), ("pia@acme.example", "okta"));
    assert_eq!(signed_in.org_url, Some(bench.org.domain()));
    assert_eq!(signed_in.actor.rights_as_of, bench.portal.now());
    let details = bench.portal.person(&bench.ada().await, &signed_in.actor.person).await.unwrap();
    assert_eq!(details.groups, ["WRNobodyKnows", "WRQueue", "WRUser"]);
}

#[tokio::test]
async fn each_sign_in_begins_a_session_of_its_own_with_its_own_token() {
    let bench = Bench::ready().await;
    let (one, two) = (bench.sign_in(&bench.ada).await.unwrap(), bench.sign_in(&bench.ada).await.unwrap());
    assert!(one.expose() != two.expose() && one.len() == 43);
    let (first, second) = (bench.portal.signed_in(&one).await.unwrap(), bench.portal.signed_in(&two).await.unwrap());
    assert_eq!(first.actor.person, second.actor.person);
    assert_ne!(first.csrf_token, second.csrf_token);
    assert_eq!(first.csrf_token, bench.portal.signed_in(&one).await.unwrap().csrf_token);
    for guess in ["", "x", &one.expose()[..42], &first.csrf_token] {
        assert!(is_signed_out(bench.portal.signed_in(&Secret::new(guess)).await));
    }
}

#[tokio::test]
async fn of_fifty_callbacks_with_one_code_one_signs_in_on_either_database() {
    let postgres = testkit_postgres::Postgres::shared().fresh_database();
    for database in [None, Some(postgres.parse().unwrap())] {
        let bench = Bench::over(database).await;
        bench.turn_on().await;
        let begun = bench.portal.begin_sign_in(&bench.address, None).await.unwrap();
        let query = bench.org.sign_in(&begun.authorize_url, &bench.ada);
        let mut racers = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (portal, address, browser, query) =
                (bench.portal.clone(), bench.address.clone(), begun.browser.clone(), query.clone());
            racers.spawn(async move { portal.finish_sign_in(&address, Some(&browser), &query, from()).await });
        }
        let finished = racers.join_all().await;
        assert_eq!(finished.iter().filter(|result| result.is_ok()).count(), 1);
        assert!(finished.iter().all(|result| matches!(result, Ok(_) | Err(Error::SignInFailed(_)))));
        assert_eq!(bench.org.request_count("/oauth2/v1/token"), 1);
    }
}

#[tokio::test]
async fn a_callback_of_another_browser_or_too_late_signs_nobody_in() {
    let bench = Bench::ready().await;
    let portal = &bench.portal;
    let begun = portal.begin_sign_in(&bench.address, None).await.unwrap();
    let other = portal.begin_sign_in(&bench.address, None).await.unwrap();
    let query = bench.org.sign_in(&begun.authorize_url, &bench.ada);
    let refused = async |browser: Option<&Secret>, query: &str| {
        let result = portal.finish_sign_in(&bench.address, browser, query, from()).await;
        assert!(matches!(result, Err(Error::SignInFailed(_))), "{query}: {:?}", result.err());
    };
    refused(None, &query).await;
    refused(Some(&other.browser), &query).await;
    refused(Some(&Secret::new("")), &query).await;
    refused(Some(&begun.browser), "").await;
    refused(Some(&begun.browser), &format!("{query}&state=twice")).await;
    refused(Some(&begun.browser), "code=x&state=of-nobody").await;
    let elsewhere: Url = "http://127.0.0.1:8080".parse().unwrap();
    let begun_there = portal.begin_sign_in(&elsewhere, None).await.unwrap();
    refused(Some(&begun_there.browser), &bench.org.sign_in(&begun_there.authorize_url, &bench.ada)).await;
    bench.clock.advance(crate::people::sign_in::ATTEMPT_LASTS);
    refused(Some(&begun.browser), &query).await;
    assert_eq!(bench.org.request_count("/oauth2/v1/token"), 0);
}

#[tokio::test]
async fn what_the_org_says_instead_of_a_code_is_passed_on_and_uses_the_attempt_up() {
    let bench = Bench::ready().await;
    let begun = bench.portal.begin_sign_in(&bench.address, None).await.unwrap();
    let query = bench.org.sign_in(&begun.authorize_url, &bench.ada);
    let state = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "state").unwrap().1.into_owned();
    let said = format!("error=access_denied&error_description=User+is+not+assigned&state={state}");
    let refused = bench.portal.finish_sign_in(&bench.address, Some(&begun.browser), &said, from()).await;
    assert!(matches!(refused, Err(Error::Org(okta::Error::OrgSaid { error, .. })) if error == "access_denied"));
    let again = bench.portal.finish_sign_in(&bench.address, Some(&begun.browser), &query, from()).await;
    assert!(matches!(again, Err(Error::SignInFailed(_))));
}

#[tokio::test]
async fn the_response_of_another_issuer_is_refused_before_its_code_is_used() {
    let bench = Bench::ready().await;
    let begun = bench.portal.begin_sign_in(&bench.address, None).await.unwrap();
    let query = bench.org.sign_in(&begun.authorize_url, &bench.ada);
    let mixed_up = format!("{query}&iss=https%3A%2F%2Fevil.example");
    let refused = bench.portal.finish_sign_in(&bench.address, Some(&begun.browser), &mixed_up, from()).await;
    assert!(matches!(refused, Err(Error::Org(okta::Error::ResponseIssuer))));
    assert_eq!(bench.org.request_count("/oauth2/v1/token"), 0);
}

#[tokio::test]
async fn a_wrong_id_token_signs_nobody_in() {
    let bench = Bench::ready().await;
    for tamper in
        [Tamper::Issuer, Tamper::Audience, Tamper::Nonce, Tamper::Signature, Tamper::AlgorithmNone, Tamper::Expired]
    {
        bench.org.tamper(Some(tamper));
        assert!(matches!(bench.sign_in(&bench.ada).await, Err(Error::Org(okta::Error::IdToken(_)))), "{tamper:?}");
    }
}

#[tokio::test]
async fn somebody_without_a_group_of_ours_is_told_whom_to_ask_and_is_not_let_in() {
    let bench = Bench::ready().await;
    let zoe = bench.org.person("zoe@acme.example", &["Everyone"]);
    let refused = bench.sign_in(&zoe).await;
    assert!(
        matches!(&refused, Err(Error::NoRole { administrators }) if administrators == &["ada Person"]),
        "{refused:?}"
    );
    bench.org.join(&zoe, "WRUser");
    bench.sign_in(&zoe).await.unwrap();
}

#[tokio::test]
async fn somebody_whom_the_org_has_suspended_is_not_let_in() {
    let bench = Bench::ready().await;
    let pia = bench.org.person("pia@acme.example", &["WRUser"]);
    let session = bench.sign_in(&pia).await.unwrap();
    bench.org.set_status(&pia, "SUSPENDED");
    assert!(matches!(bench.sign_in(&pia).await, Err(Error::AccountNotActive(status)) if status == "suspended"));
    assert!(is_signed_out(bench.portal.signed_in(&session).await));
}

#[tokio::test]
async fn a_sign_in_leads_back_to_where_it_came_from_and_nowhere_else() {
    let bench = Bench::ready().await;
    for (asked, led) in
        [(Some("/reports/completed?q=a"), "/reports/completed?q=a"), (Some("//evil.example"), "/"), (None, "/")]
    {
        let begun = bench.portal.begin_sign_in(&bench.address, asked).await.unwrap();
        let query = bench.org.sign_in(&begun.authorize_url, &bench.ada);
        let finished = bench.portal.finish_sign_in(&bench.address, Some(&begun.browser), &query, from()).await.unwrap();
        assert_eq!(finished.return_to, led);
    }
}

#[tokio::test]
async fn a_session_ends_by_idleness_and_by_age() {
    let bench = Bench::ready().await;
    let local = async || bench.portal.sign_in_locally("emergency", &Secret::new(PASSWORD), from()).await.unwrap();
    let idle = local().await;
    bench.clock.advance(Duration::from_secs(2 * 60 * 60 - 1));
    bench.portal.signed_in(&idle).await.unwrap();
    bench.clock.advance(Duration::from_secs(2 * 60 * 60 - 1));
    bench.portal.signed_in(&idle).await.unwrap();
    bench.clock.advance(Duration::from_secs(2 * 60 * 60));
    assert!(is_signed_out(bench.portal.signed_in(&idle).await));
    let old = local().await;
    for _ in 0..11 {
        bench.clock.advance(Duration::from_secs(60 * 60));
        bench.portal.signed_in(&old).await.unwrap();
    }
    bench.clock.advance(Duration::from_secs(60 * 60));
    assert!(is_signed_out(bench.portal.signed_in(&old).await));
    bench.portal.remove_ended_sessions().await.unwrap();
}

#[tokio::test]
async fn signing_out_ends_the_session_here_and_names_it_at_the_org() {
    let bench = Bench::ready().await;
    let session = bench.sign_in(&bench.ada).await.unwrap();
    let signed_in = bench.portal.signed_in(&session).await.unwrap();
    let url = bench.portal.sign_out(&signed_in, &bench.address).await.unwrap().unwrap();
    assert!(url.starts_with(&format!("{}/oauth2/v1/logout?id_token_hint=", bench.org.domain())));
    assert!(url.ends_with("post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A8080%2F"));
    assert!(is_signed_out(bench.portal.signed_in(&session).await));
    let local = bench.portal.sign_in_locally("emergency", &Secret::new(PASSWORD), from()).await.unwrap();
    let signed_in = bench.portal.signed_in(&local).await.unwrap();
    assert_eq!(bench.portal.sign_out(&signed_in, &bench.address).await.unwrap(), None);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_refused_alike_and_with_a_growing_delay() {
    let bench = Bench::ready().await;
    let pia = bench.org.person("pia@acme.example", &["WRUser"]);
    bench.sign_in(&pia).await.unwrap();
    let sign_in =
        async |login: &str, password: &str| bench.portal.sign_in_locally(login, &Secret::new(password), from()).await;
    // A person from the org has no password here.
    for login in ["emergency", "nobody", "pia@acme.example"] {
        for _ in 0..3 {
            assert!(matches!(sign_in(login, "wrong").await, Err(Error::WrongCredentials)));
        }
        assert!(matches!(sign_in(login, PASSWORD).await, Err(Error::Wait { seconds: 1 })), "{login}");
    }
    // From elsewhere the administrator still gets in, and here after the delay.
    bench.portal.sign_in_locally("emergency", &Secret::new(PASSWORD), "10.0.0.2".parse().unwrap()).await.unwrap();
    bench.clock.advance(Duration::from_secs(1));
    sign_in(" Emergency ", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn fifty_guesses_at_once_count_as_fifty() {
    let bench = Bench::ready().await;
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let portal = bench.portal.clone();
        racers.spawn(async move { portal.sign_in_locally("emergency", &Secret::new("wrong"), from()).await });
    }
    let refused = racers.join_all().await;
    assert_eq!(refused.iter().filter(|result| matches!(result, Err(Error::WrongCredentials))).count(), 3);
    assert_eq!(refused.iter().filter(|result| matches!(result, Err(Error::Wait { .. }))).count(), 47);
}

#[tokio::test]
async fn every_change_is_in_the_log_with_who_made_it() {
    let bench = Bench::ready().await;
    let ada = bench.ada().await;
    bench.portal.add_role(&ada, "Sales Team").await.unwrap();
    let log = bench.log(&ada).await;
    let expected = [
        "claimed set-up",
        "changed the connection to the org",
        "gained a role",
        "turned sign-in with Okta on",
        "signed in with Okta",
        "added a role",
    ];
    for what in expected {
        assert!(log.iter().any(|entry| entry == what), "{what}: {log:?}");
    }
    assert_eq!(log.len(), expected.len());
}

#[tokio::test]
async fn no_secret_of_a_sign_in_is_in_the_database() {
    let bench = Bench::ready().await;
    let begun = bench.portal.begin_sign_in(&bench.address, None).await.unwrap();
    let state = begun.authorize_url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let nonce = begun.authorize_url.query_pairs().find(|(name, _)| name == "nonce").unwrap().1.into_owned();
    let session = bench.sign_in(&bench.ada).await.unwrap();
    let file = bench.portal.db.file().unwrap().to_owned();
    bench.portal.db.close().await;
    let content = std::fs::read(file).unwrap();
    for secret in [CLIENT_SECRET, API_TOKEN, PASSWORD, session.expose(), begun.browser.expose(), &state, &nonce] {
        assert!(!content.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
}
