//! Bills: raised and changed by the hospital's system, quoted for the person.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tongma_capability::charge::home;
use tongma_capability::records::{Held, Index, Key, MOST_PAGE, Stored, Txn, create, find, load, save};
use tongma_capability::{Cause, Desk, Schema, Step, Stop, derived_in, disclose};
use tongma_domain::{Claim, Fen, Id, Outcome, Text, UnixMs, Words};

use super::card::{CARD, bad_lines, exists, locked, paid, unknown_bill, unknown_file, which};
use super::file;

/// One line of a bill, in fen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What for; for the patient's eyes alone.
    pub name: String,
    /// How much.
    pub amount: Fen,
    /// Of which the pooled fund pays.
    pub fund: Fen,
    /// Of which the personal account pays.
    pub personal: Fen,
    /// Of which the family's shared account pays.
    pub family: Fen,
}

/// The sums of a bill by who pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Split {
    /// All of it.
    pub total: Fen,
    /// The pooled fund (统筹).
    pub fund: Fen,
    /// The personal account (个人账户).
    pub personal: Fen,
    /// The family's shared account (家庭共济).
    pub family: Fen,
    /// What the payer pays now (自付).
    pub own: Fen,
}

/// A quote: this version, until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The bill's version it was made from.
    pub version: u64,
    /// The last moment it holds.
    pub until: UnixMs,
}

/// A bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Its id.
    pub id: Id,
    /// The file it belongs to.
    pub file: Id,
    /// The patient.
    pub person: Id,
    /// Its number at the hospital.
    pub number: String,
    /// Its title.
    pub title: String,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Their sums.
    pub split: Split,
    /// One more at each change by the hospital.
    pub version: u64,
    /// The quote, if one was made.
    pub quote: Option<Quote>,
    /// The attempt that paid it, and when.
    pub paid: Option<(Id, UnixMs)>,
    /// How often anything of it has changed: the order among its mirrors.
    pub revision: u64,
}

impl Bill {
    /// Whether a quote of this very version still holds.
    pub fn quoted(&self, now: UnixMs) -> bool {
        self.quote.is_some_and(|quote| quote.version == self.version && quote.until >= now)
    }
}

impl Stored for Bill {
    const KIND: &'static str = "bill";
    fn index(&self) -> Vec<Index> {
        vec![Index { name: "file", value: self.file.into() }]
    }
}

/// The key of a bill inside its file's bucket.
pub fn bill_key(file: Id, number: &str) -> Key {
    Key::of(&[file.as_bytes(), number.as_bytes()])
}

/// Every bill of a file.
pub fn of_file(txn: &mut dyn Txn, file: Id) -> Result<Vec<Bill>, Stop> {
    Ok(find::<Bill>(txn, "file", file, None, MOST_PAGE)?.items.into_iter().map(|held| held.value).collect())
}

/// The bill a step names. If it names none: the only open one, or of several the only one that a quote is good for, since
/// that is the one the payer has just looked at.
pub fn named(txn: &mut dyn Txn, step: &Step<'_>) -> Result<Held<Bill>, Stop> {
    let file = file::of_holder(step)?;
    if let Some(number) = step.input.text("bill_number") {
        return Ok(load::<Bill>(txn, bill_key(file, number))?.ok_or_else(unknown_bill)?);
    }
    let bills = find::<Bill>(txn, "file", file, None, MOST_PAGE)?.items;
    let mut open: Vec<Held<Bill>> = bills.into_iter().filter(|held| held.value.paid.is_none()).collect();
    if open.len() > 1 {
        open.retain(|held| held.value.quoted(step.now));
    }
    match (open.pop(), open.is_empty()) {
        (Some(only), true) => Ok(only),
        _ => Err(which().into()),
    }
}

/// Writes a changed bill and mirrors it to the patient.
pub fn keep(desk: &mut Desk<'_>, mut held: Held<Bill>) -> Result<Bill, Stop> {
    held.value.revision += 1;
    save(desk.txn, &held)?;
    desk.mirror(held.value.person, "bill", held.value.id, mirrored(&held.value), held.value.revision);
    Ok(held.value)
}

/// The hospital raises a bill. The same bill again changes nothing.
pub fn add(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let text = |field: &str| step.input.text(field).unwrap_or_default().to_owned();
    let (file_number, number, title) = (text("file_number"), text("bill_number"), text("title"));
    let file = file::id_of(step.venue, &file_number);
    let person = file::load_file(desk.txn, file)?.ok_or_else(unknown_file)?.person;
    let (lines, split) = parse(&text("lines"))?;
    if let Some(held) = load::<Bill>(desk.txn, bill_key(file, &number))? {
        let same = held.value.lines == lines && held.value.title == title;
        return if same { Ok(raised(&held.value)) } else { Err(exists().into()) };
    }
    let id = derived_in(desk.txn.bucket(), &[b"bill", file.as_bytes(), number.as_bytes()]);
    let bill = Bill {
        v: Schema,
        id,
        file,
        person,
        number,
        title,
        lines,
        split,
        version: 1,
        quote: None,
        paid: None,
        revision: 1,
    };
    create(desk.txn, bill_key(file, &bill.number), &bill)?;
    desk.mirror(person, "bill", id, mirrored(&bill), bill.revision);
    let names = step.venue.names();
    let text = Words::new(
        format!("{}开出账单，自付 {}", names.zh, split.own),
        format!("{} raised a bill; your part is {}", names.en, split.own),
    );
    desk.log(person, text, &[], json!({"bill_number": bill.number}));
    Ok(raised(&bill))
}

/// The hospital changes a bill: a new version, so that a quote of the one before no longer holds. Also while a payment
/// is under way: then the payment does not settle and goes back.
pub fn change(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let text = |field: &str| step.input.text(field).unwrap_or_default();
    let file = file::id_of(step.venue, text("file_number"));
    let mut held = load::<Bill>(desk.txn, bill_key(file, text("bill_number")))?.ok_or_else(unknown_bill)?;
    let (lines, split) = parse(text("lines"))?;
    if held.value.lines == lines {
        return Ok(raised(&held.value));
    }
    if held.value.paid.is_some() {
        return Err(paid().into());
    }
    held.value.lines = lines;
    held.value.split = split;
    held.value.version += 1;
    Ok(raised(&keep(desk, held)?))
}

/// Fixes version and amount for a while.
pub fn quote(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let holder = step.holder()?;
    let mut held = named(desk.txn, step)?;
    if held.value.paid.is_some() {
        return Err(paid().into());
    }
    if home::locked(desk.txn, &held.value.id.into(), desk.now)?.is_some() {
        return Err(locked().into());
    }
    let until = desk.now.plus_s(60 * step.venue.setting(&CARD, "quote_min"));
    held.value.quote = Some(Quote { version: held.value.version, until });
    let bill = keep(desk, held)?;
    let mut detail = amounts(&bill);
    if step.cause == Cause::Operator {
        let released = disclose::at_counter(desk.txn, &CARD, step, holder, &[Claim::VenueNumber, Claim::Pseudonym])?;
        if let Some(binding) = holder.binding(file::KIND) {
            released.show(&mut detail, Claim::VenueNumber, "file_number", binding.number.as_str());
        }
        released.show(&mut detail, Claim::Pseudonym, "payer", holder.pseudonym.as_str());
        let names = step.venue.names();
        let text = Words::new(format!("{}窗口核价", names.zh), format!("{} quoted a bill at the desk", names.en));
        desk.log(
            holder.person,
            text,
            &released.claims,
            json!({"bill_number": bill.number, "receipt": released.receipt}),
        );
    }
    let words = Words::new(
        format!("自付 {}，{} 前有效", bill.split.own, until.to_clock_text()),
        format!("Own part {}, holds until {}", bill.split.own, until.to_clock_text()),
    );
    Ok(Outcome::done(Text::new("已核价", "Quoted"), words, Value::Object(detail)))
}

fn raised(bill: &Bill) -> Outcome {
    let words = Words::new(format!("合计 {}", bill.split.total), format!("{} in all", bill.split.total));
    Outcome::done(Text::new("已开账单", "Billed"), words, at_desk(bill))
}

/// A bill as a cashier sees it: its number and sums, no line.
pub fn at_desk(bill: &Bill) -> Value {
    Value::Object(amounts(bill))
}

fn amounts(bill: &Bill) -> Map<String, Value> {
    let Split { total, fund, personal, family, own } = bill.split;
    let mut shown = Map::new();
    shown.insert("bill_number".into(), bill.number.clone().into());
    let parts = [
        ("total_fen", total),
        ("fund_fen", fund),
        ("personal_fen", personal),
        ("family_fen", family),
        ("own_fen", own),
    ];
    for (name, amount) in parts {
        shown.insert(name.into(), amount.get().into());
    }
    shown.insert("paid".into(), bill.paid.is_some().into());
    if let Some(quote) = bill.quote.filter(|quote| quote.version == bill.version && bill.paid.is_none()) {
        shown.insert("quote_until".into(), quote.until.as_millis().into());
    }
    shown
}

/// A bill as the patient sees it.
pub fn mirrored(bill: &Bill) -> Value {
    let mut shown = amounts(bill);
    shown.insert("title".into(), bill.title.clone().into());
    shown.insert("version".into(), bill.version.into());
    let lines = bill.lines.iter().map(|line| json!({"name": line.name, "amount_fen": line.amount})).collect();
    shown.insert("lines".into(), lines);
    if let Some((_, at)) = bill.paid {
        shown.insert("paid_at".into(), at.as_millis().into());
    }
    Value::Object(shown)
}

/// Reads the lines of a bill: `name|amount|fund|personal|family`, one a row, whole fen; trailing parts may be left out.
pub fn parse(text: &str) -> Result<(Vec<Line>, Split), Stop> {
    let mut lines = Vec::new();
    let mut sum = [0_i64; 4];
    for row in text.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let mut parts = row.split('|').map(str::trim);
        let name = parts.next().filter(|name| !name.is_empty()).ok_or_else(bad_lines)?.to_owned();
        let mut amounts = [0_i64; 4];
        for (amount, part) in amounts.iter_mut().zip(parts.by_ref()) {
            let digits = !part.is_empty() && part.len() <= 11 && part.bytes().all(|byte| byte.is_ascii_digit());
            *amount = part.parse().ok().filter(|_| digits).ok_or_else(bad_lines)?;
        }
        let [amount, fund, personal, family] = amounts;
        if parts.next().is_some() || Fen::payable(amount).is_err() || fund + personal + family > amount {
            return Err(bad_lines().into());
        }
        sum.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
        let fen = Fen::new;
        lines.push(Line { name, amount: fen(amount), fund: fen(fund), personal: fen(personal), family: fen(family) });
    }
    let [total, fund, personal, family] = sum;
    let total_fen = Fen::payable(total).map_err(|_| bad_lines())?;
    let (fund_fen, personal_fen, family_fen) = (Fen::new(fund), Fen::new(personal), Fen::new(family));
    let own = Fen::new(total - fund - personal - family);
    Ok((lines, Split { total: total_fen, fund: fund_fen, personal: personal_fen, family: family_fen, own }))
}
