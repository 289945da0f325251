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
            Language::Chinese => self.polar_zh(text),
        }
    }

    fn polar_en(&self, text: &str) -> Option<Polar> {
        let lower = text.to_ascii_lowercase();
        if let Some(tagged) = tagged_en(text, &lower) {
            return Some(tagged);
        }
        for (lead, inverted) in [
            ("is it true that ", false),
            ("is it correct that ", false),
            ("is it the case that ", false),
            ("is it a fact that ", false),
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
        let auxiliary = auxiliary.to_ascii_lowercase().replace('’', "'");
        // "Isn't Quito …?" asks whether it is.
        let auxiliary = auxiliary.strip_suffix("n't").unwrap_or(&auxiliary).to_owned();
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
            // "Are there countries that …", "Does a country exist that …"
            (false, ["there", _, ..]) if self.begins_with_class(&rest["there ".len()..]) => {
                let tail = &rest["there ".len()..];
                let question = format!("Which {tail}?");
                return Some(Polar::Existence { statement: format!("There {auxiliary} {tail}."), question });
            }
            (true, ["a" | "an" | "any", ..]) if EXIST.iter().any(|verb| rest.contains(verb)) => {
                let (_, things) = rest.split_once(' ')?;
                let verb = EXIST.iter().find(|verb| things.contains(**verb))?;
                let things = things.replacen(verb, " ", 1);
                let statement = format!("There is {things}.");
                return Some(Polar::Existence { statement, question: format!("Which {things}?") });
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

impl Reasoner {
    fn polar_zh(&self, text: &str) -> Option<Polar> {
        if let Some(tagged) = tagged_zh(text) {
            return Some(tagged);
        }
        let asked = ["是否", "是不是", "有没有"].iter().any(|word| text.contains(word));
        let bare = text.trim_end_matches(['吗', '嘛']);
        if !asked && bare == text {
            return None;
        }
        for (lead, question) in
            [("是否存在", true), ("有没有", true), ("是否有", true), ("存在", false), ("有", false)]
        {
            let Some(things) = bare.strip_prefix(lead).filter(|_| question || bare != text) else { continue };
            let things = EACH_ZH.iter().find_map(|one| things.strip_prefix(one)).unwrap_or(things);
            if things.contains('的') {
                return Some(Polar::Existence {
                    statement: format!("有{things}。"),
                    question: format!("{things}有哪些？"),
                });
            }
            // 有没有国家与德国接壤
            if self.begins_with_class(things) {
                let question = format!("哪些{things}？");
                return Some(Polar::Existence { statement: String::new(), question });
            }
        }
        // 利马不是秘鲁的首都吗 asks whether it is: the answer is 是 or 不是.
        let asks = if asked { bare.to_owned() } else { bare.replacen("不是", "是", 1) };
        Some(Polar::Statement { ways: vec![statement_zh(&asks)], inverted: false })
    }

    fn begins_with_class(&self, text: &str) -> bool {
        self.checker().graph().lexicon().find(text).into_iter().any(|mention| {
            let names = |meaning: &Meaning| matches!(meaning, Meaning::Class(_));
            mention.range.start == 0 && mention.entries.iter().any(|entry| names(&entry.meaning))
        })
    }
}

const EACH_ZH: &[&str] = &["一个", "哪个", "任何", "某个", "一种", "一座"];
const EXIST: &[&str] = &[" exist ", " exists "];

fn statement_zh(bare: &str) -> Way {
    let said = bare.replacen("是否是", "是", 1).replacen("是不是", "是", 1);
    let said = said.replacen("是否", "", 1).replacen("有没有", "有", 1);
    let said = EMPHASIS_ZH.iter().fold(said, |said, word| said.replacen(word, "", 1));
    let denied = if said.contains('是') { said.replacen('是', "不是", 1) } else { String::new() };
    let stop = |text: String| if text.is_empty() { text } else { format!("{text}。") };
    Way { said: stop(said), denied: stop(denied) }
}

/// Words that only press for an answer.
const EMPHASIS_ZH: &[&str] = &["真的", "究竟", "到底", "难道"];

/// "…, right?", "…, isn't it?"
const TAGS: &[&str] = &[
    "right",
    "correct",
    "true",
    "yes",
    "true or false",
    "is that right",
    "is that true",
    "is that correct",
    "isn't it",
    "isn't that so",
    "aren't they",
    "doesn't it",
    "don't they",
    "hasn't it",
    "is it",
    "are they",
    "does it",
    "do they",
];
const TAGS_ZH: &[(&str, bool)] = &[
    ("对不对", false),
    ("对吗", false),
    ("对吧", false),
    ("是不是", false),
    ("是吗", false),
    ("是吧", false),
    ("没错吧", false),
    ("没错吗", false),
    ("正确吗", false),
    ("是真的吗", false),
    ("真的吗", false),
    ("是真是假", false),
    ("是对的吗", false),
    ("是正确的吗", false),
    ("是事实吗", false),
    ("属实吗", false),
    ("是错的吗", true),
    ("是假的吗", true),
    ("是错误的吗", true),
    ("错了吗", true),
];
const REFERENTS_ZH: &[&str] =
    &["这种说法", "这个说法", "这一说法", "的说法", "这句话", "这一点", "这件事", "这话", "这", "那"];

fn tagged_en(text: &str, lower: &str) -> Option<Polar> {
    let lower = lower.replace('’', "'");
    // What follows counts bytes of the question itself.
    let lower = if lower.len() == text.len() { lower } else { text.to_ascii_lowercase() };
    let tag = TAGS
        .iter()
        .find(|tag| lower.strip_suffix(**tag).is_some_and(|head| head.trim_end().ends_with(',')))?;
    let said = text[..text.len() - tag.len()].trim_end().trim_end_matches(',').trim_end();
    let first = said.split_whitespace().next()?.to_ascii_lowercase();
    let asks =
        ["which", "what", "who", "whom", "whose", "where", "when", "how", "why", "is", "are", "does", "do"];
    if asks.contains(&first.as_str()) {
        return None;
    }
    let way = Way { said: format!("{said}."), denied: format!("It is not true that {said}.") };
    Some(Polar::Statement { ways: vec![way], inverted: false })
}

/// 利马是秘鲁的首都，对吗, 利马是秘鲁的首都这种说法是真的吗
fn tagged_zh(text: &str) -> Option<Polar> {
    const JOINTS: &[char] = &['，', ',', ' ', '。', '：', ':', '“', '”', '"', '「', '」'];
    let (head, inverted) = TAGS_ZH
        .iter()
        .filter_map(|(tag, inverted)| Some((text.strip_suffix(tag)?, *inverted)))
        .min_by_key(|(head, _)| head.len())?;
    let parted = head.ends_with(JOINTS);
    let head = head.trim_end_matches(JOINTS);
    let named = REFERENTS_ZH.iter().find_map(|words| head.strip_suffix(words));
    let said = named.unwrap_or(head).trim_matches(JOINTS);
    let opened = SAYING_ZH.iter().find_map(|words| said.strip_prefix(words));
    if !(parted || named.is_some() || opened.is_some()) {
        return None;
    }
    let said = opened.unwrap_or(said).trim_matches(JOINTS);
    let asks = ["什么", "哪", "谁", "多少", "几", "何", "怎么"].iter().any(|word| said.contains(word));
    if said.is_empty() || asks {
        return None;
    }
    let way = Way { said: format!("{said}。"), denied: format!("并非{said}。") };
    Some(Polar::Statement { ways: vec![way], inverted })
}

const SAYING_ZH: &[&str] = &["请问", "有人说", "听说", "据说", "说"];

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
        assert_eq!(statement_zh("北京是日本的首都").said, "北京是日本的首都。");
        assert_eq!(statement_zh("北京是否是日本的首都").said, "北京是日本的首都。");
        assert_eq!(statement_zh("北京真的是日本的首都").denied, "北京不是日本的首都。");
    }

    #[test]
    fn tags_ask_whether_a_statement_holds() {
        let said = |polar: Option<Polar>| match polar {
            Some(Polar::Statement { ways, inverted }) => (ways[0].said.clone(), inverted),
            _ => (String::new(), false),
        };
        let en = |text: &str| said(tagged_en(text, &text.to_ascii_lowercase())).0;
        assert_eq!(en("Beijing is the capital of Japan, isn't it"), "Beijing is the capital of Japan.");
        assert_eq!(en("Which is the capital of Japan, right"), "");
        assert_eq!(en("The north is right"), "");
        let zh = |text: &str| said(tagged_zh(text));
        assert_eq!(zh("北京是日本的首都，对吗"), ("北京是日本的首都。".to_owned(), false));
        assert_eq!(zh("说北京是日本的首都，这种说法是错的吗"), ("北京是日本的首都。".to_owned(), true));
        assert_eq!(zh("日本的首都是哪里，对吗").0, "");
        assert_eq!(zh("北京是日本的首都吗").0, "");
    }
}
