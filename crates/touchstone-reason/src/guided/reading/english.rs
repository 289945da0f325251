//! English: words are tokens, and which side of the topic they stand on says
//! from which side a relation is asked for.

use std::ops::Range;

use touchstone_core::Language;
use touchstone_graph::{Composed, CueRole, Folded};

use super::{Reading, Side, Unit, composed_names};
use crate::guided::index::{CueIndex, Sense};
use crate::guided::vocabulary;

/// Prepositions of place that take a number when they narrow a question.
const STRANDED: &[&str] = &["under", "over", "above", "below"];

struct Token {
    text: String,
    side: Side,
    start: usize,
    /// Followed by 's.
    owner: bool,
}

pub(super) fn read(index: &CueIndex, composed: &Composed, question: &str, topic: &Range<usize>) -> Reading {
    let tokens = with_chains(index, tokens(question, topic));
    let mut named = composed_names(composed, &question[..topic.start], Language::English);
    let behind = composed_names(composed, &question[topic.end..], Language::English);
    named.extend(
        behind.into_iter().map(|(range, sense)| (range.start + topic.end..range.end + topic.end, sense)),
    );
    named.iter_mut().for_each(|(_, sense)| as_role(index, sense));
    let mut matches: Vec<(Range<usize>, &Sense)> = named
        .iter()
        .map(|(range, sense)| {
            let first = tokens.partition_point(|token| token.start < range.start);
            let end = tokens.partition_point(|token| token.start < range.end);
            (first..end, sense)
        })
        .filter(|(range, _)| !range.is_empty())
        .collect();
    for start in 0..tokens.len() {
        // Phrases are compared by their content words, on one side of the topic.
        let places: Vec<usize> = (start..tokens.len())
            .take_while(|at| tokens[*at].side == tokens[start].side)
            .filter(|at| *at == start || !vocabulary::is_function_word(&tokens[*at].text))
            .take(6)
            .collect();
        let words: Vec<&str> = places.iter().map(|at| tokens[*at].text.as_str()).collect();
        for (length, sense) in index.beginning(&words) {
            matches.push((start..places[length - 1] + 1, sense));
        }
    }
    let mut spans: Vec<Range<usize>> = matches.iter().map(|(span, _)| span.clone()).collect();
    spans.sort_by_key(|span| (std::cmp::Reverse(span.len()), span.start));
    spans.dedup();
    let mut taken: Vec<Range<usize>> = Vec::new();
    for span in spans {
        if taken.iter().all(|known| known.end <= span.start || span.end <= known.start) {
            taken.push(span);
        }
    }
    taken.sort_by_key(|span| span.start);
    let mut reading = Reading::default();
    let first_behind = tokens.partition_point(|token| token.side == Side::Before);
    for span in &taken {
        let words = |range: &Range<usize>| {
            range.clone().filter(|at| !vocabulary::is_function_word(&tokens[*at].text)).count().max(1) as f32
        };
        let whole = words(span);
        let mut senses: Vec<Sense> = Vec::new();
        // What a phrase means is not what its parts mean, unless they say the
        // same in other ways.
        let whole_sense = |sense: &Sense| {
            let predicate_of = |sense: &Sense| match sense {
                Sense::Relation { predicate, .. } => Some(*predicate),
                _ => None,
            };
            let own = predicate_of(sense);
            matches.iter().any(|(range, other)| range == span && own.is_some() && predicate_of(other) == own)
        };
        let known_whole = matches.iter().any(|(range, _)| range == span);
        for (range, sense) in matches.iter().filter(|(r, _)| span.start <= r.start && r.end <= span.end) {
            let share = words(range) / whole;
            if share < 1.0 && known_whole && !whole_sense(sense) {
                continue;
            }
            let sense = match sense {
                Sense::Relation { predicate, role, weight, mutual } => Sense::Relation {
                    predicate: *predicate,
                    role: *role,
                    weight: weight * share,
                    mutual: *mutual,
                },
                // Part of a longer phrase is no noun of its own.
                _ if share < 1.0 => continue,
                other => (*other).clone(),
            };
            senses.push(sense);
        }
        // "capital of" may be a name as it stands, and its "of" is said all the same.
        let ends_in_of = span.len() > 1 && tokens[span.end - 1].text == "of";
        let end = span.end - usize::from(ends_in_of);
        let next = tokens.get(end).filter(|token| token.side == tokens[span.start].side);
        let next = next.map(|token| token.text.as_str());
        let side = tokens[span.start].side;
        let adjacent = match side {
            Side::Before => tokens.get(end).is_none_or(|token| token.side == Side::After),
            Side::After => span.start == 0 || tokens[span.start - 1].side == Side::Before,
        };
        let text: Vec<&str> = tokens[span.clone()].iter().map(|token| token.text.as_str()).collect();
        let unit = Unit {
            text: text.join(" "),
            start: tokens[span.start].start,
            side,
            senses,
            by: next == Some("by"),
            of: matches!(next, Some("of" | "in" | "for" | "to" | "from")),
            adjacent,
            equals: match side {
                Side::Before => {
                    matches!(next, Some("is" | "are" | "was" | "were")) && !is_asked_for(&tokens, span.start)
                }
                Side::After => is_as(&tokens, span.start),
            },
            owned: match side {
                Side::Before => is_of_topic(&tokens, end),
                // "What is X the language of?"
                Side::After if end + 1 == tokens.len() && next == Some("of") => true,
                Side::After => span.start == first_behind && owns(&question[topic.end..]),
            },
            asked: false,
            modifier: false,
            head: side == Side::Before && is_asked_for(&tokens, span.start) && !tokens[span.end - 1].owner,
            // "do people use": anyone.
            optional: text == ["people"]
                && span.start > 0
                && matches!(tokens[span.start - 1].text.as_str(), "do" | "did"),
        };
        match side {
            Side::Before => reading.before.insert(0, unit),
            Side::After => reading.after.push(unit),
        }
    }
    let joined: Vec<bool> =
        taken.windows(2).map(|pair| pair[0].end == pair[1].start && !tokens[pair[0].end - 1].owner).collect();
    mark_modifiers(&mut reading, &joined);
    if reading.units().any(|unit| unit.head) {
        for unit in reading.before.iter_mut().chain(&mut reading.after) {
            unit.optional |= matches!(unit.text.as_str(), "belong" | "belongs" | "belonging");
        }
    }
    // "X, when was it released": the question word asks for the end, wherever
    // it stands.
    let words: Vec<Unit> = reading.after.extract_if(.., |unit| unit.is_question_word()).collect();
    reading.after.extend(words);
    if let Some(unit) = place_before(index, &tokens) {
        reading.before.insert(0, unit);
    }
    for (at, token) in tokens.iter().enumerate() {
        let explained = taken.iter().any(|span| span.contains(&at));
        // "share a border" says no more than "border".
        let said = |unit: &Unit| {
            unit.side == token.side
                && unit.start > token.start
                && tokens
                    .iter()
                    .filter(|other| other.start > token.start && other.start < unit.start)
                    .all(|other| vocabulary::is_function_word(&other.text))
                && unit.holds_both_ways(index)
        };
        reading.sharing |= vocabulary::says_sharing(&token.text) && !reading.units().any(said);
        if !explained && !vocabulary::is_light(&token.text) {
            // "under" of "fall under" belongs to the verb, and narrows nothing.
            let stranded = at + 1 == tokens.len() && STRANDED.contains(&token.text.as_str());
            if stranded {
                continue;
            }
            reading.restricted |= vocabulary::restricts(&token.text);
            reading.unknown.push(token.text.clone());
        }
    }
    reading.restricted |= is_past(&tokens);
    let text: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
    // "a river called X" names the topic.
    let calls = |at: usize| {
        matches!(text[at], "call" | "called" | "named")
            && tokens.get(at + 1).is_none_or(|next| next.side == tokens[at].side)
    };
    reading.asks_name = (0..text.len()).any(calls);
    reading.counts = text.windows(2).any(|pair| pair == ["how", "many"])
        || text.windows(3).any(|three| three[0] == "number" && three[1] == "of");
    reading
}

/// "in X": by whatever relation leads to places.
fn place_before(index: &CueIndex, tokens: &[Token]) -> Option<Unit> {
    let last = tokens.iter().take_while(|token| token.side == Side::Before).map(|token| token.text.as_str());
    let words: Vec<&str> = last.collect();
    let inside =
        matches!(words.as_slice(), [.., "in" | "from" | "within"] | [.., "in" | "from" | "within", "the"]);
    let senses = index.places();
    (inside && !senses.is_empty()).then(|| Unit::within(Side::Before, senses))
}

/// Of "capital of" the nouns name what has the relation, and not its value.
fn as_role(index: &CueIndex, sense: &mut Sense) {
    let Sense::Relation { predicate, role, .. } = sense else { return };
    let cues = index.wording(*predicate).map(|wording| wording.cues.as_slice()).unwrap_or_default();
    let english =
        |wanted: CueRole| cues.iter().any(|cue| cue.language == Language::English && cue.role == wanted);
    if *role == CueRole::Noun && english(CueRole::Role) && !english(CueRole::Noun) {
        *role = CueRole::Role;
    }
}

/// "of X" from the token on, to the topic.
fn is_of_topic(tokens: &[Token], at: usize) -> bool {
    let before = tokens.iter().take_while(|token| token.side == Side::Before).count();
    let between: Vec<&str> =
        tokens.get(at..before).unwrap_or_default().iter().map(|token| token.text.as_str()).collect();
    matches!(between.as_slice(), ["of"] | ["of", "the"])
}

/// "'s" behind the topic.
fn owns(behind: &str) -> bool {
    ["'s ", "’s ", "' ", "’ "].iter().any(|mark| behind.starts_with(mark))
}

/// "used to be": what holds no more.
fn is_past(tokens: &[Token]) -> bool {
    tokens.windows(3).any(|three| {
        let words = [three[0].text.as_str(), three[1].text.as_str(), three[2].text.as_str()];
        words[..2] == ["used", "to"] && ["be", "have", "use", "border", "own", "belong"].contains(&words[2])
    })
}

/// "which topics is X about" asks for the topics, "whose topic is X" for what
/// has it.
fn is_asked_for(tokens: &[Token], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| matches!(tokens[before].text.as_str(), "which" | "what"))
}

/// "as its", "as their" before the token.
fn is_as(tokens: &[Token], at: usize) -> bool {
    let is = |back: usize, words: &[&str]| {
        at.checked_sub(back)
            .and_then(|at| tokens.get(at))
            .is_some_and(|token| words.contains(&token.text.as_str()))
    };
    is(1, &["as"]) || is(1, &["its", "their", "his", "her", "the", "a", "an"]) && is(2, &["as"])
}

/// A noun right before the noun of a relation names what has it. `behind`:
/// whether each stretch is followed by the next with nothing between, not even
/// a possessive.
fn mark_modifiers(reading: &mut Reading, behind: &[bool]) {
    let first_after = reading.before.len();
    let names_relation = |unit: &Unit| {
        unit.senses
            .iter()
            .any(|sense| matches!(sense, Sense::Relation { role: CueRole::Noun | CueRole::Hint, .. }))
            // "starred by actors" is more than a noun.
            && !unit.text.split(' ').any(|word| word == "by")
    };
    let names_noun = |unit: &Unit| {
        unit.senses.iter().any(|sense| matches!(sense, Sense::Relation { role: CueRole::Noun, .. }))
    };
    // "land" in "land neighbours" may hint at countries, and asks for none.
    let is_plain = |unit: &Unit| {
        let asks = |sense: &Sense| matches!(sense, Sense::Relation { role, .. } if *role != CueRole::Hint);
        !unit.senses.iter().any(asks) && !unit.is_question_word()
    };
    let says_verb = |unit: &Unit| {
        let verb = |sense: &Sense| matches!(sense, Sense::Relation { role: CueRole::Verb, .. });
        unit.senses.iter().any(verb)
    };
    let (of_before, of_after) = behind.split_at(first_after.saturating_sub(1).min(behind.len()));
    // Units before the topic are held from the topic outwards.
    for (at, joined) in of_before.iter().enumerate() {
        let (outer, inner) = (first_after - 1 - at, first_after - 2 - at);
        // "which states border X": what is asked for, before its verb.
        let subject = reading.before[outer].head && says_verb(&reading.before[inner]);
        let fits =
            *joined && !subject && is_plain(&reading.before[outer]) && names_relation(&reading.before[inner]);
        reading.before[outer].modifier = fits;
    }
    // Between the last one before the topic and the first one behind it
    // stands the topic.
    let of_after = if first_after > 0 { of_after.get(1..).unwrap_or_default() } else { of_after };
    for (at, joined) in of_after.iter().enumerate() {
        // "X's land neighbours", but "X's dad works": the dad is X's.
        let (unit, next) = (&reading.after[at], &reading.after[at + 1]);
        let described = !unit.owned || names_noun(next);
        let fits = *joined && described && is_plain(unit) && names_relation(next);
        reading.after[at].modifier = fits;
    }
}

/// Kin of kin in single words, where the graph has no relation of that name;
/// and the last word of "what does X do".
fn with_chains(index: &CueIndex, tokens: Vec<Token>) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.text == word);
    let asks_what = is(0, "what");
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let in_law = is(at + 1, "in") && is(at + 2, "law");
        let known = index.knows(&token.text) && !in_law;
        match vocabulary::chain(&token.text, in_law).filter(|_| !known) {
            Some(chain) => {
                let mut chain = chain.to_vec();
                // Behind the topic, the nearer kin stands first.
                if token.side == Side::After {
                    chain.reverse();
                }
                let words = chain.iter().map(|word| Token { text: (*word).to_owned(), ..*token });
                found.extend(words);
                at += if in_law { 3 } else { 1 };
            }
            None => {
                let last = at + 1 == tokens.len() && asks_what;
                let text =
                    if last && token.text == "do" { vocabulary::DOES.to_owned() } else { token.text.clone() };
                found.push(Token { text, ..*token });
                at += 1;
            }
        }
    }
    found
}

fn tokens(question: &str, topic: &Range<usize>) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    for (side, part, shift) in
        [(Side::Before, &question[..topic.start], 0), (Side::After, &question[topic.end..], topic.end)]
    {
        let folded = Folded::new(part);
        let text = folded.text.as_str();
        let mut start = None;
        let ends = text.char_indices().chain(std::iter::once((text.len(), ' ')));
        for (at, c) in ends {
            let inside = c.is_alphanumeric();
            match (inside, start) {
                (true, None) => start = Some(at),
                (false, Some(begun)) => {
                    let word = &text[begun..at];
                    // The possessive is no word.
                    if !(word == "s" && text[..begun].ends_with('\'')) {
                        found.push(Token {
                            text: word.to_owned(),
                            side,
                            start: shift + folded.original(begun..at).start,
                            owner: text[at..].starts_with('\''),
                        });
                    }
                    start = None;
                }
                _ => {}
            }
        }
    }
    found.sort_by_key(|token| token.start);
    found
}
