//! What words of a question say by themselves, whatever the graph: that they
//! say nothing, that they narrow, compare or share, what kind they ask for.

use touchstone_graph::ThingKind;

/// Words that carry no relation by themselves.
const FUNCTION_WORDS: &[&str] = &[
    "a", "an", "the", "of", "in", "on", "at", "by", "to", "for", "with", "from", "as", "into", "is", "are",
    "was", "were", "be", "been", "being", "am", "do", "does", "did", "done", "has", "have", "had", "having",
    "it", "its", "his", "her", "their", "they", "them", "he", "she", "him", "that", "which", "who", "whom",
    "whose", "what", "when", "where", "why", "how", "and", "or", "this", "these", "those", "there", "s",
    "can", "could", "would", "will", "should", "may", "might", "you", "me", "i", "tell", "name", "list",
    "give", "show", "say", "please", "find", "know", "all", "any", "some", "one", "ones", "also", "same",
    "share", "shares", "shared", "sharing", "common", "other", "others", "another", "together", "else",
    "too", "both", "main", "primary", "so", "then", "many", "much", "number", "ever",
];

/// Words with content that ask for nothing.
const LIGHT_WORDS: &[&str] = &[
    "called",
    "named",
    "listed",
    "mentioned",
    "given",
    "following",
    "particular",
    "certain",
    "exactly",
    "currently",
    "actually",
    "available",
    "known",
    "different",
    "various",
    "world",
    "exist",
    "exists",
    "include",
    "includes",
    "included",
    "get",
    "got",
    "go",
    "went",
    "happen",
    "happened",
    "co",
];

/// Chinese words and characters that ask for nothing by themselves.
const FUNCTION_ZH: &[&str] = &[
    "什么",
    "多少",
    "哪些",
    "哪个",
    "请问",
    "告诉我",
    "列出",
    "都有",
    "分别",
    "的",
    "是",
    "有",
    "哪",
    "些",
    "个",
    "谁",
    "在",
    "了",
    "呢",
    "吗",
    "啊",
    "位",
    "部",
    "种",
    "里",
    "中",
    "用",
    "使用",
    "世界",
    "这",
    "那",
    "人们",
    "其",
    "它",
    "他",
    "她",
    "们",
    "叫",
    "名",
    "做",
    "为",
    "被",
    "由",
    "于",
    "几",
    "座",
    "条",
    "国",
    "人",
    "所",
    "过",
    "地",
    "得",
    "年",
    "里面",
    "上",
    "下",
    "与",
    "和",
    "跟",
    "同",
    "既",
    "又",
    "以",
    "而",
    "所用",
];

/// What is left of a text without its function words.
pub(crate) fn content_zh(text: &str) -> Vec<String> {
    let mut rest = text.to_owned();
    for word in FUNCTION_ZH.iter().chain(SHARING_ZH) {
        rest = rest.replace(word, " ");
    }
    rest.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Words that say that the answer stands beside what is asked about.
const SHARING: &[&str] = &[
    "also",
    "same",
    "share",
    "shares",
    "shared",
    "sharing",
    "common",
    "together",
    "else",
    "too",
    "alongside",
    "besides",
    "co",
];
const SHARING_ZH: &[&str] = &["同", "也", "还", "其他", "另", "共同", "一起", "别的"];

pub(super) const KINDS: &[(ThingKind, &[&str])] = &[
    (
        ThingKind::Person,
        &[
            "who",
            "whom",
            "person",
            "people",
            "persons",
            "man",
            "woman",
            "men",
            "women",
            "individual",
            "someone",
        ],
    ),
    (ThingKind::Time, &["when", "year", "years", "date", "dates", "time"]),
    (ThingKind::Place, &["where", "place", "places", "city", "cities", "town", "towns", "village"]),
    (ThingKind::Language, &["language", "languages"]),
];
pub(super) const KINDS_ZH: &[(ThingKind, &[&str])] = &[
    (ThingKind::Person, &["谁", "人物", "哪些人", "什么人", "哪个人"]),
    (ThingKind::Time, &["何时", "哪年", "哪一年", "什么时候", "什么时间", "年份", "时间"]),
    (ThingKind::Place, &["哪里", "何处", "什么地方", "地点", "哪儿"]),
    (ThingKind::Language, &["语言"]),
];

/// Words for kin of kin, by the nearer words of which the outer stands first:
/// a grandmother is the mother of a parent.
const CHAINS: &[(&str, [&str; 2])] = &[
    ("grandparent", ["parent", "parent"]),
    ("grandparents", ["parents", "parents"]),
    ("grandmother", ["mother", "parent"]),
    ("grandma", ["mother", "parent"]),
    ("grandfather", ["father", "parent"]),
    ("grandpa", ["father", "parent"]),
    ("granddad", ["father", "parent"]),
    ("grandchild", ["child", "child"]),
    ("grandchildren", ["children", "children"]),
    ("grandson", ["son", "child"]),
    ("granddaughter", ["daughter", "child"]),
    ("sibling", ["child", "parent"]),
    ("siblings", ["children", "parents"]),
    ("brother", ["son", "parent"]),
    ("sister", ["daughter", "parent"]),
];

/// The chain that a word stands for; with "in law" behind it, the one of the
/// spouse's kin.
pub(crate) fn chain(word: &str, in_law: bool) -> Option<[&str; 2]> {
    if in_law {
        return match word {
            "mother" | "father" | "parent" | "parents" => Some([word, "spouse"]),
            "son" | "daughter" => Some(["spouse", "child"]),
            _ => None,
        };
    }
    CHAINS.iter().find(|(name, _)| *name == word).map(|(_, chain)| *chain)
}

/// Stands for the last word of "what does X do".
pub(crate) const DOES: &str = "does*";

pub(crate) fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.contains(&word)
}

pub(crate) fn is_light(word: &str) -> bool {
    is_function_word(word) || LIGHT_WORDS.contains(&word)
}

/// Verbs, and what is made of them, that say that one thing belongs to another
/// and not how.
const BELONGING: &[&str] = &[
    "fall",
    "falls",
    "belong",
    "belongs",
    "apply",
    "applies",
    "applicable",
    "assigned",
    "attributed",
    "ascribed",
    "credited",
    "associated",
    "connected",
    "related",
    "pertain",
    "pertains",
    "considered",
    "regarded",
    "classified",
    "classed",
    "categorized",
    "categorised",
    "grouped",
    "listed",
    "filed",
    "described",
    "characterized",
    "characterised",
    "labelled",
    "labeled",
    "marked",
    "possess",
    "possesses",
];
const BELONGING_ZH: &[&str] = &[
    "归于",
    "归入",
    "归为",
    "归类",
    "归类为",
    "划入",
    "划归",
    "列入",
    "列为",
    "算作",
    "对应",
    "相关",
    "有关",
    "涉及",
    "具有",
    "拥有",
];

/// Whether the word, or what is left of a Chinese text, asks for no relation
/// of its own.
pub(crate) fn says_belonging(word: &str) -> bool {
    BELONGING.contains(&word) || BELONGING_ZH.contains(&word)
}

/// Words that narrow or turn what is asked.
const RESTRICTING: &[&str] = &[
    "not",
    "no",
    "never",
    "without",
    "except",
    "neither",
    "nor",
    "none",
    "only",
    "or",
    "if",
    "unless",
    "but",
    "most",
    "least",
    "more",
    "less",
    "fewer",
    "fewest",
    "than",
    "before",
    "after",
    "since",
    "until",
    "between",
    "during",
    "over",
    "under",
    "above",
    "below",
    "first",
    "last",
    "latest",
    "earliest",
    "previous",
    "next",
    "best",
    "worst",
    "average",
    "total",
    "sum",
    "difference",
];
const RESTRICTING_ZH: &[&str] = &[
    "不", "没", "非", "除了", "除", "最", "比", "以上", "以下", "之前", "之后", "以前", "以后", "第一",
    "或者", "还是", "超过", "少于", "多于", "大于", "小于", "高于", "低于", "只", "平均", "总共",
];

/// Whether the word narrows or turns what is asked by itself: "than", "not".
pub(crate) fn turns(word: &str) -> bool {
    RESTRICTING.contains(&word)
}

/// Words that hold several things against each other, or put them together.
const COMPARING: &[&str] = &["more", "less", "fewer", "than", "average", "total", "sum", "difference"];
const COMPARING_ZH: &[&str] = &["比", "平均", "总"];

/// Whether the word, or what is left of a Chinese text, compares.
pub(crate) fn compares(word: &str) -> bool {
    COMPARING.contains(&word) || COMPARING_ZH.iter().any(|part| word.contains(part))
}

pub(crate) fn restricts(word: &str) -> bool {
    turns(word) || word.len() > 4 && word.ends_with("est") || word.chars().any(|c| c.is_ascii_digit())
}

pub(crate) fn restricts_zh(text: &str) -> bool {
    RESTRICTING_ZH.iter().any(|word| text.contains(word)) || text.chars().any(|c| c.is_ascii_digit())
}

pub(crate) fn says_sharing(word: &str) -> bool {
    SHARING.contains(&word)
}

pub(crate) fn says_sharing_zh(text: &str) -> bool {
    SHARING_ZH.iter().any(|word| text.contains(word))
}

/// What an English comparative may be one of: "large" and "larg" of "larger".
pub(super) fn positives(comparative: &str) -> Vec<String> {
    if let Some(adjective) = comparative.strip_prefix("more ") {
        return vec![adjective.to_owned()];
    }
    let Some(stem) = comparative.strip_suffix("er").filter(|_| !comparative.contains(' ')) else {
        return Vec::new();
    };
    let mut found = vec![stem.to_owned(), format!("{stem}e")];
    let mut letters = stem.chars().rev();
    match (letters.next(), letters.next()) {
        (Some(last), Some(before)) if last == before => {
            found.extend(stem.strip_suffix(last).map(str::to_owned))
        }
        (Some('i'), _) => found.extend(stem.strip_suffix('i').map(|stem| format!("{stem}y"))),
        _ => {}
    }
    found
}

/// The words of a phrase that carry meaning.
pub(crate) fn content(phrase: &str) -> Vec<String> {
    phrase
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !is_function_word(word))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::positives;

    #[test]
    fn comparatives_are_led_back_to_what_they_compare() {
        let has =
            |comparative: &str, positive: &str| positives(comparative).iter().any(|word| word == positive);
        assert!(has("larger", "large") && has("bigger", "big") && has("heavier", "heavy"));
        assert!(has("higher", "high") && has("more populous", "populous"));
        assert_eq!(positives("larger in area"), Vec::<String>::new());
    }
}
