//! The outbox at the console, and sending by a mail server.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use super::{
    super::site::{Site, id},
    browser::Browser,
    console::at_console,
};
use crate::{
    OrgConfig,
    config::{MailProfile, MailSecurity},
    mail::delivery::PAUSE,
    model::role::RoleType,
};

/// A mail server that says to each recipient what a test wants, and 250 after that.
struct MailServer {
    port: u16,
    mails: UnboundedReceiver<String>,
}

impl MailServer {
    async fn start(answers: &[&'static str]) -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, mails) = unbounded_channel();
        let answers = Arc::new(std::sync::Mutex::new(answers.to_vec()));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, sender.clone(), answers.clone()));
            }
        });
        MailServer { port, mails }
    }

    async fn mail(&mut self) -> String {
        let next = tokio::time::timeout(Duration::from_secs(20), self.mails.recv());
        next.await.expect("a mail comes").unwrap()
    }
}

async fn serve(stream: TcpStream, mails: UnboundedSender<String>, answers: Arc<std::sync::Mutex<Vec<&'static str>>>) {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut mail: Option<String> = None;
    let mut answer = "220 ready".to_owned();
    loop {
        if !answer.is_empty() && writer.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
        let Ok(Some(line)) = lines.next_line().await else { return };
        answer = String::new();
        match &mut mail {
            Some(text) if line == "." => {
                let _ = mails.send(std::mem::take(text));
                mail = None;
                answer = "250 taken".to_owned();
            }
            Some(text) => {
                text.push_str(&line);
                text.push('\n');
            }
            None if line.starts_with("RCPT") => {
                let mut answers = answers.lock().unwrap();
                let said = if answers.is_empty() { "250 known" } else { answers.remove(0) };
                answer = said.to_owned();
            }
            None if line.starts_with("DATA") => {
                mail = Some(String::new());
                answer = "354 go on".to_owned();
            }
            None if line.starts_with("QUIT") => answer = "221 bye".to_owned(),
            None => answer = "250 localhost".to_owned(),
        }
    }
}

async fn site_with(server: &MailServer) -> Site {
    let profile = MailProfile {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        security: MailSecurity::None,
        username: None,
        password: None,
        from: "Org <org@example.com>".to_owned(),
    };
    Site::with(|config| OrgConfig { mail: Some(profile), ..config }).await
}

async fn ask_for_a_link(site: &Site, login: &str) -> Value {
    let profile = json!({ "firstName": "Ada", "lastName": "Byron", "login": login, "email": login });
    site.post("/api/v1/users", json!({ "profile": profile })).await.ok()
}

async fn outbox(browser: &Browser, query: &str) -> Value {
    browser.get(&format!("/admin/api/outbox{query}")).await.is(200).json()
}

#[tokio::test]
async fn without_a_mail_server_mails_stay_where_an_administrator_reads_them() {
    let site = Site::start().await;
    let (browser, _) = at_console(&site, "root@example.test", RoleType::SuperAdmin).await;
    for login in ["one@example.com", "two@example.com", "three@example.com"] {
        site.advance(Duration::from_millis(1));
        ask_for_a_link(&site, login).await;
    }
    let page = outbox(&browser, "?limit=2").await;
    let recipients = |page: &Value| -> Vec<String> {
        let mails = page["mails"].as_array().unwrap();
        mails.iter().map(|mail| mail["recipient"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(recipients(&page), ["three@example.com", "two@example.com"]);
    let mail = &page["mails"][0];
    assert_eq!(
        (&mail["status"], &mail["template"], &page["sends"]),
        (&json!("QUEUED"), &json!("UserActivation"), &json!(false))
    );
    assert!(mail["body"].as_str().unwrap().contains("/welcome/"));
    let next = page["next"].as_str().unwrap();
    let rest = outbox(&browser, &format!("?limit=2&after={next}")).await;
    assert_eq!((recipients(&rest), &rest["next"]), (vec!["one@example.com".to_owned()], &Value::Null));
    browser.get("/admin/api/outbox?after=x").await.is(400);
}

#[tokio::test]
async fn only_strong_administrators_read_the_outbox_and_nobody_what_leads_into_a_stronger_account() {
    let site = Site::start().await;
    let (weak, _) = at_console(&site, "weak@example.test", RoleType::ReadOnlyAdmin).await;
    weak.get("/admin/api/outbox").await.is(403);
    Browser::new(&site).get("/admin/api/outbox").await.is(401);
    let (browser, _) = at_console(&site, "org@example.test", RoleType::OrgAdmin).await;
    site.advance(Duration::from_millis(1));
    let strong = ask_for_a_link(&site, "strong@example.com").await;
    site.post(&format!("/api/v1/users/{}/roles", id(&strong)), json!({ "type": "SUPER_ADMIN" })).await.is(201);
    site.advance(Duration::from_millis(1));
    ask_for_a_link(&site, "ada@example.com").await;
    let mails = outbox(&browser, "").await["mails"].clone();
    assert!(mails[0]["body"].is_string(), "{mails}");
    assert_eq!((&mails[1]["recipient"], &mails[1]["body"]), (&json!("strong@example.com"), &Value::Null));
}

#[tokio::test]
async fn a_mail_is_sent_and_after_a_failure_that_may_pass_sent_again() {
    let mut server = MailServer::start(&["451 later"]).await;
    let site = site_with(&server).await;
    let (browser, _) = at_console(&site, "root@example.test", RoleType::SuperAdmin).await;
    ask_for_a_link(&site, "ada@example.com").await;
    let put_off = async {
        while outbox(&browser, "").await["mails"][0]["attempts"] != 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), put_off).await.unwrap();
    let mail = outbox(&browser, "").await["mails"][0].clone();
    assert_eq!(mail["status"], "QUEUED");
    assert!(mail["lastError"].as_str().unwrap().contains("later"), "{mail}");
    site.advance(PAUSE);
    let text = server.mail().await;
    assert!(text.contains("To: ada@example.com") && text.contains("<org@example.com>"), "{text}");
    assert!(text.contains("Subject: Activate your account") && text.contains("/welcome/"), "{text}");
    let sent = async {
        while outbox(&browser, "").await["mails"][0]["status"] != "SENT" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), sent).await.unwrap();
    assert_eq!(outbox(&browser, "").await["mails"][0]["attempts"], 2);
}

#[tokio::test]
async fn a_recipient_that_the_server_does_not_know_is_given_up() {
    let server = MailServer::start(&["550 unknown"]).await;
    let site = site_with(&server).await;
    let (browser, _) = at_console(&site, "root@example.test", RoleType::SuperAdmin).await;
    ask_for_a_link(&site, "nobody@example.com").await;
    let failed = async {
        while outbox(&browser, "").await["mails"][0]["status"] != "FAILED" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), failed).await.unwrap();
    assert_eq!(outbox(&browser, "").await["mails"][0]["attempts"], 1);
}
