//! Closing an account: what ends at once, what the law keeps and until when, said before it is done.

use serde::Serialize;
use tongma_capability::charge;
use tongma_domain::{Id, Refusal, Text, UnixMs, Words};
use tongma_store::{Key, encode, find, load, save};

use crate::notice::Own;
use crate::people::load_holder;
use crate::platform::Platform;
use crate::records::{HolderRecord, LogLine, SessionRecord, ThingRecord};
use crate::sessions::Citizen;
use crate::vault::Sealed;

/// How long the log of uses is kept after the account has closed, in days: network logs for at least six months
/// (Cybersecurity Law, article on network operators' security duties).
const LOG_DAYS: i64 = 184;
/// How long who paid what is kept, in days: at least three years from the transaction (E-commerce Law art. 31).
const MONEY_DAYS: i64 = 3 * 366;
/// Kinds of things that are named before an account closes.
const OPEN_KINDS: [(&str, Text); 5] = [
    ("loan", Text::new("借阅", "Loans")),
    ("booking", Text::new("预约", "Bookings")),
    ("bill", Text::new("账单", "Bills")),
    ("ticket", Text::new("排队的号", "Queue tickets")),
    ("stay", Text::new("住宿", "Stays")),
];

/// Something that is kept.
#[derive(Debug, Clone, Serialize)]
pub struct Kept {
    /// What.
    pub what: Text,
    /// Until when; `None` where somebody else keeps it by rules of their own.
    pub until: Option<UnixMs>,
    /// Which law says so.
    pub law: Text,
}

/// What closing the account would mean now.
#[derive(Debug, Clone, Serialize)]
pub struct Closing {
    /// What stands in the way: the account cannot close before it is dealt with.
    pub blocks: Vec<Words>,
    /// What is still open at venues; it stays the person's own matter.
    pub open: Vec<Words>,
    /// What ends at once.
    pub ends: Vec<Text>,
    /// What is kept.
    pub keeps: Vec<Kept>,
}

const ENDS: [Text; 6] = [
    Text::new("手机上的码和所有票据，立即失效", "The code on the phone and every ticket, at once"),
    Text::new("所有登录，立即退出", "Every session, at once"),
    Text::new("给别人的代办授权、替别人出示的授权", "Whoever may act for you, and for whom you may act"),
    Text::new("所有长期同意", "Every standing consent"),
    Text::new("短信和提醒", "Texts and reminders"),
    Text::new("用这个账号登录", "Signing in as this account"),
];

impl Platform {
    /// What closing the account would mean: read before it is confirmed.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn closing(&self, citizen: &Citizen) -> Result<Closing, Refusal> {
        let (person, now) = (citizen.person, self.now());
        let (purse, open) = self.read(person.bucket(), |txn| {
            let purse = txn.account(&charge::purse(person))?;
            let mut open = Vec::new();
            for (kind, name) in OPEN_KINDS {
                let index = Key::of(&[person.as_bytes(), kind.as_bytes()]);
                let page = find::<ThingRecord>(txn, "person", index, None, 100)?;
                open.push((name, page.items.into_iter().filter(|held| still_open(&held.value)).count()));
            }
            Ok((purse, open))
        })?;
        let balance = purse.map_or(0, |account| {
            account.credits_posted.get() - account.debits_posted.get() - account.debits_pending.get()
        });
        let paid = purse.is_some_and(|account| account.debits_posted.get() > 0);
        let mut blocks = Vec::new();
        if balance != 0 {
            let (yuan, fen) = (balance / 100, (balance % 100).abs());
            blocks.push(Words::new(
                format!("钱包里还有 {yuan}.{fen:02} 元：请先用完，或到人工窗口退款"),
                format!("There are {yuan}.{fen:02} yuan in the purse: spend them, or have them paid out at a counter"),
            ));
        }
        let named = |(name, count): (Text, usize)| {
            (count > 0).then(|| {
                Words::new(
                    format!("{}：{count} 项，仍要到场所办结", name.zh),
                    format!("{}: {count}, still to be settled with the venue", name.en),
                )
            })
        };
        Ok(Closing {
            blocks,
            open: open.into_iter().filter_map(named).collect(),
            ends: ENDS.to_vec(),
            keeps: keeps(now, paid),
        })
    }

    /// Closes the account.
    ///
    /// # Errors
    /// `account.blocked` while money is left.
    pub async fn close_account(&self, citizen: &Citizen) -> Result<(), Refusal> {
        if let Some(block) = self.closing(citizen)?.blocks.first() {
            return Err(blocked().titled(block.clone()));
        }
        self.end_account(citizen.person, Text::new("账户已注销", "The account was closed").into()).await
    }

    /// The person has died: the code ends, the log stays. Two administrators vouch for it.
    ///
    /// # Errors
    /// `account.two_needed`, or the store's refusal.
    pub async fn record_death(&self, person: Id, (first, second): (&str, &str)) -> Result<(), Refusal> {
        let (first, second) = (first.trim(), second.trim());
        if first.is_empty() || second.is_empty() || first == second {
            return Err(Refusal::invalid(
                "account.two_needed",
                Text::new("这一步要两位工作人员", "Two members of staff are needed for this"),
                Text::new("请第二位工作人员核对证明后签名", "Let a second one check the papers and sign"),
            ));
        }
        let text = Words::new(
            format!("依死亡证明停用（{first}、{second}）"),
            format!("Ended by certificate of death ({first}, {second})"),
        );
        self.end_account(person, text).await
    }

    /// Ends everything that lives of an account, in the person's bucket, and then what other buckets hold of it. Said
    /// again, it does the same again.
    async fn end_account(&self, person: Id, text: Words) -> Result<(), Refusal> {
        let now = self.now();
        let before = self
            .run(person.bucket(), move |txn| {
                let mut held = load_holder(txn, person)?;
                let before = held.value.clone();
                if held.value.closed.is_some() {
                    return Ok(before);
                }
                end(&mut held.value, now);
                save(txn, &held)?;
                let sessions = find::<SessionRecord>(txn, "person", person, None, tongma_store::MOST_PAGE)?;
                for mut session in sessions.items {
                    session.value.expires = now;
                    save(txn, &session)?;
                }
                crate::step_up::forget(txn, person)?;
                let paid = txn.account(&charge::purse(person))?.is_some_and(|account| account.debits_posted.get() > 0);
                let erase_at = now.plus_days(if paid { MONEY_DAYS } else { LOG_DAYS });
                txn.due_put(erase_at, encode(&Own::Erase { person })?)?;
                let line = LogLine {
                    kind: "account".into(),
                    text: text.clone(),
                    venue: None,
                    point: None,
                    operator: None,
                    released: Vec::new(),
                    detail: serde_json::Value::Null,
                };
                crate::outbox::append(txn, person, now, &line)?;
                Ok(before)
            })
            .await?;
        for device in before.devices.iter().filter(|device| device.live) {
            self.deny(person, 0, device.number, true).await?;
        }
        for grant in before.grants.iter().filter(|grant| grant.live) {
            self.deny(person, grant.actor, grant.device, true).await?;
        }
        for (actor, ward) in before.wards {
            self.end_ward(ward, actor, person).await?;
        }
        Ok(())
    }

    /// Ends what a guardian could do for a ward.
    async fn end_ward(&self, ward: Id, actor: u8, guardian: Id) -> Result<(), Refusal> {
        let device = self
            .run(ward.bucket(), move |txn| {
                let mut held = load_holder(txn, ward)?;
                let grant = held.value.grants.iter_mut().find(|grant| grant.actor == actor && grant.person == guardian);
                let device = grant.filter(|grant| grant.live).map(|grant| {
                    grant.live = false;
                    grant.device
                });
                if device.is_some() {
                    save(txn, &held)?;
                }
                Ok(device)
            })
            .await?;
        match device {
            Some(device) if device > 0 => self.deny(ward, actor, device, true).await,
            _ => Ok(()),
        }
    }

    /// What the law had kept is past its time: name, number and telephone go; the log's lines name nobody.
    pub(crate) async fn erase(&self, person: Id) -> Result<(), Refusal> {
        self.run(person.bucket(), move |txn| {
            let mut held = load_holder(txn, person)?;
            if held.value.closed.is_none() || held.value.sealed.is_none() {
                return Ok(());
            }
            held.value.sealed = Sealed::none();
            Ok(save(txn, &held)?)
        })
        .await
    }

    /// Whether a person's account has been closed.
    pub(crate) fn is_closed(&self, person: Id) -> Result<bool, Refusal> {
        self.read(person.bucket(), |txn| {
            let key = crate::people::holder_key(person.number());
            Ok(load::<HolderRecord>(txn, key)?
                .is_some_and(|held| held.value.person == person && held.value.closed.is_some()))
        })
    }
}

fn end(record: &mut HolderRecord, now: UnixMs) {
    record.closed = Some(now);
    record.frozen = true;
    record.devices.iter_mut().for_each(|device| device.live = false);
    record.grants.iter_mut().for_each(|grant| grant.live = false);
    record.consents.clear();
    record.wards.clear();
}

/// A thing that its venue still waits for: a body that is there and says neither that it was paid nor that it is over.
fn still_open(thing: &ThingRecord) -> bool {
    let over = |name: &str| thing.body.get(name).and_then(serde_json::Value::as_bool) == Some(true);
    let state = thing.body.get("state").and_then(serde_json::Value::as_str).unwrap_or_default();
    !thing.body.is_null()
        && !over("paid")
        && !over("done")
        && !["done", "returned", "cancelled", "paid", "left", "closed", "over"].contains(&state)
}

fn keeps(now: UnixMs, paid: bool) -> Vec<Kept> {
    let mut keeps = vec![Kept {
        what: Text::new("使用记录（不含您当时的证件内容）", "The log of uses (without what your documents said)"),
        until: Some(now.plus_days(LOG_DAYS)),
        law: Text::new(
            "《网络安全法》：网络日志不少于六个月",
            "Cybersecurity Law: network logs for at least six months",
        ),
    }];
    if paid {
        keeps.push(Kept {
            what: Text::new("付款记录及其对应的姓名", "Payments, and whose they were"),
            until: Some(now.plus_days(MONEY_DAYS)),
            law: Text::new(
                "《电子商务法》第三十一条：交易完成后不少于三年",
                "E-commerce Law art. 31: at least three years from the transaction",
            ),
        });
    }
    keeps.push(Kept {
        what: Text::new(
            "各场所依其职责保存的材料（病历、住宿登记、借阅欠款等）",
            "What venues keep by duties of their own (medical files, stays, debts)",
        ),
        until: None,
        law: Text::new("由该场所告知；可向其提出删除请求", "The venue says how long; you can ask it to delete"),
    });
    keeps
}

fn blocked() -> Refusal {
    Refusal::conflict(
        "account.blocked",
        Text::new("现在还不能注销", "The account cannot be closed yet"),
        Text::new("请先处理上面列出的事项", "Deal with what is listed first"),
    )
}
