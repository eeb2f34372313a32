//! Planted faults: what `walk --break CELL` breaks, to show that the walk would notice. The product has none of this.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tongma_capability::{Desk, Holder, Place, Scenario, Step, Stop};
use tongma_domain::{
    AGREED_FIELD, Card, Duty, Input, Outcome, Refusal, Template, TemplateItem, Text, UnixMs, Venue, Words,
};

/// A fault in a scenario.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// This action says it is done and does nothing.
    Lie(&'static str),
    /// This action does its work and sends nothing out: no other leg, no mirror, no log line.
    Mute(&'static str),
    /// A refusal with this code is swallowed: the action says it is done.
    Swallow(&'static str),
    /// This action is refused, always.
    Stubborn(&'static str),
    /// This action's detail tells the holder's internal facts.
    Leak(&'static str),
    /// This action is done twice, under two attempts.
    Twice(&'static str),
    /// This action takes the holder's yes to everything for granted.
    Assume(&'static str),
    /// This action takes a yes to some for a yes to all.
    Widen(&'static str),
    /// A setting has another value than the venue was given.
    Setting(&'static str, i64),
}

/// A scenario with one fault planted.
pub struct Broken {
    inner: &'static dyn Scenario,
    fault: Fault,
}

impl Broken {
    /// Plants a fault in one scenario of the catalogue; the others stay as they are. The result lives as long as the
    /// process, as the catalogue does.
    pub fn catalogue(
        scenarios: &'static [&'static dyn Scenario],
        id: &str,
        fault: Fault,
    ) -> &'static [&'static dyn Scenario] {
        let planted: Vec<&'static dyn Scenario> = scenarios
            .iter()
            .map(|inner| {
                if inner.card().id != id {
                    return *inner;
                }
                let broken: &'static Self = Box::leak(Box::new(Self { inner: *inner, fault }));
                broken as &'static dyn Scenario
            })
            .collect();
        Box::leak(planted.into_boxed_slice())
    }

    /// Acts as if the holder had agreed to all that any template asks.
    fn assume(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
        let everything: Vec<Value> = self
            .inner
            .templates()
            .iter()
            .flat_map(|template| template.items.iter().map(TemplateItem::id))
            .map(Value::from)
            .collect();
        let mut fields = step.input.fields().clone();
        fields.insert(AGREED_FIELD.to_owned(), everything.into());
        let input = Input::trusted(fields);
        let holder = step.holder.cloned().map(|holder| Holder { agreed: true, ..holder });
        self.inner.act(desk, &Step { input: &input, holder: holder.as_ref(), ..step.clone() })
    }

    fn venue(&self, venue: &Venue) -> Option<Venue> {
        let Fault::Setting(id, value) = self.fault else { return None };
        let mut settings: BTreeMap<String, i64> = venue.settings.clone();
        settings.insert(format!("{}.{id}", self.inner.card().id), value);
        Some(Venue { settings, ..venue.clone() })
    }
}

fn done() -> Outcome {
    Outcome::done(Text::new("已办", "Done"), Words::new("已办", "Done"), Value::Null)
}

impl Scenario for Broken {
    fn card(&self) -> &'static Card {
        self.inner.card()
    }

    fn templates(&self) -> &'static [Template] {
        self.inner.templates()
    }

    fn place(&self, step: &Step<'_>) -> Result<Place, Refusal> {
        self.inner.place(step)
    }

    fn act(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
        match self.fault {
            Fault::Lie(action) if action == step.action => Ok(done()),
            Fault::Stubborn(action) if action == step.action => {
                Err(Refusal::conflict("walk.stubborn", Text::new("不办", "No"), Text::new("不办", "No")).into())
            }
            Fault::Mute(action) if action == step.action => {
                let outcome = self.inner.act(desk, step)?;
                desk.effects.clear();
                Ok(outcome)
            }
            Fault::Leak(action) if action == step.action => {
                let mut outcome = self.inner.act(desk, step)?;
                let birth = json!(step.holder.map(|holder| holder.birth.to_string()));
                let kept = desk.answer.as_mut().and_then(|answer| answer.as_mut().ok());
                for told in [Some(&mut outcome), kept].into_iter().flatten() {
                    if let Value::Object(fields) = &mut told.detail {
                        fields.insert("birth".into(), birth.clone());
                    }
                }
                Ok(outcome)
            }
            Fault::Twice(action) if action == step.action => {
                let again =
                    Step { attempt: tongma_domain::Id::derived(&[step.attempt.as_bytes(), b"again"]), ..step.clone() };
                self.inner.act(desk, &again)?;
                self.inner.act(desk, step)
            }
            Fault::Assume(action) if action == step.action => self.assume(desk, step),
            Fault::Widen(action) if action == step.action && step.holder.is_some_and(|holder| holder.agreed) => {
                self.assume(desk, step)
            }
            Fault::Swallow(code) => match self.inner.act(desk, step) {
                Err(Stop::Refused(refusal)) if refusal.code() == code => Ok(done()),
                other => {
                    // A refusal may also come back as the answer of an attempt that went through other buckets.
                    if matches!(&desk.answer, Some(Err(refusal)) if refusal.code() == code) {
                        desk.answer = Some(Ok(done()));
                    }
                    other
                }
            },
            Fault::Setting(..) => match self.venue(step.venue) {
                Some(venue) => self.inner.act(desk, &Step { venue: &venue, ..step.clone() }),
                None => self.inner.act(desk, step),
            },
            _ => self.inner.act(desk, step),
        }
    }

    fn list(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
        self.inner.list(desk, step)
    }

    fn duty(&self) -> Option<&'static Duty> {
        self.inner.duty()
    }

    fn may_serve(&self, venue: &Venue, now: UnixMs) -> Result<(), Refusal> {
        match (self.fault, self.inner.may_serve(venue, now)) {
            (Fault::Swallow(code), Err(refusal)) if refusal.code() == code => Ok(()),
            (_, other) => other,
        }
    }
}
