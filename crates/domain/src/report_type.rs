//! The four presentations of a View, in the API's wording, which is case-sensitive.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ReportType {
    Details,
    Summary,
    Visualize,
    #[serde(rename = "Finished Reports")]
    FinishedReports,
}

impl ReportType {
    pub const ALL: [ReportType; 4] =
        [ReportType::Details, ReportType::Summary, ReportType::Visualize, ReportType::FinishedReports];

    pub fn as_str(self) -> &'static str {
        match self {
            ReportType::Details => "Details",
            ReportType::Summary => "Summary",
            ReportType::Visualize => "Visualize",
            ReportType::FinishedReports => "Finished Reports",
        }
    }

    pub fn parse(text: &str) -> Option<ReportType> {
        ReportType::ALL.into_iter().find(|report_type| report_type.as_str() == text)
    }
}
