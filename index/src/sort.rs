//! Sorting that is compiled once.
//!
//! The standard library's stable sort is 7 KB of WASM for each type and each way to compare, its unstable one 6 KB: with
//! some sixty of them they were a sixth of the module. Here positions are sorted, whatever they are of, and then the items
//! are put in that order. Comparing through a pointer costs some nanoseconds each time, so what sorts ten thousands of
//! items for a question, or inside of a loop, does not use this.

use std::cmp::Ordering;

/// Sorts; equals keep their order.
pub fn sort_by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let order = sorted(items.len(), &mut |a, b| compare(&items[a], &items[b]));
    for at in 0..items.len() {
        // What belongs here was swapped away if its own place came before.
        let mut from = order[at];
        while from < at {
            from = order[from];
        }
        items.swap(at, from);
    }
}

/// Sorts what has an order of its own.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

/// The positions up to `len`, sorted by what is at them.
fn sorted(len: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    order.sort_by(|a, b| compare(*a, *b));
    order
}

/// Collects into an ordered set or map, one after the other: `collect` would sort them all first.
pub fn gather<T, All: Default + Extend<T>>(items: impl IntoIterator<Item = T>) -> All {
    let mut all = All::default();
    all.extend(items);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cmp::Reverse;

    proptest! {
        #[test]
        fn as_the_standard_library_does(mut items in prop::collection::vec((0_u8..9, any::<u16>()), 0..60)) {
            let mut expected = items.clone();
            expected.sort_by_key(|item| Reverse(item.0));
            sort_by(&mut items, |a, b| b.0.cmp(&a.0));
            prop_assert_eq!(items, expected);
        }
    }
}
