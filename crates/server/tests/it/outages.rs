//! The org is down, slow, busy, lying, or another one: what the browser is told, who goes on working and for how long, and how it
//! ends by itself.
//!
//! Portal and org are the real ones; the wire between them is disturbed. Time is the test's clock.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Fault, Person, Site};
use url::Url;

const PIA: &str = "pia@demo.example";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Longer than any rate limit of the tests lasts.
const A_WHILE: Duration = Duration::from_secs(61);
/// Stands in every body that a broken org answers, and belongs to nobody's eyes.
const INSIDE: &str = "10.1.2.3:9200 java.lang.NullPointerException";
/// The words of the sign-in page.
const SIGN_IN_WORDS: &str = include_str!("../../../../web/portal/src/lib/session/sign-in-problems.ts");

fn failing() -> Fault {
    Fault::Says(503, "text/plain", "upstream 10.1.2.3:9200 java.lang.NullPointerException")
}

fn html() -> Fault {
    Fault::Says(
        200,
        "text/html",
        "<html><title>Please sign in to the proxy</title>10.1.2.3:9200 java.lang.NullPointerException",
    )
}

fn nonsense() -> Fault {
    Fault::Says(200, "application/json", r#"{"cluster":"10.1.2.3:9200 java.lang.NullPointerException"}"#)
}

fn token_refused() -> Fault {
    Fault::Says(401, "application/json", r#"{"errorCode":"E0000011","errorSummary":"Invalid token provided"}"#)
}

fn right_missing() -> Fault {
    Fault::Says(403, "application/json", r#"{"errorCode":"E0000006","errorSummary":"You do not have permission"}"#)
}

fn client_refused() -> Fault {
    Fault::Says(401, "application/json", r#"{"error":"invalid_client","error_description":"10.1.2.3:9200"}"#)
}

/// A browser that has signed in at the org, and the address of ours that the org sends it back to.
async fn about_to_come_back(site: &Site) -> (Person, Url) {
    let mut person = site.stranger();
    let start = site.portal_url.join("/sign-in/okta").unwrap();
    let mut next = person.browser.sign_in_at_org(&start, PIA, &site.password(PIA)).await.unwrap();
    while next.origin() != site.portal_url.origin() {
        let page = person.browser.get(&next).await.unwrap();
        next = next.join(page.location.as_deref().expect("the org sends the browser on")).unwrap();
    }
    (person, next)
}

/// The problem that the sign-in page is told, after everything that must hold of it was looked at.
async fn refused_sign_in(person: &mut Person, address: &Url) -> String {
    let answer = person.browser.get(address).await.unwrap();
    assert_eq!(answer.status, 303, "{}", answer.text());
    let location = answer.location.unwrap();
    let page = address.join(&location).unwrap();
    assert_eq!(page.path(), "/sign-in", "{location}");
    let query: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    let names: Vec<&str> = query.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["problem", "reference"], "{location}");
    assert_eq!(query[1].1.len(), 8, "the reference is all that leads to the log: {location}");
    assert!(answer.body.is_empty(), "{}", String::from_utf8_lossy(&answer.body));
    assert!(person.browser.cookie(address, "wr_session").is_none(), "nobody is signed in");
    let slug = query[0].1.clone();
    let words = SIGN_IN_WORDS.split_once(&format!("'{slug}': {{")).map(|(_, rest)| rest.split_once("},").unwrap().0);
    let words = words.unwrap_or_else(|| panic!("the sign-in page has no words for {slug}"));
    assert!(words.contains("title:") && words.contains("hint:"), "{slug}: {words}");
    slug
}

#[tokio::test]
async fn a_sign_in_that_the_org_fails_says_which_and_works_again_once_it_is_over() {
    let site = Site::behind_wire().await;
    let mut ada = site.sign_in("ada").await;
    let token = "/oauth2/v1/token";
    let table = [
        (token, Fault::TooMany { resets_in_s: 30 }, "org-busy", "the org's rate limit is used up until"),
        (token, failing(), "org-failed", "the org failed with status 503"),
        (token, html(), "org-unexpected", "the answer to `exchange the code` is an HTML page, not JSON"),
        (token, nonsense(), "token-invalid", "the ID token was refused: there is none"),
        (token, Fault::Huge, "org-unexpected", "the org's answer is larger than any that is expected"),
        (token, Fault::CutOff, "org-broke-off", "the org broke off in the middle of its answer"),
        (token, client_refused(), "client-refused", "the org refuses the client id or its secret"),
        ("/api/v1/users/", token_refused(), "token-refused", "the org refuses the API token"),
        ("/api/v1/users/", right_missing(), "token-refused", "the API token may not `read a person`"),
    ];
    for (path, fault, slug, says) in table {
        let (mut person, callback) = about_to_come_back(&site).await;
        site.wire().fail(path, fault.clone());
        assert_eq!(refused_sign_in(&mut person, &callback).await, slug, "{fault:?}");
        // What was used up stays used up: the same address does not work a second time.
        site.wire().mend().await;
        let again = person.browser.get(&callback).await.unwrap().location.unwrap();
        assert!(again.starts_with("/sign-in?problem=sign-in-failed"), "{fault:?}: {again}");
        // Who looks after the bridge sees which it was, and what to do.
        let bridge = ada.get("/api/v1/bridge").await;
        let problems = bridge.expect(200).json["problems"].to_string();
        if path == token {
            assert!(problems.contains(says), "{fault:?}: {problems}");
        }
        assert!(!bridge.text.contains(INSIDE), "{}", bridge.text);
        site.advance(A_WHILE);
        site.sign_in("pia").await.get("/api/v1/session").await.expect(200);
        site.portal.portal.sync().await.unwrap();
        let bridge = ada.get("/api/v1/bridge").await;
        assert_eq!(bridge.expect(200).json["problems"], json!([]), "{fault:?}");
    }
}

#[tokio::test]
async fn an_org_that_is_down_lets_nobody_in_and_everybody_once_it_is_back() {
    let site = Site::behind_wire().await;
    let (mut person, callback) = about_to_come_back(&site).await;
    site.wire().cut().await;
    assert_eq!(refused_sign_in(&mut person, &callback).await, "org-unreachable");
    // What was read of the org a day ago is too old: the sign-in does not even begin.
    site.advance(DAY + A_WHILE);
    let start = site.portal_url.join("/sign-in/okta").unwrap();
    let mut stranger = site.stranger();
    assert_eq!(refused_sign_in(&mut stranger, &start).await, "org-unreachable");
    // The emergency administrator comes in meanwhile, and is told why nobody else does.
    let mut emergency = site.sign_in_emergency().await;
    let bridge = emergency.get("/api/v1/bridge").await;
    let problem = format!(
        "the last sign-in came to nothing: the org could not be reached: {} could not be reached; check the domain, the network \
         between this machine and the org, and the firewall",
        site.org_url.as_str().trim_end_matches('/')
    );
    assert!(bridge.expect(200).json["problems"].as_array().unwrap().contains(&json!(problem)), "{}", bridge.text);
    site.wire().mend().await;
    site.sign_in("pia").await.get("/api/v1/session").await.expect(200);
}

#[tokio::test]
async fn somebody_who_signs_in_hears_within_five_seconds_that_the_org_is_slow() {
    let site = Site::behind_wire().await;
    let (mut person, callback) = about_to_come_back(&site).await;
    site.wire().fail("/oauth2/v1/token", Fault::Silent);
    let told = tokio::time::timeout(Duration::from_secs(5), refused_sign_in(&mut person, &callback)).await;
    assert_eq!(told.expect("the answer comes within 5 s"), "org-slow");
}

#[tokio::test]
async fn while_the_api_cannot_be_asked_the_claim_lets_in_whom_it_confirms_and_nobody_else() {
    let site = Site::behind_wire().await;
    let user = json!({
        "profile": {"firstName": "New", "lastName": "Here", "email": "new@demo.example", "login": "new@demo.example"},
        "credentials": {"password": {"value": "Long-enough-2468"}},
    });
    let mut api = site.org_api();
    let group = api.get("/api/v1/groups?q=WRUser").await.expect(200).json[0]["id"].as_str().unwrap().to_owned();
    let id = api.post("/api/v1/users?activate=true", user).await.expect(200).id();
    api.put(&format!("/api/v1/groups/{group}/users/{id}"), json!({})).await.expect(204);
    site.wire().fail("/api/v1/", failing());
    let mut pia = site.sign_in("pia").await;
    let roles = pia.get("/api/v1/session").await.expect(200).json["roles"].as_array().unwrap().len();
    assert_eq!(roles, 1);
    let mut new = site.stranger();
    let start = site.portal_url.join("/sign-in/okta").unwrap();
    let landed =
        new.browser.sign_in(&start, "new@demo.example", &vault::Secret::new("Long-enough-2468")).await.unwrap();
    assert!(landed.url.query().unwrap_or_default().contains("problem=groups-unread"), "{}", landed.url);
    new.get("/api/v1/session").await.expect(401);
}

#[tokio::test]
async fn another_org_in_its_place_and_keys_that_fit_nothing_are_believed_in_nothing() {
    let site = Site::behind_wire().await;
    site.sign_in("pia").await;
    // Discovery and keys are read again after a day.
    site.advance(DAY + A_WHILE);
    let issuer = site.org_url.as_str().trim_end_matches('/').to_owned();
    let other = Fault::Replaced(format!("\"issuer\":\"{issuer}\""), "\"issuer\":\"https://other.okta.com\"".to_owned());
    site.wire().fail("/.well-known/openid-configuration", other);
    let start = site.portal_url.join("/sign-in/okta").unwrap();
    assert_eq!(refused_sign_in(&mut site.stranger(), &start).await, "issuer-mismatch");
    let mut emergency = site.sign_in_emergency().await;
    let bridge = emergency.get("/api/v1/bridge").await;
    let says = format!(
        "the org calls itself `https://other.okta.com`, not `{issuer}`; use the address that the org calls itself by"
    );
    assert!(bridge.expect(200).json["problems"].to_string().contains(&says), "{}", bridge.text);
    // An endpoint that leads elsewhere would carry the client's secret there.
    site.wire().mend().await;
    let elsewhere = Fault::Replaced(format!("{issuer}/oauth2/v1/token"), "https://other.okta.com/token".to_owned());
    site.wire().fail("/.well-known/openid-configuration", elsewhere);
    assert_eq!(refused_sign_in(&mut site.stranger(), &start).await, "issuer-mismatch");
    site.wire().mend().await;
    let (mut person, callback) = about_to_come_back(&site).await;
    site.wire().fail("/oauth2/v1/keys", Fault::Replaced("\"kid\":\"".to_owned(), "\"kid\":\"other".to_owned()));
    assert_eq!(refused_sign_in(&mut person, &callback).await, "token-invalid");
    site.wire().mend().await;
    // The keys that were kept fit nothing; the org's own are asked for again, and nobody has to do anything.
    site.sign_in("pia").await.get("/api/v1/session").await.expect(200);
}

#[tokio::test]
async fn the_orgs_own_rotation_of_its_keys_is_noticed_by_nobody() {
    let site = Site::behind_wire().await;
    let key_of = |site: &Site| {
        let answered = site.wire().passed("/oauth2/v1/token").pop().expect("somebody signed in").answered;
        let answer: Value = serde_json::from_slice(&answered).unwrap();
        answer["id_token"].as_str().unwrap().split('.').next().unwrap().to_owned()
    };
    site.sign_in("pia").await;
    let before = key_of(&site);
    // The API token lapses after 30 days without use, so time passes in smaller steps.
    for _ in 0..5 {
        site.advance(20 * DAY);
        site.portal.portal.sync().await.unwrap();
        site.sign_in("pia").await.get("/api/v1/session").await.expect(200);
    }
    assert_ne!(key_of(&site), before, "the org has rotated its keys");
}

#[tokio::test]
async fn clocks_that_differ_are_said_to_differ_and_by_how_much() {
    let site = Site::behind_wire().await;
    let mut ada = site.sign_in("ada").await;
    for (ahead, says) in [(600_i64, "600 s"), (-1_200, "-600 s")] {
        let now = site.now();
        // 600 s ahead, then 600 s behind.
        let there = world::Clock::now(site.org_clock.as_ref()).as_us() + ahead * 1_000_000;
        site.org_clock.set(world::Instant::from_us(there));
        let (mut person, callback) = about_to_come_back(&site).await;
        assert_eq!(refused_sign_in(&mut person, &callback).await, "clock-off");
        let bridge = ada.get("/api/v1/bridge").await;
        let problem = format!(
            "the last sign-in came to nothing: the clocks of this machine and of the org differ by {says}; set this machine's clock \
             by a time server"
        );
        assert_eq!(bridge.expect(200).json["problems"], json!([problem]));
        // Groups are read all the same: their times are compared by the org's own clock.
        site.advance(A_WHILE);
        site.portal.portal.sync().await.unwrap();
        assert!(site.now() > now);
    }
    site.org_clock.set(site.now());
    site.sign_in("pia").await.get("/api/v1/session").await.expect(200);
}

#[tokio::test]
async fn a_signed_in_person_goes_on_within_the_bound_and_not_past_it_and_hears_why() {
    let site = Site::behind_wire().await;
    let (mut ada, mut pia) = (site.sign_in("ada").await, site.sign_in("pia").await);
    let assignment = pia.assignment("pricing_summary").await;
    let org = site.org_url.as_str().trim_end_matches('/').to_owned();
    let table = [
        (None, format!("the org could not be reached: {org} could not be reached")),
        (Some(failing()), "the org failed with status 503".to_owned()),
        (Some(html()), "the answer to `read groups` is an HTML page, not JSON".to_owned()),
        (Some(Fault::TooMany { resets_in_s: 1_200 }), "the org's rate limit is used up until ".to_owned()),
        (
            Some(Fault::Huge),
            format!(
                "the org's answer is larger than any that is expected: the answer of {org} is larger than 16777216 bytes"
            ),
        ),
        (
            Some(Fault::CutOff),
            format!("the org broke off in the middle of its answer: {org} broke off in the middle of its answer"),
        ),
        (Some(nonsense()), "the answer to `read groups` does not have the form that it should have".to_owned()),
        (Some(token_refused()), "the org refuses the API token".to_owned()),
        (Some(right_missing()), "the API token may not `read groups`".to_owned()),
    ];
    for (fault, says) in table {
        match &fault {
            Some(fault) => site.wire().fail("/api/v1/", fault.clone()),
            None => site.wire().cut().await,
        }
        site.advance(Duration::from_secs(14 * 60));
        site.portal.portal.sync().await.unwrap_err();
        pia.get("/api/v1/available").await.expect(200);
        let state = ada.get("/api/v1/bridge").await;
        let sync = &state.expect(200).json["sync"];
        assert_eq!(sync["state"], "warning", "{says}: {sync}");
        let message = sync["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("the org could not be read: {says}")), "{message}");
        assert!(!state.text.contains(INSIDE), "{}", state.text);
        let refused = matches!(&fault, Some(fault) if [token_refused(), right_missing()].contains(fault));
        assert_eq!(state.json["token"]["state"], if refused { "failed" } else { "ok" }, "{says}: {}", state.text);
        let options = site.stranger().get("/api/v1/sign-in-options").await;
        let notice = options.expect(200).json["notice"].as_str().unwrap().to_owned();
        assert_eq!(notice, "The org cannot be read at the moment. Signing in may not work.", "{says}");

        site.advance(A_WHILE);
        for denied in [
            pia.get("/api/v1/available").await,
            pia.post(&format!("/api/v1/assignments/{assignment}/runs"), json!({"parameters": {}})).await,
            ada.get("/api/v1/people").await,
        ] {
            assert_eq!(denied.expect(503).problem(), "rights-too-old", "{}", denied.text);
            assert_eq!(denied.json["title"], "Your rights could not be confirmed");
            let detail = denied.json["detail"].as_str().unwrap();
            assert!(detail.contains(" and count for 15 min: ") && detail.contains(&says), "{detail}");
            assert_eq!(
                denied.json["hint"],
                "this ends by itself once the org answers again; an administrator sees why on Management > Sign-in"
            );
            assert!(!denied.text.contains(INSIDE), "{}", denied.text);
        }
        let mut emergency = site.sign_in_emergency().await;
        let state = emergency.get("/api/v1/bridge").await;
        assert_eq!(state.expect(200).json["sync"]["state"], "failed", "{says}");
        let message = state.json["sync"]["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(&format!("rights are too old to count: {says}")), "{message}");

        site.wire().mend().await;
        // What the org said of its limit is kept to.
        site.advance(Duration::from_secs(if fault == Some(Fault::TooMany { resets_in_s: 1_200 }) {
            1_200
        } else {
            20
        }));
        site.portal.portal.sync().await.unwrap();
        pia.get("/api/v1/available").await.expect(200);
        let state = ada.get("/api/v1/bridge").await;
        assert_eq!(state.expect(200).json["sync"]["message"], "people and groups are in step with the org", "{says}");
        assert_eq!(state.json["problems"], json!([]), "{says}");
    }
}

#[tokio::test]
async fn an_org_that_says_that_it_is_busy_is_left_alone_until_it_is_not() {
    let site = Site::behind_wire().await;
    site.advance(A_WHILE);
    site.wire().fail("/api/v1/groups", Fault::TooMany { resets_in_s: 40 });
    site.portal.portal.sync().await.unwrap_err();
    site.wire().mend().await;
    let before = site.wire().arrived("/api/v1/groups");
    site.advance(Duration::from_secs(39));
    site.portal.portal.sync().await.unwrap_err();
    assert_eq!(site.wire().arrived("/api/v1/groups"), before, "nothing is sent before the limit resets");
    site.advance(Duration::from_secs(1));
    site.portal.portal.sync().await.unwrap();
    assert!(site.wire().arrived("/api/v1/groups") > before);
}

#[tokio::test]
async fn an_org_that_hangs_holds_up_nobody_who_is_signed_in() {
    let site = Site::behind_wire().await;
    let mut pia = site.sign_in("pia").await;
    site.advance(Duration::from_secs(14 * 60));
    site.wire().fail("/api/v1/", Fault::Silent);
    let before = site.wire().arrived("/api/v1/groups");
    let portal = site.portal.portal.clone();
    let hanging = tokio::spawn(async move { portal.sync().await });
    site.wire().until_more_than(before, "/api/v1/groups").await;
    pia.get("/api/v1/available").await.expect(200);
    site.advance(A_WHILE);
    let denied = pia.get("/api/v1/available").await;
    assert_eq!(denied.expect(503).problem(), "rights-too-old", "{}", denied.text);
    let detail = denied.json["detail"].as_str().unwrap();
    assert!(detail.ends_with("they have not been read from the org since"), "{detail}");
    hanging.abort();
    let _ = hanging.await;
    site.wire().mend().await;
    site.portal.portal.sync().await.unwrap();
    pia.get("/api/v1/available").await.expect(200);
}

/// Nobody asks: the loop's own next turn, some 20 s after the last one, ends the outage.
#[tokio::test]
async fn the_outage_ends_without_a_person() {
    let site = Site::behind_wire().await;
    let mut pia = site.sign_in("pia").await;
    site.wire().cut().await;
    site.advance(Duration::from_secs(16 * 60));
    site.portal.portal.sync().await.unwrap_err();
    assert_eq!(pia.get("/api/v1/available").await.expect(503).problem(), "rights-too-old");
    let before = site.wire().arrived("/api/v1/groups");
    site.wire().mend().await;
    site.wire().until_more_than(before, "/api/v1/groups").await;
    // The turn has begun; a sync of our own waits for its end and changes nothing that it has not.
    let waits = tokio::time::timeout(Duration::from_secs(20), async {
        while pia.get("/api/v1/available").await.status != 200 {
            tokio::task::yield_now().await;
        }
    });
    waits.await.expect("the loop's turn brings the rights up to date");
}

#[tokio::test]
async fn an_empty_answer_never_empties_wradmin() {
    let site = Site::behind_wire().await;
    let mut ada = site.sign_in("ada").await;
    let mut api = site.org_api();
    let group = api.get("/api/v1/groups?q=WRAdmin").await.expect(200).json[0]["id"].as_str().unwrap().to_owned();
    let empty = Fault::Says(200, "application/json", "[]");
    // No group at all is no reading.
    site.advance(A_WHILE);
    site.wire().fail("/api/v1/groups", empty.clone());
    let refused = site.portal.portal.sync().await.unwrap_err().to_string();
    assert_eq!(refused, "the org shows no group that begins with WR; nothing was changed, check the token's rights");
    let state = ada.get("/api/v1/bridge").await;
    assert_eq!(state.expect(200).json["sync"]["message"], format!("the org could not be read: {refused}"));
    site.wire().mend().await;
    // A group of administrators without anybody in it takes nobody's role. Every group is read again after a while.
    site.wire().fail(&format!("/api/v1/groups/{group}/users"), empty.clone());
    site.advance(Duration::from_secs(11 * 60));
    site.portal.portal.sync().await.unwrap();
    let state = ada.get("/api/v1/bridge").await;
    let kept =
        "WRAdmin has no active member in the org; Ada Marsh keeps administering WebReports until somebody is in it";
    assert_eq!(state.expect(200).json["problems"], json!([kept]));
    // Nor does a sign-in that finds no groups.
    site.wire().mend().await;
    let user = api.get("/api/v1/users/ada@demo.example").await.expect(200).id();
    site.wire().fail(&format!("/api/v1/users/{user}/groups"), empty);
    let mut again = site.sign_in("ada").await;
    again.get("/api/v1/people").await.expect(200);
    site.wire().mend().await;
    site.advance(Duration::from_secs(11 * 60));
    site.portal.portal.sync().await.unwrap();
    assert_eq!(again.get("/api/v1/bridge").await.expect(200).json["problems"], json!([]));
}
