//! The org under `kill -9`: what was answered with a success is there after the next start, whole; what was not answered is there whole
//! or not at all. A mixed load runs meanwhile, in one database file and on PostgreSQL.

use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use server::demo::{passwords::DemoPasswords, people::ORG_ADMINISTRATOR, seed};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};
use url::Url;
use world::OsRandom;

/// What comes at once and does not wait for one another.
const WORKERS: usize = 3;
/// A kill comes after so many answers at most.
const ANSWERS_MAX: usize = 8;
const GROUP: &str = "Everybody that the load makes";

/// Small, repeatable chance: what failed is run again with the number that it printed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// A person as the org shows them.
#[derive(Clone, Debug, PartialEq)]
enum Person {
    Absent,
    There { status: String, title: Option<String>, member: bool },
}

/// What a call does to one person.
#[derive(Clone, Debug)]
struct Step {
    method: Method,
    path: String,
    body: Option<Value>,
    after: Person,
}

/// A process of the org that runs until it is killed.
struct Org {
    process: Child,
    link: Option<Url>,
}

impl Org {
    async fn start(arguments: &[String]) -> Org {
        let mut process = Command::new(env!("CARGO_BIN_EXE_webreports"))
            .arg("org")
            .args(arguments.iter().flat_map(|setting| ["--set", setting]))
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut link = None;
        // Its first line says that it answers; the link follows while there is no administrator.
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(found) = line.strip_prefix("First sign-in") {
                link = Some(found.trim().parse().unwrap());
                break;
            }
            if line.starts_with("Built-in org") && !arguments.contains(&"org-name=Blank".to_owned()) {
                break;
            }
        }
        // What else it prints is read as well: a pipe that nobody reads would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Org { process, link }
    }
}

/// Asks as the load's administrator.
#[derive(Clone)]
struct Api {
    http: Client,
    base: Url,
    token: String,
    group: String,
}

impl Api {
    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<(u16, Value), reqwest::Error> {
        let url = self.base.join(&format!("/api/v1{path}")).unwrap();
        let mut request =
            self.http.request(method.clone(), url).header("authorization", format!("SSWS {}", self.token));
        match body {
            Some(body) => request = request.json(body),
            // A body of no bytes says its length as well.
            None if method != Method::GET => request = request.header("content-length", "0"),
            None => {}
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// An answer of a process that nobody kills meanwhile.
    async fn calmly(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let (status, answer) = self.call(method, path, body).await.unwrap();
        assert!(status < 300, "{path}: {status} {answer}");
        answer
    }

    /// Somebody as they are, and their id.
    async fn person(&self, login: &str) -> (Person, String) {
        let (status, person) = self.call(Method::GET, &format!("/users/{login}"), None).await.unwrap();
        if status == 404 {
            return (Person::Absent, String::new());
        }
        assert_eq!(status, 200, "{person}");
        let groups = self.calmly(Method::GET, &format!("/users/{login}/groups"), None).await;
        let there = Person::There {
            status: person["status"].as_str().unwrap().to_owned(),
            title: person["profile"]["title"].as_str().map(str::to_owned),
            member: groups.as_array().unwrap().iter().any(|group| group["id"] == self.group.as_str()),
        };
        (there, person["id"].as_str().unwrap().to_owned())
    }

    /// Something that can be done to a person who is like this.
    fn step(&self, login: &str, before: &Person, chance: &mut Chance) -> Step {
        let Person::There { status, title, member } = before.clone() else {
            let profile = json!({"firstName": "Load", "lastName": "Kim", "email": login, "login": login});
            return Step {
                method: Method::POST,
                path: "/users?activate=true".to_owned(),
                body: Some(json!({"profile": profile, "groupIds": [self.group]})),
                after: Person::There { status: "PROVISIONED".to_owned(), title: None, member: true },
            };
        };
        let membership = format!("/groups/{}/users/{{id}}", self.group);
        let there =
            |status: &str, title: Option<String>, member| Person::There { status: status.to_owned(), title, member };
        match (status.as_str(), chance.below(4)) {
            ("DEPROVISIONED", _) => {
                Step { method: Method::DELETE, path: "/users/{id}".to_owned(), body: None, after: Person::Absent }
            }
            (_, 0) => {
                let title = format!("Number {}", chance.below(1_000_000));
                let body = json!({"profile": {"title": title}});
                let after = there(&status, Some(title), member);
                Step { method: Method::POST, path: "/users/{id}".to_owned(), body: Some(body), after }
            }
            (_, 1) if member => {
                Step { method: Method::DELETE, path: membership, body: None, after: there(&status, title, false) }
            }
            (_, 1 | 2) => {
                Step { method: Method::PUT, path: membership, body: None, after: there(&status, title, true) }
            }
            _ => Step {
                method: Method::POST,
                path: "/users/{id}/lifecycle/deactivate".to_owned(),
                body: None,
                // What somebody who has left was in is no longer theirs.
                after: there("DEPROVISIONED", title, member),
            },
        }
    }
}

/// People of one worker, and what was begun when the process was killed.
struct Worker {
    logins: Vec<String>,
    people: Vec<Person>,
    ids: Vec<String>,
    chance: Chance,
    touched: Vec<usize>,
    under_way: Option<(usize, Step)>,
}

impl Worker {
    /// Calls until the process is gone.
    async fn run(mut self, api: Api, answers: Arc<AtomicUsize>) -> Worker {
        self.touched.clear();
        self.under_way = None;
        loop {
            let at = self.chance.below(self.logins.len());
            let step = api.step(&self.logins[at], &self.people[at], &mut self.chance);
            let path = step.path.replace("{id}", &self.ids[at]);
            self.touched.push(at);
            match api.call(step.method.clone(), &path, step.body.as_ref()).await {
                Ok((status, answer)) => {
                    assert!(status < 300, "{} {path}: {status} {answer}", step.method);
                    if self.people[at] == Person::Absent {
                        self.ids[at] = answer["id"].as_str().unwrap().to_owned();
                    }
                    self.people[at] = step.after;
                    answers.fetch_add(1, Ordering::SeqCst);
                }
                Err(_) => {
                    self.under_way = Some((at, step));
                    return self;
                }
            }
        }
    }

    /// Holds what is there after a start against what was answered. What was under way is taken as it turned out.
    async fn check(&mut self, api: &Api, seed: u64) -> usize {
        let mut turned_out = 0;
        self.touched.sort_unstable();
        self.touched.dedup();
        for at in std::mem::take(&mut self.touched) {
            let (found, id) = api.person(&self.logins[at]).await;
            self.ids[at] = id;
            let begun = self.under_way.as_ref().filter(|(other, _)| *other == at).map(|(_, step)| step);
            match begun {
                Some(step) if found == step.after && found != self.people[at] => {
                    turned_out += 1;
                    self.people[at] = found;
                }
                _ => assert_eq!(found, self.people[at], "{} after seed {seed}; under way: {begun:?}", self.logins[at]),
            }
        }
        turned_out
    }
}

#[expect(clippy::disallowed_methods, reason = "a test is a stranger and brings its own client")]
fn client() -> Client {
    net::install_tls_provider();
    Client::new()
}

/// Kills the org `kills` times in the middle of its work.
async fn killed(kills: usize, database: Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let base: Url = format!("http://localhost:{port}").parse().unwrap();
    let mut arguments = vec![
        format!("home={}", folder.path().display()),
        format!("org-listen=127.0.0.1:{port}"),
        "org-tls-listen=".to_owned(),
        "log-level=error".to_owned(),
        format!("org-addresses={base}"),
    ];
    arguments.extend(database.map(|database| format!("org-database={database}")));

    let blank: Vec<String> = arguments.iter().cloned().chain(["org-name=Blank".to_owned()]).collect();
    let mut org = Org::start(&blank).await;
    let passwords = DemoPasswords::make(folder.path(), &[ORG_ADMINISTRATOR.2], &OsRandom).unwrap();
    let doors = seed::Site { org: base.clone(), portal: base.clone(), passwords: &passwords };
    let bridge = doors.seed_org(org.link.as_ref(), &[]).await.unwrap();
    let mut api = Api { http: client(), base, token: bridge.api_token.expose().to_owned(), group: String::new() };
    let group = api.calmly(Method::POST, "/groups", Some(&json!({"profile": {"name": GROUP}}))).await;
    api.group = group["id"].as_str().unwrap().to_owned();

    let seed = u64::from(std::process::id());
    let mut chance = Chance(seed);
    let mut workers: Vec<Worker> = (0..WORKERS)
        .map(|worker| Worker {
            logins: (0..4).map(|person| format!("load-{worker}-{person}@kill.example")).collect(),
            people: vec![Person::Absent; 4],
            ids: vec![String::new(); 4],
            chance: Chance(seed.wrapping_add(worker as u64 + 1)),
            touched: Vec::new(),
            under_way: None,
        })
        .collect();
    let (mut answered, mut turned_out) = (0, 0);
    for _ in 0..kills {
        let answers = Arc::new(AtomicUsize::new(0));
        let wanted = 1 + chance.below(ANSWERS_MAX);
        let running: Vec<_> =
            workers.drain(..).map(|worker| tokio::spawn(worker.run(api.clone(), answers.clone()))).collect();
        while answers.load(Ordering::SeqCst) < wanted {
            assert!(!running.iter().any(tokio::task::JoinHandle::is_finished), "a worker ended before the kill");
            tokio::task::yield_now().await;
        }
        for _ in 0..chance.below(200) {
            tokio::task::yield_now().await;
        }
        // On Unix this is SIGKILL, which nobody can catch.
        org.process.kill().await.unwrap();
        for worker in running {
            workers.push(worker.await.unwrap());
        }
        answered += answers.load(Ordering::SeqCst);
        api.http = client();
        org = Org::start(&arguments).await;
        for worker in &mut workers {
            turned_out += worker.check(&api, seed).await;
        }
    }
    for worker in &mut workers {
        worker.touched = (0..worker.logins.len()).collect();
        worker.under_way = None;
        worker.check(&api, seed).await;
    }
    assert!(answered >= kills, "{answered} calls were answered");
    println!("{kills} kills, {answered} answered calls, {turned_out} that took effect unanswered");
    logged_as_often(&api).await;
}

/// Nobody is made without an event that says so, and no event tells of somebody who was not made.
async fn logged_as_often(api: &Api) {
    let count = async |event: &str| {
        let path = format!("/logs?limit=1000&since=2020-01-01T00:00:00Z&filter=eventType%20eq%20%22{event}%22");
        let events = api.calmly(Method::GET, &path, None).await;
        let of_the_load = |event: &&Value| event["target"].to_string().contains("@kill.example");
        events.as_array().unwrap().iter().filter(of_the_load).count()
    };
    let (made, gone) = (count("user.lifecycle.create").await, count("user.lifecycle.delete.completed").await);
    let there = api.calmly(Method::GET, "/users?limit=200&search=profile.login%20co%20%22kill.example%22", None).await;
    assert_eq!(made - gone, there.as_array().unwrap().len(), "{made} were made and {gone} deleted");
}

#[tokio::test]
async fn an_org_in_a_file_that_is_killed_two_hundred_times_keeps_what_it_answered() {
    killed(200, None).await;
}

#[tokio::test]
async fn an_org_on_postgresql_that_is_killed_keeps_what_it_answered() {
    let database = testkit_postgres::Postgres::shared().fresh_database();
    killed(40, Some(database)).await;
}
