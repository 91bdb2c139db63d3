//! A small browser: cookies, redirects, and the one form of the org's sign-in page. The seed walks the same way as a person.

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use super::seed::Error;

/// A page that redirects more often than this goes in circles.
const REDIRECTS_MAX: usize = 10;

/// Cookies by host and port (sites of the demo differ by port alone), and the CSRF token of the portal's or console's session.
pub struct Browser {
    http: net::Outbound,
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    headers: BTreeMap<&'static str, String>,
}

/// An answer that was read whole.
pub struct Answer {
    pub status: u16,
    pub url: Url,
    pub location: Option<String>,
    pub headers: net::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Result<Value, Error> {
        serde_json::from_slice(&self.body).map_err(|_| self.refused("its answer is not JSON"))
    }

    /// The JSON of an answer that says yes.
    pub fn ok(self) -> Result<Value, Error> {
        if !(200..300).contains(&self.status) {
            return Err(self.refused("it said no"));
        }
        if self.body.is_empty() { Ok(Value::Null) } else { self.json() }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn refused(&self, what: &str) -> Error {
        let said: String = self.text().chars().take(400).collect();
        Error::Refused { url: self.url.path().to_owned(), status: self.status, what: what.to_owned(), said }
    }
}

impl Browser {
    pub fn new(http: net::Outbound) -> Browser {
        Browser { http, cookies: BTreeMap::new(), headers: BTreeMap::new() }
    }

    /// Sends this header with every request from now on: a CSRF token or an API token.
    pub fn always(&mut self, name: &'static str, value: String) {
        self.headers.insert(name, value);
    }

    pub async fn get(&mut self, url: &Url) -> Result<Answer, Error> {
        self.send("GET", url, None).await
    }

    /// Sends JSON, or nothing.
    pub async fn call(&mut self, method: &str, url: &Url, body: Option<&Value>) -> Result<Answer, Error> {
        let body = body.map(|body| ("application/json", body.to_string().into_bytes()));
        self.send(method, url, body).await
    }

    /// Signs somebody in: from `start` through the org's page and back, to where the redirects end.
    pub async fn sign_in(&mut self, start: &Url, login: &str, password: &vault::Secret) -> Result<Answer, Error> {
        let next = self.sign_in_at_org(start, login, password).await?;
        self.follow(&next).await
    }

    /// The same as far as the org's form: the address that the org sends the browser on to, not asked for yet.
    pub async fn sign_in_at_org(&mut self, start: &Url, login: &str, password: &vault::Secret) -> Result<Url, Error> {
        let page = self.follow(start).await?;
        let form = Form::find(&page.text()).ok_or_else(|| page.refused("it shows no form"))?;
        let action = page.url.join(&form.action).map_err(|_| page.refused("its form leads nowhere"))?;
        let mut fields = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in &form.hidden {
            fields.append_pair(name, value);
        }
        fields.append_pair("username", login).append_pair("password", password.expose());
        let body = ("application/x-www-form-urlencoded", fields.finish().into_bytes());
        let answer = self.send("POST", &action, Some(body)).await?;
        let next = answer.location.as_deref().and_then(|location| answer.url.join(location).ok());
        next.ok_or_else(|| answer.refused("it did not sign in"))
    }

    /// The value of a cookie that `url` has set.
    pub fn cookie(&self, url: &Url, name: &str) -> Option<&str> {
        self.cookies.get(&site(url))?.get(name).map(String::as_str)
    }

    /// Gets an address and follows its redirects to a page.
    pub async fn follow(&mut self, start: &Url) -> Result<Answer, Error> {
        let mut url = start.clone();
        for _ in 0..REDIRECTS_MAX {
            let answer = self.get(&url).await?;
            match answer.location.as_deref().and_then(|location| url.join(location).ok()) {
                Some(next) if (300..400).contains(&answer.status) => url = next,
                _ => return Ok(answer),
            }
        }
        Err(Error::Circles { url: start.path().to_owned() })
    }

    async fn send(&mut self, method: &str, url: &Url, body: Option<(&str, Vec<u8>)>) -> Result<Answer, Error> {
        let mut headers: Vec<(String, String)> = vec![("accept".to_owned(), "application/json, text/html".to_owned())];
        headers.extend(self.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let jar = self.cookies.entry(site(url)).or_default();
        if !jar.is_empty() {
            let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            headers.push(("cookie".to_owned(), cookies.join("; ")));
        }
        if method != "GET" {
            headers.push(("origin".to_owned(), url.origin().ascii_serialization()));
        }
        let mut request = net::Request::new(method, url.clone());
        for (name, value) in headers {
            request = request.header(&name, &value);
        }
        request = match body {
            Some((content_type, body)) => request.header("content-type", content_type).body(body),
            None if method == "GET" => request,
            None => request.header("content-length", "0"),
        };
        let answer = self.http.send(request).await?;
        let jar = self.cookies.entry(site(url)).or_default();
        for line in answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()) {
            let first = line.split(';').next().unwrap_or_default();
            let Some((name, value)) = first.split_once('=') else { continue };
            if value.is_empty() {
                jar.remove(name.trim());
            } else {
                jar.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        let location = answer.headers.get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Answer {
            status: answer.status,
            url: url.clone(),
            location,
            headers: answer.headers,
            body: answer.body.to_vec(),
        })
    }
}

fn site(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The first form of a page.
struct Form {
    action: String,
    hidden: Vec<(String, String)>,
}

impl Form {
    fn find(html: &str) -> Option<Form> {
        let start = html.find("<form")?;
        let end = start + html[start..].find("</form>")?;
        let form = &html[start..end];
        let action = attribute(&form[..form.find('>')?], "action").unwrap_or_default();
        let mut hidden = Vec::new();
        for tag in form.split("<input").skip(1).filter_map(|rest| rest.split('>').next()) {
            if attribute(tag, "type").as_deref() == Some("hidden") {
                hidden.push((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()));
            }
        }
        Some(Form { action, hidden })
    }
}

/// The value of an attribute, its entities read.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &tag[start..start + tag[start..].find('"')?];
    let plain = value
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">");
    Some(plain.replace("&#x2F;", "/").replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_found_with_its_hidden_fields() {
        let html = "<p>x<form method=\"post\" action=\"/login?a=1&amp;b=2\"><input type=\"hidden\" name=\"csrf\" value=\"t&quot;\">\
                    <input name=\"username\" type=\"text\"></form>";
        let form = Form::find(html).unwrap();
        assert_eq!(form.action, "/login?a=1&b=2");
        assert_eq!(form.hidden, [("csrf".to_owned(), "t\"".to_owned())]);
    }
}
