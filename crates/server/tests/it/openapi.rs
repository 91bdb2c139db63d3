//! The description of the API is checked in, so that a change of it is seen in review and the web's client is typed from it.

use server::http::openapi;

/// Set to write the file anew instead of comparing it.
const UPDATE: &str = "UPDATE_OPENAPI";

#[test]
fn the_description_of_the_api_is_the_one_that_is_checked_in() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let document = openapi::document();
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(path, &document).unwrap();
    }
    let known = std::fs::read_to_string(path).unwrap_or_default();
    assert!(document == known, "the API changed: run this test with {UPDATE}=1, look at the difference and commit it");
}

#[test]
fn every_operation_says_what_it_does() {
    let document: serde_json::Value = serde_json::from_str(&openapi::document()).unwrap();
    let mut silent = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let said = operation["summary"].as_str().or(operation["description"].as_str()).unwrap_or_default();
            if said.trim().is_empty() || operation["tags"].as_array().is_none_or(Vec::is_empty) {
                silent.push(format!("{method} {path}"));
            }
        }
    }
    assert!(silent.is_empty(), "without a word or a tag: {silent:?}");
}
