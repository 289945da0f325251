//! Answers in published files that are wrong or out of date, as the suite puts
//! them right. Every system is judged by the same.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Question;
use crate::error::EvalError;
use crate::suite::Suite;

/// One question whose listed answers are not true.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    pub id: String,
    /// The answers as the file has them.
    pub listed: Vec<String>,
    pub answers: Vec<String>,
    /// What is wrong with those listed, and who says so.
    pub why: String,
}

/// Puts the answers right; `hash` takes in what was changed, so that no run is
/// mixed with one that was judged otherwise.
pub(super) fn apply(suite: &Suite, questions: &mut [Question], hash: &mut Sha256) -> Result<(), EvalError> {
    for correction in &suite.correction {
        let Correction { id, listed, answers, .. } = correction;
        let error = |reason: String| EvalError::Correction { id: id.clone(), reason };
        let Some(question) = questions.iter_mut().find(|question| question.id == *id) else {
            // Another split may hold it: the id begins with the file's name.
            let file = id.rsplit_once(':').map_or(id.as_str(), |(file, _)| file);
            let read = questions.iter().any(|question| question.id.starts_with(&format!("{file}:")));
            if read {
                return Err(error("but the data has no such question".to_owned()));
            }
            continue;
        };
        if question.gold != *listed {
            return Err(error(format!("whose answers are \"{}\" there", question.gold.join("\", \""))));
        }
        question.gold.clone_from(answers);
        question.corrected = true;
        for part in std::iter::once(id).chain(answers) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::super::QuestionSet;
    use super::*;
    use crate::world::World;

    fn read(correction: &str) -> Result<QuestionSet, EvalError> {
        let folder = tempfile::tempdir().unwrap();
        let lines = "{\"question\": \"The mayor of Tarnby?\", \"answers\": [\"Ada\"]}\n\
                     {\"question\": \"The mayor of Olby?\", \"answers\": [\"Jon\"]}\n";
        std::fs::write(folder.path().join("a.jsonl"), lines).unwrap();
        let text = format!(
            "name = \"s\"\nformat = \"question-answers\"\n{correction}[splits]\ndev = [\"a.jsonl\"]\n"
        );
        let suite = Suite::parse(&text, Path::new("s.toml")).unwrap();
        QuestionSet::read(&suite, "dev", folder.path(), &World::empty().unwrap(), 0)
    }

    fn correction(id: &str, listed: &str) -> String {
        format!(
            "[[correction]]\nid = \"{id}\"\nlisted = [\"{listed}\"]\nanswers = [\"Eva\"]\nwhy = \"since May\"\n"
        )
    }

    #[test]
    fn listed_answers_are_put_right_and_the_data_count_as_others() {
        let (listed, right) = (read("").unwrap(), read(&correction("a.jsonl:2", "Jon")).unwrap());
        assert_eq!(right.questions[1].gold, ["Eva"]);
        assert!(right.questions[1].corrected && !right.questions[0].corrected);
        assert_eq!(right.questions[0].gold, listed.questions[0].gold);
        assert_ne!(listed.sha256, right.sha256);
    }

    #[test]
    fn what_does_not_fit_the_file_is_refused() {
        let error = |id: &str, listed: &str| read(&correction(id, listed)).err().unwrap().to_string();
        assert_eq!(
            error("a.jsonl:2", "Ada"),
            "the suite corrects a.jsonl:2, whose answers are \"Jon\" there: compare the file with the published one"
        );
        assert!(error("a.jsonl:9", "Ada").starts_with("the suite corrects a.jsonl:9, but the data has no"));
        assert!(read(&correction("b.jsonl:9", "Ada")).is_ok());
    }
}
