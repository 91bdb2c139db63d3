//! A browser without scripts: cookies, no redirects followed by itself, forms sent as a person would.

use std::{collections::BTreeMap, sync::Mutex};

use reqwest::{Method, header};

use super::super::{
    conformance::{self, Seen},
    site::Site,
};

pub(super) struct Browser {
    client: reqwest::Client,
    base: String,
    cookies: Mutex<BTreeMap<String, String>>,
    user_agent_headers: bool,
}

/// A page or an answer, read whole.
#[derive(Debug)]
pub(super) struct Page {
    pub status: u16,
    pub location: Option<String>,
    pub cookies: Vec<String>,
    pub headers: header::HeaderMap,
    pub text: String,
}

impl Page {
    #[track_caller]
    pub(super) fn is(self, status: u16) -> Page {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    #[track_caller]
    pub(super) fn to(&self) -> &str {
        self.location.as_deref().unwrap_or_else(|| panic!("{} leads nowhere: {}", self.status, self.text))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{} is no JSON", self.text))
    }

    /// A parameter of the address that a redirect leads to.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let (_, query) = self.to().split_once(['?', '#'])?;
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The same, when the page leads anywhere.
    pub(super) fn parameter_or_none(&self, name: &str) -> Option<String> {
        self.location.as_ref().and_then(|_| self.parameter(name))
    }

    /// The value of the hidden field of this name.
    pub(super) fn hidden(&self, name: &str) -> Option<String> {
        let mark = format!("name=\"{name}\" value=\"");
        let rest = &self.text[self.text.find(&mark)? + mark.len()..];
        let value = &rest[..rest.find('"')?];
        Some(
            value
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&"),
        )
    }
}

impl Browser {
    pub(super) fn new(site: &Site) -> Browser {
        Browser::at(&site.base())
    }

    #[expect(clippy::disallowed_methods, reason = "a test is the org's client")]
    pub(super) fn at(base: &str) -> Browser {
        Browser::with(base, reqwest::Client::builder())
    }

    pub(super) fn with(base: &str, builder: reqwest::ClientBuilder) -> Browser {
        let client = builder.redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Browser { client, base: base.to_owned(), cookies: Mutex::default(), user_agent_headers: true }
    }

    /// One that does not say where its requests come from.
    pub(super) fn silent(mut self) -> Browser {
        self.user_agent_headers = false;
        self
    }

    pub(super) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub(super) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    pub(super) fn url(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) }
    }

    pub(super) async fn get(&self, path: &str) -> Page {
        self.send(self.client.get(self.url(path))).await
    }

    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(self.as_own_page(self.client.post(self.url(path))).form(fields)).await
    }

    pub(super) async fn json(
        &self,
        method: Method,
        path: &str,
        csrf: Option<&str>,
        body: Option<serde_json::Value>,
    ) -> Page {
        let mut request = self.as_own_page(self.client.request(method, self.url(path)));
        if let Some(csrf) = csrf {
            request = request.header("X-CSRF-Token", csrf);
        }
        self.send(match body {
            Some(body) => request.json(&body),
            None => request.header("Content-Length", "0"),
        })
        .await
    }

    fn as_own_page(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        if self.user_agent_headers {
            request.header(header::ORIGIN, &self.base).header("Sec-Fetch-Site", "same-origin")
        } else {
            request
        }
    }

    pub(super) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.url(path))
    }

    pub(super) async fn send(&self, mut request: reqwest::RequestBuilder) -> Page {
        let cookies: Vec<String> =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let request = request.build().unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = self.client.execute(request).await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let set: Vec<String> =
            headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap().to_owned()).collect();
        for line in &set {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            let mut jar = self.cookies.lock().unwrap();
            if line.contains("Max-Age=0") {
                jar.remove(name)
            } else {
                jar.insert(name.to_owned(), value.to_owned())
            };
        }
        let location = headers.get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let text = response.text().await.unwrap();
        conformance::hold(&Seen { method: &method, path: &path, status, headers: &headers, text: &text });
        Page { status, location, cookies: set, headers, text }
    }

    /// Sends the sign-in form of the page at `path`.
    pub(super) async fn submit_sign_in(&self, path: &str, login: &str, password: &str) -> Page {
        let page = self.get(path).await.is(200);
        let (token, from) = (page.hidden("_token").unwrap(), page.hidden("fromURI").unwrap());
        self.post(
            "/login/login.htm",
            &[("username", login), ("password", password), ("_token", &token), ("fromURI", &from)],
        )
        .await
    }

    /// Signs in by the page.
    pub(super) async fn sign_in(&self, login: &str, password: &str) {
        self.submit_sign_in("/login/login.htm", login, password).await.is(303);
    }
}
