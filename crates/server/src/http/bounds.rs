//! The limits that the portal enforces, written into the description of the API from the constants that enforce them.
//!
//! Invariant: what stands here is there: a schema, property, list or parameter that the document does not have ends the making of it.

use portal::limits::{self, sorts};
use serde_json::{Value, json};

/// Characters of a text: schema, property, least and most.
const TEXTS: &[(&str, &str, usize, usize)] = &[
    ("NewView", "name", 1, 100),
    ("NewView", "title", 1, limits::VIEW_TITLE_CHARS_MAX),
    ("NewView", "description", 0, limits::VIEW_DESCRIPTION_CHARS_MAX),
    ("NewView", "category", 0, limits::VIEW_CATEGORY_CHARS_MAX),
    ("NewView", "note", 0, limits::NOTE_CHARS_MAX),
    ("NewView", "sql", 1, limits::SQL_CHARS_MAX),
    ("NewPreview", "sql", 1, limits::SQL_CHARS_MAX),
    ("NewParameter", "label", 1, limits::LABEL_CHARS_MAX),
    ("ColumnSettings", "label", 1, limits::LABEL_CHARS_MAX),
    ("NewConnection", "name", 1, limits::CONNECTION_NAME_CHARS_MAX),
    ("NewField", "name", 1, limits::FIELD_NAME_CHARS_MAX),
    ("NewField", "description", 0, limits::FIELD_DESCRIPTION_CHARS_MAX),
    ("NewAssignments", "category", 0, limits::ASSIGNMENT_CATEGORY_CHARS_MAX),
    ("NewAssignments", "description", 0, limits::ASSIGNMENT_DESCRIPTION_CHARS_MAX),
    ("NewRole", "name", 1, limits::ROLE_NAME_CHARS_MAX),
    ("Claim", "name", 1, limits::ACCOUNT_NAME_CHARS_MAX),
    ("Claim", "login", 1, limits::ACCOUNT_NAME_CHARS_MAX),
    ("Claim", "email", 0, limits::ACCOUNT_NAME_CHARS_MAX),
    ("Connect", "client_id", 0, limits::CLIENT_ID_CHARS_MAX),
];

/// Forms of a text: schema, property, pattern.
const PATTERNS: &[(&str, &str, &str)] =
    &[("NewView", "name", "^[A-Za-z][0-9A-Za-z_.-]*$"), ("NewField", "identifier", "^@[A-Za-z_][0-9A-Za-z_]{0,59}$")];

/// Items of a list: schema, property, least and most.
const LISTS: &[(&str, &str, usize, usize)] = &[
    ("NewView", "parameters", 0, limits::PARAMETERS_MAX),
    ("NewView", "columns", 0, limits::COLUMNS_MAX),
    ("NewPreview", "parameters", 0, limits::PARAMETERS_MAX),
    ("NewAssignments", "view_ids", 1, limits::ASSIGNED_AT_ONCE_MAX),
    ("NewAssignments", "role_ids", 1, limits::ASSIGNED_AT_ONCE_MAX),
    ("NewAssignments", "types", 1, limits::ASSIGNED_AT_ONCE_MAX),
    ("NewPage", "sort", 0, limits::SORT_KEYS_MAX),
    ("NewPage", "filter", 0, limits::FILTERS_MAX),
];

/// Numbers: schema, property, least and most.
fn numbers() -> [(&'static str, &'static str, u64, u64); 6] {
    let concurrent = limits::CONCURRENT_MAX;
    [
        ("NewConnection", "timeout_ms", *limits::TIMEOUT_MS.start(), *limits::TIMEOUT_MS.end()),
        ("NewConnection", "rows_max", *limits::ROWS_MAX.start(), *limits::ROWS_MAX.end()),
        ("NewConnection", "concurrent_max", u64::from(*concurrent.start()), u64::from(*concurrent.end())),
        ("NewAssignments", "expiration_days", 1, u64::from(limits::EXPIRATION_DAYS_MAX)),
        ("ColumnSettings", "width", 1, u64::from(limits::WIDTH_MAX)),
        ("NewPage", "limit", 1, limits::PAGE_ROWS_MAX),
    ]
}

/// Lists of the API by their addresses, and what each can be sorted by.
fn sorts_by_path() -> [(&'static str, Vec<&'static str>); 9] {
    let names = |keys: &[sorts::SortKey]| keys.iter().map(|key| key.name).collect::<Vec<_>>();
    [
        ("/api/v1/available", names(sorts::ASSIGNMENTS)),
        ("/api/v1/assignments", names(sorts::ASSIGNMENTS)),
        ("/api/v1/connections", names(sorts::CONNECTIONS)),
        ("/api/v1/defined-fields", names(sorts::DEFINED_FIELDS)),
        ("/api/v1/logs", names(sorts::LOGS)),
        ("/api/v1/people", names(sorts::PEOPLE)),
        ("/api/v1/roles", names(sorts::ROLES)),
        ("/api/v1/runs", names(sorts::RUNS)),
        ("/api/v1/views", names(sorts::VIEWS)),
    ]
}

/// Writes every limit into the document.
pub fn write(document: &mut Value) {
    for (schema, property, least, most) in TEXTS {
        let property = property_of(document, schema, property);
        if *least > 0 {
            property["minLength"] = json!(least);
        }
        property["maxLength"] = json!(most);
    }
    for (schema, property, pattern) in PATTERNS {
        property_of(document, schema, property)["pattern"] = json!(pattern);
    }
    for (schema, property, least, most) in LISTS {
        let property = property_of(document, schema, property);
        if *least > 0 {
            property["minItems"] = json!(least);
        }
        property["maxItems"] = json!(most);
    }
    for (schema, property, least, most) in numbers() {
        let property = property_of(document, schema, property);
        property["minimum"] = json!(least);
        property["maximum"] = json!(most);
    }
    for (path, names) in sorts_by_path() {
        let orders: Vec<String> = names.iter().flat_map(|name| [(*name).to_owned(), format!("-{name}")]).collect();
        parameter_of(document, "get", path, "sort")["enum"] = json!(orders);
        let limit = parameter_of(document, "get", path, "limit");
        limit["minimum"] = json!(1);
        limit["maximum"] = json!(limits::LIMIT_MAX);
        limit["default"] = json!(limits::LIMIT_DEFAULT);
        parameter_of(document, "get", path, "q")["maxLength"] = json!(limits::SEARCH_CHARS_MAX);
        parameter_of(document, "get", path, "after")["maxLength"] = json!(limits::CURSOR_CHARS_MAX);
    }
    let key = parameter_of(document, "post", "/api/v1/assignments/{id}/runs", "Idempotency-Key");
    key["minLength"] = json!(1);
    key["maxLength"] = json!(limits::IDEMPOTENCY_KEY_CHARS_MAX);
}

fn property_of<'a>(document: &'a mut Value, schema: &str, property: &str) -> &'a mut Value {
    let found = document.pointer_mut(&format!("/components/schemas/{schema}/properties/{property}"));
    found.unwrap_or_else(|| panic!("the API has no `{schema}.{property}`"))
}

/// The schema of a query parameter or a header.
fn parameter_of<'a>(document: &'a mut Value, method: &str, path: &str, name: &str) -> &'a mut Value {
    let parameters = document["paths"][path][method]["parameters"].as_array_mut();
    let found = parameters.into_iter().flatten().find(|parameter| parameter["name"] == name);
    &mut found.unwrap_or_else(|| panic!("{method} {path} has no `{name}`"))["schema"]
}
