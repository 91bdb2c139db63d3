//! An org that is down, slow, busy, failing, lying: what works on, for how long, and what is said.

use testkit_okta::{Fault, Tamper};

use super::*;

#[tokio::test]
async fn a_signed_in_person_goes_on_within_the_bound_and_not_past_it_and_hears_why() {
    let table = [
        (Some(Fault::Failing), "the org failed with status 503"),
        (Some(Fault::Html), "an HTML page, not JSON"),
        (Some(Fault::TooMany), "rate limit is used up"),
        (Some(Fault::Huge), "larger than any that is expected"),
        (Some(Fault::Forbidden), "may not `read groups`"),
        (None, "refuses the API token"),
    ];
    for (fault, says) in table {
        let bench = Bench::ready().await;
        let session = bench.sign_in(&bench.ada).await.unwrap();
        match fault {
            Some(fault) => bench.org.fail("/api/v1/", fault),
            None => bench.org.revoke_token(true),
        }
        bench.clock.advance(Duration::from_secs(14 * 60));
        assert!(bench.portal.sync().await.is_err());
        let still = bench.portal.signed_in(&session).await.unwrap();
        let bridge = bench.portal.bridge(&still.actor).await.unwrap();
        assert!(bridge.problems.iter().any(|problem| problem.contains(says)), "{says}: {:?}", bridge.problems);
        assert!(bench.portal.sign_in_options().await.unwrap().notice.is_some());
        bench.clock.advance(Duration::from_secs(61));
        let denied = bench.portal.signed_in(&session).await;
        assert!(
            matches!(&denied, Err(Error::RightsTooOld { reason, .. }) if reason.contains(says)),
            "{says}: {denied:?}"
        );
        // The emergency administrator gets in meanwhile, and everybody once the org is back.
        let local = bench.portal.sign_in_locally("emergency", &Secret::new(PASSWORD), from()).await.unwrap();
        bench.portal.signed_in(&local).await.unwrap();
        bench.org.recover();
        bench.org.revoke_token(false);
        bench.sync_later().await;
        bench.portal.signed_in(&session).await.unwrap();
    }
}

#[tokio::test]
async fn an_org_that_is_gone_is_unreachable_and_signs_nobody_in() {
    let bench = Bench::ready().await;
    let session = bench.sign_in(&bench.ada).await.unwrap();
    let Bench { portal, org, clock, address, _folder, .. } = bench;
    let begun = portal.begin_sign_in(&address, None).await.unwrap();
    org.stop().await;
    clock.advance(A_WHILE);
    assert!(matches!(portal.sync().await, Err(Error::Org(okta::Error::Unreachable(_)))));
    portal.signed_in(&session).await.unwrap();
    let state = begun.authorize_url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let query = format!("code=x&state={state}");
    let refused = portal.finish_sign_in(&address, Some(&begun.browser), &query, from()).await;
    assert!(matches!(refused, Err(Error::Org(okta::Error::Unreachable(_)))));
    // Signing out works all the same.
    let signed_in = portal.signed_in(&session).await.unwrap();
    portal.sign_out(&signed_in, &address).await.unwrap();
    assert!(is_signed_out(portal.signed_in(&session).await));
}

#[tokio::test]
async fn while_the_api_is_down_the_claim_confirms_roles_and_adds_none() {
    let bench = Bench::ready().await;
    let pia = bench.org.person("pia@acme.example", &["WRUser", "WRQueue"]);
    bench.sign_in(&pia).await.unwrap();
    bench.org.fail("/api/v1/", Fault::Failing);
    bench.org.leave(&pia, "WRQueue");
    bench.org.join(&pia, "WRAdmin");
    bench.clock.advance(Duration::from_secs(20 * 60));
    let session = bench.sign_in(&pia).await.unwrap();
    assert_eq!(bench.roles(&session).await.unwrap(), ["User"]);
    // Once the API is back it decides again.
    bench.org.recover();
    bench.sync_later().await;
    assert_eq!(bench.roles(&session).await.unwrap(), ["Admin", "User"]);
}

#[tokio::test]
async fn a_claim_that_is_missing_or_full_or_of_somebody_new_is_no_fallback() {
    let bench = Bench::ready().await;
    let pia = bench.org.person("pia@acme.example", &["WRUser"]);
    let zoe = bench.org.person("zoe@acme.example", &["WRUser"]);
    bench.sign_in(&pia).await.unwrap();
    bench.org.fail("/api/v1/", Fault::Failing);
    bench.org.tamper(Some(Tamper::NoGroupsClaim));
    assert!(matches!(bench.sign_in(&pia).await, Err(Error::Org(error)) if error.is_unavailable()));
    bench.org.tamper(Some(Tamper::GroupsClaim(100)));
    assert!(matches!(bench.sign_in(&pia).await, Err(Error::Org(error)) if error.is_unavailable()));
    bench.org.tamper(Some(Tamper::GroupsClaim(99)));
    bench.sign_in(&pia).await.unwrap();
    // Nobody read this person's groups through the token before.
    assert!(matches!(bench.sign_in(&zoe).await, Err(Error::GroupsUnread)));
}

#[tokio::test]
async fn a_token_that_is_refused_is_no_outage_and_the_claim_does_not_stand_in() {
    let bench = Bench::ready().await;
    bench.sign_in(&bench.ada).await.unwrap();
    bench.org.revoke_token(true);
    assert!(matches!(bench.sign_in(&bench.ada).await, Err(Error::Org(okta::Error::TokenRefused))));
}

#[tokio::test]
async fn rotated_keys_and_clocks_that_differ() {
    let bench = Bench::ready().await;
    bench.sign_in(&bench.ada).await.unwrap();
    bench.org.rotate_keys();
    bench.sign_in(&bench.ada).await.unwrap();
    bench.org.set_clock_ahead_s(600);
    let refused = bench.sign_in(&bench.ada).await;
    assert!(matches!(refused, Err(Error::Org(okta::Error::ClockOff { by_s: 600 }))), "{refused:?}");
}

#[tokio::test]
async fn in_steady_state_the_org_sees_no_more_than_a_few_calls_a_turn() {
    let bench = Bench::ready().await;
    bench.sync_later().await;
    let before = bench.org.request_count("/api/v1/");
    for _ in 0..9 {
        bench.sync_later().await;
    }
    assert_eq!(bench.org.request_count("/api/v1/") - before, 18);
}

#[tokio::test]
async fn a_small_rate_limit_is_shared_and_never_used_up() {
    let bench = Bench::ready().await;
    bench.sync_later().await;
    bench.org.set_rate_limit(40);
    bench.sync_later().await;
    let before = bench.org.request_count("/api/v1/groups");
    // Many turns within one minute of the org's clock.
    for _ in 0..30 {
        let _ = bench.portal.sync().await;
    }
    let used = bench.org.request_count("/api/v1/groups") - before;
    assert!(used <= 10, "{used}");
    // Somebody who signs in still finds room.
    bench.sign_in(&bench.ada).await.unwrap();
}
