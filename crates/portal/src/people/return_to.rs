//! Where a sign-in leads back to: a local path by a parser, not by a prefix.

use url::Url;

const PATH_CHARS_MAX: usize = 2_000;
/// Where people land who did not come from anywhere.
const START: &str = "/";
/// Paths that would sign in again, or that a browser should not be sent to with a GET.
const NOT_BACK_TO: [&str; 6] = ["/sign-in", "/api/", "/OIDCCallback", "/authorization-code/", "/no-role", "/setup"];

/// The local path that a caller asked to return to, or the start.
///
/// The text is read as a browser would read it, against an address of its own; what comes out on another origin, or could be read
/// as one, is not local.
pub(crate) fn local_path(asked: Option<&str>) -> String {
    asked.and_then(parse).unwrap_or_else(|| START.to_owned())
}

fn parse(asked: &str) -> Option<String> {
    let plain = asked.chars().count() <= PATH_CHARS_MAX && !asked.chars().any(|c| c.is_control() || c == '\\');
    if !plain || !asked.starts_with('/') || asked.starts_with("//") {
        return None;
    }
    let base = Url::parse("https://portal.invalid/").ok()?;
    let url = base.join(asked).ok()?;
    if url.origin() != base.origin() || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    // The parser has undone dots: `/.//evil.example` would come out as an address without a scheme.
    let path = url.path();
    if path.starts_with("//") || path.contains("\\") || NOT_BACK_TO.iter().any(|refused| path.starts_with(refused)) {
        return None;
    }
    let mut local = path.to_owned();
    if let Some(query) = url.query() {
        local = format!("{local}?{query}");
    }
    if let Some(fragment) = url.fragment() {
        local = format!("{local}#{fragment}");
    }
    Some(local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_paths_come_back_as_they_were() {
        for path in [
            "/",
            "/reports/available",
            "/reports/completed?q=a%20b&sort=-created",
            "/runs/run_1#row-5",
            "/a//b",
            "/x?u=//evil.example",
        ] {
            assert_eq!(local_path(Some(path)), path);
        }
        assert_eq!(local_path(Some("/reports/../reports/available")), "/reports/available");
        assert_eq!(local_path(None), "/");
    }

    #[test]
    fn every_spelling_of_another_place_leads_to_the_start() {
        let spellings = [
            "",
            "https://evil.example",
            "//evil.example",
            "///evil.example",
            "////evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\\/evil.example",
            "\\/evil.example",
            "http:evil.example",
            "https:/evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            " //evil.example",
            "/\r/evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/a/..//evil.example",
            "/./\\evil.example",
            "/%2e//evil.example",
            "/%2E%2E//evil.example",
            "evil.example",
            "@evil.example",
            ":80@evil.example",
            ".evil.example",
            "//evil.example/%2f..",
            "//user@evil.example",
            "/\u{0}/evil.example",
            "?x=//evil.example",
            "#//evil.example",
            "/sign-in/okta?return=/",
            "/api/v1/session",
            "/OIDCCallback?code=1",
            "/authorization-code/callback",
        ];
        for spelling in spellings {
            assert_eq!(local_path(Some(spelling)), "/", "{spelling:?}");
        }
        assert_eq!(local_path(Some(&format!("/{}", "x".repeat(3_000)))), "/");
    }
}
