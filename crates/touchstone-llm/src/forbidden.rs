//! Texts that must not be written, for engines.
//!
//! A text counts only as a whole word or number: "7" does not stand in "79",
//! nor "Rome" in "Jerome". So a number is complete once the character after
//! it is known.

/// A forbidden text that a continuation would complete.
#[derive(Debug, PartialEq, Eq)]
pub struct Completed {
    /// The byte from which something else has to be written: the first of a
    /// word; of a number, its last digit, as its first ones may be right.
    pub turn: usize,
}

/// The texts that a generation must not hold.
pub struct Forbidden {
    texts: Vec<String>,
    longest: usize,
}

impl Forbidden {
    pub fn new(texts: &[String]) -> Forbidden {
        let texts: Vec<String> =
            texts.iter().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect();
        let longest = texts.iter().map(String::len).max().unwrap_or(0);
        Forbidden { texts, longest }
    }

    /// Whether a whole text holds none of them.
    pub fn admits(&self, text: &str) -> bool {
        // A newline ends numbers, which then count as complete.
        self.completed_by(b"", format!("{text}\n").as_bytes()).is_none()
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether `piece` after `text` completes a forbidden text that `text`
    /// alone does not hold.
    pub fn completed_by(&self, text: &[u8], piece: &[u8]) -> Option<Completed> {
        if self.is_empty() || piece.is_empty() {
            return None;
        }
        // Whether a number ends is known two bytes after it.
        let from = text.len().saturating_sub(self.longest + 4);
        let mut window = text[from..].to_vec();
        let known = window.len();
        window.extend_from_slice(piece);
        for forbidden in &self.texts {
            let bytes = forbidden.as_bytes();
            let starts = (0..(window.len() + 1).saturating_sub(bytes.len()))
                .filter(|s| window[*s..].starts_with(bytes));
            for start in starts {
                let end = start + bytes.len();
                let news = end > known || !stands(&window[..known], start, end);
                if news && stands(&window, start, end) {
                    return Some(Completed { turn: from + start + turning_point(bytes) });
                }
            }
        }
        None
    }

    /// The byte from which the text's end may become a forbidden text, when
    /// it may.
    pub fn open_from(&self, text: &[u8]) -> Option<usize> {
        self.texts
            .iter()
            .filter_map(|forbidden| {
                let bytes = forbidden.as_bytes();
                // Up to two bytes more, as in `completed_by`.
                (1..=bytes.len() + 2).rev().filter(|l| *l <= text.len()).find_map(|length| {
                    let end = &text[text.len() - length..];
                    let open = if length <= bytes.len() {
                        bytes.starts_with(end)
                    } else {
                        end.starts_with(bytes) && ends_in_digit(bytes)
                    };
                    open.then(|| text.len() - length)
                })
            })
            .min()
    }
}

/// Whether the bytes from `start` to `end` stand alone as a word or number.
fn stands(text: &[u8], start: usize, end: usize) -> bool {
    let Some(found) = text.get(start..end) else {
        return false;
    };
    let (before, after) = (&text[..start], &text[end..]);
    let begins_inside = match (found.first(), before) {
        (Some(f), [.., digit, b'.' | b',']) if f.is_ascii_digit() => digit.is_ascii_digit(),
        (Some(f), [.., last]) => f.is_ascii_alphanumeric() && last.is_ascii_alphanumeric(),
        _ => false,
    };
    if begins_inside {
        return false;
    }
    if !ends_in_digit(found) {
        return true;
    }
    match after {
        // Not known yet.
        [] | [b'.' | b','] => false,
        [b'.' | b',', next, ..] => !next.is_ascii_digit(),
        [next, ..] => !next.is_ascii_digit(),
    }
}

fn ends_in_digit(text: &[u8]) -> bool {
    text.last().is_some_and(u8::is_ascii_digit)
}

fn turning_point(forbidden: &[u8]) -> usize {
    let number = forbidden.iter().take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b',')).count();
    forbidden[..number].iter().rposition(u8::is_ascii_digit).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn forbid(texts: &[&str]) -> Forbidden {
        Forbidden::new(&texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_word_is_complete_with_its_last_letter() {
        let forbidden = forbid(&["Boliviano"]);
        assert_eq!(forbidden.completed_by(b"is the Bolivia", b"n"), None);
        assert_eq!(forbidden.completed_by(b"is the Bolivian", b"o"), Some(Completed { turn: 7 }));
        assert_eq!(forbidden.completed_by(b"is the Boliviano", b"."), None);
    }

    #[test]
    fn a_word_inside_another_is_not_meant() {
        assert_eq!(forbid(&["Rome"]).completed_by(b"Jer", b"ome"), None);
        assert!(forbid(&["里昂"]).completed_by("首都是里".as_bytes(), "昂".as_bytes()).is_some());
    }

    #[test]
    fn a_number_is_complete_when_no_digit_follows() {
        let forbidden = forbid(&["180"]);
        assert_eq!(forbidden.completed_by(b"= 18", b"0"), None);
        assert_eq!(forbidden.completed_by(b"= 180", b"0"), None);
        assert_eq!(forbidden.completed_by(b"= 180", b"\n"), Some(Completed { turn: 4 }));
        assert_eq!(forbidden.completed_by(b"= 180", b"."), None);
        assert_eq!(forbidden.completed_by(b"= 180.", b" "), Some(Completed { turn: 4 }));
        assert_eq!(forbidden.completed_by(b"= 180.", b"5"), None);
        assert_eq!(forbidden.completed_by(b"= 1180", b" "), None);
        assert_eq!(forbidden.completed_by(b"= 2.180", b" "), None);
    }

    #[test]
    fn what_stood_there_before_does_not_count() {
        assert_eq!(forbid(&["Lyon"]).completed_by(b"Lyon is large. Pari", b"s"), None);
    }

    #[test]
    fn an_end_that_may_become_forbidden_is_seen() {
        let forbidden = forbid(&["Lyon", "180"]);
        assert_eq!(forbidden.open_from(b"It is Ly"), Some(6));
        assert_eq!(forbidden.open_from(b"It is 180."), Some(6));
        assert_eq!(forbidden.open_from(b"It is Paris"), None);
    }
}
