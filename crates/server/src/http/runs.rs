//! Runs over HTTP: execute, follow, look, take away.

use std::{collections::BTreeMap, convert::Infallible};

use axum::{
    Json,
    body::Body as Bytes,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use domain::{
    Asked, AssignmentId, RunId, RunState, Values,
    run::{Failure, GivenParameter},
};
use futures::{Stream, StreamExt};
use portal::{Arrangement, RunStatus, limits::IDEMPOTENCY_KEY_CHARS_MAX};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, value::RawValue};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App,
    extract::{Path, Query},
    list::{List, ListQuery},
    problem::{Body, Problem, Problems},
    signed_in::SignedIn,
    views::ColumnBody,
    wire,
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(execute))
        .routes(routes!(list))
        .routes(routes!(show, remove))
        .routes(routes!(events))
        .routes(routes!(keep))
        .routes(routes!(cancel))
        .routes(routes!(page))
        .routes(routes!(export))
}

/// Values by parameter name.
pub type Given = BTreeMap<String, GivenValue>;

/// A value as JSON has it, in texts as a reader would type them; none where it is nothing that a parameter can have. A number keeps
/// the digits that were sent: it does not pass through a double, which would round long ones.
#[derive(Clone, Debug)]
pub struct GivenValue(Option<Vec<String>>);

impl<'de> Deserialize<'de> for GivenValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<GivenValue, D::Error> {
        let sent = Box::<RawValue>::deserialize(deserializer)?;
        Ok(GivenValue(texts(sent.get())))
    }
}

/// Lists stay lists; null is no value.
fn texts(json: &str) -> Option<Vec<String>> {
    match json.as_bytes().first()? {
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
            items.into_iter().map(|item| text(item.get())).collect()
        }
        b'n' => Some(Vec::new()),
        _ => text(json).map(|text| vec![text]),
    }
}

fn text(json: &str) -> Option<String> {
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str(json).ok(),
        b't' | b'f' | b'-' | b'0'..=b'9' => Some(json.to_owned()),
        _ => None,
    }
}

/// Values as a reader would type them.
pub fn given(values: Given) -> Result<Values, Problem> {
    let message = "a text, a number, true or false, or a list of these";
    let read = |(name, GivenValue(texts)): (String, GivenValue)| match texts {
        Some(texts) => Ok((name, texts)),
        None => Err(Problem::field(&name, message)),
    };
    values.into_iter().map(read).collect()
}

/// Why there are no rows, where identifiers have no value for the reader.
pub fn withheld(identifiers: &[String]) -> Option<String> {
    (!identifiers.is_empty()).then(|| {
        let names = identifiers.join(", ");
        format!("you have no value for {names}, so there are no rows for you; an administrator can give you one")
    })
}

/// A run, and how far it is.
#[derive(Serialize, ToSchema)]
struct RunBody {
    #[schema(value_type = wire::RunId)]
    id: String,
    #[schema(value_type = Option<wire::AssignmentId>, required)]
    assignment_id: Option<String>,
    title: String,
    #[serde(rename = "type")]
    #[schema(value_type = wire::ReportType)]
    report_type: &'static str,
    #[schema(value_type = wire::RunState)]
    state: &'static str,
    #[schema(value_type = wire::Asked)]
    asked: &'static str,
    /// It is on Completed. One that is not goes by itself when `expires_at` has come, and later while somebody looks at it.
    kept: bool,
    rows: i64,
    /// Rows that can be read already.
    readable_rows: i64,
    bytes: i64,
    #[schema(value_type = wire::Instant)]
    created_at: String,
    #[schema(value_type = Option<wire::Instant>, required)]
    started_at: Option<String>,
    #[schema(value_type = Option<wire::Instant>, required)]
    finished_at: Option<String>,
    #[schema(required)]
    took_ms: Option<i64>,
    database_ms: i64,
    parameters: Vec<GivenBody>,
    columns: Vec<ColumnBody>,
    person: RunPerson,
    connection: String,
    role: String,
    view_version: i64,
    /// When the data are removed.
    #[schema(value_type = Option<wire::Instant>, required)]
    expires_at: Option<String>,
    /// Why there are no rows, when a Defined Field of the reader has no value.
    #[schema(required)]
    withheld: Option<String>,
    #[schema(required)]
    limit: Option<LimitBody>,
    #[schema(required)]
    problem: Option<Problem>,
    #[schema(value_type = Vec<wire::RunAction>)]
    actions: Vec<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct GivenBody {
    name: String,
    label: String,
    /// As one reads it: several values with commas between them.
    value: String,
    /// Each value as a reader would type it, to run the report with them again.
    values: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct RunPerson {
    #[schema(value_type = wire::PersonId)]
    id: String,
    name: String,
}

/// The budget of the connection bit: these are only the first rows.
#[derive(Serialize, ToSchema)]
struct LimitBody {
    rows_max: i64,
    /// How many there would have been, if that is known.
    #[schema(required)]
    of: Option<i64>,
}

impl RunBody {
    fn of(seen: RunStatus) -> RunBody {
        let run = seen.run;
        let took = run.started_at.zip(run.finished_at).map(|(from, to)| to.since(from).as_millis());
        RunBody {
            id: run.id.to_string(),
            assignment_id: run.assignment.map(|id| id.to_string()),
            title: run.title,
            report_type: run.report_type.as_str(),
            state: run.state.as_str(),
            asked: run.asked.as_str(),
            kept: run.kept,
            rows: run.rows,
            readable_rows: seen.readable_rows,
            bytes: run.bytes,
            created_at: run.created_at.to_rfc3339_ms(),
            started_at: run.started_at.map(world::Instant::to_rfc3339_ms),
            finished_at: run.finished_at.map(world::Instant::to_rfc3339_ms),
            took_ms: took.map(|took| i64::try_from(took).unwrap_or(i64::MAX)),
            database_ms: run.database_us / 1_000,
            parameters: run.parameters.into_iter().map(GivenBody::of).collect(),
            // A hidden column is nobody's business: neither its cells nor its name.
            columns: run.columns.into_iter().filter(|column| column.visible).map(ColumnBody::of).collect(),
            person: RunPerson { id: run.person.to_string(), name: run.person_name },
            connection: run.connection_name,
            role: run.role_name,
            view_version: run.view_version,
            expires_at: run.expires_at.map(world::Instant::to_rfc3339_ms),
            withheld: withheld(&run.withheld),
            limit: run.cut_at_rows_max.then_some(LimitBody { rows_max: run.rows, of: None }),
            problem: run.failure.map(|failure| failed(failure, &run.id)),
            actions: seen.actions,
        }
    }
}

impl GivenBody {
    fn of(parameter: GivenParameter) -> GivenBody {
        let values: Vec<String> = parameter.values.iter().map(ToString::to_string).collect();
        GivenBody { name: parameter.name, label: parameter.label, value: values.join(", "), values }
    }
}

/// A failed run's problem. It came with an answer that was itself a success, so its status only says whose fault it was.
/// What to quote is the run's own id: the log has what happened under it.
fn failed(failure: Failure, run: &RunId) -> Problem {
    let problem = Problem::new(if failure.ours { 500 } else { 502 }, &failure.slug, failure.detail);
    let problem = Problem { reference: Some(run.to_string()), ..problem };
    match failure.hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// A run to begin.
#[derive(Deserialize, ToSchema)]
struct NewRun {
    /// Values by parameter name: a text, a number, true or false, or a list of them.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, wire::ParameterValue>)]
    parameters: Given,
    /// Execute, if not said.
    #[schema(value_type = wire::Asked)]
    #[serde(default = "execute_asked")]
    asked: Asked,
    /// Put it on Completed from its beginning. What Download asks for is there in any case.
    #[serde(default)]
    keep: bool,
}

fn execute_asked() -> Asked {
    Asked::Execute
}

/// Runs a report now. Answers at once with the run, whose rows can be read while it still fills.
///
/// The same `Idempotency-Key` of the same person gives the same run again instead of a second one.
#[utoipa::path(post, path = "/api/v1/assignments/{id}/runs", tag = "runs",
    params(("id" = wire::AssignmentId, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = NewRun,
    responses((status = 201, body = RunBody), Problems))]
async fn execute(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<AssignmentId>,
    headers: HeaderMap,
    Body(new): Body<NewRun>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<RunBody>), Problem> {
    let key = idempotency_key(&headers)?;
    let NewRun { parameters, asked, keep } = new;
    let new = portal::NewRun { parameters: given(parameters)?, asked, keep, idempotency_key: key };
    let body = RunBody::of(app.portal.execute(&signed_in.actor, &id, new).await?);
    Ok((StatusCode::CREATED, [(header::LOCATION, format!("/api/v1/runs/{}", body.id))], Json(body)))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= IDEMPOTENCY_KEY_CHARS_MAX => Ok(Some(key.to_owned())),
        _ => Err(Problem::field("Idempotency-Key", &format!("1 to {IDEMPOTENCY_KEY_CHARS_MAX} printable characters"))),
    }
}

/// Which runs a list has.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RunsQuery {
    /// Runs in this state alone.
    #[param(value_type = Option<wire::RunState>)]
    state: Option<String>,
    /// Rows whose title, person or connection contain this text.
    q: Option<String>,
    /// Column to sort by; with `-` before it from the highest down.
    sort: Option<String>,
    /// Rows of the page.
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Completed: one's own kept runs, newest first; everybody's for who may see all results.
#[utoipa::path(get, path = "/api/v1/runs", tag = "runs", params(RunsQuery),
    responses((status = 200, body = List<RunBody>), Problems))]
async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(query): Query<RunsQuery>,
) -> Result<Json<List<RunBody>>, Problem> {
    let RunsQuery { state, q, sort, limit, after } = query;
    let state = match state.as_deref().filter(|state| !state.is_empty()) {
        Some(state) => Some(RunState::parse(state).ok_or_else(|| Problem::field("state", "is not a state of runs"))?),
        None => None,
    };
    let page = app.portal.runs(&signed_in.actor, state, &ListQuery { q, sort, limit, after }.into()).await?;
    Ok(Json(List::of(page, RunBody::of)))
}

/// One run.
#[utoipa::path(get, path = "/api/v1/runs/{id}", tag = "runs", params(("id" = wire::RunId, Path)),
    responses((status = 200, body = RunBody), Problems))]
async fn show(State(app): State<App>, signed_in: SignedIn, Path(id): Path<RunId>) -> Result<Json<RunBody>, Problem> {
    Ok(Json(RunBody::of(app.portal.run(&signed_in.actor, &id).await?)))
}

/// Follows a run: an event `run` with the run at every change, until it ends.
#[utoipa::path(get, path = "/api/v1/runs/{id}/events", tag = "runs", params(("id" = wire::RunId, Path)),
    responses((status = 200, description = "Server-sent events named `run`.", content_type = "text/event-stream"), Problems))]
async fn events(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<RunId>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let runs = app.portal.follow_run(&signed_in.actor, &id).await?;
    // The connection asks once more after the end.
    let events =
        runs.fuse().map(|run| Ok(Event::default().event("run").json_data(RunBody::of(run)).unwrap_or_default()));
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// Keeps a run that Execute began: it is on Completed from then on.
#[utoipa::path(post, path = "/api/v1/runs/{id}/keep", tag = "runs", params(("id" = wire::RunId, Path)),
    responses((status = 200, body = RunBody), Problems))]
async fn keep(State(app): State<App>, signed_in: SignedIn, Path(id): Path<RunId>) -> Result<Json<RunBody>, Problem> {
    Ok(Json(RunBody::of(app.portal.keep_run(&signed_in.actor, &id).await?)))
}

/// Stops a run, and the work of its database with it.
#[utoipa::path(post, path = "/api/v1/runs/{id}/cancel", tag = "runs", params(("id" = wire::RunId, Path)),
    responses((status = 200, body = RunBody), Problems))]
async fn cancel(State(app): State<App>, signed_in: SignedIn, Path(id): Path<RunId>) -> Result<Json<RunBody>, Problem> {
    Ok(Json(RunBody::of(app.portal.cancel_run(&signed_in.actor, &id).await?)))
}

/// Deletes a run with its data.
#[utoipa::path(delete, path = "/api/v1/runs/{id}", tag = "runs", params(("id" = wire::RunId, Path)),
    responses((status = 204), Problems))]
async fn remove(State(app): State<App>, signed_in: SignedIn, Path(id): Path<RunId>) -> Result<StatusCode, Problem> {
    app.portal.remove_run(&signed_in.actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An order and a choice of rows, in columns of the stored result.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct NewPage {
    #[serde(default)]
    offset: u64,
    /// At most 1,000.
    limit: u64,
    #[serde(default)]
    sort: Vec<SortBody>,
    #[serde(default)]
    filter: Vec<FilterBody>,
}

/// Columns by name; the first key counts most.
#[derive(Debug, Deserialize, ToSchema)]
struct SortBody {
    column: String,
    #[serde(default)]
    descending: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
struct FilterBody {
    column: String,
    #[schema(value_type = wire::Op)]
    op: String,
    /// A text in the form of the column's type; a list for `in`.
    #[schema(value_type = Option<wire::FilterValue>, nullable = false)]
    value: Option<GivenValue>,
}

/// A page of a result.
#[derive(Serialize, ToSchema)]
struct PageBody {
    offset: u64,
    /// Rows in this choice.
    total: u64,
    /// False while the run still fills.
    total_final: bool,
    /// Cells in the order of the run's columns. Numbers that JSON holds exactly are numbers; decimals, large integers, dates and
    /// texts are strings.
    #[schema(value_type = Vec<Vec<wire::Cell>>)]
    rows: Vec<Vec<Value>>,
}

/// Cuts a page out of a stored result. The report's database is not asked.
///
/// Hidden columns are not in it, and nothing sorts or filters by them.
#[utoipa::path(post, path = "/api/v1/runs/{id}/page", tag = "runs", params(("id" = wire::RunId, Path)), request_body = NewPage,
    responses((status = 200, body = PageBody), Problems))]
async fn page(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<RunId>,
    Body(asked): Body<NewPage>,
) -> Result<Json<PageBody>, Problem> {
    let arrangement = arrangement(asked.sort, asked.filter)?;
    let page = app.portal.page(&signed_in.actor, &id, asked.offset, asked.limit, &arrangement).await?;
    let rows = portal::cells(&page.rows).map_err(|error| Problem::internal(&error))?;
    Ok(Json(PageBody { offset: page.offset, total: page.total, total_final: page.total_final, rows }))
}

fn arrangement(sort: Vec<SortBody>, filter: Vec<FilterBody>) -> Result<Arrangement, Problem> {
    let sort = sort.into_iter().map(|key| portal::SortKey { column: key.column, descending: key.descending }).collect();
    let filter = filter.into_iter().map(condition).collect::<Result<_, _>>()?;
    Ok(Arrangement { columns: None, sort, filter })
}

fn condition(body: FilterBody) -> Result<portal::Filter, Problem> {
    let op = serde_json::from_value(Value::String(body.op))
        .map_err(|_| Problem::field("op", "is no comparison that columns have"))?;
    let values = match body.value {
        Some(value) => given(Given::from([(body.column.clone(), value)]))?.into_values().next().unwrap_or_default(),
        None => Vec::new(),
    };
    Ok(portal::Filter { column: body.column, op, values })
}

/// What a file shall hold.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    #[param(value_type = wire::FileFormat)]
    format: String,
    /// As in a page, as JSON.
    sort: Option<String>,
    /// As in a page, as JSON.
    filter: Option<String>,
}

/// Takes a stored result away as a file, in the order and the choice that the grid shows. The report's database is not asked.
#[utoipa::path(get, path = "/api/v1/runs/{id}/export", tag = "runs", params(("id" = wire::RunId, Path), ExportQuery),
    responses((status = 200, description = "The file.", content_type = "application/octet-stream"), Problems))]
async fn export(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<RunId>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let format = portal::FileFormat::parse(&query.format)
        .ok_or_else(|| Problem::field("format", "`csv`, `xlsx`, `parquet` or `json`"))?;
    let arrangement =
        arrangement(json_list("sort", query.sort.as_deref())?, json_list("filter", query.filter.as_deref())?)?;
    let file = app.portal.export(&signed_in.actor, &id, format, arrangement).await?;
    let headers =
        [(header::CONTENT_TYPE, file.content_type.to_owned()), (header::CONTENT_DISPOSITION, attachment(&file.name))];
    let mut response = (headers, Bytes::from_stream(file.stream)).into_response();
    // "first N rows", where the format itself has no room to say so.
    if let Some(note) = file.note.and_then(|note| HeaderValue::from_str(&note).ok()) {
        response.headers_mut().insert(HeaderName::from_static("x-webreports-note"), note);
    }
    Ok(response)
}

fn json_list<T: serde::de::DeserializeOwned>(name: &str, text: Option<&str>) -> Result<Vec<T>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(Vec::new()) };
    serde_json::from_str(text).map_err(|_| Problem::field(name, "a JSON list, as in a page"))
}

/// RFC 6266: a plain name for old clients, the real one in UTF-8 beside it.
fn attachment(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_. ".contains(c) { c } else { '_' }).collect();
    let mut real = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            real.push(char::from(byte));
        } else {
            real.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{real}")
}

#[cfg(test)]
mod tests {
    use axum::extract::FromRequest;

    use super::*;

    #[test]
    fn a_file_name_cannot_leave_its_quotes() {
        assert_eq!(
            attachment("Umsätze \"2026\"\r\n.csv"),
            "attachment; filename=\"Ums_tze _2026___.csv\"; filename*=UTF-8''Ums%C3%A4tze%20%222026%22%0D%0A.csv"
        );
    }

    #[tokio::test]
    async fn values_come_as_text_number_flag_or_list_with_every_digit_that_was_sent() {
        let sent = r#"{"parameters": {"A": 1, "B": ["x", 2.50, "\u00e4"], "C": true, "D": null,
            "E": 12345678901234567890.123456789, "F": 18446744073709551617, "G": [], "H": -0.10}}"#;
        let request = axum::extract::Request::post("/").header(header::CONTENT_TYPE, "application/json");
        let Body(new) = Body::<NewRun>::from_request(request.body(sent.into()).unwrap(), &()).await.unwrap();
        let read = given(new.parameters).unwrap();
        assert_eq!(read["A"], ["1"]);
        assert_eq!(read["B"], ["x", "2.50", "ä"]);
        assert_eq!(read["C"], ["true"]);
        assert!(read["D"].is_empty() && read["G"].is_empty());
        assert_eq!(read["E"], ["12345678901234567890.123456789"]);
        assert_eq!(read["F"], ["18446744073709551617"]);
        assert_eq!(read["H"], ["-0.10"]);
        for sent in [r#"{"A": {"b": 1}}"#, r#"{"A": [null]}"#, r#"{"A": [[1]]}"#] {
            assert!(given(serde_json::from_str(sent).unwrap()).is_err(), "{sent}");
        }
    }

    #[test]
    fn a_filter_compares_with_every_digit_too() {
        let filter = r#"[{"column": "id", "op": "eq", "value": 9007199254740993.10}, {"column": "id", "op": "null"}]"#;
        let read = arrangement(Vec::new(), json_list("filter", Some(filter)).unwrap()).unwrap().filter;
        assert_eq!(read[0].values, ["9007199254740993.10"]);
        assert!(read[1].values.is_empty());
    }
}
