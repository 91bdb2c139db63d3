//! `shell`: the script that a browser must have before a page shows, compressed as it is sent: of the shell, which is there
//! before any page's own code, and of the heaviest page. The web's own script measures it, and fails the tests over its bars.

use crate::error::{Error, Result};
use crate::web;

use super::Bench;
use super::line::{Figure, Line};

const APPLICATIONS: [&str; 2] = ["portal", "console"];
/// The page that only leads to another: its script is the shell's.
const SHELL: &str = "/";

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Vec<Line>> {
    // Over the bar the script fails, and its lines are still what was measured.
    let output = web::npm(bench.place, &["run", "--silent", "size"])
        .output()
        .map_err(|cause| Error::NotStarted { command: "npm run size".into(), cause })?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let pages: Vec<Page<'_>> = printed.lines().filter_map(Page::parse).collect();
    let mut lines = Vec::new();
    for application in APPLICATIONS {
        let of_it = || pages.iter().filter(|page| page.application == application);
        let missing = || Error::Bench(format!("no size of {application} was printed"));
        let shell = of_it().find(|page| page.path == SHELL).ok_or_else(missing)?;
        let heaviest = of_it().max_by(|one, other| one.kb.total_cmp(&other.kb)).ok_or_else(missing)?;
        lines.push(shell.line(&format!("shell: {application}")));
        lines.push(heaviest.line(&format!("heaviest: {application}")));
    }
    Ok(lines)
}

/// A line like `ok     67.4 of 75 kB in 14 files  portal /help`.
#[derive(Debug, PartialEq)]
struct Page<'a> {
    kb: f64,
    bar_kb: f64,
    application: &'a str,
    path: &'a str,
}

impl<'a> Page<'a> {
    fn parse(line: &'a str) -> Option<Page<'a>> {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            [_, kb, "of", bar_kb, "kB", "in", _, "files", application, path] => {
                Some(Page { kb: kb.parse().ok()?, bar_kb: bar_kb.parse().ok()?, application, path })
            }
            _ => None,
        }
    }

    fn line(&self, job: &str) -> Line {
        let bar = format!("<= {} kB", self.bar_kb);
        Line::measured(job, Figure::Kilobytes(self.kb), &bar, self.kb <= self.bar_kb)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_script_is_a_page_with_its_bar() {
        let page = Page { kb: 61.5, bar_kb: 75.0, application: "portal", path: "/reports/available" };
        assert_eq!(Page::parse("OVER   61.5 of 75 kB in 30 files  portal /reports/available"), Some(page));
        assert_eq!(Page::parse("A page needs more script than its bar before it can be seen."), None);
    }
}
