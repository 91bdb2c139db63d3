//! Logs and metrics. Logs are lines of text or JSON with the request's id; nothing that is a `Secret` can reach them.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging to standard error. A second call changes nothing, so that tests can start several sites.
pub fn start_logs(level: &str, json: bool) {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true);
    let _ = if json { builder.json().flatten_event(true).try_init() } else { builder.with_ansi(false).try_init() };
}

/// The one recorder of the process.
pub fn metrics() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        // Another recorder can only be there when a test set one; then this one stays empty.
        let _ = metrics::set_global_recorder(recorder);
        metrics::describe_counter!("webreports_requests_total", "Requests answered, by method, route and status.");
        metrics::describe_histogram!(
            "webreports_request_seconds",
            metrics::Unit::Seconds,
            "Time to the answer's head."
        );
        handle
    })
}
