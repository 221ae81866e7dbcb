//! While somebody types, meaning must not take away what words showed.
//!
//! A question of a few characters means little, and its vector says even less: it ranks pages at random. So as long
//! as fewer than [`TYPED`] characters are there, an exact match among the first [`HELD`] by words stays among the
//! first [`HELD`]. An exact match is a page whose title has all that is typed: the words one after the other, the
//! last one perhaps only begun.

use crate::words::words;
use std::collections::HashSet;
use std::hash::Hash;

/// From so many characters on a question means something. At 0 nothing is held; towards infinity no meaning ever
/// comes before a title. What the design demands, not tuned.
pub const TYPED: usize = 12;

/// How many places are held: what is on the screen above the fold.
pub const HELD: usize = 3;

/// Whether `typed` is short enough to be still in the making.
pub(crate) fn is_short(typed: &str) -> bool {
    typed.trim().chars().nth(TYPED - 1).is_none()
}

/// Whether `title` has all of `typed`.
pub(crate) fn is_exact(title: &str, typed: &str) -> bool {
    let of = |text: &str| {
        let mut all = Vec::new();
        words(text, |word, _| all.push(word.to_owned()));
        all
    };
    let (title, typed) = (of(title), of(typed));
    let Some((last, before)) = typed.split_last() else { return false };
    title
        .windows(typed.len())
        .any(|window| window[..before.len()] == *before && window[before.len()].starts_with(last.as_str()))
}

/// Moves those of `ranked` that are `held`, at most [`HELD`], among the first [`HELD`], and changes no order
/// otherwise.
pub(crate) fn hold<T, Id: Hash + Eq>(ranked: &mut Vec<T>, held: &HashSet<Id>, id: impl Fn(&T) -> Id) {
    let mut free = HELD.saturating_sub(held.len());
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for item in ranked.drain(..) {
        if held.contains(&id(&item)) {
            first.push(item);
        } else if free > 0 {
            free -= 1;
            first.push(item);
        } else {
            rest.push(item);
        }
    }
    first.append(&mut rest);
    *ranked = first;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_exact_if_it_has_all_that_is_typed() {
        for (title, typed, exact) in [
            ("Rust by Example", "rust", true),
            ("Rust by Example", "RUST by Ex", true),
            ("The Rust by Example", "rust by", true),
            ("Trust", "rust", false),
            ("Rust by Example", "rust example", false),
            ("Rust", "rust by", false),
            ("Rust", "", false),
            ("", "rust", false),
            ("全文検索", "全文", true),
        ] {
            assert_eq!(is_exact(title, typed), exact, "{typed} in {title}");
        }
    }

    #[test]
    fn short_is_less_than_twelve_characters() {
        assert!(is_short("") && is_short("12345678901") && is_short(" 日本語日本語日本語日本 "));
        assert!(!is_short("123456789012"));
    }

    #[test]
    fn what_is_held_is_among_the_first_and_the_rest_keeps_its_order() {
        let held = |ids: &[u8], ranked: &[u8]| {
            let mut ranked = ranked.to_vec();
            hold(&mut ranked, &ids.iter().copied().collect(), |id| *id);
            ranked
        };
        assert_eq!(held(&[], &[1, 2, 3, 4]), [1, 2, 3, 4]);
        assert_eq!(held(&[4], &[1, 2, 3, 4, 5]), [1, 2, 4, 3, 5]);
        assert_eq!(held(&[2, 5], &[1, 2, 3, 4, 5]), [1, 2, 5, 3, 4]);
        assert_eq!(held(&[3, 4, 5], &[1, 2, 3, 4, 5]), [3, 4, 5, 1, 2]);
        assert_eq!(held(&[1], &[2, 1]), [2, 1]);
    }
}
