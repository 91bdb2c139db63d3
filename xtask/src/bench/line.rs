//! One line of the table that `bench` prints.

use std::fmt::Write;

/// A figure and its unit, which decides how it is written.
#[derive(Clone, Copy)]
pub(crate) enum Figure {
    Milliseconds(f64),
    Mebibytes(f64),
    Kilobytes(f64),
}

impl Figure {
    fn value(self) -> f64 {
        match self {
            Figure::Milliseconds(value) | Figure::Mebibytes(value) | Figure::Kilobytes(value) => value,
        }
    }

    fn text(self) -> String {
        match self {
            Figure::Milliseconds(value) => format!("{value:.1} ms"),
            Figure::Mebibytes(value) => format!("{value:.0} MiB"),
            Figure::Kilobytes(value) => format!("{value:.1} kB"),
        }
    }
}

pub(crate) enum Verdict {
    Held,
    NotHeld,
    NotMeasured(String),
}

pub(crate) struct Line {
    job: String,
    ours: Option<Figure>,
    yardstick: Option<(Figure, &'static str)>,
    peak_mib: Option<f64>,
    /// The bar in words; empty where nothing was measured.
    bar: String,
    verdict: Verdict,
}

impl Line {
    pub(crate) fn measured(job: &str, ours: Figure, bar: &str, is_held: bool) -> Line {
        let verdict = if is_held { Verdict::Held } else { Verdict::NotHeld };
        Line { job: job.to_owned(), ours: Some(ours), yardstick: None, peak_mib: None, bar: bar.to_owned(), verdict }
    }

    /// Nothing, or no yardstick, could be measured.
    pub(crate) fn not_measured(job: &str, why: String) -> Line {
        let verdict = Verdict::NotMeasured(why);
        Line { job: job.to_owned(), ours: None, yardstick: None, peak_mib: None, bar: String::new(), verdict }
    }

    /// Ours alone: the line is not counted as held.
    pub(crate) fn without_yardstick(job: &str, ours: Figure, bar: &str, why: String) -> Line {
        Line { ours: Some(ours), bar: bar.to_owned(), ..Line::not_measured(job, why) }
    }

    pub(crate) fn beside(self, yardstick: Figure, what: &'static str) -> Line {
        Line { yardstick: Some((yardstick, what)), ..self }
    }

    pub(crate) fn with_peak(self, peak_mib: f64) -> Line {
        Line { peak_mib: Some(peak_mib), ..self }
    }

    fn cells(&self) -> [String; 7] {
        let ratio = match (self.ours, self.yardstick) {
            (Some(ours), Some((yardstick, _))) if yardstick.value() > 0.0 => {
                format!("{:.2}", ours.value() / yardstick.value())
            }
            _ => "-".to_owned(),
        };
        [
            self.job.clone(),
            self.ours.map_or_else(|| "-".to_owned(), Figure::text),
            self.yardstick.map_or_else(|| "-".to_owned(), |(figure, what)| format!("{} ({what})", figure.text())),
            ratio,
            self.peak_mib.map_or_else(|| "-".to_owned(), |peak| format!("{peak:.0} MiB")),
            self.bar.clone(),
            match &self.verdict {
                Verdict::Held => "held".to_owned(),
                Verdict::NotHeld => "NOT HELD".to_owned(),
                Verdict::NotMeasured(why) => format!("not measured: {why}"),
            },
        ]
    }
}

/// The table, its columns aligned, with a closing count.
pub(crate) fn table(lines: &[Line]) -> String {
    let head = ["job", "ours", "yardstick", "ratio", "peak", "bar", "verdict"].map(str::to_owned);
    let rows: Vec<[String; 7]> = std::iter::once(head).chain(lines.iter().map(Line::cells)).collect();
    let widths: [usize; 7] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    let count = |wanted: fn(&Verdict) -> bool| lines.iter().filter(|line| wanted(&line.verdict)).count();
    let _ = writeln!(
        text,
        "{} held, {} not held, {} not measured",
        count(|verdict| matches!(verdict, Verdict::Held)),
        count(|verdict| matches!(verdict, Verdict::NotHeld)),
        count(|verdict| matches!(verdict, Verdict::NotMeasured(_)))
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_aligned_and_counts_what_was_not_measured_apart() {
        let lines = [
            Line::measured("start", Figure::Milliseconds(210.0), "<= 500 ms", true)
                .beside(Figure::Milliseconds(140.0), "bare node")
                .with_peak(71.6),
            Line::not_measured("signin", "no one could sign in".into()),
        ];
        assert_eq!(
            table(&lines),
            "job     ours      yardstick             ratio  peak    bar        verdict\n\
             start   210.0 ms  140.0 ms (bare node)  1.50   72 MiB  <= 500 ms  held\n\
             signin  -         -                     -      -                  not measured: no one could sign in\n\
             1 held, 0 not held, 1 not measured\n"
        );
    }
}
