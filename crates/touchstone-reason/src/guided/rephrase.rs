//! Questions for what people from a place are called, which name no relation:
//! put as questions for what is called so, where the graph has that.

use touchstone_core::Language;
use touchstone_graph::{Graph, Meaning};

/// What such a word is called.
const DEMONYM: &str = "demonym";
const DEMONYM_ZH: &str = "居民称谓";

const PEOPLE: &[&str] = &[
    "people",
    "persons",
    "inhabitants",
    "citizens",
    "residents",
    "natives",
    "nationals",
    "someone",
    "somebody",
    "a person",
    "an inhabitant",
    "a citizen",
    "a resident",
    "a native",
    "a national",
];
const FROM: &[&str] =
    &["from ", "of ", "who come from ", "who comes from ", "who live in ", "who lives in ", "living in "];
/// What a question begins with, and ends with.
const CALLED: &[(&[&str], &str)] = &[
    (&["what are ", "what is ", "how are ", "how is "], " called"),
    (
        &[
            "what do you call ",
            "what do we call ",
            "what does one call ",
            "how do you call ",
            "how do we call ",
            "what would you call ",
            "what is the name for ",
            "what is the term for ",
            "what is the word for ",
        ],
        "",
    ),
];
const CALLED_ZH: &[&str] = &[
    "怎么称呼",
    "如何称呼",
    "叫什么",
    "被称为什么",
    "称为什么",
    "该怎么称呼",
    "应该怎么称呼",
    "用英语怎么称呼",
];
const PEOPLE_ZH: &[&str] = &["的居民", "的国民", "的人民", "居民", "国民", "人"];

/// The question in other words; `None` where it asks for something else.
pub(super) fn named_people(graph: &Graph, question: &str, language: Language) -> Option<String> {
    let name = match language {
        Language::English => DEMONYM,
        Language::Chinese => DEMONYM_ZH,
    };
    let known = graph.lexicon().lookup(name);
    if !known.iter().any(|entry| matches!(entry.meaning, Meaning::Predicate(_))) {
        return None;
    }
    let text = question.trim().trim_end_matches(['?', '？', '.', '。', ' ']);
    match language {
        Language::English => english(text).map(|place| format!("What is the {DEMONYM} of {place}?")),
        Language::Chinese => chinese(text).map(|place| format!("{place}的{DEMONYM_ZH}是什么？")),
    }
}

fn english(text: &str) -> Option<&str> {
    // The same length, so that places in one are places in the other.
    let lower = text.to_ascii_lowercase();
    let range = CALLED.iter().find_map(|(leads, end)| {
        let lead = leads.iter().find(|lead| lower.starts_with(**lead))?;
        let to = lower.strip_suffix(end)?.len();
        (lead.len() < to).then_some(lead.len()..to)
    })?;
    let said = &lower[range.clone()];
    let said = said.strip_prefix("the ").unwrap_or(said);
    let rest = PEOPLE.iter().find_map(|people| said.strip_prefix(people)?.strip_prefix(' '))?;
    let place = FROM.iter().find_map(|from| rest.strip_prefix(from))?;
    let place = text[range.end - place.len()..range.end].trim();
    (!place.is_empty()).then_some(place)
}

fn chinese(text: &str) -> Option<&str> {
    let text = text.strip_prefix("请问").unwrap_or(text);
    let said = CALLED_ZH.iter().filter_map(|words| text.strip_suffix(words)).min_by_key(|said| said.len())?;
    let said = said.trim_end_matches(['，', ',', '该', '应']);
    let from = ["来自", "住在", "生活在"].iter().find_map(|word| said.strip_prefix(word));
    let place = match from {
        Some(rest) => rest.strip_suffix("的人").or_else(|| rest.strip_suffix("的居民")),
        None => PEOPLE_ZH.iter().find_map(|people| said.strip_suffix(people)),
    }?;
    (!place.is_empty()).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::{chinese, english};

    #[test]
    fn what_people_are_called() {
        assert_eq!(english("What are people from Chad called"), Some("Chad"));
        assert_eq!(english("What do you call a person from the Gambia"), Some("the Gambia"));
        assert_eq!(english("What are the inhabitants of Oman called"), Some("Oman"));
        assert_eq!(english("What is the capital of Oman called"), None);
        assert_eq!(english("What do you call a river in Oman"), None);
        assert_eq!(chinese("乍得人怎么称呼"), Some("乍得"));
        assert_eq!(chinese("来自阿曼的人叫什么"), Some("阿曼"));
        assert_eq!(chinese("阿曼的首都叫什么"), None);
    }
}
