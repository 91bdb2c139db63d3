//! Signing in when a policy asks for more than a password: by `/api/v1/authn` and by the org's own pages.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vault::Secret;

use super::{
    super::{
        factors::{code, mailed_code, unbase32, with_app},
        mails,
        site::{PASSWORD, Reply, Site, id},
    },
    browser::{Browser, Page},
    relying_party::{LOGIN, RelyingParty},
};
use crate::signin::{password_policy::PasswordPolicy, totp};

async fn call(site: &Site, path: &str, body: Value) -> Reply {
    site.send(site.request(Method::POST, path).json(&body)).await
}

async fn begin(site: &Site, more: Value) -> Value {
    let mut body = json!({ "username": "ada@example.com", "password": PASSWORD });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    call(site, "/api/v1/authn", body).await.ok()
}

/// The default sign-on policy asks everybody for a factor.
async fn require_factor(site: &Site, signon: Value) {
    let default = site.default_policy("OKTA_SIGN_ON").await;
    let rules = format!("/api/v1/policies/{}/rules", id(&default));
    let rule = site.get(&rules).await.ok()[0].clone();
    let mut signon = signon;
    signon["access"] = "ALLOW".into();
    signon["requireFactor"] = true.into();
    let changed = json!({ "type": "SIGN_ON", "name": "Default Rule", "actions": { "signon": signon } });
    site.put(&format!("{rules}/{}", id(&rule)), changed).await.is(200);
}

fn link<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer["_links"][name]["href"].as_str().unwrap_or_else(|| panic!("no link {name}: {answer}"))
}

#[tokio::test]
async fn a_factor_is_asked_for_and_the_session_says_so() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let (_, shared) = with_app(&site, &user).await;
    require_factor(&site, json!({})).await;
    site.advance(Duration::from_secs(60));
    let asked = begin(&site, json!({ "relayState": "/x" })).await;
    assert_eq!((&asked["status"], asked.get("sessionToken")), (&json!("MFA_REQUIRED"), None));
    let state = asked["stateToken"].clone();
    let factor = &asked["_embedded"]["factors"][0];
    let verify = link(factor, "verify").to_owned();
    let challenge = call(&site, &verify, json!({ "stateToken": state })).await.ok();
    assert_eq!(challenge["status"], "MFA_CHALLENGE");
    let back = call(&site, link(&challenge, "prev"), json!({ "stateToken": state })).await.ok();
    assert_eq!(back["status"], "MFA_REQUIRED");
    let wrong = json!({ "stateToken": state, "passCode": "000000" });
    call(&site, &verify, wrong).await.refused(403, "E0000068");
    let new = json!({ "stateToken": state, "oldPassword": PASSWORD, "newPassword": "Another-Horse-8" });
    call(&site, "/api/v1/authn/credentials/change_password", new).await.refused(403, "E0000079");
    let right = json!({ "stateToken": state, "passCode": code(&site, &shared, 0) });
    let done = call(&site, &verify, right.clone()).await.ok();
    assert_eq!((&done["status"], &done["relayState"]), (&json!("SUCCESS"), &json!("/x")));
    call(&site, &verify, right).await.refused(401, "E0000011");
    let token = json!({ "sessionToken": done["sessionToken"] });
    let session = Browser::new(&site).json(Method::POST, "/api/v1/sessions", None, Some(token)).await.is(200).json();
    assert_eq!(session["amr"], json!(["pwd", "otp", "mfa"]));
    assert!(session["lastFactorVerification"].is_string() && session["mfaActive"] == true);
}

#[tokio::test]
async fn whoever_has_no_factor_must_enrol_one() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    require_factor(&site, json!({})).await;
    let asked = begin(&site, json!({})).await;
    assert_eq!((&asked["status"], asked["_links"].get("skip")), (&json!("MFA_ENROLL"), None));
    let state = asked["stateToken"].clone();
    call(&site, "/api/v1/authn/skip", json!({ "stateToken": state })).await.refused(403, "E0000079");
    let body = json!({ "stateToken": state, "factorType": "email", "provider": "OKTA" });
    let pending = call(&site, "/api/v1/authn/factors", body).await.ok();
    assert_eq!(pending["status"], "MFA_ENROLL_ACTIVATE");
    let back = call(&site, link(&pending, "prev"), json!({ "stateToken": state })).await.ok();
    assert_eq!(back["status"], "MFA_ENROLL");
    site.advance(Duration::from_secs(1));
    let body = json!({ "stateToken": state, "factorType": "email", "provider": "OKTA" });
    let pending = call(&site, "/api/v1/authn/factors", body).await.ok();
    site.advance(Duration::from_secs(1));
    let resend = pending["_links"]["resend"][0]["href"].as_str().unwrap();
    call(&site, resend, json!({ "stateToken": state })).await.is(200);
    let activate = link(&pending, "next").to_owned();
    call(&site, &activate, json!({ "stateToken": state, "passCode": "x" })).await.refused(403, "E0000068");
    let right = json!({ "stateToken": state, "passCode": mailed_code(&site).await });
    assert_eq!(call(&site, &activate, right).await.ok()["status"], "SUCCESS");
    let asked = begin(&site, json!({})).await;
    let state = asked["stateToken"].clone();
    let verify = link(&asked["_embedded"]["factors"][0], "verify").to_owned();
    site.advance(Duration::from_secs(1));
    let challenge = call(&site, &verify, json!({ "stateToken": state })).await.ok();
    site.advance(Duration::from_secs(1));
    let resend = challenge["_links"]["resend"][0]["href"].as_str().unwrap();
    call(&site, resend, json!({ "stateToken": state })).await.is(200);
    let right = json!({ "stateToken": state, "passCode": mailed_code(&site).await });
    assert_eq!(call(&site, &verify, right).await.ok()["status"], "SUCCESS");
}

#[tokio::test]
async fn what_is_optional_can_be_left_out() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    let default = site.default_policy("MFA_ENROLL").await;
    let rules = format!("/api/v1/policies/{}/rules", id(&default));
    let rule = site.get(&rules).await.ok()[0].clone();
    let at_login =
        json!({ "type": "MFA_ENROLL", "name": "Default Rule", "actions": { "enroll": { "self": "LOGIN" } } });
    site.put(&format!("{rules}/{}", id(&rule)), at_login).await.is(200);
    assert_eq!(begin(&site, json!({})).await["status"], "SUCCESS");
    let asked = begin(&site, json!({ "options": { "multiOptionalFactorEnroll": true } })).await;
    assert_eq!(asked["status"], "MFA_ENROLL");
    let skipped = call(&site, link(&asked, "skip"), json!({ "stateToken": asked["stateToken"] })).await.ok();
    assert_eq!(skipped["status"], "SUCCESS");
}

#[tokio::test]
async fn a_remembered_device_is_not_asked_again_until_the_lifetime_ends() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let (_, shared) = with_app(&site, &user).await;
    require_factor(&site, json!({ "factorPromptMode": "DEVICE", "factorLifetime": 60 })).await;
    site.advance(Duration::from_secs(60));
    let device = json!({ "context": { "deviceToken": "laptop" } });
    let asked = begin(&site, device.clone()).await;
    assert_eq!(asked["_embedded"]["policy"]["allowRememberDevice"], true);
    let verify = format!("{}?rememberDevice=true", link(&asked["_embedded"]["factors"][0], "verify"));
    let right = json!({ "stateToken": asked["stateToken"], "passCode": code(&site, &shared, 0) });
    assert_eq!(call(&site, &verify, right).await.ok()["status"], "SUCCESS");
    assert_eq!(begin(&site, device.clone()).await["status"], "SUCCESS");
    assert_eq!(begin(&site, json!({})).await["status"], "MFA_REQUIRED");
    site.advance(Duration::from_secs(3_601));
    assert_eq!(begin(&site, device).await["status"], "MFA_REQUIRED");
}

#[tokio::test]
async fn a_password_that_ends_soon_is_announced_and_changed_or_not() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    site.password_policy(&PasswordPolicy { max_age_days: 30, warn_days: 5, ..PasswordPolicy::default() }).await;
    let warns = json!({ "options": { "warnBeforePasswordExpired": true } });
    assert_eq!(begin(&site, warns.clone()).await["status"], "SUCCESS");
    site.advance(Duration::from_secs(27 * 86_400));
    let asked = begin(&site, warns.clone()).await;
    assert_eq!(
        (&asked["status"], &asked["_embedded"]["policy"]["expiration"]["passwordExpireDays"]),
        (&json!("PASSWORD_WARN"), &json!(3))
    );
    let skipped = call(&site, link(&asked, "skip"), json!({ "stateToken": asked["stateToken"] })).await.ok();
    assert_eq!(skipped["status"], "SUCCESS");
    let asked = begin(&site, warns).await;
    let change =
        json!({ "stateToken": asked["stateToken"], "oldPassword": PASSWORD, "newPassword": "Another-Horse-8" });
    assert_eq!(call(&site, link(&asked, "next"), change).await.ok()["status"], "SUCCESS");
}

#[tokio::test]
async fn a_lost_password_is_replaced_by_mail_and_question() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let question =
        json!({ "credentials": { "recovery_question": { "question": "First machine?", "answer": "Difference" } } });
    site.post(&format!("/api/v1/users/{}", id(&user)), question).await.is(200);
    let ask = |login: &str| json!({ "username": login, "factorType": "EMAIL", "relayState": "/x" });
    let known = call(&site, "/api/v1/authn/recovery/password", ask("ada@example.com")).await.ok();
    let unknown = call(&site, "/api/v1/authn/recovery/password", ask("bob@example.com")).await.ok();
    assert_eq!(known, unknown);
    assert_eq!((&known["status"], &known["factorResult"]), (&json!("RECOVERY_CHALLENGE"), &json!("WAITING")));
    let sent = mails::waiting(&site).await;
    assert_eq!(sent.len(), 1);
    let token = json!({ "recoveryToken": mails::link_in(&sent[0].2) });
    let asked = call(&site, "/api/v1/authn/recovery/token", token.clone()).await.ok();
    assert_eq!((&asked["status"], &asked["recoveryType"]), (&json!("RECOVERY"), &json!("PASSWORD")));
    call(&site, "/api/v1/authn/recovery/token", token).await.refused(403, "E0000105");
    let state = asked["stateToken"].clone();
    let answer = |text: &str| json!({ "stateToken": state, "answer": text });
    call(&site, "/api/v1/authn/recovery/answer", answer("Engine")).await.refused(403, "E0000087");
    let asked = call(&site, "/api/v1/authn/recovery/answer", answer("difference")).await.ok();
    assert_eq!(asked["status"], "PASSWORD_RESET");
    let new = |text: &str| json!({ "stateToken": state, "newPassword": text });
    call(&site, link(&asked, "next"), new("weak")).await.refused(403, "E0000080");
    let done = call(&site, link(&asked, "next"), new("Another-Horse-8")).await.ok();
    assert_eq!(done["status"], "SUCCESS");
    call(&site, "/api/v1/authn", json!({ "username": "ada@example.com", "password": PASSWORD }))
        .await
        .refused(401, "E0000004");
}

#[tokio::test]
async fn whoever_is_locked_out_is_told_and_unlocks_by_mail_where_the_policy_says_so() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let policy =
        PasswordPolicy { max_attempts: 2, auto_unlock_minutes: 0, show_lockout: true, ..PasswordPolicy::default() };
    site.password_policy(&policy).await;
    let default = site.default_policy("PASSWORD").await;
    let rules = format!("/api/v1/policies/{}/rules", id(&default));
    let rule = site.get(&rules).await.ok()[0].clone();
    let allow = json!({ "type": "PASSWORD", "name": "Default Rule", "actions": {
        "selfServiceUnlock": { "access": "ALLOW" }, "selfServicePasswordReset": { "access": "DENY" },
    } });
    site.put(&format!("{rules}/{}", id(&rule)), allow).await.is(200);
    let ask = json!({ "username": "ada@example.com", "factorType": "EMAIL" });
    call(&site, "/api/v1/authn/recovery/password", ask.clone()).await.is(200);
    assert!(mails::waiting(&site).await.is_empty(), "the rule denies a reset");
    let wrong = json!({ "username": "ada@example.com", "password": "wrong" });
    call(&site, "/api/v1/authn", wrong.clone()).await.refused(401, "E0000004");
    let locked = call(&site, "/api/v1/authn", wrong).await.ok();
    assert_eq!(locked["status"], "LOCKED_OUT");
    let unlock = async || {
        call(&site, link(&locked, "next"), ask.clone()).await.is(200);
        mails::link_in(&mails::waiting(&site).await.last().unwrap().2)
    };
    let status = async || site.get(&format!("/api/v1/users/{}", id(&user))).await.ok()["status"].clone();
    let token = unlock().await;
    let browser = Browser::new(&site);
    let path = format!("/unlock_account/{token}");
    let page = browser.get(&path).await.is(200);
    assert_eq!(status().await, "LOCKED_OUT", "looking at the page changes nothing");
    browser.post(&path, &[("_token", &page.hidden("_token").unwrap())]).await.is(303);
    assert_eq!(status().await, "ACTIVE");
    browser.get(&path).await.is(403);
}

/// Sends a form of the page of factors, with these fields.
async fn send(browser: &Browser, page: &Page, act: &str, fields: &[(&str, &str)]) -> Page {
    let hidden = |name: &str| page.hidden(name).unwrap();
    let (token, state, from) = (hidden("_token"), hidden("stateToken"), hidden("fromURI"));
    let mut all = vec![("_token", token.as_str()), ("stateToken", &state), ("fromURI", &from), ("act", act)];
    all.extend_from_slice(fields);
    browser.post("/login/factor", &all).await
}

#[tokio::test]
async fn the_page_sets_up_a_factor_and_asks_for_it_the_next_time() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    require_factor(&site, json!({ "factorPromptMode": "DEVICE" })).await;
    let browser = Browser::new(&site);
    let page = browser.submit_sign_in("/login/login.htm", "ada@example.com", PASSWORD).await.is(200);
    assert!(page.text.contains("Set up a second factor") && browser.cookie("sid").is_none());
    let page = send(&browser, &page, "enroll", &[("factor", "google_otp")]).await.is(200);
    let shared = page.text.split("id=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let factor = page.hidden("factor").unwrap();
    let wrong = send(&browser, &page, "activate", &[("factor", &factor), ("code", "000000")]).await.is(400);
    assert!(wrong.text.contains("match our records"));
    let step = site.running.org.now().as_seconds() / totp::STEP_S;
    let right = totp::code(&unbase32(&shared), step);
    send(&browser, &page, "activate", &[("factor", &factor), ("code", &right)]).await.is(303);
    assert!(browser.cookie("sid").is_some());
    site.advance(Duration::from_secs(60));
    let browser = Browser::new(&site);
    let page = browser.submit_sign_in("/login/login.htm", "ada@example.com", PASSWORD).await.is(200);
    let page = send(&browser, &page, "send", &[("factor", &factor)]).await.is(200);
    let right = totp::code(&unbase32(&shared), step + 2);
    let fields = [("factor", factor.as_str()), ("code", right.as_str()), ("remember", "yes")];
    send(&browser, &page, "verify", &fields).await.is(303);
    assert!(browser.cookie("DT").is_some());
    browser.get("/login/signout").await;
    browser.submit_sign_in("/login/login.htm", "ada@example.com", PASSWORD).await.is(303);
}

#[tokio::test]
async fn an_app_asks_for_a_second_factor_of_somebody_who_is_signed_in() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let (_, shared) = with_app(&site, &party.user).await;
    let policy = site.post("/api/v1/policies", json!({ "type": "ACCESS_POLICY", "name": "App" })).await.ok();
    site.put(&format!("/api/v1/apps/{}/policies/{}", party.app, id(&policy)), json!({})).await.is(204);
    let method = json!({ "type": "ASSURANCE", "factorMode": "2FA" });
    let rule = json!({ "type": "ACCESS_POLICY", "name": "In", "actions": { "appSignOn": { "access": "ALLOW", "verificationMethod": method } } });
    site.post(&format!("/api/v1/policies/{}/rules", id(&policy)), rule).await.is(200);
    site.advance(Duration::from_secs(60));
    let browser = Browser::new(&site);
    browser.sign_in(LOGIN, PASSWORD).await;
    let silent = browser.get(&party.authorize(&[("prompt", "none")])).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("login_required"));
    let page = browser.get(&party.authorize(&[])).await;
    assert!(page.to().starts_with("/login/factor?"), "{}", page.to());
    let page = browser.get(page.to()).await.is(200);
    let factor = page.hidden("factor").unwrap();
    let right = Secret::new(code(&site, &shared, 0));
    let page = send(&browser, &page, "verify", &[("factor", &factor), ("code", right.expose())]).await.is(303);
    assert!(browser.get(page.to()).await.parameter("code").is_some());
    assert!(browser.get(&party.authorize(&[("acr_values", "urn:okta:loa:2fa:any")])).await.parameter("code").is_some());
}
