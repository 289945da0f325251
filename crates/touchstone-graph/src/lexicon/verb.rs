//! Regular and irregular inflection of English verbs: general knowledge of
//! the language.

/// Base, third person, past, participle and -ing form of a verb.
pub(crate) struct VerbForms {
    pub(crate) base: String,
    pub(crate) third: String,
    pub(crate) past: String,
    pub(crate) participle: String,
    pub(crate) progressive: String,
}

/// The verb at the head of a phrase in the past: "die in" → "died in".
pub fn past_tense(phrase: &str) -> String {
    let (head, tail) = phrase.split_at(phrase.find(' ').unwrap_or(phrase.len()));
    let past = if head == "be" { "was".to_owned() } else { forms(head).past };
    past + tail
}

/// Past and participle where rules do not give them.
const IRREGULAR: &[(&str, &str, &str)] = &[
    ("arise", "arose", "arisen"),
    ("bear", "bore", "borne"),
    ("become", "became", "become"),
    ("begin", "began", "begun"),
    ("break", "broke", "broken"),
    ("bring", "brought", "brought"),
    ("broadcast", "broadcast", "broadcast"),
    ("build", "built", "built"),
    ("buy", "bought", "bought"),
    ("choose", "chose", "chosen"),
    ("come", "came", "come"),
    ("draw", "drew", "drawn"),
    ("dwell", "dwelt", "dwelt"),
    ("feed", "fed", "fed"),
    ("fight", "fought", "fought"),
    ("find", "found", "found"),
    ("get", "got", "got"),
    ("give", "gave", "given"),
    ("go", "went", "gone"),
    ("grow", "grew", "grown"),
    ("have", "had", "had"),
    ("hold", "held", "held"),
    ("keep", "kept", "kept"),
    ("lay", "laid", "laid"),
    ("lead", "led", "led"),
    ("leave", "left", "left"),
    ("lie", "lay", "lain"),
    ("lose", "lost", "lost"),
    ("make", "made", "made"),
    ("meet", "met", "met"),
    ("pay", "paid", "paid"),
    ("put", "put", "put"),
    ("rise", "rose", "risen"),
    ("run", "ran", "run"),
    ("sell", "sold", "sold"),
    ("set", "set", "set"),
    ("shoot", "shot", "shot"),
    ("sing", "sang", "sung"),
    ("speak", "spoke", "spoken"),
    ("spend", "spent", "spent"),
    ("stand", "stood", "stood"),
    ("take", "took", "taken"),
    ("teach", "taught", "taught"),
    ("wed", "wedded", "wedded"),
    ("win", "won", "won"),
    ("write", "wrote", "written"),
];
/// Verbs that double their last consonant though the rule for one syllable
/// does not reach them.
const DOUBLED: &[&str] = &["abut", "begin", "abet"];

pub(crate) fn forms(base: &str) -> VerbForms {
    let irregular = IRREGULAR.iter().find(|(verb, ..)| *verb == base);
    VerbForms {
        base: base.to_owned(),
        third: third(base),
        past: irregular.map_or_else(|| past(base), |(_, past, _)| (*past).to_owned()),
        participle: irregular.map_or_else(|| past(base), |(_, _, participle)| (*participle).to_owned()),
        progressive: progressive(base),
    }
}

fn third(base: &str) -> String {
    match base {
        "have" => "has".to_owned(),
        "go" | "do" => format!("{base}es"),
        _ => super::inflect::plural(base),
    }
}

fn past(base: &str) -> String {
    if base.ends_with('e') {
        format!("{base}d")
    } else if consonant_y(base) {
        format!("{}ied", &base[..base.len() - 1])
    } else {
        format!("{}ed", doubled(base))
    }
}

fn progressive(base: &str) -> String {
    if let Some(stem) = base.strip_suffix("ie") {
        format!("{stem}ying")
    } else if let Some(stem) = base.strip_suffix('e').filter(|stem| !stem.ends_with('e') && stem.len() > 1) {
        format!("{stem}ing")
    } else {
        format!("{}ing", doubled(base))
    }
}

fn consonant_y(base: &str) -> bool {
    base.ends_with('y') && !["ay", "ey", "oy", "uy"].iter().any(|vowel| base.ends_with(vowel))
}

fn doubled(base: &str) -> String {
    let last = base.chars().last().unwrap_or_default();
    if DOUBLED.contains(&base) || is_short(base) { format!("{base}{last}") } else { base.to_owned() }
}

/// One syllable that ends with a single vowel and a single consonant: "star",
/// "run", but not "play", "act", "head".
fn is_short(base: &str) -> bool {
    let is_vowel = |c: char| "aeiou".contains(c);
    let mut letters = base.chars().rev();
    let (last, before) = (letters.next(), letters.next());
    let ends_so = last.is_some_and(|c| c.is_ascii_lowercase() && !is_vowel(c) && !"wxy".contains(c))
        && before.is_some_and(is_vowel);
    ends_so && base.len() > 2 && base.chars().filter(|c| is_vowel(*c)).count() == 1
}

#[cfg(test)]
mod tests {
    use super::forms;

    #[test]
    fn verbs_are_inflected() {
        let all = |base: &str| {
            let f = forms(base);
            [f.third, f.past, f.participle, f.progressive].join(" ")
        };
        assert_eq!(all("die"), "dies died died dying");
        assert_eq!(all("write"), "writes wrote written writing");
        assert_eq!(all("marry"), "marries married married marrying");
        assert_eq!(all("abut"), "abuts abutted abutted abutting");
        assert_eq!(all("employ"), "employs employed employed employing");
        assert_eq!(all("have"), "has had had having");
        assert_eq!(all("star"), "stars starred starred starring");
        assert_eq!(all("direct"), "directs directed directed directing");
    }
}
