//! Conformance: every answer that a test sees is held against what the published description says of the operation.
//!
//! Invariant: an answer that the description does not allow panics, with the operation, the place in the body and what was expected. What
//! the description has wrong is mended in `operations/corrections.tsv`, with a reason, and never here.

use std::{
    collections::HashSet,
    io::Write,
    sync::{LazyLock, Mutex},
};

use reqwest::{Method, header::HeaderMap};
use serde_json::Value;

use crate::{
    error::codes,
    operations::{
        self, Operation,
        facts::{Content, Facts, facts},
        shape::{Object, Shape},
    },
};

/// What the ids of a schema begin with.
const PREFIXES: &[(&str, &[&str])] = &[
    ("ApiToken", &["00T"]),
    ("Application", &["0oa"]),
    ("AuthorizationServer", &["aus", "default"]),
    ("AppUser", &["00u"]),
    ("Group", &["00g"]),
    ("GroupRule", &["0pr"]),
    ("NetworkZone", &["nzo"]),
    ("OAuth2Claim", &["ocl"]),
    ("OAuth2ClientSecret", &["ocs"]),
    ("OAuth2Scope", &["scp"]),
    ("OrgSetting", &["00o"]),
    ("Session", &["102"]),
    ("TrustedOrigin", &["tos"]),
    ("User", &["00u"]),
    ("UserType", &["oty"]),
];

/// What came back.
pub(super) struct Seen<'a> {
    pub method: &'a Method,
    /// Of the address that was called.
    pub path: &'a str,
    pub status: u16,
    pub headers: &'a HeaderMap,
    pub text: &'a str,
}

/// Panics unless the answer is one that the description allows, and notes that the operation succeeded.
#[track_caller]
pub(super) fn hold(seen: &Seen<'_>) {
    let path = single_slashes(seen.path);
    let operation = operations::find(seen.method, &path);
    let mut wrong = Vec::new();
    check_headers(seen, &path, &mut wrong);
    if seen.status >= 400 {
        check_error(seen, &path, &mut wrong);
    } else if let Some(operation) = operation {
        check_answer(seen, operation, &mut wrong);
        note(operation);
    } else if path.starts_with("/api/v1/") && *seen.method != Method::OPTIONS {
        wrong.push("no operation of the table".to_owned());
    }
    let name = operation.map_or(path.as_str(), |operation| operation.id);
    assert!(
        wrong.is_empty(),
        "{} {name} answered {}:\n  {}\n{}",
        seen.method,
        seen.status,
        wrong.join("\n  "),
        seen.text
    );
}

fn single_slashes(path: &str) -> String {
    let mut single = String::new();
    for character in path.chars() {
        if character != '/' || !single.ends_with('/') {
            single.push(character);
        }
    }
    single
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn check_headers(seen: &Seen<'_>, path: &str, wrong: &mut Vec<String>) {
    let request_id = header(seen.headers, "x-okta-request-id").unwrap_or_default();
    if request_id.len() != 32 || !request_id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        wrong.push(format!("X-Okta-Request-Id is {request_id:?}, expected 32 hexadecimal digits"));
    }
    let limits = ["limit", "remaining", "reset"].map(|name| header(seen.headers, &format!("x-rate-limit-{name}")));
    let given = limits.iter().flatten().count();
    if given != 0 && given != 3 {
        wrong.push(format!("rate limit headers are {limits:?}, expected all three"));
    }
    if let [Some(limit), Some(remaining), Some(reset)] =
        limits.map(|text| text.and_then(|text| text.parse::<i64>().ok()))
    {
        if !(0..=limit).contains(&remaining) || reset < 1_000_000_000 {
            wrong.push(format!("rate limit headers are {limits:?}, expected a remainder of the limit and seconds"));
        }
    } else if given == 3 {
        wrong.push(format!("rate limit headers are {limits:?}, expected numbers"));
    }
    if seen.status == 429 && given != 3 && path.starts_with("/api/v1/") {
        wrong.push("429 without rate limit headers".to_owned());
    }
    for name in ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset", "date"] {
        if seen.headers.get_all(name).iter().count() > 1 {
            wrong.push(format!("header {name} comes twice"));
        }
    }
}

/// An error object with a code of Okta's and that code's status; outside the management API also an OAuth error or a page.
fn check_error(seen: &Seen<'_>, path: &str, wrong: &mut Vec<String>) {
    let management = path.starts_with("/api/v1/");
    let Ok(Value::Object(body)) = serde_json::from_str(seen.text) else {
        if management && !seen.text.is_empty() && *seen.method != Method::HEAD {
            wrong.push("expected an error object".to_owned());
        }
        return;
    };
    if !management && body.contains_key("error") {
        if !body["error"].is_string() || !body.get("error_description").is_some_and(Value::is_string) {
            wrong.push("expected `error` and `error_description`".to_owned());
        }
        return;
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let code = codes::ALL.iter().find(|known| known.code == text("errorCode"));
    match code {
        None => wrong.push(format!("errorCode is `{}`, expected one of the table of codes", text("errorCode"))),
        Some(code) if code.status != seen.status => {
            wrong.push(format!("{} goes with status {}", code.code, code.status));
        }
        Some(code) => {
            let (before, after) = code.summary.split_once("{0}").unwrap_or((code.summary, ""));
            let summary = text("errorSummary");
            if !summary.starts_with(before) || !summary.ends_with(after) || summary.contains("{0}") {
                wrong.push(format!("errorSummary is `{summary}`, expected `{}`", code.summary));
            }
        }
    }
    let keys: Vec<_> = body.keys().map(String::as_str).collect();
    if keys != ["errorCode", "errorSummary", "errorLink", "errorId", "errorCauses"] {
        wrong.push(format!("the error object has {keys:?}"));
    }
    if text("errorLink") != text("errorCode") {
        wrong.push("errorLink is not the code".to_owned());
    }
    if !text("errorId").starts_with("oae") || text("errorId").len() != 25 {
        wrong.push(format!("errorId is `{}`, expected `oae` and 22 more", text("errorId")));
    }
    let causes = body.get("errorCauses").and_then(Value::as_array);
    let is_cause =
        |cause: &Value| cause.as_object().is_some_and(|cause| cause.get("errorSummary").is_some_and(Value::is_string));
    if !causes.is_some_and(|causes| causes.iter().all(is_cause)) {
        wrong.push("errorCauses are no list of `errorSummary`".to_owned());
    }
}

fn check_answer(seen: &Seen<'_>, operation: &Operation, wrong: &mut Vec<String>) {
    let Some(call) = facts().call(operation.id) else { return };
    let given = header(seen.headers, "content-type").map(|text| text.split(';').next().unwrap_or_default());
    let documented: Vec<&Content> = call.answers.iter().filter(|answer| answer.status == seen.status).collect();
    if documented.is_empty() {
        let known: Vec<u16> = call.answers.iter().map(|answer| answer.status).collect();
        return wrong.push(format!("the status is {}, expected one of {known:?}", seen.status));
    }
    let bodies: Vec<_> = documented.iter().filter_map(|answer| answer.body.as_ref()).collect();
    if bodies.is_empty() {
        // An empty 200 is `{}` for the clients that read JSON whatever comes.
        let empty = if seen.status == 200 { matches!(seen.text, "" | "{}") } else { seen.text.is_empty() };
        if !empty {
            wrong.push("expected no body".to_owned());
        }
        return;
    }
    let Some((media, shape)) = bodies.iter().find(|(media, _)| given == Some(*media)) else {
        let known: Vec<_> = bodies.iter().map(|(media, _)| media).collect();
        return wrong.push(format!("the content type is {given:?}, expected one of {known:?}"));
    };
    if *media == "application/json" {
        match serde_json::from_str(seen.text) {
            Ok(body) => Holder { facts: facts(), wrong }.value(shape, &body, "body", None),
            Err(error) => wrong.push(format!("the body is no JSON: {error}")),
        }
    }
}

struct Holder<'a> {
    facts: &'a Facts,
    wrong: &'a mut Vec<String>,
}

impl Holder<'_> {
    fn expected(&mut self, place: &str, value: &Value, what: &str) {
        self.wrong.push(format!("{place} is {value}, expected {what}"));
    }

    /// `schema`: the name of what `shape` is, if it has one.
    fn value(&mut self, shape: &Shape, value: &Value, place: &str, schema: Option<&str>) {
        match shape {
            Shape::Any => {}
            Shape::Nullable(inner) => {
                if !value.is_null() {
                    self.value(inner, value, place, schema);
                }
            }
            Shape::Named(name) => self.value(self.facts.schema(name), value, place, Some(name)),
            Shape::Text if !value.is_string() => self.expected(place, value, "a string"),
            Shape::Integer if !value.is_i64() => self.expected(place, value, "an integer"),
            Shape::Number if !value.is_number() => self.expected(place, value, "a number"),
            Shape::Flag if !value.is_boolean() => self.expected(place, value, "true or false"),
            Shape::Text | Shape::Integer | Shape::Number | Shape::Flag => {}
            Shape::Time => {
                if !value.as_str().is_some_and(is_time) {
                    self.expected(place, value, "a time as YYYY-MM-DDTHH:mm:ss.sssZ");
                }
            }
            Shape::Enum(values) => {
                if !value.as_str().is_some_and(|text| values.contains(&text)) {
                    self.expected(place, value, &format!("one of {values:?}"));
                }
            }
            Shape::List(inner) => match value.as_array() {
                Some(items) => {
                    for (position, item) in items.iter().enumerate() {
                        self.value(inner, item, &format!("{place}[{position}]"), None);
                    }
                }
                None => self.expected(place, value, "a list"),
            },
            Shape::OneOf(shapes) => self.one_of(shapes, value, place),
            Shape::Object(object) => self.object(object, value, place, schema),
        }
    }

    /// Follows the alternative with the fewest complaints, and keeps those.
    fn one_of(&mut self, shapes: &[Shape], value: &Value, place: &str) {
        let complaints = shapes.iter().map(|shape| {
            let mut wrong = Vec::new();
            Holder { facts: self.facts, wrong: &mut wrong }.value(shape, value, place, None);
            wrong
        });
        self.wrong.extend(complaints.min_by_key(Vec::len).unwrap_or_default());
    }

    fn object(&mut self, object: &Object, value: &Value, place: &str, schema: Option<&str>) {
        let Some(given) = value.as_object() else { return self.expected(place, value, "an object") };
        if let Some(prefixes) = PREFIXES.iter().find(|(known, _)| schema == Some(*known)).map(|(_, prefixes)| prefixes)
        {
            let id = given.get("id").and_then(Value::as_str);
            if id.is_some_and(|id| !prefixes.iter().any(|prefix| id.starts_with(prefix))) {
                self.expected(
                    &format!("{place}.id"),
                    &given["id"],
                    &format!("an id that begins with one of {prefixes:?}"),
                );
            }
        }
        if let Some(by) = &object.by {
            let text = given.get(by.property).and_then(Value::as_str).unwrap_or_default();
            return match by.schemas.iter().find(|(value, _)| *value == text) {
                Some((_, name)) => self.value(self.facts.schema(name), value, place, Some(name)),
                None => {
                    let known: Vec<_> = by.schemas.iter().map(|(value, _)| value).collect();
                    self.wrong.push(format!("{place}.{} is `{text}`, expected one of {known:?}", by.property));
                }
            };
        }
        for property in object.properties.iter().filter(|property| property.required && !property.write_only) {
            if !given.contains_key(property.name) {
                self.wrong.push(format!("{place}.{} is missing", property.name));
            }
        }
        for (name, value) in given {
            let place = format!("{place}.{name}");
            match (object.property(name), &object.others) {
                (Some(property), _) if property.write_only => self.wrong.push(format!("{place} is never given back")),
                (Some(property), _) => self.value(&property.shape, value, &place, None),
                (None, Some(others)) => self.value(others, value, &place, None),
                (None, None) => self
                    .wrong
                    .push(format!("{place} is {value}, and no property of {}", schema.unwrap_or("this object"))),
            }
        }
    }
}

fn is_time(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00.000Z";
    text.len() == FORM.len()
        && text.bytes().zip(FORM).all(|(byte, form)| if *form == b'0' { byte.is_ascii_digit() } else { byte == *form })
}

/// Where tests write which operations succeeded: one file a process, one id a line.
const COVERAGE: &str = "WEBREPORTS_TEST_OPERATIONS";

static NOTED: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);

fn note(operation: &Operation) {
    let Some(folder) = std::env::var_os(COVERAGE) else { return };
    if NOTED.lock().unwrap().insert(operation.id) {
        let path = std::path::Path::new(&folder).join(format!("{}.txt", std::process::id()));
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        writeln!(file, "{}", operation.id).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn complaints(shape: &'static str, value: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        Holder { facts: facts(), wrong: &mut wrong }.value(&Shape::parse(shape).unwrap(), value, "body", None);
        wrong
    }

    #[test]
    fn a_body_is_held_against_its_shape_to_the_last_property() {
        let shape = "{+id string,at time?,kind (A|B),!secret string,list [integer],* boolean}";
        let right = json!({ "id": "x", "at": "2027-01-15T08:00:00.000Z", "kind": "A", "list": [1, 2], "other": true });
        assert_eq!(complaints(shape, &right), Vec::<String>::new());
        for (change, complaint) in [
            (json!({ "id": 1 }), "body.id is 1, expected a string"),
            (json!({ "at": "2027-01-15T08:00:00Z" }), "body.at is \"2027-01-15T08:00:00Z\", expected a time"),
            (json!({ "kind": "C" }), "body.kind is \"C\", expected one of"),
            (json!({ "secret": "x" }), "body.secret is never given back"),
            (json!({ "list": [1, "2"] }), "body.list[1] is \"2\", expected an integer"),
            (json!({ "other": 1 }), "body.other is 1, expected true or false"),
        ] {
            let mut wrong = right.clone();
            wrong.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let found = complaints(shape, &wrong);
            assert!(found.len() == 1 && found[0].starts_with(complaint), "{found:?}");
        }
        assert_eq!(complaints(shape, &json!({})), ["body.id is missing"]);
    }

    #[test]
    fn the_property_that_decides_leads_to_the_schema_that_is_held_against() {
        let zone = json!({ "type": "IP", "name": "x", "id": "00u1", "gateways": [{ "type": "ROUND", "value": "x" }] });
        let found = complaints("NetworkZone", &zone);
        assert!(found.iter().any(|text| text.starts_with("body.id is \"00u1\", expected an id")), "{found:?}");
        assert!(found.iter().any(|text| text.starts_with("body.gateways[0].type is \"ROUND\"")), "{found:?}");
        assert!(complaints("NetworkZone", &json!({ "type": "ROUND" }))[0].contains("expected one of [\"IP\""));
    }
}
