//! Set-up: claimed once, checked thing by thing, switched on last.

use testkit_okta::Fault;

use super::*;

#[tokio::test]
async fn of_fifty_who_have_the_code_one_becomes_administrator_on_either_database() {
    let postgres = testkit_postgres::Postgres::shared().fresh_database();
    for database in [None, Some(postgres.parse().unwrap())] {
        let bench = Bench::over(database).await;
        let code = bench.portal.offer_set_up_code().await.unwrap().unwrap();
        let mut racers = tokio::task::JoinSet::new();
        for racer in 0..50 {
            let (portal, code) = (bench.portal.clone(), code.clone());
            let new = NewAdministrator { login: format!("racer{racer}"), ..bench.new_administrator() };
            racers.spawn(async move { portal.claim_set_up(&code, new, from()).await });
        }
        let claimed = racers.join_all().await;
        assert_eq!(claimed.iter().filter(|result| result.is_ok()).count(), 1);
        assert!(claimed.iter().all(|result| matches!(result, Ok(_) | Err(Error::NotFound))));
        // Closed for good: no new code, and the old one is as unknown as any.
        assert!(bench.portal.offer_set_up_code().await.unwrap().is_none());
        let again = bench.portal.claim_set_up(&code, bench.new_administrator(), from()).await;
        assert!(matches!(again, Err(Error::NotFound)));
        assert!(!bench.portal.sign_in_options().await.unwrap().set_up_open);
    }
}

#[tokio::test]
async fn only_the_newest_code_opens_set_up_and_a_slip_in_the_form_does_not_use_it_up() {
    let bench = Bench::blank().await;
    let old = bench.portal.offer_set_up_code().await.unwrap().unwrap();
    let code = bench.portal.offer_set_up_code().await.unwrap().unwrap();
    for wrong in [old, Secret::new(""), Secret::new("guess")] {
        let refused = bench.portal.claim_set_up(&wrong, bench.new_administrator(), from()).await;
        assert!(matches!(refused, Err(Error::Invalid(errors)) if errors.contains_key("code")));
    }
    let weak = NewAdministrator { password: Secret::new("short"), ..bench.new_administrator() };
    let refused = bench.portal.claim_set_up(&code, weak, from()).await;
    assert!(matches!(refused, Err(Error::Invalid(errors)) if errors.contains_key("password")));
    let session = bench.portal.claim_set_up(&code, bench.new_administrator(), from()).await.unwrap();
    assert_eq!(bench.roles(&session).await.unwrap(), ["Admin"]);
}

#[tokio::test]
async fn every_check_passes_by_itself_and_the_switch_reads_the_people() {
    let bench = Bench::blank().await;
    let emergency = bench.claim().await;
    let set_up = bench.portal.connect(&emergency, bench.new_bridge()).await.unwrap();
    assert!(set_up.checks.iter().all(|check| check.state == CheckState::Waiting));
    assert!(set_up.client_secret_set && set_up.api_token_set && !set_up.okta_enabled);
    for name in CheckName::ALL {
        let check = bench.portal.check(&emergency, *name).await.unwrap();
        assert_eq!(check.state, CheckState::Passed, "{check:?}");
        assert!(check.found.is_some() && check.took_ms.is_some());
    }
    let token = bench.portal.check(&emergency, CheckName::Token).await.unwrap();
    assert_eq!(token.found.unwrap(), "`WebReports Integration`, it acts as Olivia Owner (olivia@acme.example)");
    let set_up = bench.portal.enable(&emergency).await.unwrap();
    assert!(set_up.okta_enabled && set_up.checks.iter().all(|check| check.state == CheckState::Passed));
    let people = bench.portal.people(&emergency, &Listing::default()).await.unwrap().items;
    let ada = people.iter().find(|person| person.login == "ada@acme.example").unwrap();
    assert_eq!(
        (ada.roles.as_slice(), ada.status.as_str(), ada.last_sign_in),
        (["Admin".to_owned()].as_slice(), "active", None)
    );
}

#[tokio::test]
async fn a_check_that_fails_says_why_and_what_to_do_and_keeps_the_switch_off() {
    let bench = Bench::blank().await;
    let emergency = bench.claim().await;
    for name in CheckName::ALL {
        assert_eq!(bench.portal.check(&emergency, *name).await.unwrap().state, CheckState::Unknown);
    }
    bench.portal.connect(&emergency, bench.new_bridge()).await.unwrap();
    let failed = async |name: CheckName| {
        let check = bench.portal.check(&emergency, name).await.unwrap();
        assert_eq!(check.state, CheckState::Failed, "{check:?}");
        assert!(check.fix.is_some());
        let refused = bench.portal.enable(&emergency).await;
        assert!(matches!(refused, Err(Error::ChecksNotPassed(names)) if names.contains(&name.as_str().to_owned())));
        check.why.unwrap()
    };
    bench.org.call_itself("https://acme.okta.com");
    assert!(failed(CheckName::Domain).await.contains("calls itself `https://acme.okta.com`"));
    bench.org.call_itself(&bench.org.domain());

    let wrong = NewBridge { client_secret: Some(Secret::new("wrong")), ..bench.new_bridge() };
    bench.portal.connect(&emergency, wrong).await.unwrap();
    assert!(failed(CheckName::Client).await.contains("refuses the client id or its secret"));
    bench.portal.connect(&emergency, bench.new_bridge()).await.unwrap();

    bench.org.revoke_token(true);
    assert!(failed(CheckName::Token).await.contains("refuses the API token"));
    bench.org.revoke_token(false);

    bench.org.forbid("/api/v1/groups");
    assert!(failed(CheckName::TokenRights).await.contains("may not `read groups`"));
    bench.org.recover();

    bench.org.remove_group("WRQueue");
    bench.org.remove_group("WRScheduler");
    assert_eq!(failed(CheckName::Groups).await, "2 missing: WRScheduler, WRQueue");
    bench.org.groups();

    bench.org.set_status(&bench.ada, "SUSPENDED");
    assert_eq!(failed(CheckName::Administrator).await, "none of the 1 people in WRAdmin is active");
    bench.org.leave(&bench.ada, "WRAdmin");
    assert!(failed(CheckName::Administrator).await.contains("is empty"));
    assert!(!bench.portal.sign_in_options().await.unwrap().okta_enabled);
}

#[tokio::test]
async fn another_domain_never_gets_the_secrets_of_the_one_before() {
    let bench = Bench::blank().await;
    let emergency = bench.claim().await;
    bench.portal.connect(&emergency, bench.new_bridge()).await.unwrap();
    let elsewhere = FakeOrg::start(bench.clock.clone()).await;
    let moved = NewBridge { domain: elsewhere.domain(), client_secret: None, api_token: None, ..bench.new_bridge() };
    let set_up = bench.portal.connect(&emergency, moved).await.unwrap();
    assert!(!set_up.client_secret_set && !set_up.api_token_set);
    // Left out with the same domain, they stay.
    bench.portal.connect(&emergency, bench.new_bridge()).await.unwrap();
    let kept = NewBridge { client_secret: None, api_token: None, ..bench.new_bridge() };
    let set_up = bench.portal.connect(&emergency, kept).await.unwrap();
    assert!(set_up.client_secret_set && set_up.api_token_set);
}

#[tokio::test]
async fn while_sign_in_is_on_a_secret_that_the_org_refuses_is_not_taken_over() {
    let bench = Bench::blank().await;
    let emergency = bench.turn_on().await;
    let ada = bench.sign_in(&bench.ada).await.unwrap();
    let bad = NewBridge {
        client_secret: Some(Secret::new("wrong")),
        api_token: Some(Secret::new("00wrong")),
        ..bench.new_bridge()
    };
    let refused = bench.portal.connect(&emergency, bad).await;
    let Err(Error::Invalid(errors)) = refused else { panic!("{refused:?}") };
    assert!(errors["client_secret"].contains("the old one stays") && errors["api_token"].contains("the old one stays"));
    let elsewhere = NewBridge { client_id: "0oaAnother".to_owned(), ..bench.new_bridge() };
    assert!(matches!(bench.portal.connect(&emergency, elsewhere).await, Err(Error::Conflict(_))));
    // A rotation signs nobody out.
    bench.portal.connect(&emergency, bench.new_bridge()).await.unwrap();
    assert_eq!(bench.roles(&ada).await.unwrap(), ["Admin"]);
    bench.sync_later().await;
}

#[tokio::test]
async fn a_form_that_does_not_fit_is_answered_beside_its_fields() {
    let bench = Bench::blank().await;
    let emergency = bench.claim().await;
    let plain = NewBridge { allow_loopback_http: false, ..bench.new_bridge() };
    let refused = bench.portal.connect(&emergency, plain).await;
    assert!(
        matches!(refused, Err(Error::Invalid(errors)) if errors["domain"].contains("plain http is for an org on this very machine"))
    );
    let slips = NewBridge {
        domain: String::new(),
        client_id: "two words".to_owned(),
        client_secret: Some(Secret::new("line\nbreak")),
        api_token: Some(Secret::new("with space")),
        allow_loopback_http: true,
    };
    let Err(Error::Invalid(errors)) = bench.portal.connect(&emergency, slips).await else { panic!("it was taken") };
    assert_eq!(errors.keys().collect::<Vec<_>>(), ["api_token", "client_id", "client_secret", "domain"]);
}

#[tokio::test]
async fn set_up_and_people_are_for_administrators_alone() {
    let bench = Bench::ready().await;
    let pia = bench.org.person("pia@acme.example", &["WRUser", "WRPublisher"]);
    let pia = bench.sign_in(&pia).await.unwrap();
    let pia = bench.portal.signed_in(&pia).await.unwrap().actor;
    let portal = &bench.portal;
    let needed = |error: Option<Error>| assert!(matches!(error, Some(Error::PermissionNeeded(_))), "{error:?}");
    needed(portal.set_up(&pia).await.err());
    needed(portal.connect(&pia, bench.new_bridge()).await.err());
    needed(portal.check(&pia, CheckName::Domain).await.err());
    needed(portal.enable(&pia).await.err());
    needed(portal.disable(&pia).await.err());
    needed(portal.bridge(&pia).await.err());
    needed(portal.plan(&pia, Wish::default()).await.err());
    needed(portal.apply_plan(&pia, Wish::default()).await.err());
    needed(portal.undo_plan(&pia).await.err());
    needed(portal.people(&pia, &Listing::default()).await.err());
    needed(portal.person(&pia, &pia.person).await.err());
    needed(portal.add_role(&pia, "Sales").await.err());
    portal.roles(&pia, &Listing::default()).await.unwrap();
    // The log shows one's own entries.
    let mut own = bench.log(&pia).await;
    own.sort();
    assert_eq!(own, ["gained a role", "gained a role", "signed in with Okta"]);
}

#[tokio::test]
async fn turning_sign_in_off_signs_everybody_from_the_org_out_and_nobody_else() {
    let bench = Bench::blank().await;
    let emergency = bench.turn_on().await;
    let ada = bench.sign_in(&bench.ada).await.unwrap();
    let local = bench.portal.sign_in_locally("emergency", &Secret::new(PASSWORD), from()).await.unwrap();
    bench.portal.disable(&emergency).await.unwrap();
    assert!(is_signed_out(bench.portal.signed_in(&ada).await));
    bench.portal.signed_in(&local).await.unwrap();
    assert!(matches!(bench.sign_in(&bench.ada).await, Err(Error::OktaOff)));
    assert_eq!(bench.portal.sync().await.unwrap(), Synced::default());
}

#[tokio::test]
async fn a_check_tells_a_busy_org_from_one_that_is_down() {
    let bench = Bench::blank().await;
    let emergency = bench.claim().await;
    bench.portal.connect(&emergency, bench.new_bridge()).await.unwrap();
    for (fault, says) in [(Fault::TooMany, "rate limit"), (Fault::Failing, "status 503"), (Fault::Html, "an HTML page")]
    {
        bench.org.recover();
        bench.org.fail("/", fault);
        let check = bench.portal.check(&emergency, CheckName::Domain).await.unwrap();
        assert!(check.why.as_deref().unwrap().contains(says), "{check:?}");
    }
}

#[tokio::test]
async fn of_those_who_change_the_connection_at_once_only_one_changes_what_they_saw_on_either_database() {
    let postgres = testkit_postgres::Postgres::shared().fresh_database();
    for database in [None, Some(postgres.parse().unwrap())] {
        let bench = Bench::over(database).await;
        // At first nothing is there to be changed; afterwards the first change is.
        for _ in 0..2 {
            let seen = settings::Settings::load(&mut bench.portal.db.read().await.unwrap()).await.unwrap().revision();
            let mut racers = tokio::task::JoinSet::new();
            for _ in 0..20 {
                let portal = bench.portal.clone();
                racers.spawn(async move {
                    let mut tx = portal.db.begin().await?;
                    let next = portal.next_revision_after(&mut tx, seen).await?;
                    tx.commit().await?;
                    Ok::<_, Error>(next)
                });
            }
            let changed = racers.join_all().await;
            assert_eq!(changed.iter().filter(|result| matches!(result, Ok(next) if *next == seen + 1)).count(), 1);
            assert_eq!(changed.iter().filter(|result| matches!(result, Err(Error::Conflict(_)))).count(), 19);
        }
    }
}
