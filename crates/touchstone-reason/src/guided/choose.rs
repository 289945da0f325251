//! The model's part: which of a few readings of a question is meant. Each is
//! put into words; what counts is how likely the words are for the question,
//! above how likely they are anyway, and how likely the question is for the
//! words.

use touchstone_llm::{Engine, LlmError, Message, Role};

use super::words::{ChooseWords, render};

/// Characters of a question that the model is shown.
const MAX_QUESTION: usize = 600;

/// What the model makes of several descriptions.
pub(crate) struct Opinions {
    /// For each its log-likelihood of being meant; comparable with each other
    /// only.
    pub(crate) scores: Vec<f64>,
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
    let mut tokens = 0;
    let mut score = |chat: &[Message], alternatives: &[&str]| -> Result<Vec<f64>, LlmError> {
        let mut session = engine.open(chat)?;
        let scores = session.score(alternatives)?;
        tokens += session.usage().prompt_tokens;
        Ok(scores)
    };
    let question: String = question.chars().filter(|c| !matches!(c, '[' | ']')).take(MAX_QUESTION).collect();
    let ask = |question: &str| Message::new(Role::User, render(&words.question, &[("question", question)]));
    let answer = |text: &str| render(&words.answer, &[("description", text)]);
    let mut chat = vec![Message::new(Role::System, words.system.clone())];
    for example in &words.example {
        chat.push(ask(&example.question));
        chat.push(Message::new(Role::Assistant, answer(&example.description)));
    }
    let answers: Vec<String> = descriptions.iter().map(|text| answer(text)).collect();
    let alternatives: Vec<&str> = answers.iter().map(String::as_str).collect();
    let mut given = chat.clone();
    given.push(ask(&question));
    let forward = score(&given, &alternatives)?;
    // What the words are worth for no question in particular.
    let mut anyway = chat;
    anyway.push(ask("…"));
    let prior = score(&anyway, &alternatives)?;
    let mut backward = Vec::with_capacity(descriptions.len());
    for text in descriptions {
        let mut chat = vec![Message::new(Role::System, words.reverse_system.clone())];
        for example in &words.example {
            chat.push(Message::new(
                Role::User,
                render(&words.reverse_question, &[("description", &example.description)]),
            ));
            chat.push(Message::new(Role::Assistant, example.question.clone()));
        }
        chat.push(Message::new(Role::User, render(&words.reverse_question, &[("description", text)])));
        backward.push(score(&chat, &[&question])?.first().copied().unwrap_or(f64::NEG_INFINITY));
    }
    let scores =
        (0..descriptions.len()).map(|at| forward[at] - NORMALISED * prior[at] + backward[at]).collect();
    Ok(Opinions { scores, calls: 2 + descriptions.len(), tokens })
}

/// How much of the words' own likelihood is taken off.
const NORMALISED: f64 = 0.7;
