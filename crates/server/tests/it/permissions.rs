//! The table of who may call what (`permissions.tsv`) is true, and no operation is missing from it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use testkit::{Person, Site};

const TABLE: &str = include_str!("permissions.tsv");

struct Row {
    method: String,
    path: String,
    object: String,
    /// By column name.
    answers: BTreeMap<String, String>,
}

fn table() -> (Vec<String>, Vec<Row>) {
    let mut lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let heads: Vec<String> = lines.next().unwrap().split('\t').skip(2).map(str::to_owned).collect();
    let rows = lines.map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells.len(), heads.len() + 2, "{line}");
        let (method, path) = cells[0].split_once(' ').unwrap();
        let answers = heads.iter().cloned().zip(cells[2..].iter().map(|cell| (*cell).to_owned())).collect();
        Row { method: method.to_uppercase(), path: path.to_owned(), object: cells[1].to_owned(), answers }
    });
    let rows = rows.collect();
    (heads, rows)
}

#[test]
fn every_operation_has_a_row() {
    let (_, rows) = table();
    let stated: BTreeSet<(String, String)> =
        rows.iter().map(|row| (row.method.to_lowercase(), row.path.clone())).collect();
    let document: Value = serde_json::from_str(&server::http::openapi::document()).unwrap();
    let mut described = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        described.extend(operations.as_object().unwrap().keys().map(|method| (method.clone(), path.clone())));
    }
    let without_row: Vec<_> = described.difference(&stated).collect();
    let without_operation: Vec<_> = stated.difference(&described).collect();
    assert!(
        without_row.is_empty() && without_operation.is_empty(),
        "no row: {without_row:#?}\nno operation: {without_operation:#?}"
    );
}

/// What a column's person has to be refused or given.
#[derive(Clone, Default)]
struct Things {
    connection: String,
    field: String,
    person: String,
    own_view: String,
    foreign_view: String,
    foreign_assignment: String,
    role: String,
}

#[tokio::test]
async fn every_answer_is_the_one_that_the_table_says() {
    let site = Site::start().await;
    let (heads, rows) = table();
    let mut people = single_role_people(&site, &heads).await;
    let mut emergency = site.sign_in_emergency().await;
    let things = things(&site, &mut emergency, &mut people).await;
    let mut wrong = Vec::new();
    for row in &rows {
        // Administrators come last: what they do takes effect.
        for head in heads.iter().filter(|head| *head != "Admin").chain([&"Admin".to_owned()]) {
            let mut fresh;
            let caller = if row.path == "/api/v1/session" && row.method == "DELETE" && head != "nobody" {
                fresh = sign_in(&site, head).await;
                &mut fresh
            } else {
                people.get_mut(head).unwrap()
            };
            let (path, body) = prepare(row, &things, caller, head, &mut emergency).await;
            let answer = caller.call(&row.method, &path, body).await;
            let found = match answer.status {
                401 => "in",
                403 => "no",
                404 => "hidden",
                status if status < 500 => "yes",
                _ => "failed",
            };
            if found != row.answers[head] {
                let text: String = answer.text.chars().take(200).collect();
                wrong.push(format!(
                    "{} {} {} as {head}: {} instead of {}: {text}",
                    row.method, row.path, row.object, answer.status, row.answers[head]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

const PASSWORD: &str = "Quiet-harbour-2468";

fn login(head: &str) -> String {
    format!("only-{}@demo.example", head.to_lowercase())
}

/// A person for each column, in the group of that role alone.
async fn single_role_people(site: &Site, heads: &[String]) -> BTreeMap<String, Person> {
    let mut api = site.org_api();
    let mut people = BTreeMap::from([("nobody".to_owned(), site.stranger())]);
    for head in heads.iter().filter(|head| *head != "nobody") {
        let group = api.get(&format!("/api/v1/groups?q=WR{head}")).await;
        let group = group
            .expect(200)
            .json
            .as_array()
            .unwrap()
            .iter()
            .find(|group| group["profile"]["name"] == format!("WR{head}"))
            .unwrap();
        let user = json!({
            "profile": {"firstName": "Only", "lastName": head, "email": login(head), "login": login(head)},
            "credentials": {"password": {"value": PASSWORD}},
            "groupIds": [group["id"]],
        });
        api.post("/api/v1/users?activate=true", user).await.expect(200);
        people.insert(head.clone(), sign_in(site, head).await);
    }
    people
}

async fn sign_in(site: &Site, head: &str) -> Person {
    let mut person = site.stranger();
    let start = site.portal_url.join("/sign-in/okta?return=/reports/available").unwrap();
    person.browser.sign_in(&start, &login(head), &vault::Secret::new(PASSWORD)).await.unwrap();
    let session = person.get("/api/v1/session").await;
    person.browser.always("x-csrf-token", session.expect(200).json["csrf_token"].as_str().unwrap().to_owned());
    person
}

async fn things(site: &Site, administrator: &mut Person, people: &mut BTreeMap<String, Person>) -> Things {
    let id = |items: &[Value], key: &str, value: &str| {
        items.iter().find(|item| item[key] == value).unwrap_or_else(|| panic!("no {key} {value}"))["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let connection = id(administrator.get("/api/v1/connections").await.expect(200).items(), "name", "Sales");
    let field = id(administrator.get("/api/v1/defined-fields").await.expect(200).items(), "identifier", "@RegionID");
    let person =
        id(administrator.get("/api/v1/people?limit=200").await.expect(200).items(), "login", "pia@demo.example");
    let roles = administrator.get("/api/v1/roles").await;
    // A report of the publisher's own, assigned to every role, and one of somebody else's, assigned to a role that nobody here holds.
    let own_view =
        people.get_mut("Publisher").unwrap().post("/api/v1/views", view("own", &connection)).await.expect(201).id();
    let foreign_view = administrator.post("/api/v1/views", view("foreign", &connection)).await.expect(201).id();
    let elsewhere = administrator.post("/api/v1/roles", json!({"name": "Elsewhere"})).await.expect(201).id();
    let every_role: Vec<&Value> = roles.expect(200).items().iter().map(|role| &role["id"]).collect();
    let assign = |view: &str, roles: Value| json!({"view_ids": [view], "connection_id": connection, "role_ids": roles, "types": ["Details"]});
    administrator.post("/api/v1/assignments", assign(&own_view, json!(every_role))).await.expect(201);
    let foreign = administrator.post("/api/v1/assignments", assign(&foreign_view, json!([elsewhere]))).await;
    let foreign_assignment = foreign.expect(201).items()[0]["id"].as_str().unwrap().to_owned();
    let _ = site;
    Things { connection, field, person, own_view, foreign_view, foreign_assignment, role: elsewhere }
}

fn view(name: &str, connection: &str) -> Value {
    json!({"name": name, "title": name, "sql": "select r_name from region", "parameters": [], "connection_id": connection})
}

/// The address and body of a call: of the right shape, so that the check of the right is what answers first, and without effect
/// where it is allowed and would spoil what the next row needs.
async fn prepare(
    row: &Row,
    things: &Things,
    caller: &mut Person,
    head: &str,
    administrator: &mut Person,
) -> (String, Option<Value>) {
    let own = row.object == "own";
    let mut path = row.path.replace("{name}", "domain").replace("{version}", "1").replace("{field_id}", &things.field);
    if path.contains("/views/{id}") {
        // What is deleted is made for it.
        let throwaway = row.method == "DELETE" && head == "Admin";
        let id = if throwaway {
            administrator.post("/api/v1/views", view("throwaway", &things.connection)).await.expect(201).id()
        } else if own {
            things.own_view.clone()
        } else {
            things.foreign_view.clone()
        };
        path = path.replace("{id}", &id);
    } else if path.contains("/assignments/{id}") {
        let id =
            if own && head != "nobody" { caller.assignment("own").await } else { things.foreign_assignment.clone() };
        path = path.replace("{id}", &id);
    } else if path.contains("/runs/{id}") {
        let id =
            if own && head != "nobody" { run_of(caller, "own").await } else { run_of(administrator, "foreign").await };
        path = path.replace("{id}", &id);
        if path.ends_with("/export") {
            path.push_str("?format=csv");
        }
    } else if path.contains("/connections/{id}") {
        path = path.replace("{id}", &things.connection);
    } else if path.contains("/defined-fields/{id}") {
        let throwaway = row.method == "DELETE" && head == "Admin";
        let id = if throwaway {
            let field = json!({"name": "Throwaway", "identifier": "@Throwaway", "data_type": "text"});
            administrator.post("/api/v1/defined-fields", field).await.expect(201).id()
        } else {
            things.field.clone()
        };
        path = path.replace("{id}", &id);
    } else {
        path = path.replace("{id}", &things.person);
    }
    let body = match (row.method.as_str(), row.path.as_str()) {
        ("POST", "/api/v1/session") => Some(json!({"login": format!("nobody-{head}"), "password": "wrong"})),
        ("POST", "/api/v1/setup/claim") => {
            Some(json!({"code": "guessed", "name": "N", "login": "n", "password": PASSWORD}))
        }
        ("PUT", "/api/v1/setup") => {
            Some(json!({"domain": "not an address", "client_id": "", "allow_loopback_http": true}))
        }
        ("POST", "/api/v1/setup/plan" | "/api/v1/setup/plan/apply") => {
            Some(json!({"groups": false, "application": false}))
        }
        ("PUT", "/api/v1/people/{id}/fields/{field_id}") => Some(json!({"value": "3"})),
        ("POST", "/api/v1/roles") => Some(json!({"name": ""})),
        ("POST" | "PUT", "/api/v1/defined-fields" | "/api/v1/defined-fields/{id}") => {
            Some(json!({"name": "", "identifier": "RegionID", "data_type": "integer"}))
        }
        ("POST" | "PUT", "/api/v1/connections" | "/api/v1/connections/{id}") => {
            Some(json!({"name": "", "kind": "sqlite", "sqlite": {"path": "relative"}}))
        }
        ("POST", "/api/v1/views") => {
            Some(json!({"name": "", "title": "", "sql": "", "connection_id": things.connection}))
        }
        ("PUT", "/api/v1/views/{id}") => {
            Some(json!({"name": "", "title": "", "sql": "", "connection_id": things.connection, "expected_version": 1}))
        }
        ("POST", "/api/v1/views/inspect") => Some(json!({"sql": "select 1"})),
        ("POST", "/api/v1/views/preview") => {
            Some(json!({"sql": "select 1 as one", "connection_id": things.connection}))
        }
        ("POST", "/api/v1/assignments") => Some(
            json!({"view_ids": [], "connection_id": things.connection, "role_ids": [things.role], "types": ["Details"]}),
        ),
        ("POST", "/api/v1/assignments/{id}/runs") => Some(json!({"parameters": {}})),
        ("POST", "/api/v1/runs/{id}/page") => Some(json!({"offset": 0, "limit": 10})),
        _ => None,
    };
    (path, body)
}

/// A finished run of the caller's.
async fn run_of(caller: &mut Person, view: &str) -> String {
    caller.run(view, json!({})).await["id"].as_str().unwrap().to_owned()
}
