//! Lists come in parts, one way everywhere: `?limit=&after=` asks, `items` and `next` answer.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tongma_domain::{Refusal, Text};

use crate::{
    extract::query,
    limits::{MOST_CURSOR_CHARACTERS, MOST_PAGE, USUAL_PAGE},
    problem::{Answer, Problem},
};

/// Which part of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// At most so many entries, 1 to [`MOST_PAGE`].
    pub limit: u16,
    /// After the entry this cursor names; from the beginning without one.
    pub after: Option<String>,
}

/// One part of a list.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct List<T> {
    /// The entries.
    pub items: Vec<T>,
    /// The cursor of the next part; null at the end.
    pub next: Option<String>,
}

impl Page {
    /// The wanted part of a list that is at hand whole. The cursor names the last entry given by its place and its
    /// content: entries that came or went before it shift the place, and the content finds it again. An entry that is
    /// itself gone or changed is taken to have stood where it stood.
    pub fn part<T: Serialize>(&self, items: Vec<T>) -> List<T> {
        let begin = self.after.as_deref().map_or(0, |cursor| place_after(&items, cursor));
        let more = items.len() > begin.saturating_add(usize::from(self.limit));
        let items: Vec<T> = items.into_iter().skip(begin).take(usize::from(self.limit)).collect();
        let end = begin.saturating_add(items.len());
        let next = items.last().filter(|_| more).map(|last| format!("{end}-{}", fingerprint(last)));
        List { items, next }
    }
}

/// How many entries a cursor leaves behind.
fn place_after<T: Serialize>(items: &[T], cursor: &str) -> usize {
    let Some((place, print)) = cursor.split_once('-') else { return 0 };
    let place = place.parse::<usize>().unwrap_or(0).min(items.len());
    let prints = |index: usize| items.get(index).is_some_and(|item| fingerprint(item) == print);
    let last = place.saturating_sub(1);
    // Most lists stand still between two parts, so the place is looked at first, then what is near it.
    let near = (0..items.len()).flat_map(|away| [last.checked_sub(away), last.checked_add(away)]).flatten();
    near.into_iter().find(|index| prints(*index)).map_or(place, |index| index.saturating_add(1))
}

fn fingerprint<T: Serialize>(item: &T) -> String {
    let text = serde_json::to_vec(item).unwrap_or_default();
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Deserialize)]
struct RawPage {
    limit: Option<String>,
    after: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Answer<Self> {
        let raw: RawPage = query(parts)?;
        let limit = match raw.limit.as_deref() {
            None => USUAL_PAGE,
            Some(text) => text.parse().ok().filter(|limit| (1..=MOST_PAGE).contains(limit)).ok_or_else(bad_page)?,
        };
        let is_cursor = |text: &str| {
            (1..=MOST_CURSOR_CHARACTERS).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'~'))
        };
        if raw.after.as_deref().is_some_and(|text| !is_cursor(text)) {
            return Err(bad_page());
        }
        Ok(Self { limit, after: raw.after })
    }
}

fn bad_page() -> Problem {
    Problem::from(Refusal::with_status(
        400,
        "input.page",
        Text::new(
            "limit 要在 1 到 100 之间，after 要用上一页给的 next",
            "limit must be 1 to 100, and after the next of the page before",
        ),
        Text::new("去掉这两个参数就从头开始", "Leave both out to begin at the beginning"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// All parts of a list that `change` touches between two of them.
    fn walked(mut items: Vec<u32>, limit: u16, mut change: impl FnMut(&mut Vec<u32>)) -> Vec<u32> {
        let (mut got, mut after) = (Vec::new(), None);
        loop {
            let part = Page { limit, after }.part(items.clone());
            assert!(part.items.len() <= usize::from(limit));
            got.extend(part.items);
            after = part.next;
            if after.is_none() {
                return got;
            }
            change(&mut items);
        }
    }

    #[test]
    fn entries_that_come_and_go_before_the_cursor_neither_hide_nor_repeat_others() {
        let list: Vec<u32> = (0..10).collect();
        let mut fresh = 100;
        let grown = walked(list.clone(), 3, |items| {
            fresh += 1;
            items.insert(0, fresh);
        });
        assert_eq!(grown, list, "a new first entry");
        let shrunk = walked(list.clone(), 3, |items| {
            items.remove(0);
        });
        assert_eq!(shrunk, list, "the first entry left");
        // The last one given is gone: the next part begins where it stood.
        let page = Page { limit: 3, after: None }.part(list.clone());
        let without: Vec<u32> = list.iter().copied().filter(|item| *item != 2).collect();
        let next = Page { limit: 3, after: page.next }.part(without);
        assert_eq!(next.items, [4, 5, 6], "taken to have stood where it stood");
    }

    #[test]
    fn equal_entries_are_told_apart_by_their_place() {
        assert_eq!(walked(vec![7; 9], 2, |_| ()), [7; 9]);
    }

    proptest! {
        #[test]
        fn the_parts_of_a_list_that_stands_still_are_the_list(items: Vec<u8>, limit in 1..=100_u16) {
            let items: Vec<u32> = items.into_iter().map(u32::from).collect();
            prop_assert_eq!(walked(items.clone(), limit, |_| ()), items);
        }

        #[test]
        fn any_cursor_is_survived(items: Vec<u8>, cursor in "[0-9a-zA-Z_.~-]{1,64}") {
            let part = Page { limit: 5, after: Some(cursor) }.part(items.clone());
            prop_assert!(part.items.len() <= 5);
        }
    }
}
