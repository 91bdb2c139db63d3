//! No secret is anywhere but where it belongs: every kind of them, in every spelling, in every place that a whole run writes to,
//! answers from, logs or prints.

mod places;
mod search;
mod token_value;

use std::{collections::BTreeMap, path::PathBuf, process::Command};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use testkit::{Person, Site, spellings::Planted};
use url::{Url, form_urlencoded};

use places::{Answers, Place, files, keep_the_log, leaks, log, printed};

const CONNECTION_PASSWORD: &str = "planted-connection-password-7319";
const METRICS_KEY: &str = "planted-metrics-key-2840-9913";
const DATABASE_PASSWORD: &str = "planted-database-password-5501";
const PIA: &str = "pia@demo.example";

#[tokio::test]
async fn the_secrets_of_a_whole_run_are_in_no_file_no_log_and_no_answer() {
    let run = Run::of(&[]).await;
    let doctor = printed(&["doctor"], &[("WEBREPORTS_HOME", run.site.folder.path().to_str().unwrap())]);
    let said = String::from_utf8_lossy(&doctor.bytes).into_owned();
    assert!(said.contains("API token"), "doctor looks at the bridge: {said}");
    // What an update leaves behind, made by `vacuum into` as a backup is.
    assert_eq!(run.site.copies_before_migrations().await.len(), 2);
    let mut places = files(run.site.folder.path());
    assert!(places.iter().any(|place| place.name.ends_with("portal.db")));
    assert!(places.iter().filter(|place| place.name.contains(".before-")).count() == 2);
    places.push(doctor);
    run.finds_nothing_in(places);
}

#[tokio::test]
async fn nor_in_a_dump_of_postgresql() {
    let server = testkit_postgres::Postgres::shared();
    let databases = [server.fresh_database(), server.fresh_database()];
    let run = Run::of(&[("database", databases[0].clone()), ("org-database", databases[1].clone())]).await;
    let mut places = files(run.site.folder.path());
    for (database, of) in databases.iter().zip(["portal.db", "org.db"]) {
        let dump = Command::new(pg_dump()).args(["--inserts", database]).output().unwrap();
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        assert!(dump.stdout.len() > 50_000, "the dump holds what the run wrote");
        places.push(Place::new(format!("a dump of {of} on PostgreSQL"), dump.stdout));
    }
    run.finds_nothing_in(places);
}

/// Beside the server's programs or on PATH.
fn pg_dump() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|version| version.path().join("bin/pg_dump")).find(|program| program.is_file());
    found.unwrap_or_else(|| PathBuf::from("pg_dump"))
}

#[test]
fn neither_the_help_nor_an_error_nor_the_debug_of_a_configuration_shows_a_secret() {
    let master_key = STANDARD.encode([
        7, 61, 2, 93, 88, 41, 200, 17, 5, 33, 149, 250, 3, 77, 90, 12, 9, 1, 66, 71, 23, 180, 254, 8, 19, 222, 31, 45,
        6, 11, 52, 99,
    ]);
    let database = format!("postgres://reports:{DATABASE_PASSWORD}@127.0.0.1:1/reports");
    let planted = [
        Planted::new("master key", master_key.clone()),
        Planted::new("master key, its bytes", STANDARD.decode(&master_key).unwrap()),
        Planted::new("metrics key", METRICS_KEY),
        Planted::new("database password", DATABASE_PASSWORD),
        Planted::new("client secret", "planted-client-secret-6620"),
        Planted::new("API token", "00planted-api-token-1188"),
    ];
    let home = tempfile::tempdir().unwrap();
    let environment = [
        ("WEBREPORTS_HOME", home.path().to_str().unwrap()),
        ("WEBREPORTS_MASTER_KEY", master_key.as_str()),
        ("WEBREPORTS_METRICS_KEY", METRICS_KEY),
        ("WEBREPORTS_DATABASE", database.as_str()),
        ("WEBREPORTS_LOG_LEVEL", "trace"),
        ("WEBREPORTS_OKTA_DOMAIN", "https://acme.okta.com"),
        ("WEBREPORTS_OKTA_CLIENT_ID", "0oaAcme"),
        ("WEBREPORTS_OKTA_CLIENT_SECRET", "planted-client-secret-6620"),
        ("WEBREPORTS_OKTA_API_TOKEN", "00planted-api-token-1188"),
    ];
    let calls: [&[&str]; 10] = [
        &["help"],
        &["--help"],
        &["help", "setup"],
        &["setup", "--help"],
        &["version"],
        // The database is not there: each of these ends with an error.
        &["doctor"],
        &["serve"],
        &["setup"],
        &["serve", "--set", "master-kye=x"],
        &["serve", "--set", "listen=nowhere"],
    ];
    let mut places: Vec<Place> = std::thread::scope(|scope| {
        let begun: Vec<_> = calls.map(|call| scope.spawn(move || printed(call, &environment))).into();
        begun.into_iter().map(|printed| printed.join().unwrap()).collect()
    });
    let lookup = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let config = server::config::Config::load(None, &lookup, &[]).unwrap();
    let portal = server::serve::portal_config(&config, config.addresses.clone());
    places.push(Place::new("the Debug of a configuration", format!("{config:?} {config:#?} {portal:?} {portal:#?}")));
    places.push(Place::new("the Debug of the org's", format!("{:#?}", server::serve::org_config(&config))));
    // A secret in the wrong place, and one that is none: the error names the key alone.
    for (key, value) in [("database", DATABASE_PASSWORD), ("metrics-key", METRICS_KEY), ("master-key", "too-short")] {
        let file = home.path().join("webreports.toml");
        std::fs::write(&file, format!("{key} = \"{value}\"")).unwrap();
        let loaded = server::config::Config::load(Some(&file), &|_| None, &[]);
        places.push(Place::new(
            format!("the error of `{key}`"),
            format!("{:?} {}", loaded.as_ref().err(), loaded.is_ok()),
        ));
    }
    let found = leaks(&planted, &places);
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn keys_lie_beside_the_data_and_are_closed_to_others() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::blank().await;
    for key in ["portal.key", "org.key"] {
        let metadata = std::fs::metadata(site.config.keys_folder().join(key)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{key}");
    }
    assert!(!site.config.keys_folder().starts_with(site.config.data_folder()));
}

/// A whole run: what was planted in it, and what it answered.
struct Run {
    site: Site,
    planted: Vec<Planted>,
    answers: Answers,
}

impl Run {
    async fn of(more: &[(&'static str, String)]) -> Run {
        keep_the_log();
        let more = [&[("metrics-key", METRICS_KEY.to_owned())], more].concat();
        let site = Site::blank_behind_wire(&more).await;
        let mut planted =
            vec![Planted::new("connection password", CONNECTION_PASSWORD), Planted::new("metrics key", METRICS_KEY)];
        let code = site.portal.portal.offer_set_up_code().await.unwrap().unwrap();
        planted.push(Planted::new("set-up code", code.expose()));
        let link = site.org.first_administrator_link.clone().unwrap();
        planted.push(Planted::new("first administrator's code", &*parameters(&link)["code"]));
        let site = site.seed_by(&code).await;
        let mut run = Run { site, planted, answers: Answers::default() };
        run.plant_what_is_kept();
        run.sign_in().await;
        run.refresh_token().await;
        run.administrator().await;
        run.reader().await;
        run.refusals().await;
        run.org().await;
        run
    }

    fn plant(&mut self, what: &str, secret: impl Into<Vec<u8>>) {
        self.planted.push(Planted::new(what, secret));
    }

    /// Token, client secret, passwords and master keys.
    fn plant_what_is_kept(&mut self) {
        let bridge = self.site.bridge.as_ref().unwrap();
        let (token, secret) = (bridge.api_token.expose().to_owned(), bridge.client_secret.expose().to_owned());
        self.plant("API token", token);
        self.plant("client secret", secret);
        for (what, login) in [
            ("emergency administrator's password", "emergency"),
            ("person's password", PIA),
            ("org administrator's password", "olga@demo.example"),
        ] {
            self.plant(what, self.site.password(login).expose().to_owned());
        }
        for key in ["portal.key", "org.key"] {
            let text = std::fs::read_to_string(self.site.config.keys_folder().join(key)).unwrap();
            self.plant(&format!("{key}, its bytes"), STANDARD.decode(text.trim()).unwrap());
            self.plant(key, text.trim().to_owned());
        }
    }

    /// Somebody signs in: what travels on the way, and the sessions on both sides.
    async fn sign_in(&mut self) {
        let before = self.site.wire().passed("/oauth2/v1/authorize").len();
        let pia = self.site.sign_in("pia").await;
        let asked = &self.site.wire().passed("/oauth2/v1/authorize")[before];
        let asked = pairs(asked.query.as_bytes());
        let exchange = self.site.wire().passed("/oauth2/v1/token").pop().unwrap();
        let sent = pairs(&exchange.sent);
        let answered: Value = serde_json::from_slice(&exchange.answered).unwrap();
        self.plant("state", asked["state"].clone());
        // The org gives it back in the ID token, so it keeps it with the code; here it is sealed.
        self.planted.push(Planted::new("nonce", asked["nonce"].clone()).kept_by("org.db"));
        self.plant("code", sent["code"].clone());
        // The challenge is the digest of the verifier, and the browser carries it: RFC 7636.
        self.planted.push(Planted::new("verifier", sent["code_verifier"].clone()).public("SHA-256"));
        self.plant("ID token", answered["id_token"].as_str().unwrap());
        self.plant("access token", answered["access_token"].as_str().unwrap());
        self.plant("portal's session id", pia.browser.cookie(&self.site.portal_url, "wr_session").unwrap());
        self.plant("org's session id", pia.browser.cookie(&self.site.org_url, "sid").unwrap());
    }

    /// Another application of the org's, which may have refresh tokens.
    async fn refresh_token(&mut self) {
        let site = &self.site;
        let mut api = site.org_api();
        let callback = site.portal_url.join("/elsewhere").unwrap();
        let app = json!({
            "name": "oidc_client", "label": "Another", "signOnMode": "OPENID_CONNECT",
            "credentials": {"oauthClient": {"token_endpoint_auth_method": "client_secret_basic"}},
            "settings": {"oauthClient": {
                "application_type": "web", "response_types": ["code"],
                "grant_types": ["authorization_code", "refresh_token"], "redirect_uris": [callback],
            }},
        });
        let app = api.post("/api/v1/apps", app).await;
        let user = api.get(&format!("/api/v1/users/{PIA}")).await.expect(200).id();
        let assign = json!({"id": user, "scope": "USER"});
        api.post(&format!("/api/v1/apps/{}/users", app.expect(200).id()), assign).await.expect(200);
        let client = &app.json["credentials"]["oauthClient"];
        let (id, secret) =
            (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap().to_owned());
        let mut start = site.org_url.join("/oauth2/v1/authorize").unwrap();
        start.query_pairs_mut().extend_pairs([
            ("client_id", id),
            ("response_type", "code"),
            ("scope", "openid offline_access"),
            ("redirect_uri", callback.as_str()),
            ("state", "state-of-another-application"),
        ]);
        let mut browser = site.stranger().browser;
        let mut next = browser.sign_in_at_org(&start, PIA, &site.password(PIA)).await.unwrap();
        while next.origin() != site.portal_url.origin() {
            let page = browser.get(&next).await.unwrap();
            next = next.join(page.location.as_deref().expect("the org sends the browser on")).unwrap();
        }
        let code = parameters(&next)["code"].clone();
        let tokens = exchange(
            site,
            id,
            &secret,
            &[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", callback.as_str())],
        )
        .await;
        let first = tokens["refresh_token"].as_str().expect("a refresh token").to_owned();
        let renewed = exchange(
            site,
            id,
            &secret,
            &[("grant_type", "refresh_token"), ("refresh_token", &first), ("scope", "openid offline_access")],
        )
        .await;
        self.plant("another application's secret", secret);
        self.plant("refresh token", first);
        self.plant("renewed access token", renewed["access_token"].as_str().unwrap());
    }

    /// What administrators ask for, with a connection that has a password.
    async fn administrator(&mut self) {
        let mut ada = self.site.sign_in("ada").await;
        let connection = json!({
            "name": "Elsewhere", "kind": "postgresql", "password": CONNECTION_PASSWORD,
            "postgresql": {"host": "127.0.0.1", "port": 1, "database": "d", "user": "u", "tls": "disable"},
        });
        let connection = ada.post("/api/v1/connections", connection).await;
        let id = connection.expect(201).id();
        let answers = &mut self.answers;
        answers.keep("the new connection", connection.bytes);
        let tested = ada.post(&format!("/api/v1/connections/{id}/test"), json!({})).await;
        answers.keep("the connection's test", tested.expect(200).bytes.clone());
        let preview = json!({"sql": "select 1 as one", "connection_id": id});
        answers.keep("a preview that fails", ada.post("/api/v1/views/preview", preview).await.bytes);
        for path in [
            "/api/v1/setup",
            "/api/v1/bridge",
            "/api/v1/connections",
            "/api/v1/people",
            "/api/v1/roles",
            "/api/v1/views",
            "/api/v1/defined-fields",
            "/api/v1/assignments",
            "/api/v1/available",
            "/api/v1/runs",
            "/api/v1/logs?limit=500",
            "/api/v1/openapi.json",
            "/metrics",
            "/readyz",
            "/healthz",
            "/sign-in",
            "/setup",
            "/no-such-page",
            "/api/v1/nothing",
        ] {
            answers.get(&mut ada, path).await;
        }
        for check in ["domain", "client", "token", "token_rights", "groups", "administrator"] {
            let checked = ada.post(&format!("/api/v1/setup/checks/{check}"), json!({})).await;
            answers.keep(&format!("the check `{check}`"), checked.expect(200).bytes.clone());
        }
        // The session's own answer holds its CSRF token, and nothing else.
        let session = ada.get("/api/v1/session").await;
        let csrf = session.expect(200).json["csrf_token"].as_str().unwrap().to_owned();
        self.answers.keep("the session, its token aside", session.text.replacen(&csrf, "", 1));
        self.plant("CSRF token", csrf);
        self.plant("administrator's session id", ada.browser.cookie(&self.site.portal_url, "wr_session").unwrap());
    }

    /// A report, its rows and its files.
    async fn reader(&mut self) {
        let mut pia = self.site.sign_in("pia").await;
        let run = pia.run("pricing_summary", json!({"ShippedUntil": "1998-09-02"})).await;
        let id = run["id"].as_str().unwrap();
        self.answers.keep("a run", run.to_string());
        self.answers.keep("its rows", pia.rows(id, json!([]), json!([])).await.bytes);
        for format in ["csv", "xlsx", "json", "parquet"] {
            let file = pia.get(&format!("/api/v1/runs/{id}/export?format={format}")).await;
            self.answers.keep(&format!("its {format} file"), file.expect(200).bytes.clone());
        }
        pia.delete("/api/v1/session").await.expect(200);
    }

    /// Calls that go wrong with a secret in them: problems do not repeat it.
    async fn refusals(&mut self) {
        let (site, answers) = (&self.site, &mut self.answers);
        let password = site.password("emergency").expose().to_owned();
        let (mut stranger, mut ada) = (site.stranger(), site.sign_in("ada").await);
        answers
            .refused(&mut stranger, "POST", "/api/v1/session", json!({"login": "nobody", "password": password}))
            .await;
        answers.refused(&mut stranger, "POST", "/api/v1/session", json!({"login": {"password": password}})).await;
        answers.refused(&mut stranger, "POST", "/api/v1/session", json!([password])).await;
        answers.refused(&mut stranger, "POST", "/api/v1/setup/claim", json!({"code": password})).await;
        let misplaced = json!({"name": "x", "kind": "postgresql", "postgresql": CONNECTION_PASSWORD});
        answers.refused(&mut ada, "POST", "/api/v1/connections", misplaced).await;
        let token = site.bridge.as_ref().unwrap().api_token.expose().to_owned();
        let misplaced = json!({"domain": "x", "client_id": "x", "allow_loopback_http": token});
        answers.refused(&mut ada, "PUT", "/api/v1/setup", misplaced).await;
        let unreachable =
            json!({"domain": "https://127.0.0.1:1", "client_id": "x", "api_token": token, "allow_loopback_http": true});
        answers.keep("a connection to nowhere", ada.call("PUT", "/api/v1/setup", Some(unreachable)).await.bytes);
        // Put back what the run needs.
        let domain = site.org_url.as_str().trim_end_matches('/');
        let bridge = site.bridge.as_ref().unwrap();
        let back = json!({
            "domain": domain, "client_id": bridge.client_id, "client_secret": bridge.client_secret.expose(), "api_token": token,
            "allow_loopback_http": true,
        });
        answers.keep("the connection as it was", ada.call("PUT", "/api/v1/setup", Some(back)).await.bytes);
        // A callback that was used, in another browser: the address holds code and state, the answer holds neither.
        let used: BTreeMap<&str, String> = ["code", "state"]
            .into_iter()
            .map(|name| (name, String::from_utf8(secret(&self.planted, name)).unwrap()))
            .collect();
        let callback = format!("/OIDCCallback?code={}&state={}", used["code"], used["state"]);
        let answer = stranger.browser.get(&site.portal_url.join(&callback).unwrap()).await.unwrap();
        answers.keep("a callback that was used", format!("{} {:?}", answer.location.unwrap_or_default(), answer.body));
    }

    /// The org's side: its API, its log, and a sign-in by its own authentication call.
    async fn org(&mut self) {
        let mut stranger = self.site.stranger();
        stranger.base = self.site.org_url.clone();
        let password = self.site.password(PIA);
        let session = stranger.post("/api/v1/authn", json!({"username": PIA, "password": password.expose()})).await;
        self.plant("org's session token", session.expect(200).json["sessionToken"].as_str().unwrap());
        let answers = &mut self.answers;
        let wrong = json!({"username": "nobody@demo.example", "password": password.expose()});
        answers.refused(&mut stranger, "POST", "/api/v1/authn", wrong).await;
        let mut api = self.site.org_api();
        for path in [
            "/api/v1/api-tokens",
            "/api/v1/users",
            "/api/v1/groups",
            "/api/v1/org",
            "/api/v1/logs?limit=1000",
            "/api/v1/users/me",
            "/api/v1/nothing",
            "/.well-known/openid-configuration",
            "/oauth2/v1/keys",
            "/login/login.htm",
            "/admin/",
            "/",
        ] {
            answers.get(&mut api, path).await;
        }
        let misplaced = json!({"profile": password.expose(), "credentials": {"password": password.expose()}});
        answers.refused(&mut api, "POST", "/api/v1/users", misplaced).await;
        let mut guess: Person = self.site.stranger();
        guess.base = self.site.org_url.clone();
        let token = self.site.bridge.as_ref().unwrap().api_token.expose();
        guess.browser.always("authorization", format!("SSWS {token}x"));
        answers.refused(&mut guess, "GET", "/api/v1/users/me", Value::Null).await;
    }

    fn finds_nothing_in(self, mut places: Vec<Place>) {
        let log = log();
        let text = String::from_utf8_lossy(&log.bytes);
        for told in ["TRACE", "the org listens", "the portal answers", "server::http::observe", "sqlx"] {
            assert!(text.contains(told), "the log of the whole site is kept, {told} in it");
        }
        places.push(log);
        places.extend(self.answers.0);
        let found = leaks(&self.planted, &places);
        assert!(found.is_empty(), "{found:#?}");
    }
}

fn pairs(form: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(form).into_owned().collect()
}

fn parameters(url: &Url) -> BTreeMap<String, String> {
    url.query_pairs().into_owned().collect()
}

fn secret(planted: &[Planted], what: &str) -> Vec<u8> {
    planted.iter().find(|planted| planted.what == what).unwrap().secret.clone()
}

/// A call of the token endpoint by the client itself.
async fn exchange(site: &Site, id: &str, secret: &str, form: &[(&str, &str)]) -> Value {
    let http = net::Outbound::configured([site.org_url.clone()]);
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = net::Request::new("POST", site.org_url.join("/oauth2/v1/token").unwrap())
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", &format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))))
        .body(body);
    let answer = http.send(request).await.unwrap();
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    serde_json::from_slice(&answer.body).unwrap()
}
