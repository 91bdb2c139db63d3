//! What the Sign-in page says of the bridge.

use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn nothing_is_claimed_of_a_bridge_that_is_not_built() {
    let bench = Bench::blank().await;
    let emergency = bench.claim().await;
    let bridge = bench.portal.bridge(&emergency).await.unwrap();
    assert_eq!(
        (bridge.token.state, bridge.client_secret.state, bridge.sync.state),
        (Lamp::None, Lamp::None, Lamp::None)
    );
    assert!(!bridge.enabled && bridge.problems.is_empty() && bridge.token.owner.is_none());
}

#[tokio::test]
async fn the_bridge_shows_owner_rights_last_use_lapse_day_and_the_last_sync() {
    let bench = Bench::blank().await;
    let emergency = bench.turn_on().await;
    let bridge = bench.portal.bridge(&emergency).await.unwrap();
    assert_eq!((bridge.token.state, bridge.client_secret.state, bridge.sync.state), (Lamp::Ok, Lamp::Ok, Lamp::Ok));
    assert_eq!(bridge.token.owner.unwrap().login, "olivia@acme.example");
    assert_eq!(bridge.token.rights, ["Super Administrator"]);
    assert_eq!(bridge.token.last_use, Some(bench.portal.now()));
    assert_eq!(bridge.token.lapses_at, Some(bench.portal.now().plus(30 * DAY)));
    assert!(bridge.token.lapse_known);
    assert_eq!((bridge.sync.people, bridge.sync.groups), (1, 7));
    assert_eq!(bridge.sync.last_at, Some(bench.portal.now()));
    assert_eq!(bridge.problems, Vec::<String>::new());
}

#[tokio::test]
async fn a_token_that_is_not_used_is_warned_of_ahead_of_its_lapse() {
    let bench = Bench::blank().await;
    let emergency = bench.turn_on().await;
    let table = [
        (2, Lamp::Ok),
        (4, Lamp::Warning),
        (17, Lamp::Warning),
        (24, Lamp::Warning),
        (29, Lamp::Failed),
        (31, Lamp::Failed),
    ];
    let began = bench.portal.now();
    for (days, lamp) in table {
        bench.clock.set(began.plus(days * DAY));
        let token = bench.portal.bridge(&emergency).await.unwrap().token;
        assert_eq!(token.state, lamp, "day {days}: {}", token.message);
    }
}

#[tokio::test]
async fn without_the_right_to_read_the_token_list_the_lapse_day_is_said_to_be_a_guess() {
    let bench = Bench::blank().await;
    bench.org.forbid("/api/v1/api-tokens");
    let emergency = bench.turn_on().await;
    let token = bench.portal.bridge(&emergency).await.unwrap().token;
    assert!(!token.lapse_known);
    assert_eq!(token.lapses_at, token.last_use.map(|used| used.plus(30 * DAY)));
    assert_eq!(token.connection.as_deref(), Some("from where it may be used cannot be read"));
}

#[tokio::test]
async fn a_client_secret_that_the_org_refuses_is_said_after_the_first_who_could_not_sign_in() {
    let bench = Bench::blank().await;
    let emergency = bench.turn_on().await;
    bench.org.refuse_client(true);
    assert!(matches!(bench.sign_in(&bench.ada).await, Err(Error::Org(okta::Error::ClientRefused))));
    let bridge = bench.portal.bridge(&emergency).await.unwrap();
    assert_eq!(bridge.client_secret.state, Lamp::Failed);
    assert!(bridge.problems[0].contains("nobody can sign in"));
    bench.org.refuse_client(false);
    bench.sign_in(&bench.ada).await.unwrap();
    assert_eq!(bench.portal.bridge(&emergency).await.unwrap().client_secret.state, Lamp::Ok);
}
