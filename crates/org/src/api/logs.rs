//! The System Log.
//!
//! Invariant: without `until` and in ascending order it is polled: in the order of persistence, `next` always there. Otherwise it is a
//! bounded reading in the order of publication that ends. One call looks at no more than [`SCANNED_MAX`] events.

use std::str::FromStr;

use axum::{extract::State, response::Response};
use serde_json::Value;
use std::time::Duration;
use world::Instant;

use super::{
    filter::{self, Expression, Operator, evaluate},
    paging::{Asked, invalid_cursor},
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        fold,
        log::{self, KEPT, Logged, Reading, Window},
    },
    operations::Routes,
};

const LIMIT: i64 = 100;
const LIMIT_MAX: i64 = 1_000;
const BATCH: i64 = 500;
const SCANNED_MAX: i64 = 50_000;
const DEFAULT_SPAN: Duration = Duration::from_secs(7 * 24 * 3_600);
const KEYWORDS_MAX: usize = 10;
const KEYWORD_LEN_MAX: usize = 40;

pub fn operations() -> Routes {
    Routes::new().on("listLogEvents", list)
}

/// What a call asks for.
struct Question {
    window: Window,
    expression: Option<Expression>,
    keywords: Vec<String>,
    limit: usize,
}

impl Question {
    fn wants(&self, event: &Logged) -> bool {
        let by_filter = self.expression.as_ref().is_none_or(|expression| evaluate::matches(expression, &event.body));
        by_filter && has_keywords(&self.keywords, &event.body)
    }

    fn is_polling(&self) -> bool {
        matches!(self.window.reading, Reading::Polling { .. })
    }
}

async fn list(State(org): State<Org>, asked: Asked) -> Answer<Response> {
    let question = question(&asked, org.now())?;
    let mut reader = org.db.read().await?;
    let mut window = question.window.clone();
    let mut found: Vec<Value> = Vec::new();
    let mut scanned = 0;
    let mut last: Option<String> = None;
    let ended = loop {
        if found.len() >= question.limit || scanned >= SCANNED_MAX {
            break false;
        }
        let batch = log::read(&mut reader, &window, BATCH).await?;
        let whole = i64::try_from(batch.len()).unwrap_or(BATCH) == BATCH;
        for event in batch {
            if found.len() >= question.limit {
                break;
            }
            scanned += 1;
            last = Some(cursor(&event));
            window.reading = after(window.reading, &event);
            if question.wants(&event) {
                found.push(event.body);
            }
        }
        if !whole {
            break found.len() < question.limit;
        }
    };
    let here = last.or_else(|| asked.get("after").map(str::to_owned)).unwrap_or_else(|| start_of(&window));
    let next = if question.is_polling() || (!ended && more(&mut reader, &window).await?) { Some(here) } else { None };
    Ok(asked.list(found, i64::try_from(question.limit).unwrap_or(LIMIT_MAX), next.as_deref()))
}

async fn more(reader: &mut db::Conn, window: &Window) -> Answer<bool> {
    Ok(!log::read(reader, window, 1).await?.is_empty())
}

fn question(asked: &Asked, now: Instant) -> Answer<Question> {
    let limit = match asked.get("limit") {
        None => LIMIT,
        Some(text) => {
            let limit = text.parse::<i64>().ok().filter(|limit| (0..=LIMIT_MAX).contains(limit));
            limit.ok_or_else(|| Fault::field("limit", &format!("The limit must be between 0 and {LIMIT_MAX}")))?
        }
    };
    let descending = match asked.get("sortOrder").map(str::to_ascii_uppercase).as_deref() {
        None | Some("ASCENDING") => false,
        Some("DESCENDING") => true,
        Some(_) => return Err(Fault::field("sortOrder", "The order must be ASCENDING or DESCENDING")),
    };
    let (since, until) = (date(asked, "since")?, date(asked, "until")?);
    let polling = until.is_none() && !descending;
    let after = asked.get("after").map(|text| read_cursor(text).ok_or_else(invalid_cursor)).transpose()?;
    let from = since.unwrap_or_else(|| until.unwrap_or(now).minus(DEFAULT_SPAN)).max(now.minus(KEPT));
    // A poll that goes on has seen what is older; its window must not move past what it has not.
    let from = if after.is_some() && since.is_none() { now.minus(KEPT) } else { from };
    let reading = if polling {
        Reading::Polling { after: after.map_or(0, |(_, position)| position) }
    } else {
        Reading::Bounded { after, descending }
    };
    let expression = asked.get("filter").map(filter::parse).transpose()?;
    if expression.as_ref().is_some_and(asks_published) {
        return Err(Fault::new(&codes::E0000031));
    }
    let event_type = expression.as_ref().and_then(only_event_type);
    let window = Window { since: from, until, event_type, reading };
    Ok(Question { window, expression, keywords: keywords(asked.get("q"))?, limit: usize::try_from(limit).unwrap_or(0) })
}

fn date(asked: &Asked, name: &str) -> Answer<Option<Instant>> {
    let parse = |text: &str| {
        Instant::from_str(text).map_err(|_| Fault::field(name, "The date must have the form 2026-01-31T12:00:00.000Z"))
    };
    asked.get(name).map(parse).transpose()
}

/// The dates have parameters of their own.
fn asks_published(expression: &Expression) -> bool {
    match expression {
        Expression::And(terms) | Expression::Or(terms) => terms.iter().any(asks_published),
        Expression::Not(term) => asks_published(term),
        Expression::Present(attribute) | Expression::Test { attribute, .. } => attribute == "published",
    }
}

/// The event type, when the filter lets one alone pass: the database then skips the others.
fn only_event_type(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Test { attribute, operator: Operator::Eq, value } if attribute == "eventType" => {
            value.as_str().map(fold)
        }
        Expression::And(terms) => terms.iter().find_map(only_event_type),
        _ => None,
    }
}

fn keywords(text: Option<&str>) -> Answer<Vec<String>> {
    let words: Vec<String> = text.unwrap_or_default().split_whitespace().map(fold).collect();
    if words.len() > KEYWORDS_MAX || words.iter().any(|word| word.chars().count() > KEYWORD_LEN_MAX) {
        return Err(Fault::field(
            "q",
            &format!("At most {KEYWORDS_MAX} keywords of {KEYWORD_LEN_MAX} characters are allowed"),
        ));
    }
    Ok(words)
}

/// Whether each keyword is a word, or a part of one between hyphens, of some value of the event.
fn has_keywords(keywords: &[String], event: &Value) -> bool {
    if keywords.is_empty() {
        return true;
    }
    let mut words = Vec::new();
    collect_words(event, &mut words);
    keywords
        .iter()
        .all(|keyword| words.iter().any(|word| word == keyword || word.split('-').any(|part| part == keyword)))
}

fn collect_words(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::String(text) => words.extend(text.split_whitespace().map(fold)),
        Value::Array(items) => items.iter().for_each(|item| collect_words(item, words)),
        Value::Object(object) => object.values().for_each(|value| collect_words(value, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// `<ms>_<n>`, as Okta's; the microseconds ride along, so that a bounded reading goes on exactly.
fn cursor(event: &Logged) -> String {
    format!("{}_{}_{}", event.published.as_ms(), event.position, event.published.as_us().rem_euclid(1_000))
}

fn read_cursor(text: &str) -> Option<(Instant, i64)> {
    let mut parts = text.split('_').map(|part| part.parse::<i64>().ok());
    let (ms, position, us) = (parts.next()??, parts.next()??, parts.next()??);
    let published = ms.checked_mul(1_000)?.checked_add(us)?;
    parts.next().is_none().then_some((Instant::from_us(published), position))
}

fn after(reading: Reading, event: &Logged) -> Reading {
    match reading {
        Reading::Polling { .. } => Reading::Polling { after: event.position },
        Reading::Bounded { descending, .. } => {
            Reading::Bounded { after: Some((event.published, event.position)), descending }
        }
    }
}

/// The cursor of a poll that has seen nothing yet.
fn start_of(window: &Window) -> String {
    format!("{}_0_0", window.since.as_ms())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keywords_match_words_and_their_hyphened_parts() {
        let event =
            json!({ "actor": { "displayName": "Ada Byron-King" }, "target": [{ "alternateId": "ada@example.com" }] });
        let has = |text: &str| has_keywords(&keywords(Some(text)).unwrap(), &event);
        assert!(has("ada king") && has("BYRON-KING") && has("ada@example.com") && has(""));
        assert!(!has("ada mary") && !has("exam"));
        assert!(keywords(Some(&"x ".repeat(11))).is_err());
        assert!(keywords(Some(&"x".repeat(41))).is_err());
    }

    #[test]
    fn a_cursor_is_read_back() {
        let event = Logged { position: 7, published: Instant::from_us(1_800_000_000_123_456), body: Value::Null };
        assert_eq!(read_cursor(&cursor(&event)), Some((event.published, 7)));
        for wrong in ["", "1", "1_2", "a_b_c", "1_2_3_4"] {
            assert_eq!(read_cursor(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_database_is_asked_for_one_event_type_where_that_is_all_that_can_pass() {
        let only = |text: &str| only_event_type(&filter::parse(text).unwrap());
        assert_eq!(only(r#"eventType eq "zone.create" and actor.id eq "x""#).as_deref(), Some("zone.create"));
        assert_eq!(only(r#"eventType eq "zone.create" or actor.id eq "x""#), None);
    }
}
