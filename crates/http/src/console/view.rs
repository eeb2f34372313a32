//! What a page of the console is made of. Handlers say what there is to see; one template draws it, so that every page
//! has the same order, the same keys and the same care for readers of screens.

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use tongma_domain::{Refusal, Text};

use crate::{pages::Say, problem::Language, security};

/// How something is meant: a word and a colour, never a colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing particular.
    Plain,
    /// As it should be.
    Good,
    /// Somebody should look.
    Mind,
    /// Stopped, refused, ended.
    Bad,
}

impl Tone {
    /// Its class in the style sheet.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Mind => "mind",
            Self::Bad => "bad",
        }
    }
}

/// The contents of a cell.
#[derive(Debug, Clone)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Less important words under it.
    pub under: String,
    /// Where it leads.
    pub link: Option<String>,
    /// As a chip of this tone.
    pub tone: Option<Tone>,
    /// By what it is sorted; the text when empty.
    pub order: String,
}

impl Cell {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), under: String::new(), link: None, tone: None, order: String::new() }
    }

    /// A chip.
    pub fn chip(text: impl Into<String>, tone: Tone) -> Self {
        Self { tone: Some(tone), ..Self::text(text) }
    }

    /// The same, leading somewhere.
    #[must_use]
    pub fn to(mut self, link: impl Into<String>) -> Self {
        self.link = Some(link.into());
        self
    }

    /// The same, with words under it.
    #[must_use]
    pub fn under(mut self, words: impl Into<String>) -> Self {
        self.under = words.into();
        self
    }

    /// The same, sorted by a number.
    #[must_use]
    pub fn by(mut self, number: i64) -> Self {
        self.order = format!("{:020}", i128::from(number) + i128::from(i64::MAX));
        self
    }

    /// By what it is sorted.
    pub fn key(&self) -> &str {
        if self.order.is_empty() { &self.text } else { &self.order }
    }
}

/// A field of a form.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its label.
    pub label: String,
    /// `text`, `area`, `select`, `hidden`, `code`.
    pub kind: &'static str,
    /// What is in it.
    pub value: String,
    /// Words under it.
    pub hint: String,
    /// Choices of a `select`: value and words.
    pub options: Vec<(String, String)>,
    /// Whether it has to be filled in.
    pub required: bool,
    /// The most characters.
    pub most: usize,
}

impl Field {
    /// A line of text.
    pub fn text(name: &'static str, label: impl Into<String>) -> Self {
        Self {
            name,
            label: label.into(),
            kind: "text",
            value: String::new(),
            hint: String::new(),
            options: Vec::new(),
            required: true,
            most: 100,
        }
    }

    /// Several lines.
    pub fn area(name: &'static str, label: impl Into<String>) -> Self {
        Self { kind: "area", most: 400, ..Self::text(name, label) }
    }

    /// A choice.
    pub fn select(name: &'static str, label: impl Into<String>, options: Vec<(String, String)>) -> Self {
        Self { kind: "select", options, ..Self::text(name, label) }
    }

    /// Something the page knows.
    pub fn hidden(name: &'static str, value: impl Into<String>) -> Self {
        Self { kind: "hidden", value: value.into(), ..Self::text(name, "") }
    }

    /// The same with words under it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The same, filled in.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// The same, which may stay empty.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }
}

/// A button that sends a form; its name and value go with it.
#[derive(Debug, Clone)]
pub struct Button {
    /// What it says.
    pub label: String,
    /// The value of `choice`.
    pub value: &'static str,
    /// How it is meant.
    pub tone: Tone,
}

/// A form.
#[derive(Debug, Clone)]
pub struct Form {
    /// Its heading; empty for none.
    pub title: String,
    /// Words before the fields.
    pub lead: String,
    /// Where it goes.
    pub action: String,
    /// `passkey` ceremonies are run by a script: `sign-in`, `enrol`.
    pub passkey: &'static str,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Its buttons; the first is the one that Enter presses.
    pub buttons: Vec<Button>,
}

impl Form {
    /// A form with one button.
    pub fn new(action: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            title: String::new(),
            lead: String::new(),
            action: action.into(),
            passkey: "",
            fields: Vec::new(),
            buttons: vec![Button { label: label.into(), value: "yes", tone: Tone::Good }],
        }
    }

    /// The same with a heading.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The same with words before its fields.
    #[must_use]
    pub fn lead(mut self, lead: impl Into<String>) -> Self {
        self.lead = lead.into();
        self
    }

    /// The same with these fields.
    #[must_use]
    pub fn with(mut self, fields: Vec<Field>) -> Self {
        self.fields = fields;
        self
    }

    /// The same with a button more.
    #[must_use]
    pub fn or(mut self, label: impl Into<String>, value: &'static str, tone: Tone) -> Self {
        self.buttons.push(Button { label: label.into(), value, tone });
        self
    }

    /// The same, its first button meant otherwise.
    #[must_use]
    pub fn toned(mut self, tone: Tone) -> Self {
        if let Some(first) = self.buttons.first_mut() {
            first.tone = tone;
        }
        self
    }
}

/// A heading of a table's column.
#[derive(Debug, Clone)]
pub struct Heading {
    /// What it says.
    pub label: String,
    /// Where it leads to sort by this column; empty where it cannot.
    pub link: String,
    /// `ascending`, `descending` or empty.
    pub sorted: &'static str,
}

/// A table, laid out: sorted, one page of it.
#[derive(Debug, Clone)]
pub struct TableView {
    /// Its caption.
    pub caption: String,
    /// Words for when it is empty.
    pub empty: String,
    /// Its headings.
    pub headings: Vec<Heading>,
    /// The rows of this page.
    pub rows: Vec<Vec<Cell>>,
    /// How many rows there are in all, and which these are: `1–20 / 57`.
    pub place: String,
    /// The page before.
    pub before: Option<String>,
    /// The page after.
    pub after: Option<String>,
    /// The same as a file.
    pub csv: Option<String>,
}

/// A figure with its label.
#[derive(Debug, Clone)]
pub struct Figure {
    /// What is counted.
    pub label: String,
    /// How many.
    pub value: String,
    /// Honest small print.
    pub note: String,
    /// How it is meant.
    pub tone: Tone,
}

/// A part of a page.
#[derive(Debug, Clone)]
pub enum Block {
    /// Words that matter: what was done, what to do.
    Notice(Tone, String, String),
    /// Figures side by side.
    Figures(Vec<Figure>),
    /// A picture drawn by the server, with a heading and small print.
    Chart(String, String, String),
    /// Names and values.
    Facts(String, Vec<(String, Cell)>),
    /// A table.
    Table(TableView),
    /// A form.
    Form(Form),
    /// A search by address: label, where to, what is in it, words under it.
    Search(String, String, String, String),
    /// Something shown once, large: a code.
    Code(String, String, String),
}

/// A link of the navigation.
#[derive(Debug, Clone)]
pub struct Link {
    /// Where to.
    pub to: &'static str,
    /// What it says.
    pub label: &'static str,
    /// It is this page.
    pub here: bool,
}

/// A page.
#[derive(Template)]
#[template(path = "console/page.html")]
pub struct Page {
    /// The language's tag.
    pub lang: &'static str,
    /// Its words.
    pub(crate) say: Say,
    /// Its heading.
    pub title: String,
    /// Words under the heading.
    pub lead: String,
    /// Who is signed in: name and office.
    pub who: Option<(String, &'static str)>,
    /// The navigation.
    pub links: Vec<Link>,
    /// Where to go back to: address and words.
    pub back: Option<(String, String)>,
    /// Its parts.
    pub blocks: Vec<Block>,
    /// Whether it draws itself anew while it is looked at.
    pub live: bool,
    /// The other language.
    pub other: &'static str,
}

impl Page {
    /// An empty page.
    pub fn new(language: Language, title: Text) -> Self {
        Self {
            lang: language.tag(),
            say: Say(language),
            title: language.pick(title).to_owned(),
            lead: String::new(),
            who: None,
            links: Vec::new(),
            back: None,
            blocks: Vec::new(),
            live: false,
            other: match language {
                Language::Chinese => "en",
                Language::English => "zh",
            },
        }
    }

    /// The same with words under its heading.
    #[must_use]
    pub fn lead(mut self, text: Text) -> Self {
        self.say.0.pick(text).clone_into(&mut self.lead);
        self
    }

    /// The same with a part more.
    #[must_use]
    pub fn with(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// The same with a way back.
    #[must_use]
    pub fn back(mut self, to: impl Into<String>, text: Text) -> Self {
        self.back = Some((to.into(), self.say.0.pick(text).to_owned()));
        self
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.render().unwrap_or_default()));
        let policy = security::page_policy(&[], &[]);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.lang));
        // A form's request then says where it comes from; to anybody else nothing is said.
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

/// A refusal as a part of a page.
pub fn refused(refusal: &Refusal, language: Language) -> Block {
    let words = format!("{} {}", language.of(&refusal.next), language.of(&refusal.human));
    Block::Notice(Tone::Bad, language.of(&refusal.title).to_owned(), words)
}
