//! The few pages the server itself draws: they are online by nature, have no script, and say everything twice, in the
//! reader's language and then in the other.

use askama::Template;
use tongma_domain::{Refusal, Text, Words};

use crate::problem::Language;

/// The style sheet of every page the server draws, inlined; its hash stands in their content security policy.
pub const STYLE: &str = include_str!("../templates/page.css");

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    style: &'static str,
    lang: &'static str,
    refusal: &'a Refusal,
    say: Say,
}

#[derive(Template)]
#[template(path = "choose.html")]
struct ChoosePage {
    style: &'static str,
    lang: &'static str,
    say: Say,
}

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage {
    style: &'static str,
    lang: &'static str,
    say: Say,
}

#[derive(Template)]
#[template(path = "venue_code.html")]
struct VenueCodePage<'a> {
    style: &'static str,
    lang: &'static str,
    place: &'a tongma_service::VenuePlace,
    drawing: &'a Drawing,
    say: Say,
}

/// A QR symbol as a page draws it.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// Modules on a side, the quiet zone included.
    pub side: usize,
    /// The dark modules, the `d` of a path.
    pub path: String,
}

impl Drawing {
    /// The symbol as a document of its own.
    pub fn document(&self) -> String {
        let (side, path) = (self.side, &self.path);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-4 -4 {side} {side}\" shape-rendering=\"crispEdges\"><rect x=\"-4\" y=\"-4\" width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path d=\"{path}\"/></svg>"
        )
    }
}

/// The page behind a venue's code, which is also the sheet that is printed.
pub fn venue_code(place: &tongma_service::VenuePlace, drawing: &Drawing, language: Language) -> String {
    let page = VenueCodePage { style: STYLE, lang: language.tag(), place, drawing, say: Say(language) };
    page.render().unwrap_or_default()
}

/// A refusal as a page, for a browser that navigates.
pub fn problem(refusal: &Refusal, language: Language) -> String {
    let page = ProblemPage { style: STYLE, lang: language.tag(), refusal, say: Say(language) };
    page.render().unwrap_or_else(|_| language.of(&refusal.title).to_owned())
}

/// The front door: citizen or desk.
pub fn choose(language: Language) -> String {
    ChoosePage { style: STYLE, lang: language.tag(), say: Say(language) }.render().unwrap_or_default()
}

/// The short documentation page.
pub fn docs(language: Language) -> String {
    DocsPage { style: STYLE, lang: language.tag(), say: Say(language) }.render().unwrap_or_default()
}

/// What a template says, in one language.
pub(crate) struct Say(pub Language);

impl Say {
    pub(crate) fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.0.pick(Text::new(zh, en))
    }

    pub(crate) fn w<'a>(&self, words: &'a Words) -> &'a str {
        self.0.of(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_a_page_are_escaped() {
        let refusal = Refusal::missing("a.b", Text::new("<script>", "<b>&"), Text::new("去", "go"));
        let page = problem(&refusal, Language::English);
        assert!(page.contains("&#60;b&#62;&#38;") || page.contains("&lt;b&gt;&amp;"), "{page}");
        assert!(!page.contains("<script>"));
        assert!(choose(Language::Chinese).contains("href=\"/me\""));
        assert!(docs(Language::English).contains("/openapi.json"));
    }
}
