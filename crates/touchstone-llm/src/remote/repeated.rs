//! A reply that begins with what it goes on from: llama-server gives the whole
//! last message of the assistant's, as of the builds of 2026.

/// Takes the repetition away, if there is one.
pub(super) struct Repeated<'a> {
    /// What the reply may repeat.
    written: &'a str,
    /// The beginning of the reply, as long as it may be a repetition.
    held: String,
    decided: bool,
}

impl<'a> Repeated<'a> {
    /// Nothing is taken away of a reply that goes on from nothing.
    pub(super) fn new(written: &'a str) -> Repeated<'a> {
        Repeated { written, held: String::new(), decided: written.is_empty() }
    }

    /// What is new in the next piece of the reply.
    pub(super) fn without(&mut self, piece: String) -> String {
        if self.decided {
            return piece;
        }
        self.held.push_str(&piece);
        if self.held.len() < self.written.len() && self.written.starts_with(&self.held) {
            return String::new();
        }
        self.decided = true;
        let held = std::mem::take(&mut self.held);
        held.strip_prefix(self.written).map(str::to_owned).unwrap_or(held)
    }

    /// What was held back where the reply ends before it was decided.
    pub(super) fn rest(&mut self) -> String {
        self.decided = true;
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_in(written: &str, pieces: &[&str]) -> String {
        let mut repeated = Repeated::new(written);
        let mut new: String = pieces.iter().map(|piece| repeated.without((*piece).to_owned())).collect();
        new.push_str(&repeated.rest());
        new
    }

    #[test]
    fn only_the_whole_of_what_was_written_is_taken_away() {
        assert_eq!(new_in("One, two,", &["One, two, three", ", four"]), " three, four");
        assert_eq!(new_in("One, two,", &["One", ", two,", " three"]), " three");
        assert_eq!(new_in("One, two,", &[" three, four"]), " three, four");
        assert_eq!(new_in("One, two,", &["One", " more"]), "One more");
        assert_eq!(new_in("One, two,", &["One"]), "One");
        assert_eq!(new_in("", &["One", ", two"]), "One, two");
        assert_eq!(new_in("一、二、", &["一、", "二、三"]), "三");
    }
}
