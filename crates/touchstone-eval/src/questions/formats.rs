//! How question files are written.

use serde::Deserialize;
use touchstone_core::Language;

use super::{Passage, Question};
use crate::suite::{Answers, Format};

type Parsed = Result<(usize, Question), (usize, String)>;

/// The questions of a file with the lines on which they stand. `name` begins
/// the ids of those that have none of their own.
pub(super) fn parse(format: Format, bytes: &[u8], name: &str) -> Vec<Parsed> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let read: fn(&str, &str, usize) -> Result<Question, String> = match format {
        Format::QuestionAnswers => question_answers,
        Format::QuestionAnswersTsv => question_answers_tsv,
        Format::QuestionPaths => question_paths,
        Format::WorkedProblems => worked_problem,
        Format::GraphQuestions => graph_question,
        Format::QuestionPassages => return question_passages(bytes, name),
        Format::GraphPremises => return Vec::new(),
    };
    let lines = bytes.split(|&byte| byte == b'\n').zip(1..);
    lines
        .filter(|(line, _)| !line.trim_ascii().is_empty())
        .map(|(text, line)| {
            let text = std::str::from_utf8(text).map_err(|_| (line, "it is not UTF-8".to_owned()))?;
            let question = read(text.trim(), name, line).map_err(|reason| (line, reason))?;
            if question.text.trim().is_empty() {
                return Err((line, "the question is empty".to_owned()));
            }
            Ok((line, question))
        })
        .collect()
}

fn id(name: &str, line: usize) -> String {
    format!("{name}:{line}")
}

fn question_answers(text: &str, name: &str, line: usize) -> Result<Question, String> {
    #[derive(Deserialize)]
    struct Line {
        id: Option<String>,
        question: String,
        answers: Vec<String>,
    }
    let parsed: Line = serde_json::from_str(text)
        .map_err(|error| format!("not a line {{\"question\", \"answers\": […]}}: {error}"))?;
    Ok(Question {
        id: parsed.id.unwrap_or_else(|| id(name, line)),
        text: parsed.question,
        gold: parsed.answers,
        ..Question::default()
    })
}

/// The group is the file's name.
fn question_answers_tsv(text: &str, name: &str, line: usize) -> Result<Question, String> {
    let (question, answers) =
        text.split_once('\t').ok_or("a line holds a question, a tab and answers with | between")?;
    let mut words = question.to_owned();
    let mut topic = None;
    if let (Some(open), Some(close)) = (words.find('['), words.rfind(']'))
        && open < close
    {
        topic = Some(words[open + 1..close].to_owned());
        words.remove(close);
        words.remove(open);
    }
    let gold: Vec<String> =
        answers.split('|').map(str::trim).filter(|a| !a.is_empty()).map(str::to_owned).collect();
    let file = name.rsplit('/').next().unwrap_or(name);
    Ok(Question {
        id: id(name, line),
        text: words.trim().to_owned(),
        gold,
        group: Some(file.split('.').next().unwrap_or(file).to_owned()),
        topic,
        ..Question::default()
    })
}

/// Paraphrases of a question have the same path.
fn question_paths(text: &str, name: &str, line: usize) -> Result<Question, String> {
    const FORM: &str = "a line holds a question, answer(all/answers/) and a path with tabs between";
    let mut columns = text.split('\t');
    let (Some(question), Some(answers), Some(path), None) =
        (columns.next(), columns.next(), columns.next(), columns.next())
    else {
        return Err(FORM.into());
    };
    let all = answers
        .match_indices('(')
        .find_map(|(at, _)| {
            let all = answers[at + 1..].strip_suffix(')')?;
            all.split('/').any(|one| one == &answers[..at]).then_some(all)
        })
        .ok_or(FORM)?;
    let spaced = |text: &str| text.replace('_', " ").trim().to_owned();
    let nodes: Vec<String> = path.split("#<end>").next().unwrap_or_default().split('#').map(spaced).collect();
    let facts = nodes.windows(3).step_by(2).map(|hop| [hop[0].clone(), hop[1].clone(), hop[2].clone()]);
    Ok(Question {
        id: id(name, line),
        text: spaced(question).replace(" 's", "'s").replace(" ?", "?").replace(" ,", ","),
        gold: all.split('/').map(spaced).filter(|answer| !answer.is_empty()).collect(),
        cluster: Some(path.split("#<end>").next().unwrap_or(path).to_owned()),
        facts: facts.collect(),
        ..Question::default()
    })
}

fn worked_problem(text: &str, name: &str, line: usize) -> Result<Question, String> {
    #[derive(Deserialize)]
    struct Line {
        question: String,
        answer: String,
    }
    let parsed: Line = serde_json::from_str(text)
        .map_err(|error| format!("not a line {{\"question\", \"answer\"}}: {error}"))?;
    let (_, result) = parsed.answer.rsplit_once("####").ok_or("the answer has no result after ####")?;
    Ok(Question {
        id: id(name, line),
        text: parsed.question,
        gold: vec![result.trim().to_owned()],
        ..Question::default()
    })
}

fn graph_question(text: &str, _name: &str, _line: usize) -> Result<Question, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        id: String,
        language: Language,
        kind: String,
        question: String,
        answers: Vec<String>,
        /// All answers are wanted.
        #[serde(default)]
        all: bool,
        /// By which share a number may differ.
        #[serde(default)]
        tolerance: f64,
        facts: Vec<[String; 3]>,
    }
    let parsed: Line = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if parsed.facts.is_empty() {
        return Err("a question needs the facts that its answer follows from".into());
    }
    Ok(Question {
        id: parsed.id,
        text: parsed.question,
        gold: parsed.answers,
        answers: if parsed.all { Answers::All } else { Answers::Any },
        tolerance: parsed.tolerance,
        group: Some(parsed.kind),
        language: Some(parsed.language),
        facts: parsed.facts,
        ..Question::default()
    })
}

fn question_passages(bytes: &[u8], name: &str) -> Vec<Parsed> {
    #[derive(Deserialize)]
    struct Item {
        #[serde(rename = "_id")]
        id: Option<String>,
        question: String,
        answer: String,
        #[serde(rename = "type")]
        kind: Option<String>,
        context: Vec<(String, Vec<String>)>,
    }
    let items: Vec<Item> = match serde_json::from_slice(bytes) {
        Ok(items) => items,
        Err(error) => {
            let reason = format!(
                "not an array of {{\"question\", \"answer\", \"context\": [[title, [sentence …]] …]}}: {error}"
            );
            return vec![Err((error.line(), reason))];
        }
    };
    let question = |(item, number): (Item, usize)| {
        let Item { id: own, question, answer, kind, context } = item;
        if question.trim().is_empty() {
            return Err((number, format!("question {number} is empty")));
        }
        let context = context
            .into_iter()
            .map(|(title, sentences)| Passage {
                title,
                sentences: sentences.into_iter().map(|sentence| sentence.trim().to_owned()).collect(),
            })
            .collect();
        let id = own.unwrap_or_else(|| id(name, number));
        Ok((
            number,
            Question { id, text: question, gold: vec![answer], group: kind, context, ..Question::default() },
        ))
    };
    items.into_iter().zip(1..).map(question).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn one(format: Format, text: &str) -> Question {
        parse(format, text.as_bytes(), "d/3-hop.tsv").remove(0).unwrap().1
    }

    fn reason(format: Format, text: &str) -> (usize, String) {
        parse(format, text.as_bytes(), "f").into_iter().find_map(Result::err).unwrap()
    }

    #[test]
    fn a_tab_stands_between_question_and_answers() {
        let question = one(Format::QuestionAnswersTsv, "who built [Fort [A]]\tAnn|Bob\n");
        assert_eq!(question.text, "who built Fort [A]");
        assert_eq!(question.gold, ["Ann", "Bob"]);
        assert_eq!((question.id.as_str(), question.group.as_deref()), ("d/3-hop.tsv:1", Some("3-hop")));
        assert_eq!(reason(Format::QuestionAnswersTsv, "\nwho built it").0, 2);
    }

    #[test]
    fn a_path_names_the_facts() {
        let line = "who is the son of ann_of_x 's aunt ?\tcy_(ii)(bo/cy_(ii)/)\tann_of_x#aunt#di#son#cy_(ii)#<end>#cy_(ii)";
        let question = one(Format::QuestionPaths, line);
        assert_eq!(question.text, "who is the son of ann of x's aunt?");
        assert_eq!(question.gold, ["bo", "cy (ii)"]);
        assert_eq!(question.facts, [["ann of x", "aunt", "di"], ["di", "son", "cy (ii)"]]);
        assert!(reason(Format::QuestionPaths, "q\tcy\tp").1.starts_with("a line holds"));
    }

    #[test]
    fn passages_come_with_their_question() {
        let text = r#"[{"question": "Q?", "answer": "A", "supporting_facts": [["T", 0]], "level": "easy",
            "context": [["T", ["One.", " Two."]]]}]"#;
        let question = one(Format::QuestionPassages, text);
        assert_eq!(
            question.context,
            [Passage { title: "T".into(), sentences: vec!["One.".into(), "Two.".into()] }]
        );
        assert_eq!(question.id, "d/3-hop.tsv:1");
        let (line, why) = reason(Format::QuestionPassages, "[\n{\"question\": 3}]");
        assert!(line == 2 && why.starts_with("not an array"), "{line} {why}");
    }

    #[test]
    fn a_result_follows_the_working() {
        let question =
            one(Format::WorkedProblems, r##"{"question": "Q?", "answer": "1+1 = 2\n#### 1,200"}"##);
        assert_eq!(question.gold, ["1,200"]);
        assert!(reason(Format::WorkedProblems, r#"{"question": "Q?", "answer": "2"}"#).1.contains("####"));
    }

    #[test]
    fn our_own_questions_bring_their_facts() {
        let line = r#"{"id": "en-1", "language": "en", "kind": "relation", "question": "Q?", "answers": ["A"], "facts": [["s", "p", "A"]]}"#;
        let question = one(Format::GraphQuestions, line);
        assert_eq!(
            (question.group.as_deref(), question.language),
            (Some("relation"), Some(Language::English))
        );
        assert!(
            reason(Format::GraphQuestions, &line.replace("kind", "sort")).1.contains("unknown field `sort`")
        );
    }
}
