//! The sync: what changes in the org is in force here on the next request.

use testkit_okta::Fault;

use super::*;

#[tokio::test]
async fn a_role_that_is_given_or_taken_in_the_org_counts_on_the_next_request() {
    let bench = Bench::ready().await;
    let pia = bench.org.person("pia@acme.example", &["WRUser"]);
    let session = bench.sign_in(&pia).await.unwrap();
    bench.sync_later().await;
    bench.org.join(&pia, "WRPublisher");
    assert_eq!(bench.sync_later().await.gained, 1);
    assert_eq!(bench.roles(&session).await.unwrap(), ["Publisher", "User"]);
    bench.org.leave(&pia, "WRUser");
    assert_eq!(bench.sync_later().await.lost, 1);
    assert_eq!(bench.roles(&session).await.unwrap(), ["Publisher"]);
    // Nothing moved: nothing is read, and the rights are as of now all the same.
    let asked = bench.org.request_count("/api/v1/groups/");
    bench.clock.advance(A_WHILE);
    bench.portal.sync().await.unwrap();
    bench.sync_later().await;
    assert_eq!(bench.org.request_count("/api/v1/groups/"), asked);
    assert_eq!(bench.portal.signed_in(&session).await.unwrap().actor.rights_as_of, bench.portal.now());
}

#[tokio::test]
async fn who_is_in_no_group_any_more_is_signed_out() {
    let bench = Bench::ready().await;
    let pia = bench.org.person("pia@acme.example", &["WRUser"]);
    let session = bench.sign_in(&pia).await.unwrap();
    bench.org.leave(&pia, "WRUser");
    assert_eq!(bench.sync_later().await.ended.len(), 1);
    assert!(is_signed_out(bench.portal.signed_in(&session).await));
    // Back in the group, the old session stays ended.
    bench.org.join(&pia, "WRUser");
    bench.sync_later().await;
    assert!(is_signed_out(bench.portal.signed_in(&session).await));
    bench.sign_in(&pia).await.unwrap();
}

#[tokio::test]
async fn who_is_suspended_or_deactivated_is_signed_out() {
    let bench = Bench::ready().await;
    for status in ["SUSPENDED", "DEPROVISIONED", "SOMETHING_NEW"] {
        let pia = bench.org.person(&format!("pia-{status}@acme.example"), &["WRUser"]);
        bench.sync_later().await;
        let session = bench.sign_in(&pia).await.unwrap();
        bench.org.set_status(&pia, status);
        assert_eq!(bench.sync_later().await.ended.len(), 1, "{status}");
        assert!(is_signed_out(bench.portal.signed_in(&session).await));
    }
    // A person who is locked out by wrong passwords at the org goes on here: nobody can sign others out that way.
    let pia = bench.org.person("pia@acme.example", &["WRUser"]);
    let session = bench.sign_in(&pia).await.unwrap();
    bench.org.set_status(&pia, "LOCKED_OUT");
    bench.sync_later().await;
    bench.portal.signed_in(&session).await.unwrap();
}

#[tokio::test]
async fn a_second_change_within_the_second_of_a_reading_is_not_missed() {
    let bench = Bench::ready().await;
    let pia = bench.org.person("pia@acme.example", &["WRUser", "WRQueue"]);
    let session = bench.sign_in(&pia).await.unwrap();
    // Read, and changed again before the org's clock shows another second.
    bench.portal.sync().await.unwrap();
    bench.org.leave(&pia, "WRUser");
    bench.sync_later().await;
    assert_eq!(bench.roles(&session).await.unwrap(), ["Queue"]);
}

#[tokio::test]
async fn a_group_that_is_removed_or_renamed_takes_its_role_along() {
    let bench = Bench::ready().await;
    let pia = bench.org.person("pia@acme.example", &["WRUser", "WRQueue"]);
    let session = bench.sign_in(&pia).await.unwrap();
    bench.sync_later().await;
    bench.org.remove_group("WRUser");
    bench.sync_later().await;
    assert_eq!(bench.roles(&session).await.unwrap(), ["Queue"]);
}

#[tokio::test]
async fn a_new_role_is_held_by_the_members_of_its_group_from_the_next_turn_on() {
    let bench = Bench::ready().await;
    let pia = bench.org.person("pia@acme.example", &["WRUser", "WRSalesTeam"]);
    let session = bench.sign_in(&pia).await.unwrap();
    let ada = bench.ada().await;
    let role = bench.portal.add_role(&ada, "Sales Team").await.unwrap().role;
    assert_eq!((role.group.as_str(), role.preset), ("WRSalesTeam", false));
    bench.sync_later().await;
    assert_eq!(bench.roles(&session).await.unwrap(), ["Sales Team", "User"]);
    for taken in ["sales team", "User", "", "a/b"] {
        let refused = bench.portal.add_role(&ada, taken).await;
        assert!(matches!(refused, Err(Error::Invalid(errors)) if errors.contains_key("name")), "{taken}");
    }
    let listed =
        bench.portal.roles(&ada, &Listing { q: Some("sales".to_owned()), ..Listing::default() }).await.unwrap();
    assert_eq!(listed.items[0].people_count, 1);
}

#[tokio::test]
async fn the_last_administrator_is_kept_and_it_is_said_so_until_somebody_is_in_the_group() {
    let bench = Bench::ready().await;
    let ada = bench.sign_in(&bench.ada).await.unwrap();
    bench.org.leave(&bench.ada, "WRAdmin");
    bench.sync_later().await;
    assert_eq!(bench.roles(&ada).await.unwrap(), ["Admin"]);
    // Signing in again changes nothing about it.
    let again = bench.sign_in(&bench.ada).await.unwrap();
    let actor = bench.portal.signed_in(&again).await.unwrap().actor;
    let bridge = bench.portal.bridge(&actor).await.unwrap();
    assert!(bridge.problems[0].contains("ada Person keeps administering WebReports"), "{:?}", bridge.problems);
    bench.sync_later().await;
    // Somebody else takes over: the one who was kept goes.
    let bob = bench.org.person("bob@acme.example", &["WRAdmin"]);
    bench.sync_later().await;
    assert!(is_signed_out(bench.portal.signed_in(&ada).await));
    let bob = bench.sign_in(&bob).await.unwrap();
    let actor = bench.portal.signed_in(&bob).await.unwrap().actor;
    assert_eq!(bench.portal.bridge(&actor).await.unwrap().problems, Vec::<String>::new());
}

#[tokio::test]
async fn an_administrator_who_leaves_while_others_stay_is_no_exception() {
    let bench = Bench::ready().await;
    let bob = bench.org.person("bob@acme.example", &["WRAdmin", "WRUser"]);
    let session = bench.sign_in(&bob).await.unwrap();
    bench.org.leave(&bob, "WRAdmin");
    bench.sync_later().await;
    assert_eq!(bench.roles(&session).await.unwrap(), ["User"]);
}

#[tokio::test]
async fn an_empty_answer_takes_no_administrators_role_and_is_no_reading() {
    let bench = Bench::ready().await;
    let pia = bench.org.person("pia@acme.example", &["WRUser"]);
    let (ada, pia) = (bench.sign_in(&bench.ada).await.unwrap(), bench.sign_in(&pia).await.unwrap());
    bench.clock.advance(A_WHILE);
    bench.org.fail("/api/v1/groups", Fault::Empty);
    assert!(matches!(bench.portal.sync().await, Err(Error::Conflict(why)) if why.contains("nothing was changed")));
    assert_eq!(bench.roles(&ada).await.unwrap(), ["Admin"]);
    assert_eq!(bench.roles(&pia).await.unwrap(), ["User"]);
    bench.clock.advance(Duration::from_secs(15 * 60));
    assert!(matches!(bench.portal.signed_in(&pia).await, Err(Error::RightsTooOld { .. })));
    bench.org.recover();
    bench.portal.sync().await.unwrap();
    assert_eq!(bench.roles(&ada).await.unwrap(), ["Admin"]);
}

#[tokio::test]
async fn a_member_list_of_many_pages_is_followed_whole() {
    let bench = Bench::ready().await;
    for number in 0..1_203 {
        bench.org.person(&format!("person{number}@acme.example"), &["WRUser"]);
    }
    assert_eq!(bench.sync_later().await.gained, 1_203);
    let listing = Listing { q: Some("user".to_owned()), ..Listing::default() };
    let roles = bench.portal.roles(&bench.ada().await, &listing).await.unwrap().items;
    assert_eq!(roles.iter().find(|listed| listed.role.name == "User").unwrap().people_count, 1_203);
}

#[tokio::test]
async fn the_same_subject_at_another_org_is_somebody_else() {
    let bench = Bench::blank().await;
    let emergency = bench.turn_on().await;
    let before = bench.ada().await;
    bench.portal.disable(&emergency).await.unwrap();
    let other = FakeOrg::start(bench.clock.clone()).await;
    other.groups();
    let bob = other.person("ada@acme.example", &["WRAdmin"]);
    bench.portal.connect(&emergency, NewBridge { domain: other.domain(), ..bench.new_bridge() }).await.unwrap();
    bench.portal.enable(&emergency).await.unwrap();
    let begun = bench.portal.begin_sign_in(&bench.address, None).await.unwrap();
    let query = other.sign_in(&begun.authorize_url, &bob);
    let finished = bench.portal.finish_sign_in(&bench.address, Some(&begun.browser), &query, from()).await.unwrap();
    let after = bench.portal.signed_in(&finished.session).await.unwrap().actor;
    assert_ne!(before.person, after.person);
    // What the org before gave is gone with it.
    let people = bench.portal.people(&after, &Listing::default()).await.unwrap().items;
    assert_eq!(people.iter().find(|person| person.id == before.person).unwrap().roles, Vec::<String>::new());
}

#[tokio::test]
async fn a_turn_that_runs_out_of_its_share_goes_on_where_it_ended() {
    let bench = Bench::ready().await;
    bench.sync_later().await;
    let people: Vec<String> = (0..6).map(|number| format!("p{number}@acme.example")).collect();
    let groups = ["WRAdmin", "WRRoleAdmin", "WRUser", "WRPublisher", "WRScheduler", "WRQueue"];
    for (person, group) in people.iter().zip(groups) {
        bench.org.person(person, &[group]);
    }
    // Six groups moved, and a turn may make four calls about groups.
    bench.org.set_rate_limit(28);
    let held = async || {
        let mut conn = bench.portal.db.read().await.unwrap();
        let mut count = 0;
        for role in store::role::all(&mut conn).await.unwrap() {
            count += store::membership::holders(&mut conn, &role.id).await.unwrap().len();
        }
        count
    };
    let before = held().await;
    bench.clock.advance(A_WHILE);
    assert!(matches!(bench.portal.sync().await, Err(Error::Org(okta::Error::ShareUsed { .. }))));
    assert_eq!(held().await, before + 3);
    bench.clock.advance(A_WHILE);
    let _ = bench.portal.sync().await;
    assert_eq!(held().await, before + 6);
}
