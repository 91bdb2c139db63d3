//! What apps carry beside their settings: keys, requests for certificates, public keys of clients, logos, features.

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{CertificateSigningRequestParams, Issuer, KeyPair};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    identity::client::rsa,
    site::{Site, id},
};

fn saml(label: &str) -> Value {
    json!({
        "label": label, "signOnMode": "SAML_2_0",
        "settings": { "signOn": {
            "ssoAcsUrl": "https://sp.example.test/acs", "audience": "https://sp.example.test",
            "slo": { "enabled": true, "issuer": "https://sp.example.test", "logoutUrl": "https://sp.example.test/out" },
        } },
    })
}

async fn made(site: &Site, body: Value) -> Value {
    site.advance(std::time::Duration::from_millis(1));
    site.post("/api/v1/apps", body).await.is(200).ok()
}

#[tokio::test]
async fn keys_are_generated_shared_and_chosen() {
    let site = Site::start().await;
    let (one, other) = (made(&site, saml("One")).await, made(&site, saml("Other")).await);
    let path = format!("/api/v1/apps/{}", id(&one));
    let keys = format!("{path}/credentials/keys");
    let first = site.get(&keys).await.ok();
    assert_eq!(first.as_array().unwrap().len(), 1);
    assert_eq!(one["credentials"]["signing"]["kid"], first[0]["kid"]);
    for years in ["1", "11", "x"] {
        site.act(&format!("{keys}/generate?validityYears={years}")).await.refused(400, "E0000001");
    }
    site.act(&format!("{keys}/generate")).await.refused(400, "E0000028");
    let key = site.act(&format!("{keys}/generate?validityYears=2")).await.is(201).ok();
    assert_eq!((&key["kty"], &key["use"], &key["e"]), (&json!("RSA"), &json!("sig"), &json!("AQAB")));
    assert!(key["expiresAt"].as_str().unwrap().starts_with("2029-01-14"), "{key}");
    let kid = key["kid"].as_str().unwrap();
    assert_eq!(site.get(&format!("{keys}/{kid}")).await.ok(), key);
    site.get(&format!("{keys}/unknown")).await.refused(404, "E0000007");

    let clone = format!("{keys}/{kid}/clone?targetAid={}", id(&other));
    assert_eq!(site.act(&clone).await.is(201).ok()["x5c"], key["x5c"]);
    let causes = site.act(&clone).await.refused(400, "E0000001");
    assert_eq!(causes, ["Key already exists in the list of key credentials for the target app."]);
    site.act(&format!("{keys}/{kid}/clone?targetAid=0oa1")).await.refused(404, "E0000007");

    let mut chosen = saml("One");
    chosen["credentials"] = json!({ "signing": { "kid": kid } });
    assert_eq!(site.put(&path, chosen.clone()).await.ok()["credentials"]["signing"]["kid"], kid);
    assert_eq!(site.put(&path, saml("One")).await.ok()["credentials"]["signing"]["kid"], kid);
    chosen["credentials"]["signing"]["kid"] = json!("somebody else's");
    site.put(&path, chosen).await.refused(400, "E0000001");
    let filter = format!("/api/v1/apps?filter=credentials.signing.kid+eq+%22{kid}%22");
    let found = site.get(&filter).await.ok();
    assert_eq!(found.as_array().unwrap().iter().map(id).collect::<Vec<_>>(), [id(&one)]);
    let signs_out = site.get("/api/v1/apps?filter=settings.slo.enabled+eq+true").await.ok();
    assert_eq!(signs_out.as_array().unwrap().len(), 2);

    // A shared key outlives the app that it was made for.
    site.act(&format!("{path}/lifecycle/deactivate")).await.is(200);
    site.delete(&path).await.is(204);
    let kept = site.get(&format!("/api/v1/apps/{}/credentials/keys", id(&other))).await.ok();
    assert!(kept.as_array().unwrap().iter().any(|kept| kept["kid"] == kid));
}

#[tokio::test]
async fn metadata_is_xml_for_those_who_accept_it() {
    let site = Site::start().await;
    let app = made(&site, saml("Docs & more")).await;
    let path = format!("/api/v1/apps/{}/sso/saml/metadata", id(&app));
    assert_eq!(app["_links"]["metadata"]["href"], format!("{}{path}", site.base()));
    site.get(&path).await.refused(400, "E0000019");
    let key = site.get(&format!("/api/v1/apps/{}/credentials/keys", id(&app))).await.ok()[0].clone();
    for accept in ["application/xml", "text/xml"] {
        let request = site.plain(Method::GET, &path).header("Accept", accept);
        let (status, kind, content) = site.send_raw(request).await;
        assert_eq!((status, kind.as_str()), (200, "text/xml; charset=utf-8"));
        let text = String::from_utf8(content).unwrap();
        assert!(text.contains(key["x5c"][0].as_str().unwrap()) && text.contains(&format!("/{}/sso/saml\"", id(&app))));
    }
    let request = site.plain(Method::GET, &format!("{path}?kid=unknown")).header("Accept", "text/xml");
    assert_eq!(site.send_raw(request).await.0, 404);
}

#[tokio::test]
async fn a_request_for_a_certificate_becomes_a_key_when_it_is_published() {
    let site = Site::start().await;
    let app = made(&site, saml("One")).await;
    let csrs = format!("/api/v1/apps/{}/credentials/csrs", id(&app));
    let wanted = json!({
        "subject": { "countryName": "US", "organizationName": "Example, Inc.", "commonName": "SP Issuer" },
        "subjectAltNames": { "dnsNames": ["dev.example.test"] },
    });
    site.post(&csrs, json!({ "subject": {} })).await.refused(400, "E0000001");
    site.post(&csrs, json!({ "subject": { "countryName": "Nowhere" } })).await.refused(400, "E0000001");
    let csr = site.post(&csrs, wanted.clone()).await.is(201).ok();
    let other = site.post(&csrs, wanted).await.is(201).ok();
    assert_eq!(site.get(&csrs).await.ok().as_array().unwrap().len(), 2);
    let path = format!("{csrs}/{}", id(&csr));
    assert_eq!(site.get(&path).await.ok(), csr);
    let der = STANDARD.decode(csr["csr"].as_str().unwrap()).unwrap();
    let request = site.plain(Method::GET, &path).header("Accept", "application/pkcs10");
    assert_eq!(site.send_raw(request).await, (200, "application/pkcs10".to_owned(), der.clone()));

    let publish = async |csr: &Value, kind: &str, content: Vec<u8>| {
        let path = format!("{csrs}/{}/lifecycle/publish", id(csr));
        let request = site.request(Method::POST, &path).header("Content-Type", kind);
        site.send(request.header("Authorization", format!("SSWS {}", site.token)).body(content)).await
    };
    let signed = |years: i32| {
        let authority = KeyPair::generate().unwrap();
        let issuer = Issuer::new(rcgen::CertificateParams::default(), authority);
        let mut request = CertificateSigningRequestParams::from_der(&der.clone().into()).unwrap();
        request.params.not_after = rcgen::date_time_ymd(2027 + years, 2, 1);
        request.signed_by(&issuer).unwrap()
    };
    publish(&csr, "application/json", b"{}".to_vec()).await.refused(400, "E0000021");
    publish(&csr, "application/pkix-cert", b"nonsense".to_vec()).await.refused(400, "E0000001");
    let short = publish(&csr, "application/pkix-cert", signed(0).der().to_vec()).await.refused(400, "E0000001");
    assert_eq!(short, ["The certificate must be valid for more than 90 days."]);
    let wrong = publish(&other, "application/pkix-cert", signed(2).der().to_vec()).await.refused(400, "E0000001");
    assert_eq!(wrong, ["The certificate doesn't match the CSR."]);
    let pem = signed(2).pem().into_bytes();
    let key = publish(&csr, "application/x-pem-file", pem).await.is(201).ok();
    site.get(&path).await.refused(404, "E0000007");
    let keys = site.get(&format!("/api/v1/apps/{}/credentials/keys", id(&app))).await.ok();
    assert!(keys.as_array().unwrap().contains(&key));
    site.delete(&format!("{csrs}/{}", id(&other))).await.is(204);
    assert_eq!(site.get(&csrs).await.ok(), json!([]));
}

#[tokio::test]
async fn public_keys_of_a_client_are_added_switched_and_deleted_one_by_one() {
    let site = Site::start().await;
    let (_, first) = rsa();
    let service = json!({
        "label": "Robot", "signOnMode": "OPENID_CONNECT",
        "credentials": { "oauthClient": { "token_endpoint_auth_method": "private_key_jwt" } },
        "settings": { "oauthClient": {
            "application_type": "service", "grant_types": ["client_credentials"], "jwks": { "keys": [first] },
        } },
    });
    let app = made(&site, service).await;
    let path = format!("/api/v1/apps/{}/credentials/jwks", id(&app));
    let listed = site.get(&path).await.ok();
    let only = format!("{path}/{}", id(&listed[0]));
    assert_eq!(site.get(&only).await.ok(), listed[0]);
    let causes = site.act(&format!("{only}/lifecycle/deactivate")).await.refused(400, "E0000001");
    assert!(causes[0].starts_with("Can't deactivate the only active JSON Web Key"), "{causes:?}");
    site.post(&path, json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" })).await.refused(400, "E0000001");
    site.post(&path, first.clone()).await.refused(400, "E0000001");

    let curve = json!({ "kty": "EC", "crv": "P-256", "kid": "second", "use": "sig", "x": "AAAA", "y": "BBBB" });
    let second = site.post(&path, curve).await.is(201).ok();
    assert_eq!((&second["status"], &second["kid"]), (&json!("ACTIVE"), &json!("second")));
    assert_eq!(site.act(&format!("{only}/lifecycle/deactivate")).await.ok()["status"], "INACTIVE");
    let second = format!("{path}/{}", id(&second));
    site.delete(&second).await.refused(400, "E0000001");
    let keys = site.get(&format!("/api/v1/apps/{}", id(&app))).await.ok();
    let keys = &keys["settings"]["oauthClient"]["jwks"]["keys"];
    assert_eq!((&keys[0]["status"], keys[1].get("created")), (&json!("INACTIVE"), None));
    site.act(&format!("{only}/lifecycle/activate")).await.is(200);
    site.act(&format!("{second}/lifecycle/deactivate")).await.is(200);
    site.delete(&second).await.is(204);
    site.get(&second).await.refused(404, "E0000007");

    // Of keys for encryption one is active.
    let (mut sealing, mut other) = (rsa().1, rsa().1);
    for (key, kid) in [(&mut sealing, "sealing"), (&mut other, "other")] {
        key["use"] = json!("enc");
        key["kid"] = json!(kid);
    }
    let sealing = site.post(&path, sealing).await.is(201).ok();
    site.post(&path, other.clone()).await.refused(400, "E0000001");
    other["status"] = json!("INACTIVE");
    let other = site.post(&path, other).await.is(201).ok();
    site.act(&format!("{path}/{}/lifecycle/activate", id(&other))).await.is(200);
    assert_eq!(site.get(&format!("{path}/{}", id(&sealing))).await.ok()["status"], "INACTIVE");
    site.act(&format!("{path}/{}/lifecycle/deactivate", id(&other))).await.refused(400, "E0000001");
}

#[tokio::test]
async fn every_kind_of_app_is_kept_as_it_is_described() {
    let site = Site::start().await;
    let swa = json!({ "url": "https://a.test/", "buttonField": "b", "passwordField": "p", "usernameField": "u" });
    let sps = json!({ "url": "https://a.test/", "passwordField": "p", "usernameField": "u" });
    let federation = json!({
        "audienceRestriction": "urn:a", "authnContextClassRef": "urn:b", "groupValueFormat": "dn", "nameIDFormat": "urn:c",
        "siteURL": "https://a.test/", "usernameAttribute": "upn", "wReplyURL": "https://a.test/reply", "wReplyOverride": false,
    });
    let basic = json!({ "url": "https://a.test/", "authURL": "https://a.test/auth" });
    let cases = [
        ("BROWSER_PLUGIN", "template_swa", json!({ "app": swa }), "url"),
        ("SECURE_PASSWORD_STORE", "template_sps", json!({ "app": sps }), "usernameField"),
        ("WS_FEDERATION", "template_wsfed", json!({ "app": federation }), "wReplyURL"),
        ("BASIC_AUTH", "template_basic_auth", json!({ "app": basic }), "authURL"),
        ("AUTO_LOGIN", "custom_autologin_1", json!({ "signOn": { "loginUrl": "https://a.test/login" } }), "loginUrl"),
        ("SAML_1_1", "cloudbees", json!({ "signOn": { "audienceOverride": "urn:a" } }), ""),
    ];
    for (mode, name, settings, needed) in cases {
        let mut body = json!({ "label": mode, "signOnMode": mode, "name": name, "settings": settings });
        if mode == "AUTO_LOGIN" {
            body.as_object_mut().unwrap().remove("name");
        }
        let app = made(&site, body.clone()).await;
        assert_eq!((&app["signOnMode"], &app["name"]), (&json!(mode), &json!(name)));
        assert_eq!(site.get(&format!("/api/v1/apps/{}", id(&app))).await.ok(), app);
        for part in settings.as_object().unwrap() {
            for (key, value) in part.1.as_object().unwrap() {
                assert_eq!(app["settings"][part.0][key], *value, "{mode} {key}");
            }
        }
        for part in ["app", "signOn"] {
            if let Some(object) = body["settings"][part].as_object_mut() {
                object.remove(needed);
            }
        }
        if !needed.is_empty() {
            site.post("/api/v1/apps", body).await.refused(400, "E0000001");
        }
    }
    site.post("/api/v1/apps", json!({ "label": "x", "signOnMode": "MAGIC" })).await.refused(400, "E0000001");
    let mut wrong = saml("Wrong");
    wrong["settings"]["signOn"]["ssoAcsUrl"] = json!("javascript:alert(1)");
    site.post("/api/v1/apps", wrong).await.refused(400, "E0000001");
}

#[tokio::test]
async fn a_logo_is_an_image_and_is_served_without_its_scripts() {
    let site = Site::start().await;
    let app = made(&site, saml("One")).await;
    let path = format!("/api/v1/apps/{}/logo", id(&app));
    let upload = async |name: &str, content: &[u8]| {
        let mut body =
            format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"logo\"\r\n\r\n").into_bytes();
        body.extend(content);
        body.extend(b"\r\n--cut--\r\n");
        let request = site.request(Method::POST, &path).header("Content-Type", "multipart/form-data; boundary=cut");
        site.send(request.header("Authorization", format!("SSWS {}", site.token)).body(body)).await
    };
    upload("file", b"<html></html>").await.refused(400, "E0000001");
    upload("other", b"GIF89a").await.refused(400, "E0000001");
    let mut large = b"GIF89a".to_vec();
    large.resize(1_000_001, 0);
    upload("file", &large).await.refused(400, "E0000001");
    site.post(&path, json!({})).await.refused(400, "E0000021");
    let image = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    upload("file", image).await.is(201);
    let shown = site.get(&format!("/api/v1/apps/{}", id(&app))).await.ok();
    let link = shown["_links"]["logo"][0]["href"].as_str().unwrap().to_owned();
    let response = site.anonymous(&link).await;
    assert_eq!(response.headers()["content-type"], "image/svg+xml");
    assert!(response.headers()["content-security-policy"].to_str().unwrap().contains("sandbox"));
    assert_eq!(response.bytes().await.unwrap().as_ref(), image);
    upload("file", b"GIF89a again").await.is(201);
    assert_eq!(site.anonymous(&link).await.status(), 404);
}

#[tokio::test]
async fn features_are_changed_in_part() {
    let site = Site::start().await;
    let app = made(&site, saml("One")).await;
    let path = format!("/api/v1/apps/{}/features", id(&app));
    let features = site.get(&path).await.ok();
    assert_eq!(features.as_array().unwrap().len(), 2);
    let one = format!("{path}/USER_PROVISIONING");
    assert_eq!(site.get(&one).await.ok()["status"], "DISABLED");
    let on = json!({ "create": { "lifecycleCreate": { "status": "ENABLED" } } });
    let changed = site.put(&one, on).await.ok();
    assert_eq!(changed["status"], "ENABLED");
    assert_eq!(changed["capabilities"]["update"]["profile"]["status"], "DISABLED");
    assert_eq!(site.get(&one).await.ok(), changed);
    site.put(&one, json!({ "create": { "lifecycleCreate": { "status": "MAYBE" } } })).await.refused(400, "E0000001");
    let rules = json!({
        "importSettings": { "username": { "usernameFormat": "EMAIL" } },
        "importRules": { "userCreateAndMatch": { "autoActivateNewUsers": true } },
    });
    let inbound = site.put(&format!("{path}/INBOUND_PROVISIONING"), rules).await.ok();
    assert_eq!(inbound["capabilities"]["importRules"]["userCreateAndMatch"]["autoActivateNewUsers"], true);
    site.get(&format!("{path}/MAGIC")).await.refused(404, "E0000007");
}

#[tokio::test]
async fn profiles_of_app_users_follow_the_schema_of_the_app() {
    let site = Site::start().await;
    let app = made(&site, saml("One")).await;
    let schema = format!("/api/v1/meta/schemas/apps/{}/default", id(&app));
    let rank = json!({ "title": "Rank", "type": "integer", "required": true, "minimum": 1 });
    let custom =
        json!({ "definitions": { "custom": { "id": "#custom", "type": "object", "properties": { "rank": rank } } } });
    site.post(&schema, custom).await.ok();
    let (ada, group) = (site.new_user("ada@example.com").await, site.new_group("Staff").await);
    let users = format!("/api/v1/apps/{}/users", id(&app));
    let body = |profile: Value| json!({ "id": id(&ada), "scope": "USER", "profile": profile });
    for wrong in [json!({}), json!({ "rank": "high" }), json!({ "rank": 3, "colour": "red" })] {
        site.post(&users, body(wrong)).await.refused(400, "E0000001");
    }
    let assigned = site.post(&users, body(json!({ "rank": 3 }))).await.ok();
    assert_eq!(assigned["profile"], json!({ "rank": 3 }));
    let one = format!("{users}/{}", id(&ada));
    site.post(&one, json!({ "profile": { "rank": "low" } })).await.refused(400, "E0000001");
    let renamed = site.post(&one, json!({ "credentials": { "userName": "lovelace" } })).await.ok();
    assert_eq!((&renamed["profile"]["rank"], &renamed["credentials"]["userName"]), (&json!(3), &json!("lovelace")));
    let path = format!("/api/v1/apps/{}/groups/{}", id(&app), id(&group));
    site.put(&path, json!({ "profile": { "colour": "red" } })).await.refused(400, "E0000001");
    site.put(&path, json!({ "profile": { "rank": 2 } })).await.ok();
}
