//! The models that write one derivation, each with a session that holds its
//! lines. The larger one is called in only where it is needed: until then it
//! has read nothing of the question.

use std::ops::ControlFlow;

use touchstone_core::Usage;
use touchstone_llm::{Checkpoint, Engine, FinishReason, Generated, LlmError, Message, Session, Until};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    First,
    Larger,
}

/// A line as a model wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// With what was put before it.
    pub(crate) line: String,
    pub(crate) finish: FinishReason,
    /// How probable the line was to the model itself: the geometric mean over
    /// its tokens.
    pub(crate) probability: f64,
    pub(crate) by: Model,
    /// Where it ends in its author's session.
    end: Checkpoint,
}

/// A model at work on a derivation.
pub(crate) struct Author {
    session: Box<dyn Session>,
    /// Where the session stood before any line.
    begin: Checkpoint,
    /// The lines that the session holds, each with where it ends.
    held: Vec<(String, Checkpoint)>,
}

impl Author {
    fn open(engine: &dyn Engine, chat: &[Message]) -> Result<Author, LlmError> {
        if let Some((_, beginning)) = chat.split_last() {
            // All but the question is the same for every question.
            engine.prepare(beginning)?;
        }
        let session = engine.open(chat)?;
        Ok(Author { begin: session.checkpoint(), session, held: Vec::new() })
    }

    /// Brings the session to hold just these lines: what it holds of them
    /// already is not computed again.
    fn follow(&mut self, lines: &[String]) -> Result<(), LlmError> {
        let same = self.held.iter().zip(lines).take_while(|((held, _), line)| held == *line).count();
        self.held.truncate(same);
        let end = self.held.last().map_or(self.begin, |(_, end)| *end);
        if self.session.checkpoint() != end {
            self.session.rewind(end)?;
        }
        for line in &lines[same..] {
            self.session.append(line)?;
            self.held.push((line.clone(), self.session.checkpoint()));
        }
        Ok(())
    }

    fn keep(&mut self, lines: &[String], draft: &Draft) -> Result<(), LlmError> {
        let held = self.held.iter().map(|(held, _)| held);
        if !held.eq(lines) || self.session.checkpoint() != draft.end {
            return Ok(());
        }
        self.session.append("\n")?;
        self.held.push((format!("{}\n", draft.line), self.session.checkpoint()));
        Ok(())
    }

    /// Writes a line after these, which begins with `opening`.
    fn write(
        &mut self,
        lines: &[String],
        opening: &str,
        until: &Until,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<(Generated, Checkpoint), LlmError> {
        self.follow(lines)?;
        self.session.append(opening)?;
        let generated = self.session.generate(until, on_text)?;
        Ok((generated, self.session.checkpoint()))
    }
}

/// The first model, and the one that stands behind it.
pub(crate) struct Authors<'a> {
    first: Author,
    larger: Option<Larger<'a>>,
    chat: Vec<Message>,
    names: [String; 2],
}

struct Larger<'a> {
    engine: &'a dyn Engine,
    author: Option<Author>,
}

impl<'a> Authors<'a> {
    pub(crate) fn open(
        first: &dyn Engine,
        larger: Option<&'a dyn Engine>,
        chat: Vec<Message>,
    ) -> Result<Authors<'a>, LlmError> {
        let name = |engine: &dyn Engine| engine.info().model;
        Ok(Authors {
            first: Author::open(first, &chat)?,
            names: [name(first), larger.map(name).unwrap_or_default()],
            larger: larger.map(|engine| Larger { engine, author: None }),
            chat,
        })
    }

    pub(crate) fn has_larger(&self) -> bool {
        self.larger.is_some()
    }

    /// Who writes anew what the first model got wrong.
    pub(crate) fn best(&self) -> Model {
        if self.has_larger() { Model::Larger } else { Model::First }
    }

    /// The name of a model, where there is more than one.
    pub(crate) fn name(&self, model: Model) -> Option<String> {
        let [first, larger] = &self.names;
        self.has_larger().then(|| if model == Model::First { first.clone() } else { larger.clone() })
    }

    /// The larger model's session is opened when it is first asked for.
    fn of(&mut self, model: Model) -> Result<&mut Author, LlmError> {
        match (model, &mut self.larger) {
            (Model::Larger, Some(Larger { engine, author })) => match author {
                Some(author) => Ok(author),
                none => Ok(none.insert(Author::open(*engine, &self.chat)?)),
            },
            _ => Ok(&mut self.first),
        }
    }

    /// The draft is to be a line after these: where its author's session ends
    /// with it, it need not be read again.
    pub(crate) fn keep(&mut self, lines: &[String], draft: &Draft) -> Result<(), LlmError> {
        self.of(draft.by)?.keep(lines, draft)
    }

    /// A line of this model after these lines, which begins with `opening`.
    pub(crate) fn write(
        &mut self,
        by: Model,
        lines: &[String],
        opening: &str,
        until: &Until,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Draft, LlmError> {
        let (generated, end) = self.of(by)?.write(lines, opening, until, on_text)?;
        Ok(Draft {
            line: format!("{opening}{}", generated.text),
            finish: generated.finish,
            probability: generated.mean_log_probability.exp().clamp(0.0, 1.0),
            by,
            end,
        })
    }

    pub(crate) fn usage(&self) -> Usage {
        let larger = self.larger.as_ref().and_then(|larger| larger.author.as_ref());
        let mut usage = Usage::default();
        for author in std::iter::once(&self.first).chain(larger) {
            let of = author.session.usage();
            usage.prompt_tokens += of.prompt_tokens;
            usage.generated_tokens += of.generated_tokens;
            usage.model_calls += 1;
        }
        usage
    }
}
