//! Tables by address: sorted by `sort` and `order`, one `page` of them, or whole as a file.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tongma_domain::Text;

use crate::{
    console::view::{Cell, Heading, TableView},
    problem::Language,
};

/// Rows on a page.
const ROWS: usize = 20;

/// What the address says.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Wanted {
    /// A column, from 0.
    pub sort: Option<usize>,
    /// `down` for the greatest first.
    pub order: Option<String>,
    /// From 1.
    pub page: Option<usize>,
    /// `csv` for a file.
    pub format: Option<String>,
}

impl Wanted {
    /// Whether a file is wanted.
    pub fn file(&self) -> bool {
        self.format.as_deref() == Some("csv")
    }

    fn down(&self) -> bool {
        self.order.as_deref() == Some("down")
    }
}

/// A table before it is laid out.
pub struct Table {
    /// The address of its page.
    pub at: String,
    /// Its caption.
    pub caption: Text,
    /// Words for when it is empty.
    pub empty: Text,
    /// Its columns.
    pub columns: Vec<Text>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
    /// Whether it can be had as a file.
    pub csv: bool,
}

impl Table {
    /// Sorted, one page of it.
    pub fn view(mut self, wanted: &Wanted, language: Language) -> TableView {
        self.sort(wanted);
        let all = self.rows.len();
        let pages = all.div_ceil(ROWS).max(1);
        let page = wanted.page.unwrap_or(1).clamp(1, pages);
        let (first, last) = ((page - 1) * ROWS, all.min(page * ROWS));
        let order = |column: usize| if wanted.sort == Some(column) && !wanted.down() { "down" } else { "up" };
        let sorted = wanted
            .sort
            .map_or(String::new(), |sort| format!("sort={sort}&order={}&", if wanted.down() { "down" } else { "up" }));
        let headings = self.columns.iter().enumerate().map(|(column, text)| Heading {
            label: language.pick(*text).to_owned(),
            link: format!("{}?sort={column}&order={}", self.at, order(column)),
            sorted: match (wanted.sort == Some(column), wanted.down()) {
                (false, _) => "",
                (true, false) => "ascending",
                (true, true) => "descending",
            },
        });
        TableView {
            caption: language.pick(self.caption).to_owned(),
            empty: language.pick(self.empty).to_owned(),
            headings: headings.collect(),
            place: if all == 0 { String::new() } else { format!("{}–{last} / {all}", first + 1) },
            before: (page > 1).then(|| format!("{}?{sorted}page={}", self.at, page - 1)),
            after: (page < pages).then(|| format!("{}?{sorted}page={}", self.at, page + 1)),
            csv: (self.csv && all > 0).then(|| format!("{}?{sorted}format=csv", self.at)),
            rows: self.rows.into_iter().skip(first).take(ROWS).collect(),
        }
    }

    fn sort(&mut self, wanted: &Wanted) {
        let Some(column) = wanted.sort.filter(|column| *column < self.columns.len()) else { return };
        let key = |row: &Vec<Cell>| row.get(column).map(|cell| cell.key().to_owned()).unwrap_or_default();
        self.rows.sort_by_cached_key(key);
        if wanted.down() {
            self.rows.reverse();
        }
    }

    /// All of it as comma-separated values (RFC 4180), with the mark by which spreadsheets know UTF-8.
    pub fn file(mut self, wanted: &Wanted, name: &str, language: Language) -> Response {
        self.sort(wanted);
        let mut text = String::from("\u{feff}");
        let heading = self.columns.iter().map(|text| quoted(language.pick(*text)));
        line(&mut text, heading);
        for row in &self.rows {
            line(&mut text, row.iter().map(|cell| quoted(&cell.text)));
        }
        let mut response = text.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
        if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"tongma-{name}.csv\"")) {
            headers.insert(header::CONTENT_DISPOSITION, value);
        }
        response
    }
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    text.push_str(&cells.collect::<Vec<_>>().join(","));
    text.push_str("\r\n");
}

/// A value in quotes. One that a spreadsheet would take for a formula is told apart by an apostrophe.
fn quoted(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Text = Text::new("列", "column");

    fn table(count: i64) -> Table {
        let rows = (0..count).map(|number| vec![Cell::text(format!("{number}")).by(number), Cell::text("x")]).collect();
        Table { at: "/console/x".into(), caption: T, empty: T, columns: vec![T, T], rows, csv: true }
    }

    fn wanted(sort: Option<usize>, order: &str, page: usize) -> Wanted {
        Wanted { sort, order: Some(order.into()), page: Some(page), ..Wanted::default() }
    }

    #[test]
    fn numbers_sort_as_numbers_and_pages_do_not_end_early() {
        let view = table(45).view(&wanted(Some(0), "down", 1), Language::English);
        assert_eq!((view.rows[0][0].text.as_str(), view.rows.len()), ("44", 20));
        assert_eq!(view.place, "1–20 / 45");
        assert_eq!(view.after.as_deref(), Some("/console/x?sort=0&order=down&page=2"));
        assert_eq!(
            (view.headings[0].sorted, view.headings[0].link.as_str()),
            ("descending", "/console/x?sort=0&order=up")
        );
        let last = table(45).view(&wanted(None, "", 99), Language::English);
        assert_eq!((last.rows.len(), last.after.is_none(), last.place.as_str()), (5, true, "41–45 / 45"));
        let none = table(0).view(&wanted(Some(9), "", 0), Language::Chinese);
        assert!(none.rows.is_empty() && none.csv.is_none() && none.place.is_empty());
    }

    #[test]
    fn no_cell_of_a_file_is_a_formula() {
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
        assert_eq!(quoted("a \"b\""), "\"a \"\"b\"\"\"");
        assert_eq!(quoted("+86"), "\"'+86\"");
    }
}
