//! The demo's people with their passwords, as the demo prints them.

use super::site::{START_MAX, Site};
use crate::error::{Error, Result};

/// How the names of the portal's groups begin.
const GROUP: &str = "WR";

/// `login password` a line, for the scripts' standard input: a command line can be read by others.
pub(crate) fn lines(site: &Site) -> Result<String> {
    let output = site.announced(START_MAX)?;
    let people = people_of(&output);
    if people.is_empty() {
        return Err(Error::Bench("the demo printed nobody who could sign in".into()));
    }
    Ok(people.iter().map(|(login, password)| format!("{login} {password}\n")).collect())
}

/// A person's line holds the login, the one word with an `@`, the group that lets them into the portal, and ends with the password.
fn people_of(output: &str) -> Vec<(&str, &str)> {
    output
        .lines()
        .filter(|line| !line.trim_start().starts_with('{'))
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let login = words.iter().find(|word| word.contains('@') && !word.contains("://"))?;
            words.iter().find(|word| word.starts_with(GROUP))?;
            let password = words.last().filter(|last| *last != login)?;
            Some((*login, *password))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_a_line_with_a_login_and_a_password_behind_it() {
        let output = "\
Portal    http://localhost:8080
  olga@example.com   the org's super administrator   nine-ten
  ada@example.com    WRAdmin: administers            one-two
  pia@example.com    WRUser: reads                   three-four
{\"message\":\"signed in\",\"login\":\"ada@example.com\"}
write to help@example.com
";
        assert_eq!(people_of(output), [("ada@example.com", "one-two"), ("pia@example.com", "three-four")]);
    }
}
