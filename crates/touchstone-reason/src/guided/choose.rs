//! The model's part: which of a few readings of a question is meant. Each is
//! put into words; what counts is how likely the words are for the question,
//! above how likely they are anyway, and how likely the question is for the
//! words.

use touchstone_llm::{Alternative, Engine, LlmError, Message, Role};

use super::words::{ChooseWords, render};

/// Characters of a question that the model is shown.
const MAX_QUESTION: usize = 600;

/// What the model makes of one description: log-likelihoods, natural.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Opinion {
    /// Of the description for the question.
    pub meant: f64,
    /// Of the description for no question in particular.
    pub anyway: f64,
    /// Of the question for the description.
    pub asked: f64,
}

impl Opinion {
    /// Comparable between descriptions of one question only.
    pub(crate) fn score(&self) -> f64 {
        self.meant - self.anyway + self.asked
    }
}

/// What the model makes of several descriptions.
pub(crate) struct Opinions {
    pub(crate) each: Vec<Opinion>,
    /// Sessions opened, and tokens that they read.
    pub(crate) calls: usize,
    pub(crate) tokens: usize,
}

/// Asks the model which description says what the question asks for.
pub(crate) fn likelihoods(
    engine: &dyn Engine,
    words: &ChooseWords,
    question: &str,
    descriptions: &[String],
) -> Result<Opinions, LlmError> {
    let question: String = question.chars().filter(|c| !matches!(c, '[' | ']')).take(MAX_QUESTION).collect();
    let ask = |question: &str| Message::new(Role::User, render(&words.question, &[("question", question)]));
    let answer = |text: &str| render(&words.answer, &[("description", text)]);
    let describe = |text: &str| render(&words.reverse_question, &[("description", text)]);
    let mut chat = vec![Message::new(Role::System, words.system.clone())];
    for example in &words.example {
        chat.push(ask(&example.question));
        chat.push(Message::new(Role::Assistant, answer(&example.description)));
    }
    let mut tokens = 0;
    let mut score = |chat: &[Message], last: Message, alternatives: &[Alternative<'_>]| {
        engine.prepare(chat)?;
        let mut session = engine.open(&[chat, &[last]].concat())?;
        let likelihoods = session.likelihoods(alternatives)?;
        tokens += session.usage().prompt_tokens;
        Ok::<Vec<f64>, LlmError>(likelihoods.into_iter().map(|likelihood| likelihood.log).collect())
    };
    let answers: Vec<String> = descriptions.iter().map(|text| answer(text)).collect();
    let meant: Vec<Alternative<'_>> = answers.iter().map(|text| Alternative::from(text.as_str())).collect();
    let forward = score(&chat, ask(&question), &meant)?;
    // What the words are worth for no question in particular.
    let prior = score(&chat, ask("…"), &meant)?;
    let mut reverse = vec![Message::new(Role::System, words.reverse_system.clone())];
    let (last, examples) = match words.example.split_last() {
        Some((last, examples)) => (last.description.as_str(), examples),
        None => ("…", words.example.as_slice()),
    };
    for example in examples {
        reverse.push(Message::new(Role::User, describe(&example.description)));
        reverse.push(Message::new(
            Role::Assistant,
            render(&words.reverse_answer, &[("question", &example.question)]),
        ));
    }
    // The last example opens the turn in which the descriptions are tried, so
    // that all of them go through the model in one batch.
    let solved = words.example.last().map(|example| example.question.as_str()).unwrap_or("…");
    let givens: Vec<String> = descriptions
        .iter()
        .map(|text| {
            let first = render(&words.reverse_answer, &[("question", solved)]);
            format!("{first}\n{}\n{}", describe(text), render(&words.reverse_answer, &[("question", "")]))
        })
        .collect();
    let asked: Vec<Alternative<'_>> =
        givens.iter().map(|given| Alternative { given: given.as_str(), text: question.as_str() }).collect();
    let backward = score(&reverse, Message::new(Role::User, describe(last)), &asked)?;
    let each = (0..descriptions.len())
        .map(|at| Opinion { meant: forward[at], anyway: prior[at], asked: backward[at] })
        .collect();
    Ok(Opinions { each, calls: 3, tokens })
}
