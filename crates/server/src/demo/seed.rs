//! The seed of the demo: the path that everything starts with, walked by the program over HTTP.
//!
//! Org: its first administrator by the one-time link, the API token by the console's own call, then groups, people and the
//! application through the API with that token. Portal: set-up by the one-time code, every check, the switch, then connection,
//! Defined Field, Views and assignments through the portal's API. What a seed broken off leaves is cleared at the next start.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use url::Url;
use vault::Secret;
use world::{Files, files::Readers};

use super::{
    browser::Browser,
    passwords::DemoPasswords,
    people::{DemoPerson, ORG_ADMINISTRATOR, PEOPLE},
    sample_data,
    views::{DemoView, VIEWS},
};
use crate::{config::Config, serve::RunningPortal};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{url} answered {status}, {what}: {said}")]
    Refused { url: String, status: u16, what: String, said: String },
    #[error("{url} redirects in circles")]
    Circles { url: String },
    #[error("the answer of {url} has no `{field}`")]
    Missing { url: String, field: String },
    #[error("a check of set-up failed: {0}")]
    CheckFailed(String),
    #[error("a request of the seed did not get through")]
    Net(#[from] net::Error),
    #[error("the portal could not be asked for its set-up code")]
    Portal(#[from] Box<portal::Error>),
    #[error("the sample database could not be made")]
    SampleData(#[from] sample_data::Error),
    #[error("a file of the demo could not be used")]
    File(#[from] std::io::Error),
}

/// The emergency administrator of the demo's portal.
pub const EMERGENCY_LOGIN: &str = "emergency";
/// The demo's Defined Field.
pub const REGION_FIELD: &str = "@RegionID";

/// What the demo prints once it is ready.
pub struct Seeded {
    lines: Vec<String>,
    passwords_file: PathBuf,
}

impl Seeded {
    pub fn print(&self) {
        println!("\nPeople (the passwords are kept in {}):", self.passwords_file.display());
        for line in &self.lines {
            println!("  {line}");
        }
    }
}

/// Clears what a seed that was broken off left. To be called before anything is opened.
pub fn prepare(config: &Config) -> std::io::Result<()> {
    if seeding_mark(&config.home).exists() {
        for folder in [config.data_folder(), config.keys_folder()] {
            if folder.exists() {
                std::fs::remove_dir_all(folder)?;
            }
        }
    } else if !config.data_folder().exists() {
        std::fs::create_dir_all(&config.home)?;
        let says = "The demo is being seeded. While this file is here, the next start begins anew.\n";
        Files::write(&seeding_mark(&config.home), says.as_bytes(), Readers::Usual)?;
    }
    Ok(())
}

fn seeding_mark(home: &Path) -> PathBuf {
    home.join("seeding")
}

/// Seeds a new demo; an old one is only described. None: this one was begun blank, and its people are not the demo's.
pub async fn run(
    config: &Config,
    org: &org::Running,
    portal: &RunningPortal,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Option<Seeded>, Error> {
    let is_new = seeding_mark(&config.home).exists();
    let Some(passwords) = passwords(&config.keys_folder(), is_new)? else { return Ok(None) };
    if is_new {
        let sample = sample_path(config);
        progress("Making the sample database (a trading company's orders)");
        let made = sample.clone();
        let done = tokio::task::spawn_blocking(move || sample_data::write(&made, sample_data::SCALE, &|_| ())).await;
        done.map_err(std::io::Error::other)??;
        let site =
            Site { org: org.org.first_address().clone(), portal: portal_url(config, portal), passwords: &passwords };
        let code = portal.portal.offer_set_up_code().await.map_err(Box::new)?.unwrap_or_else(|| Secret::new(""));
        progress("Making people, groups and an application in the built-in org");
        let bridge = site.seed_org(org.first_administrator_link.as_ref(), PEOPLE).await?;
        progress("Connecting the portal with the org");
        let mut administrator = site.set_up(&code, &bridge).await?;
        progress("Publishing the sample reports");
        site.seed_reports(&mut administrator, &sample, VIEWS, PEOPLE).await?;
        std::fs::remove_file(seeding_mark(&config.home))?;
    }
    Ok(Some(Seeded { lines: describe(&passwords), passwords_file: DemoPasswords::file(&config.keys_folder()) }))
}

/// The passwords of the demo's people, made for a new demo. None: there are no such people.
fn passwords(keys: &Path, is_new: bool) -> std::io::Result<Option<DemoPasswords>> {
    let known = DemoPasswords::load(keys)?;
    if known.is_some() || !is_new {
        return Ok(known);
    }
    let mut logins: Vec<&str> = vec![EMERGENCY_LOGIN, ORG_ADMINISTRATOR.2];
    logins.extend(PEOPLE.iter().map(|person| person.login));
    DemoPasswords::make(keys, &logins, &world::OsRandom).map(Some)
}

/// Where the sample database lies: beside the data folder, in which nothing is ever a source.
pub fn sample_path(config: &Config) -> PathBuf {
    config.home.join(portal::SOURCES_FOLDER).join("sales.db")
}

fn portal_url(config: &Config, portal: &RunningPortal) -> Url {
    let mut url = config.addresses[0].clone();
    let _ = url.set_port(Some(portal.address.port()));
    url
}

fn describe(passwords: &DemoPasswords) -> Vec<String> {
    let password = |login: &str| passwords.of(login).map_or(String::new(), |password| password.expose().to_owned());
    let mut people = vec![(ORG_ADMINISTRATOR.2, "the org's super administrator: Admin Console".to_owned())];
    people
        .extend(PEOPLE.iter().map(|person| (person.login, format!("{}: {}", person.groups.join(", "), person.shows))));
    people.push((EMERGENCY_LOGIN, "the portal's emergency administrator, with a local account".to_owned()));
    let width = people.iter().map(|(_, what)| what.chars().count()).max().unwrap_or_default();
    people.into_iter().map(|(login, what)| format!("{login:<20} {what:<width$}  {}", password(login))).collect()
}

/// The two halves, as a browser reaches them, and the passwords of those who use it.
pub struct Site<'a> {
    pub org: Url,
    pub portal: Url,
    pub passwords: &'a DemoPasswords,
}

/// What set-up asks for.
pub struct Bridge {
    pub client_id: String,
    pub client_secret: Secret,
    pub api_token: Secret,
}

impl Site<'_> {
    fn browser(&self) -> Browser {
        Browser::new(net::Outbound::configured([self.org.clone(), self.portal.clone()]))
    }

    fn at(base: &Url, path: &str) -> Url {
        base.join(path).expect("the paths of the seed are constants and ids")
    }

    fn password(&self, login: &str) -> &str {
        self.passwords.of(login).map(Secret::expose).unwrap_or_default()
    }

    /// First administrator, API token, groups, people and the application.
    pub async fn seed_org(&self, link: Option<&Url>, people: &[DemoPerson]) -> Result<Bridge, Error> {
        let code = link
            .and_then(|link| link.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned()));
        let (first_name, last_name, email) = ORG_ADMINISTRATOR;
        let mut console = self.browser();
        let first = json!({
            "code": code, "firstName": first_name, "lastName": last_name, "email": email, "password": self.password(email),
        });
        let session =
            console.call("POST", &Self::at(&self.org, "/admin/api/first-administrator"), Some(&first)).await?.ok()?;
        console.always("x-csrf-token", text(&session, "csrfToken")?);
        let token = json!({"name": "WebReports Integration", "network": {"connection": "ANYWHERE"}});
        let token = console.call("POST", &Self::at(&self.org, "/admin/api/tokens"), Some(&token)).await?.ok()?;
        let api_token = Secret::new(text(&token, "value")?);

        let mut api = self.browser();
        api.always("authorization", format!("SSWS {}", api_token.expose()));
        let mut groups = Vec::new();
        for role in domain::DEFAULT_ROLES {
            let group = json!({"profile": {"name": role.group, "description": format!("WebReports: {}", role.name)}});
            let group = api.call("POST", &Self::at(&self.org, "/api/v1/groups"), Some(&group)).await?.ok()?;
            groups.push((role.group, text(&group, "id")?));
        }
        for person in people {
            let member_of: Vec<&str> =
                groups.iter().filter(|(name, _)| person.groups.contains(name)).map(|(_, id)| id.as_str()).collect();
            let user = json!({
                "profile": {
                    "firstName": person.first_name, "lastName": person.last_name, "email": person.login, "login": person.login,
                },
                "credentials": {"password": {"value": self.password(person.login)}},
                "groupIds": member_of,
            });
            api.call("POST", &Self::at(&self.org, "/api/v1/users?activate=true"), Some(&user)).await?.ok()?;
        }
        let (client_id, client_secret) = self.create_application(&mut api, &groups).await?;
        Ok(Bridge { client_id, client_secret, api_token })
    }

    async fn create_application(
        &self,
        api: &mut Browser,
        groups: &[(&str, String)],
    ) -> Result<(String, Secret), Error> {
        let portal = self.portal.as_str().trim_end_matches('/');
        // The demo answers under both names of this machine: to a browser they are two sites.
        let names = [portal.to_owned(), portal.replacen("//localhost:", "//127.0.0.1:", 1)];
        let callbacks = names
            .iter()
            .flat_map(|name| [format!("{name}/OIDCCallback"), format!("{name}/authorization-code/callback")]);
        let application = json!({
            "name": "oidc_client", "label": "WebReports", "signOnMode": "OPENID_CONNECT",
            "credentials": {"oauthClient": {"token_endpoint_auth_method": "client_secret_basic", "pkce_required": true}},
            "settings": {"oauthClient": {
                "application_type": "web", "response_types": ["code"], "grant_types": ["authorization_code"],
                "redirect_uris": callbacks.collect::<Vec<_>>(),
                "post_logout_redirect_uris": names.iter().map(|name| format!("{name}/")).collect::<Vec<_>>(),
                "initiate_login_uri": format!("{portal}/sign-in/okta"),
            }},
        });
        let application = api.call("POST", &Self::at(&self.org, "/api/v1/apps"), Some(&application)).await?.ok()?;
        let id = text(&application, "id")?;
        let client = &application["credentials"]["oauthClient"];
        for (_, group) in groups {
            let assign = Self::at(&self.org, &format!("/api/v1/apps/{id}/groups/{group}"));
            api.call("PUT", &assign, Some(&json!({}))).await?.ok()?;
        }
        let claim = json!({
            "issuerMode": "ORG_URL", "valueType": "GROUPS", "groupFilterType": "STARTS_WITH", "name": "groups", "value": "WR",
        });
        let settings = Self::at(&self.org, &format!("/api/v1/internal/apps/{id}/settings/oauth/idToken"));
        api.call("POST", &settings, Some(&claim)).await?.ok()?;
        Ok((text(client, "client_id")?, Secret::new(text(client, "client_secret")?)))
    }

    /// Claims set-up, connects the org, runs every check and turns the switch. The browser is the emergency administrator's.
    pub async fn set_up(&self, code: &Secret, bridge: &Bridge) -> Result<Browser, Error> {
        let mut browser = self.browser();
        let claim = json!({
            "code": code.expose(), "name": "Emergency administrator", "login": EMERGENCY_LOGIN,
            "password": self.password(EMERGENCY_LOGIN),
        });
        let session = browser.call("POST", &Self::at(&self.portal, "/api/v1/setup/claim"), Some(&claim)).await?.ok()?;
        browser.always("x-csrf-token", text(&session, "csrf_token")?);
        let connect = json!({
            "domain": self.org.as_str().trim_end_matches('/'), "client_id": bridge.client_id,
            "client_secret": bridge.client_secret.expose(), "api_token": bridge.api_token.expose(), "allow_loopback_http": true,
        });
        let state = browser.call("PUT", &Self::at(&self.portal, "/api/v1/setup"), Some(&connect)).await?.ok()?;
        for check in state["checks"].as_array().into_iter().flatten() {
            let name = text(check, "name")?;
            let check = Self::at(&self.portal, &format!("/api/v1/setup/checks/{name}"));
            let done = browser.call("POST", &check, None).await?.ok()?;
            if done["state"] == "failed" {
                return Err(Error::CheckFailed(done.to_string()));
            }
        }
        browser.call("POST", &Self::at(&self.portal, "/api/v1/setup/enable"), None).await?.ok()?;
        Ok(browser)
    }

    /// Connection, Defined Field with its values, Views and assignments.
    pub async fn seed_reports(
        &self,
        administrator: &mut Browser,
        sample: &Path,
        views: &[DemoView],
        people: &[DemoPerson],
    ) -> Result<(), Error> {
        let sample = std::fs::canonicalize(sample)?;
        let connection = json!({"name": "Sales", "kind": "sqlite", "sqlite": {"path": sample}});
        let connection = administrator
            .call("POST", &Self::at(&self.portal, "/api/v1/connections"), Some(&connection))
            .await?
            .ok()?;
        let connection = text(&connection, "id")?;
        let field = json!({
            "name": "Region", "identifier": REGION_FIELD, "data_type": "integer",
            "description": "Number of the region whose rows the person may see: 0 Africa, 1 America, 2 Asia, 3 Europe, 4 Middle East",
        });
        let field =
            administrator.call("POST", &Self::at(&self.portal, "/api/v1/defined-fields"), Some(&field)).await?.ok()?;
        let field = text(&field, "id")?;
        let known = administrator.get(&Self::at(&self.portal, "/api/v1/people?limit=200")).await?.ok()?;
        for person in people {
            let Some(region) = person.region else { continue };
            let items = known["items"].as_array().into_iter().flatten();
            let id = items
                .clone()
                .find(|known| known["login"] == person.login)
                .map(|known| text(known, "id"))
                .transpose()?;
            let id =
                id.ok_or_else(|| Error::Missing { url: "/api/v1/people".to_owned(), field: person.login.to_owned() })?;
            let value = Self::at(&self.portal, &format!("/api/v1/people/{id}/fields/{field}"));
            administrator.call("PUT", &value, Some(&json!({"value": region}))).await?.ok()?;
        }
        let roles = administrator.get(&Self::at(&self.portal, "/api/v1/roles")).await?.ok()?;
        // A publisher publishes; who may assign to every role is the administrator.
        let mut publisher = self.browser();
        self.sign_in(&mut publisher, people.iter().find(|person| person.groups.contains(&"WRPublisher"))).await?;
        for view in views {
            let publishes = if publisher_can(people) { &mut publisher } else { &mut *administrator };
            let definition = definition(view, &connection);
            let published =
                publishes.call("POST", &Self::at(&self.portal, "/api/v1/views"), Some(&definition)).await?.ok()?;
            let published = text(&published, "id")?;
            let role_ids: Vec<&Value> = roles["items"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|role| view.roles.iter().any(|name| role["name"] == *name))
                .map(|role| &role["id"])
                .collect();
            let assign = json!({
                "view_ids": [published], "connection_id": connection, "role_ids": role_ids, "types": ["Details"],
                "category": view.category, "description": view.description,
            });
            administrator.call("POST", &Self::at(&self.portal, "/api/v1/assignments"), Some(&assign)).await?.ok()?;
        }
        Ok(())
    }

    /// Signs a person of the demo in through the org, as their browser would.
    pub async fn sign_in(&self, browser: &mut Browser, person: Option<&DemoPerson>) -> Result<(), Error> {
        let Some(person) = person else { return Ok(()) };
        let password = Secret::new(self.password(person.login));
        browser
            .sign_in(&Self::at(&self.portal, "/sign-in/okta?return=/reports/available"), person.login, &password)
            .await?;
        let session = browser.get(&Self::at(&self.portal, "/api/v1/session")).await?.ok()?;
        browser.always("x-csrf-token", text(&session, "csrf_token")?);
        Ok(())
    }
}

fn publisher_can(people: &[DemoPerson]) -> bool {
    people.iter().any(|person| person.groups.contains(&"WRPublisher"))
}

fn definition(view: &DemoView, connection: &str) -> Value {
    let parameters: Vec<Value> = view
        .parameters
        .iter()
        .map(|parameter| {
            json!({
                "name": parameter.name, "label": parameter.label, "data_type": parameter.data_type, "required": parameter.required,
                "default": parameter.default, "list": false,
            })
        })
        .collect();
    let labels: Vec<Value> = view
        .columns
        .iter()
        .map(|(name, label, format)| json!({"name": name, "label": label, "format": format, "width": null, "visible": true}))
        .collect();
    json!({
        "name": view.name, "title": view.title, "description": view.description, "category": view.category, "sql": view.sql,
        "parameters": parameters, "columns": labels, "connection_id": connection, "note": "First version",
    })
}

fn text(value: &Value, field: &str) -> Result<String, Error> {
    let found = value[field].as_str().map(str::to_owned);
    found.ok_or_else(|| Error::Missing { url: "an answer".to_owned(), field: field.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_that_was_begun_blank_is_not_said_to_have_the_demos_people() {
        let keys = tempfile::tempdir().unwrap();
        assert!(passwords(keys.path(), false).unwrap().is_none());
        assert_eq!(std::fs::read_dir(keys.path()).unwrap().count(), 0);
        let made = passwords(keys.path(), true).unwrap().unwrap();
        let again = passwords(keys.path(), false).unwrap().unwrap();
        for login in PEOPLE.iter().map(|person| person.login).chain([EMERGENCY_LOGIN, ORG_ADMINISTRATOR.2]) {
            assert_eq!(made.of(login).unwrap().expose(), again.of(login).unwrap().expose());
        }
    }
}
