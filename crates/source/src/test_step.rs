//! One line of a connection's test: what was looked at, what was found, and what to do about it.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestStep {
    pub name: &'static str,
    pub ok: bool,
    pub found: Option<String>,
    /// Why it failed; of a step that is well, what is still worth knowing.
    pub why: Option<String>,
    pub fix: Option<String>,
}

impl TestStep {
    pub(crate) fn found(name: &'static str, found: impl Into<String>) -> TestStep {
        TestStep { name, ok: true, found: Some(found.into()), why: None, fix: None }
    }

    pub(crate) fn failed(name: &'static str, why: impl Into<String>, fix: impl Into<String>) -> TestStep {
        TestStep { name, ok: false, found: None, why: Some(why.into()), fix: Some(fix.into()) }
    }

    pub(crate) fn of(name: &'static str, error: &crate::Error) -> TestStep {
        let fix = error.fix().map(str::to_owned);
        TestStep { name, ok: false, found: None, why: Some(error.to_string()), fix }
    }

    pub(crate) fn but(mut self, why: impl Into<String>, fix: impl Into<String>) -> TestStep {
        self.why = Some(why.into());
        self.fix = Some(fix.into());
        self
    }
}
