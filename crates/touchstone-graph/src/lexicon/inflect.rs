//! Regular inflection of English relation phrases and class names.

pub(super) const PREPOSITIONS: [&str; 14] =
    ["of", "in", "by", "to", "with", "at", "on", "for", "from", "as", "into", "near", "through", "than"];

/// The forms in which a phrase may appear, itself first: a noun phrase in the
/// plural, a verb phrase ("borders", "lies in", "belongs to") without its
/// third-person ending, in the past and as a participle.
pub(crate) fn english_forms(phrase: &str) -> Vec<String> {
    let mut forms = vec![phrase.to_owned()];
    let words: Vec<&str> = phrase.split(' ').collect();
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return forms };
    let ends_in_preposition = words.len() > 1 && PREPOSITIONS.contains(last);
    if !ends_in_preposition && last.chars().all(|c| c.is_ascii_lowercase()) {
        let head = &phrase[..phrase.len() - last.len()];
        forms.push(format!("{head}{}", plural(last)));
        if let Some(of) = words.iter().position(|w| *w == "of").filter(|of| *of > 0) {
            let mut inflected: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
            inflected[of - 1] = plural(words[of - 1]);
            forms.push(inflected.join(" "));
        }
    }
    if let Some(stem) = third_person_stem(first) {
        let tail = &phrase[first.len()..];
        forms.push(format!("{stem}{tail}"));
        forms.push(format!("{}{tail}", suffixed(&stem, "ed")));
        forms.push(format!("{}{tail}", suffixed(&stem, "ing")));
    }
    forms
}

/// The regular plural of an English noun.
pub fn plural(word: &str) -> String {
    let consonant_y = word.ends_with('y')
        && !word.ends_with(['a', 'e', 'i', 'o', 'u'])
        && !["ay", "ey", "oy", "uy"].iter().any(|vowel| word.ends_with(vowel));
    if consonant_y {
        format!("{}ies", &word[..word.len() - 1])
    } else if ["s", "x", "z", "ch", "sh"].iter().any(|end| word.ends_with(end)) {
        format!("{word}es")
    } else {
        format!("{word}s")
    }
}

/// "borders" → "border", "carries" → "carry"; `None` for words that do not
/// look like a verb in the third person ("gas", "is").
fn third_person_stem(word: &str) -> Option<String> {
    if word.len() < 4
        || !word.is_ascii()
        || word.ends_with("ss")
        || word.ends_with("us")
        || word.ends_with("is")
    {
        return None;
    }
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return Some(format!("{stem}y"));
    }
    for ending in ["ches", "shes", "sses", "xes", "zes"] {
        if word.ends_with(ending) {
            return Some(word[..word.len() - 2].to_owned());
        }
    }
    word.strip_suffix('s').map(str::to_owned)
}

fn suffixed(stem: &str, suffix: &str) -> String {
    match (stem.strip_suffix('e'), suffix) {
        (Some(_), "ed") => format!("{stem}d"),
        (Some(_), _) if stem.ends_with("ie") => format!("{}y{suffix}", &stem[..stem.len() - 2]),
        (Some(short), _) => format!("{short}{suffix}"),
        (None, "ed")
            if stem.ends_with('y')
                && !stem.ends_with("ay")
                && !stem.ends_with("oy")
                && !stem.ends_with("ey") =>
        {
            format!("{}ied", &stem[..stem.len() - 1])
        }
        (None, _) => format!("{stem}{suffix}"),
    }
}

#[cfg(test)]
mod tests {
    use super::english_forms;

    #[test]
    fn nouns_get_plurals_and_verbs_their_forms() {
        assert!(english_forms("currency").contains(&"currencies".to_owned()));
        assert!(english_forms("capital city").contains(&"capital cities".to_owned()));
        let borders = english_forms("borders");
        for form in ["borders", "border", "bordered", "bordering"] {
            assert!(borders.iter().any(|f| f == form), "{form} in {borders:?}");
        }
        assert!(english_forms("lies in").contains(&"lie in".to_owned()));
        assert!(english_forms("uses").contains(&"using".to_owned()));
        assert!(english_forms("place of death").contains(&"places of death".to_owned()));
        assert_eq!(english_forms("located in"), ["located in"]);
    }
}
