//! The client data: what the browser says about the page that asked (section 5.8.1).

use serde::Deserialize;

use crate::{Trouble, wire};

/// The members that are checked; a member said twice is malformed, one that we do not know is left aside (the standard
/// adds some on purpose, so that nobody compares whole texts).
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
    #[serde(rename = "topOrigin", default)]
    top_origin: Option<String>,
}

/// Checks the client data (section 7.1, steps 5 to 11; section 7.2, steps 8 to 14).
pub fn check(bytes: &[u8], kind: &str, challenge: &[u8], origins: &[String]) -> Result<(), Trouble> {
    if bytes.len() > wire::MOST_MEMBER_BYTES {
        return Err(Trouble::Malformed);
    }
    let data: ClientData = serde_json::from_slice(bytes).map_err(|_| Trouble::Malformed)?;
    if data.kind != kind {
        return Err(Trouble::OtherCeremony);
    }
    // The challenge is public once it is answered; no need to hide how much of it matched.
    if data.challenge != wire::to_text(challenge) {
        return Err(Trouble::Challenge);
    }
    if data.cross_origin || data.top_origin.is_some() || !origins.contains(&data.origin) {
        return Err(Trouble::Origin);
    }
    Ok(())
}
