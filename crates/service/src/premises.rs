//! Venues and points in service and out of it, by staff's hand.

use tongma_domain::{Bucket, Id, Refusal, Text, VenueState, Words};
use tongma_store::{load, save};

use crate::directory::{PointRecord, VenueRow};
use crate::platform::Platform;
use crate::staff::{Office, Staff, write_act};
use crate::venue_code::ANY_PURPOSE;

/// How long a code that hangs at a point serves, in days.
const POINT_CODE_DAYS: u16 = 180;

impl Platform {
    /// Refuses a point that was taken out of service, or whose venue was.
    ///
    /// # Errors
    /// `point.suspended`, `venue.suspended`.
    pub fn in_service(&self, point: Id) -> Result<(), Refusal> {
        let directory = self.directory();
        let record = directory.point(point)?;
        let ask = Text::new("请联系平台管理员", "Ask the administrator of the platform");
        if record.suspended {
            let title = Text::new("这台设备已被平台停用", "The platform has taken this point out of service");
            return Err(Refusal::forbidden("point.suspended", title, ask));
        }
        if directory.venue(record.point.venue)?.state == VenueState::Suspended {
            let title = Text::new("这个场所已被平台停用", "The platform has taken this venue out of service");
            return Err(Refusal::forbidden("venue.suspended", title, ask));
        }
        Ok(())
    }

    /// Takes a venue out of service, or back into it. What was begun there stays; nothing new begins.
    ///
    /// # Errors
    /// `staff.office`, `venue.unknown`, or the store's refusal.
    pub async fn suspend_venue(&self, staff: &Staff, venue: Id, suspended: bool) -> Result<(), Refusal> {
        staff.must_hold(Office::System)?;
        let (by, now) = (staff.clone(), self.now());
        let directory = self.directory();
        let known = directory.venue(venue)?;
        for scenario in known.scenarios.iter().filter(|_| !suspended) {
            self.scenario(scenario)?.may_serve(known, now)?;
        }
        self.run(Bucket::DIRECTORY, move |txn| {
            let Some(mut held) = load::<VenueRow>(txn, venue)? else { return Ok(()) };
            let state = if suspended { VenueState::Suspended } else { VenueState::Open };
            if held.value.0.state == state {
                return Ok(());
            }
            held.value.0.state = state;
            save(txn, &held)?;
            let (zh, en) = (&held.value.0.name_zh, &held.value.0.name_en);
            let (act, text) = if suspended {
                ("venue.suspended", Words::new(format!("停用场所 {zh}"), format!("Suspended the venue {en}")))
            } else {
                ("venue.resumed", Words::new(format!("恢复场所 {zh}"), format!("Resumed the venue {en}")))
            };
            Ok(write_act(txn, now, &by, act, text)?)
        })
        .await?;
        self.reload_directory()
    }

    /// Takes a point out of service, or back into it.
    ///
    /// # Errors
    /// `staff.office`, `point.unknown`, or the store's refusal.
    pub async fn suspend_point(&self, staff: &Staff, point: Id, suspended: bool) -> Result<(), Refusal> {
        staff.must_hold(Office::System)?;
        self.directory().point(point)?;
        let (by, now) = (staff.clone(), self.now());
        self.run(Bucket::DIRECTORY, move |txn| {
            let Some(mut held) = load::<PointRecord>(txn, point)? else { return Ok(()) };
            if held.value.suspended == suspended {
                return Ok(());
            }
            held.value.suspended = suspended;
            save(txn, &held)?;
            let (zh, en) = (&held.value.point.name_zh, &held.value.point.name_en);
            let (act, text) = if suspended {
                ("point.suspended", Words::new(format!("停用终端 {zh}"), format!("Suspended the point {en}")))
            } else {
                ("point.resumed", Words::new(format!("恢复终端 {zh}"), format!("Resumed the point {en}")))
            };
            Ok(write_act(txn, now, &by, act, text)?)
        })
        .await?;
        self.reload_directory()
    }

    /// A fresh pairing code for a point. The key it has works until the new device has paired.
    ///
    /// # Errors
    /// `staff.office`, `point.unknown`, or the store's refusal.
    pub async fn pair_again(&self, staff: &Staff, point: Id) -> Result<String, Refusal> {
        staff.must_hold(Office::System)?;
        self.directory().point(point)?;
        let ((code, pairing), by, now) = (self.pairing(point), staff.clone(), self.now());
        self.run(Bucket::DIRECTORY, move |txn| {
            let names =
                load::<PointRecord>(txn, point)?.map(|held| (held.value.point.name_zh, held.value.point.name_en));
            let (zh, en) = names.unwrap_or_default();
            pairing.write(txn)?;
            let text =
                Words::new(format!("给终端 {zh} 发了新配对码"), format!("Gave the point {en} a new pairing code"));
            Ok(write_act(txn, now, &by, "point.pairing", text)?)
        })
        .await?;
        Ok(code)
    }

    /// Signs the key list and the deny list anew, out of turn.
    ///
    /// # Errors
    /// `staff.office`, `keys.unusable`, or the store's refusal.
    pub async fn sign_lists(&self, staff: &Staff) -> Result<(), Refusal> {
        staff.must_hold(Office::Security)?;
        self.note_act(staff, "lists.signed", Words::new("重新签发两份名单", "Signed both lists anew")).await?;
        self.refresh_lists()
    }

    /// Issues the code that hangs at a point anew, or withdraws it: what hangs there then opens nothing.
    ///
    /// # Errors
    /// `staff.office`, `point.unknown`, `point_code.none`, or the store's refusal.
    pub async fn change_point_code(&self, staff: &Staff, point: Id, issued: bool) -> Result<(), Refusal> {
        staff.must_hold(Office::System)?;
        let directory = self.directory();
        let (zh, en) = (&directory.point(point)?.point.name_zh, &directory.point(point)?.point.name_en);
        if issued {
            let text = Words::new(format!("签发终端 {zh} 的张贴码"), format!("Issued the code that hangs at {en}"));
            self.note_act(staff, "point_code.issued", text).await?;
            return self.issue_venue_code(point, ANY_PURPOSE, POINT_CODE_DAYS).await.map(drop);
        }
        let text = Words::new(format!("作废终端 {zh} 的张贴码"), format!("Withdrew the code that hangs at {en}"));
        self.note_act(staff, "point_code.withdrawn", text).await?;
        self.withdraw_venue_code(point, ANY_PURPOSE).await
    }

    /// The address of the code that hangs at a point for everything it does, while there is one that opens.
    ///
    /// # Errors
    /// `point.unknown`, `point_code.none`, `point_code.withdrawn`.
    pub fn point_code(&self, point: Id) -> Result<String, Refusal> {
        Ok(self.venue_code(point, ANY_PURPOSE)?.text)
    }
}
