//! What the wizard makes at the org, and its undoing.

use super::*;

/// An org without groups.
async fn bare() -> (Bench, Actor) {
    let bench = Bench::blank().await;
    for name in bench.org.group_names() {
        bench.org.remove_group(&name);
    }
    let emergency = bench.claim().await;
    let given = NewBridge { client_id: String::new(), client_secret: None, ..bench.new_bridge() };
    bench.portal.connect(&emergency, given).await.unwrap();
    (bench, emergency)
}

const ALL: Wish = Wish { groups: true, application: true };

#[tokio::test]
async fn every_call_is_shown_before_any_is_made() {
    let (bench, emergency) = bare().await;
    bench.org.group("WRUser");
    let steps = bench.portal.plan(&emergency, ALL).await.unwrap();
    let ids: Vec<&str> = steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "group:WRAdmin",
            "group:WRRoleAdmin",
            "group:WRPublisher",
            "group:WRScheduler",
            "group:WRQueue",
            "application",
            "assign:WRAdmin",
            "assign:WRRoleAdmin",
            "assign:WRUser",
            "assign:WRPublisher",
            "assign:WRScheduler",
            "assign:WRQueue",
        ]
    );
    let application = steps.iter().find(|step| step.id == "application").unwrap();
    assert_eq!((application.method.as_str(), application.path.as_str()), ("POST", "/api/v1/apps"));
    let client = &application.body.as_ref().unwrap()["settings"]["oauthClient"];
    let redirect_uris = ["http://localhost:8080/OIDCCallback", "http://localhost:8080/authorization-code/callback"];
    assert_eq!(client["redirect_uris"], serde_json::json!(redirect_uris));
    assert_eq!(client["post_logout_redirect_uris"], serde_json::json!(["http://localhost:8080/"]));
    assert_eq!((bench.org.group_names().len(), bench.org.application_count()), (1, 0));
}

#[tokio::test]
async fn the_plan_is_carried_out_and_undone_and_what_people_use_by_then_stays() {
    let (bench, emergency) = bare().await;
    let applied = bench.portal.apply_plan(&emergency, ALL).await.unwrap();
    assert!(applied.steps.iter().all(|step| step.state == StepState::Done), "{applied:?}");
    assert_eq!((bench.org.group_names().len(), bench.org.application_count()), (6, 1));
    let set_up = bench.portal.set_up(&emergency).await.unwrap();
    assert_eq!((Some(&set_up.client_id), set_up.client_secret_set), (applied.client_id.as_ref(), true));
    assert!(!format!("{applied:?}").contains("secret-that-the-org-made"));
    // A second time there is nothing to make but another application.
    assert_eq!(bench.portal.plan(&emergency, Wish { groups: true, application: false }).await.unwrap(), []);

    bench.org.join(&bench.ada, "WRAdmin");
    let undone = bench.portal.undo_plan(&emergency).await.unwrap();
    let skipped: Vec<_> = undone.iter().filter(|step| step.state == StepState::Skipped).collect();
    assert_eq!((undone.len(), skipped.len(), skipped[0].says.as_str()), (7, 1, "Delete the group WRAdmin"));
    assert_eq!((bench.org.group_names(), bench.org.application_count()), (vec!["WRAdmin".to_owned()], 0));
    let set_up = bench.portal.set_up(&emergency).await.unwrap();
    assert_eq!((set_up.client_id.as_str(), set_up.client_secret_set), ("", false));
    // What was skipped is still remembered, and gone once nobody is in it.
    bench.org.leave(&bench.ada, "WRAdmin");
    assert_eq!(bench.portal.undo_plan(&emergency).await.unwrap().len(), 1);
    assert_eq!(bench.portal.undo_plan(&emergency).await.unwrap(), []);
}

#[tokio::test]
async fn a_call_that_is_refused_says_why_and_stops_what_builds_on_it() {
    let (bench, emergency) = bare().await;
    bench.org.forbid("/api/v1/apps");
    let applied = bench.portal.apply_plan(&emergency, ALL).await.unwrap();
    let of = |state: StepState| applied.steps.iter().filter(move |step| step.state == state).count();
    assert_eq!((of(StepState::Done), of(StepState::Failed), of(StepState::Skipped)), (6, 1, 6));
    let failed = applied.steps.iter().find(|step| step.state == StepState::Failed).unwrap();
    assert!(failed.why.as_deref().unwrap().contains("may not `create an application`"));
    assert_eq!(applied.client_id, None);
}

#[tokio::test]
async fn while_sign_in_is_on_no_other_application_is_made_for_it() {
    let bench = Bench::blank().await;
    let emergency = bench.turn_on().await;
    assert!(matches!(bench.portal.plan(&emergency, ALL).await, Err(Error::Conflict(_))));
    assert!(matches!(bench.portal.apply_plan(&emergency, ALL).await, Err(Error::Conflict(_))));
    assert_eq!(bench.portal.plan(&emergency, Wish { groups: true, application: false }).await.unwrap(), []);
}

#[tokio::test]
async fn what_was_made_is_not_removed_while_people_sign_in_with_it() {
    let bench = Bench::blank().await;
    let emergency = bench.turn_on().await;
    let refused = bench.portal.undo_plan(&emergency).await;
    assert!(matches!(refused, Err(Error::Conflict(why)) if why.contains("before what was made for it is removed")));
}
