//! The demo's people: one for each role, and what each is there to show.

/// One person of the demo. Passwords are made at the first start.
pub struct DemoPerson {
    pub first_name: &'static str,
    pub last_name: &'static str,
    pub login: &'static str,
    pub groups: &'static [&'static str],
    /// Value of the Defined Field `@RegionID`; none shows what happens without one.
    pub region: Option<&'static str>,
    pub shows: &'static str,
}

/// The administrator of the demo's org, who also creates the API token.
pub const ORG_ADMINISTRATOR: (&str, &str, &str) = ("Olga", "Orlova", "olga@demo.example");

pub const PEOPLE: &[DemoPerson] = &[
    DemoPerson {
        first_name: "Ada",
        last_name: "Marsh",
        login: "ada@demo.example",
        groups: &["WRAdmin"],
        region: Some("3"),
        shows: "administers WebReports",
    },
    DemoPerson {
        first_name: "Rosa",
        last_name: "Alvarez",
        login: "rosa@demo.example",
        groups: &["WRRoleAdmin", "WRUser"],
        region: Some("1"),
        shows: "downloads for her role; America",
    },
    DemoPerson {
        first_name: "Pia",
        last_name: "Lund",
        login: "pia@demo.example",
        groups: &["WRUser"],
        region: Some("3"),
        shows: "reads reports; Europe",
    },
    DemoPerson {
        first_name: "Paul",
        last_name: "Berger",
        login: "paul@demo.example",
        groups: &["WRPublisher", "WRUser"],
        region: Some("3"),
        shows: "publishes Views",
    },
    DemoPerson {
        first_name: "Sunil",
        last_name: "Rao",
        login: "sunil@demo.example",
        groups: &["WRScheduler"],
        region: Some("2"),
        shows: "schedules; Asia",
    },
    DemoPerson {
        first_name: "Quinn",
        last_name: "Okafor",
        login: "quinn@demo.example",
        groups: &["WRQueue"],
        region: None,
        shows: "queues; has no region, so regional reports are empty and say why",
    },
    DemoPerson {
        first_name: "Ivo",
        last_name: "Novak",
        login: "ivo@demo.example",
        groups: &["WRAPI"],
        region: Some("0"),
        shows: "integrates by API; Africa",
    },
];
