//! Questions that no page of any set answers, so that one knows how close the closest page is then.
//!
//! Most are about something that the personas do read of (cooking, cars, school) but want one particular thing
//! that is nowhere; questions about nothing at all would make any threshold look good.

/// One question a line.
pub fn questions() -> impl Iterator<Item = &'static str> {
    include_str!("../../data/unanswered.txt").lines().filter(|line| !line.trim().is_empty())
}

#[cfg(test)]
mod tests {
    #[test]
    fn they_are_there_and_differ() {
        let mut all: Vec<&str> = super::questions().collect();
        assert!(all.len() >= 30);
        let before = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), before);
    }
}
