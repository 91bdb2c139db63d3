//! The client half against a small org that can be told to misbehave.

use std::{sync::Arc, time::Duration};

use net::{Limits, Outbound};
use testkit_okta::{API_TOKEN, CLIENT_ID, CLIENT_SECRET, FakeOrg, Fault, TOKEN_OWNER, Tamper};
use vault::Secret;
use world::{Instant, ManualClock, OsRandom, World};

use crate::{Api, Error, IdTokenFault, OrgAddress, SignIn};

const REDIRECT: &str = "http://localhost:8080/OIDCCallback";

struct Bench {
    org: FakeOrg,
    clock: Arc<ManualClock>,
    api: Api,
    sign_in: SignIn,
}

async fn bench() -> Bench {
    let clock = Arc::new(ManualClock::at(Instant::from_seconds(1_800_000_000)));
    let org = FakeOrg::start(clock.clone()).await;
    org.groups();
    let world = World { clock: clock.clone(), random: Arc::new(OsRandom) };
    let address = OrgAddress::parse(&org.domain(), true).unwrap();
    let limits = Limits { answer: Duration::from_millis(300), ..Limits::default() };
    let http = Outbound::with_authorities([org.url().clone()], None, limits).unwrap();
    let api = Api::new(http.clone(), address.clone(), Secret::new(API_TOKEN), world.clone());
    let sign_in = SignIn::new(http, address, CLIENT_ID.to_owned(), Secret::new(CLIENT_SECRET), world);
    Bench { org, clock, api, sign_in }
}

impl Bench {
    async fn whole_sign_in(&self, person: &str) -> Result<crate::Finished, Error> {
        let begun = self.sign_in.begin(REDIRECT).await?;
        let query = self.org.sign_in(&begun.authorize_url, person);
        let code =
            url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code").unwrap().1.into_owned();
        self.sign_in.finish(&Secret::new(code), REDIRECT, &begun.nonce, &begun.verifier).await
    }
}

#[tokio::test]
async fn the_token_tells_its_owner_its_rights_and_when_it_lapses() {
    let bench = bench().await;
    let me = bench.api.me().await.unwrap();
    assert_eq!((me.id.as_str(), me.name.as_str()), (TOKEN_OWNER, "Olivia Owner"));
    assert_eq!(bench.api.roles_of(&me.id).await.unwrap()[0].label, "Super Administrator");
    let token = bench.api.own_token(&me).await.unwrap().unwrap();
    assert_eq!(token.name, "WebReports Integration");
    assert_eq!(token.connection.as_deref(), Some("ANYWHERE"));
    assert!(token.expires_at.is_some());
    assert!(bench.api.succeeded_at().is_some());
    assert_eq!(bench.api.org().await.unwrap().company_name, "Acme");
}

#[tokio::test]
async fn more_than_a_hundred_groups_are_read_whole_over_several_pages() {
    let bench = bench().await;
    let names: Vec<String> = (0..250).map(|number| format!("Team{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).chain(["WRUser"]).collect();
    let person = bench.org.person("pia@acme.example", &names);
    let groups = bench.api.groups_of(&person).await.unwrap();
    assert_eq!(groups.len(), 251);
    assert!(groups.iter().any(|group| group.name == "WRUser"));
}

#[tokio::test]
async fn groups_come_by_prefix_and_what_moved_by_time() {
    let bench = bench().await;
    bench.org.group("Other");
    bench.org.group("wrong case");
    assert_eq!(bench.api.groups("WR").await.unwrap().len(), 7);
    let before = bench.org.now();
    bench.clock.advance(Duration::from_secs(60));
    let person = bench.org.person("pia@acme.example", &["WRUser"]);
    let moved = bench.api.groups_moved_since(before).await.unwrap();
    assert_eq!(moved.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["WRUser"]);
    let members = bench.api.members(&moved[0].id).await.unwrap();
    assert_eq!(members[0].id, person);
    bench.org.set_status(&person, "SUSPENDED");
    let updated = bench.api.users_updated_since(before).await.unwrap();
    assert!(updated.iter().any(|user| user.id == person && !user.is_active()));
}

#[tokio::test]
async fn groups_are_found_past_those_that_differ_in_case_alone() {
    let bench = bench().await;
    for number in 0..300 {
        bench.org.group(&format!("wrangler {number}"));
    }
    bench.org.group("WRZone");
    let mut names: Vec<String> = bench.api.groups("WR").await.unwrap().into_iter().map(|group| group.name).collect();
    names.sort();
    assert_eq!(names.len(), 8, "{names:?}");
    assert_eq!(names.last().map(String::as_str), Some("WRZone"));
}

#[tokio::test]
async fn each_fault_of_the_org_has_its_own_error() {
    let bench = bench().await;
    let me = async |fault: Option<Fault>| {
        bench.org.recover();
        if let Some(fault) = fault {
            bench.org.fail("/api/v1/users", fault);
        }
        // A minute passes, so that an earlier 429 is over.
        bench.clock.advance(Duration::from_secs(61));
        bench.api.me().await
    };
    assert!(matches!(me(Some(Fault::Silent)).await, Err(Error::Slow(_))));
    assert!(matches!(me(Some(Fault::Failing)).await, Err(Error::ServerFailed { status: 503 })));
    assert!(matches!(me(Some(Fault::Html)).await, Err(Error::NotJson { .. })));
    assert!(matches!(me(Some(Fault::Huge)).await, Err(Error::TooLarge(_))));
    assert!(matches!(me(Some(Fault::Forbidden)).await, Err(Error::RightMissing { .. })));
    assert!(matches!(me(Some(Fault::Empty)).await, Err(Error::Malformed { .. })));
    let limited = me(Some(Fault::TooMany)).await.unwrap_err();
    assert!(limited.is_unavailable());
    assert!(
        matches!(limited, Error::RateLimited { resets_at } if resets_at == bench.org.now().plus(Duration::from_secs(30)))
    );
    bench.org.revoke_token(true);
    let refused = me(None).await.unwrap_err();
    assert!(matches!(refused, Error::TokenRefused) && !refused.is_unavailable());
    bench.org.revoke_token(false);
    me(None).await.unwrap();
}

#[tokio::test]
async fn an_org_that_is_down_is_unreachable() {
    let clock = Arc::new(ManualClock::at(Instant::from_seconds(1_800_000_000)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let domain = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let address = OrgAddress::parse(&domain, true).unwrap();
    let http = Outbound::configured([address.origin().clone()]);
    let world = World { clock, random: Arc::new(OsRandom) };
    let api = Api::new(http.clone(), address.clone(), Secret::new(API_TOKEN), world.clone());
    assert!(matches!(api.me().await, Err(Error::Unreachable(_))));
    let sign_in = SignIn::new(http, address, CLIENT_ID.to_owned(), Secret::new(CLIENT_SECRET), world);
    assert!(matches!(sign_in.reach().await, Err(Error::Unreachable(_))));
}

#[tokio::test]
async fn after_a_429_nothing_is_sent_until_the_limit_resets() {
    let bench = bench().await;
    bench.org.fail("/api/v1/groups", Fault::TooMany);
    assert!(bench.api.groups("WR").await.is_err());
    bench.org.recover();
    let sent = bench.org.request_count("/api/v1/groups");
    assert!(matches!(bench.api.groups("WR").await, Err(Error::RateLimited { .. })));
    assert_eq!(bench.org.request_count("/api/v1/groups"), sent);
    bench.clock.advance(Duration::from_secs(31));
    assert_eq!(bench.api.groups("WR").await.unwrap().len(), 7);
}

#[tokio::test]
async fn a_quarter_of_the_rate_limit_is_never_passed() {
    let bench = bench().await;
    bench.org.set_rate_limit(20);
    let mut succeeded = 0;
    for _ in 0..20 {
        succeeded += usize::from(bench.api.groups("WR").await.is_ok());
    }
    assert_eq!(succeeded, 5);
    assert_eq!(bench.org.request_count("/api/v1/groups"), 5);
}

#[tokio::test]
async fn a_person_signs_in_with_a_token_that_fits_in_every_point() {
    let bench = bench().await;
    let person = bench.org.person("pia@acme.example", &["WRUser", "WRQueue"]);
    let finished = bench.whole_sign_in(&person).await.unwrap();
    assert_eq!((finished.subject, finished.issuer), (person, bench.org.domain()));
    assert_eq!((finished.login.as_str(), finished.name.as_str()), ("pia@acme.example", "pia Person"));
    assert_eq!(finished.groups.unwrap().len(), 2);
}

#[tokio::test]
async fn an_id_token_that_breaks_one_rule_is_refused_by_that_rules_name() {
    let bench = bench().await;
    let person = bench.org.person("pia@acme.example", &["WRUser"]);
    let table = [
        (Tamper::Issuer, IdTokenFault::Issuer),
        (Tamper::Audience, IdTokenFault::Audience),
        (Tamper::OtherAudienceToo, IdTokenFault::Audience),
        (Tamper::AuthorizedParty, IdTokenFault::Audience),
        (Tamper::Nonce, IdTokenFault::Nonce),
        (Tamper::Signature, IdTokenFault::Signature),
        (Tamper::AlgorithmNone, IdTokenFault::Algorithm),
        (Tamper::AlgorithmHs256, IdTokenFault::Algorithm),
        (Tamper::KeyUnnamed, IdTokenFault::Key),
        (Tamper::KeyUnknown, IdTokenFault::Key),
        (Tamper::Expired, IdTokenFault::Expired),
        (Tamper::AccessTokenHash, IdTokenFault::AccessTokenHash),
        (Tamper::NotAToken, IdTokenFault::Malformed),
        (Tamper::Missing, IdTokenFault::Missing),
    ];
    for (tamper, expected) in table {
        bench.org.tamper(Some(tamper));
        let refused = bench.whole_sign_in(&person).await.err();
        assert!(matches!(&refused, Some(Error::IdToken(fault)) if *fault == expected), "{tamper:?}: {refused:?}");
    }
    bench.org.tamper(None);
    bench.whole_sign_in(&person).await.unwrap();
}

#[tokio::test]
async fn rotated_keys_are_read_again_once() {
    let bench = bench().await;
    let person = bench.org.person("pia@acme.example", &["WRUser"]);
    bench.whole_sign_in(&person).await.unwrap();
    bench.whole_sign_in(&person).await.unwrap();
    assert_eq!(bench.org.request_count("/oauth2/v1/keys"), 1);
    bench.org.rotate_keys();
    bench.whole_sign_in(&person).await.unwrap();
    assert_eq!(bench.org.request_count("/oauth2/v1/keys"), 2);
    // A token with a key that nobody has costs one more reading, and is refused.
    bench.org.tamper(Some(Tamper::KeyUnknown));
    assert!(bench.whole_sign_in(&person).await.is_err());
    assert_eq!(bench.org.request_count("/oauth2/v1/keys"), 3);
}

#[tokio::test]
async fn clocks_that_differ_are_said_so_with_the_difference() {
    let bench = bench().await;
    let person = bench.org.person("pia@acme.example", &["WRUser"]);
    for by_s in [7_200, -7_200, 300, -300] {
        bench.org.set_clock_ahead_s(by_s);
        let refused = bench.whole_sign_in(&person).await.err();
        assert!(matches!(&refused, Some(Error::ClockOff { by_s: found }) if *found == by_s), "{by_s}: {refused:?}");
        assert!(matches!(bench.sign_in.reach().await, Err(Error::ClockOff { .. })));
    }
    bench.org.set_clock_ahead_s(60);
    bench.whole_sign_in(&person).await.unwrap();
    assert_eq!(bench.sign_in.reach().await.unwrap().clock_ahead_s, Some(60));
}

#[tokio::test]
async fn an_org_that_calls_itself_otherwise_is_not_believed() {
    let bench = bench().await;
    bench.org.call_itself("https://acme.okta.com");
    assert!(matches!(bench.sign_in.reach().await, Err(Error::IssuerMismatch { .. })));
}

#[tokio::test]
async fn the_response_names_its_issuer_where_the_org_announces_it() {
    let bench = bench().await;
    bench.sign_in.check_response_issuer(None).await.unwrap();
    let evil = bench.sign_in.check_response_issuer(Some("https://evil.example")).await;
    assert!(matches!(evil, Err(Error::ResponseIssuer)));
    bench.sign_in.check_response_issuer(Some(&bench.org.domain())).await.unwrap();
    bench.org.announce_response_issuer();
    bench.sign_in.reach().await.unwrap();
    assert!(matches!(bench.sign_in.check_response_issuer(None).await, Err(Error::ResponseIssuer)));
}

#[tokio::test]
async fn the_client_is_accepted_when_a_dummy_token_is_judged_and_not_otherwise() {
    let bench = bench().await;
    bench.sign_in.check_client().await.unwrap();
    let world = World { clock: bench.clock.clone(), random: Arc::new(OsRandom) };
    let address = OrgAddress::parse(&bench.org.domain(), true).unwrap();
    let http = Outbound::configured([bench.org.url().clone()]);
    let wrong = SignIn::new(http, address, CLIENT_ID.to_owned(), Secret::new("wrong"), world);
    assert!(matches!(wrong.check_client().await, Err(Error::ClientRefused)));
    bench.org.fail("/oauth2/v1/introspect", Fault::Html);
    assert!(matches!(bench.sign_in.check_client().await, Err(Error::NotJson { .. })));
}

#[tokio::test]
async fn a_code_works_once_and_only_with_its_own_verifier() {
    let bench = bench().await;
    let person = bench.org.person("pia@acme.example", &["WRUser"]);
    let begun = bench.sign_in.begin(REDIRECT).await.unwrap();
    let query = bench.org.sign_in(&begun.authorize_url, &person);
    let code = Secret::new(url::form_urlencoded::parse(query.as_bytes()).next().unwrap().1.into_owned());
    bench.sign_in.finish(&code, REDIRECT, &begun.nonce, &begun.verifier).await.unwrap();
    let again = bench.sign_in.finish(&code, REDIRECT, &begun.nonce, &begun.verifier).await;
    assert!(matches!(again, Err(Error::CodeRefused(_))));
    let begun = bench.sign_in.begin(REDIRECT).await.unwrap();
    let query = bench.org.sign_in(&begun.authorize_url, &person);
    let code = Secret::new(url::form_urlencoded::parse(query.as_bytes()).next().unwrap().1.into_owned());
    let stolen = bench.sign_in.finish(&code, REDIRECT, &begun.nonce, &Secret::new("another browser's verifier")).await;
    assert!(matches!(stolen, Err(Error::CodeRefused(_))));
}

#[tokio::test]
async fn what_set_up_makes_can_be_unmade() {
    let bench = bench().await;
    let group = bench.api.create_group(&serde_json::json!({"profile": {"name": "WRNew"}})).await.unwrap();
    let new = crate::NewApplication {
        label: "WebReports".to_owned(),
        redirect_uris: vec![REDIRECT.to_owned()],
        sign_out_uris: vec!["http://localhost:8080/".to_owned()],
        start_uri: "http://localhost:8080/sign-in/okta".to_owned(),
    };
    let application = bench.api.create_application(&new.body()).await.unwrap();
    assert_eq!(application.client_id, application.id);
    assert!(!application.client_secret.is_empty());
    bench.api.assign_group(&application.id, &group.id).await.unwrap();
    bench.api.unassign_group(&application.id, &group.id).await.unwrap();
    bench.api.delete_application(&application.id).await.unwrap();
    bench.api.delete_group(&group.id).await.unwrap();
    assert_eq!(bench.org.application_count(), 0);
    assert_eq!(bench.org.group_names().len(), 7);
    assert!(matches!(bench.api.delete_group(&group.id).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn the_browser_is_sent_to_the_orgs_sign_out_with_the_session_named() {
    let bench = bench().await;
    let url = bench.sign_in.sign_out_url(&Secret::new("a.b.c"), "http://localhost:8080/").await.unwrap().unwrap();
    assert!(url.as_str().starts_with(&format!("{}/oauth2/v1/logout?id_token_hint=a.b.c&", bench.org.domain())));
    assert!(
        url.query_pairs().any(|(name, value)| name == "post_logout_redirect_uri" && value == "http://localhost:8080/")
    );
}
