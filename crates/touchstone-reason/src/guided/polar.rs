//! Questions that are answered by yes or no: put as statements, which are
//! checked like any other.

use touchstone_core::{Answer, Claim, Language, Step, StepStatus, Verdict};
use touchstone_graph::Meaning;

use super::derive::shown_by;
use super::words::GraphWords;
use crate::reasoner::Reasoner;

/// Statements that a question is tried as.
const MAX_STATEMENTS: usize = 12;

/// What a polar question asks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Polar {
    /// Whether one of these, which all say the same, holds.
    Statement { ways: Vec<Way>, inverted: bool },
    /// Whether there is anything of which this other question asks.
    Existence { statement: String, question: String },
}

/// A statement, and the same denied.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Way {
    pub(crate) said: String,
    pub(crate) denied: String,
}

impl Reasoner {
    /// Whether, and how, a question is answered by yes or no.
    pub(crate) fn polar(&self, question: &str, language: Language) -> Option<Polar> {
        let text = question.trim().trim_end_matches(['?', '？', '.', '。', ' ']);
        match language {
            // "Does A or B …" asks which.
            Language::English if text.split_whitespace().any(|word| word == "or") => None,
            Language::English => self.polar_en(text),
            Language::Chinese if text.contains("还是") => None,
            Language::Chinese => polar_zh(text),
        }
    }

    fn polar_en(&self, text: &str) -> Option<Polar> {
        let lower = text.to_ascii_lowercase();
        for (lead, inverted) in [
            ("is it true that ", false),
            ("is it correct that ", false),
            ("is it wrong that ", true),
            ("is it false that ", true),
            ("is it incorrect that ", true),
        ] {
            if lower.starts_with(lead) {
                let said = format!("{}.", capital(&text[lead.len()..]));
                return Some(Polar::Statement { ways: vec![Way { denied: String::new(), said }], inverted });
            }
        }
        let (auxiliary, rest) = text.split_once(' ')?;
        let auxiliary = auxiliary.to_ascii_lowercase();
        let does = matches!(auxiliary.as_str(), "does" | "do" | "did");
        if !does && !matches!(auxiliary.as_str(), "is" | "are" | "was" | "were" | "has" | "have" | "had") {
            return None;
        }
        let words: Vec<&str> = rest.splitn(3, ' ').collect();
        match (does, words.as_slice()) {
            (false, ["there", "a" | "an" | "any", tail]) => {
                let question = format!("Which {tail}?");
                return Some(Polar::Existence {
                    statement: format!("There {auxiliary} {}.", &rest[6..]),
                    question,
                });
            }
            (true, ["any", ..]) => {
                let question = format!("Which {}?", rest.strip_prefix("any ")?);
                return Some(Polar::Existence { statement: String::new(), question });
            }
            _ => {}
        }
        // The subject ends behind one of the names.
        let lexicon = self.checker().graph().lexicon();
        let mut ends: Vec<usize> = lexicon
            .find(rest)
            .into_iter()
            .filter(|mention| mention.entries.iter().any(|entry| matches!(entry.meaning, Meaning::Entity(_))))
            .map(|mention| mention.range.end)
            .collect();
        ends.sort_unstable();
        ends.dedup();
        let mut ways = Vec::new();
        for end in ends {
            let (subject, predicate) = (capital(&rest[..end]), rest[end..].trim_start());
            if predicate.is_empty() {
                continue;
            }
            if does {
                let (verb, tail) = predicate.split_once(' ').unwrap_or((predicate, ""));
                let said = match auxiliary.as_str() {
                    "does" => format!("{subject} {} {tail}", third_person(verb)),
                    "did" => format!("{subject} did {verb} {tail}"),
                    _ => format!("{subject} {verb} {tail}"),
                };
                ways.push(Way {
                    said: format!("{}.", said.trim_end()),
                    denied: format!("{subject} {auxiliary} not {predicate}."),
                });
            } else {
                ways.push(Way {
                    said: format!("{subject} {auxiliary} {predicate}."),
                    denied: format!("{subject} {auxiliary} not {predicate}."),
                });
            }
        }
        ways.truncate(MAX_STATEMENTS);
        Some(Polar::Statement { ways, inverted: false })
    }

    /// Yes or no with the statement that shows it; `None` where neither it
    /// nor its denial can be shown.
    pub(crate) fn decide(&self, ways: &[Way], inverted: bool, words: &GraphWords) -> Option<(Step, Answer)> {
        let claims = |statement: &str| -> Vec<Claim> {
            if statement.is_empty() { Vec::new() } else { self.checker().check(statement).claims }
        };
        let all = |claims: &[Claim], verdict: Verdict| {
            !claims.is_empty() && claims.iter().all(|claim| claim.verdict == verdict)
        };
        for way in ways {
            let said = claims(&way.said);
            if all(&said, Verdict::Supported) {
                return Some(told(&way.said, StepStatus::Accepted, said, !inverted, words));
            }
            let denied = claims(&way.denied);
            if all(&denied, Verdict::Supported) {
                return Some(told(&way.denied, StepStatus::Accepted, denied, inverted, words));
            }
            if said.iter().any(|claim| claim.verdict == Verdict::Refuted)
                && !said.iter().any(|claim| claim.verdict == Verdict::Unverifiable)
            {
                return Some(told(&way.said, StepStatus::Rejected, said, inverted, words));
            }
        }
        None
    }
}

fn told(
    statement: &str,
    status: StepStatus,
    claims: Vec<Claim>,
    yes: bool,
    words: &GraphWords,
) -> (Step, Answer) {
    let why = match status {
        StepStatus::Rejected => {
            claims.iter().find(|claim| claim.verdict == Verdict::Refuted).map(|claim| claim.reason.clone())
        }
        _ => None,
    };
    let (text, value) = if yes { (&words.yes, &words.yes_value) } else { (&words.no, &words.no_value) };
    let answer = shown_by(text, value, claims.clone());
    let step = Step { index: 1, text: statement.to_owned(), status, before: None, claims, why, model: None };
    (step, answer)
}

fn polar_zh(text: &str) -> Option<Polar> {
    let asked = ["是否", "是不是", "有没有"].iter().any(|word| text.contains(word));
    let bare = text.trim_end_matches(['吗', '嘛']);
    if !asked && bare == text {
        return None;
    }
    for (lead, question) in [("是否存在", true), ("有没有", true), ("是否有", true), ("有", false)]
    {
        if let Some(things) = bare.strip_prefix(lead)
            && (question || bare != text)
            && things.contains('的')
        {
            return Some(Polar::Existence {
                statement: format!("有{things}。"),
                question: format!("{things}有哪些？"),
            });
        }
    }
    let said = bare.replacen("是否是", "是", 1).replacen("是不是", "是", 1);
    let said = said.replacen("是否", "", 1).replacen("有没有", "有", 1);
    let denied = if said.contains('是') { said.replacen('是', "不是", 1) } else { String::new() };
    let stop = |text: String| if text.is_empty() { text } else { format!("{text}。") };
    let way = Way { said: stop(said), denied: stop(denied) };
    Some(Polar::Statement { ways: vec![way], inverted: false })
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn third_person(verb: &str) -> String {
    let hisses = ["s", "sh", "ch", "x", "z", "o"].iter().any(|end| verb.ends_with(end));
    match verb {
        "have" => "has".to_owned(),
        "be" => "is".to_owned(),
        _ if hisses => format!("{verb}es"),
        _ => match verb.strip_suffix('y') {
            Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
            _ => format!("{verb}s"),
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn verbs_take_their_ending() {
        let all = ["border", "have", "carry", "play", "reach"].map(third_person);
        assert_eq!(all, ["borders", "has", "carries", "plays", "reaches"]);
    }

    #[test]
    fn chinese_questions_become_statements() {
        let said = |text: &str| match polar_zh(text) {
            Some(Polar::Statement { ways, .. }) => ways[0].said.clone(),
            Some(Polar::Existence { question, .. }) => question,
            None => String::new(),
        };
        assert_eq!(said("北京是日本的首都吗"), "北京是日本的首都。");
        assert_eq!(said("北京是否是日本的首都"), "北京是日本的首都。");
        assert_eq!(said("是否存在与德国接壤的国家"), "与德国接壤的国家有哪些？");
        assert_eq!(said("日本的首都是哪里"), "");
    }
}
