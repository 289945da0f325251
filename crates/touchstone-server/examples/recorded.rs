//! A server over the demonstration graph whose model replays fixed lines, one
//! of them wrong: for the tests of the page and of clients, which must not
//! depend on what a model happens to say.
//!
//! `cargo run --release --workspace --example recorded -- ADDRESS [FOLDER [empty]]`
//!
//! ADDRESS can be `stdio`: the Model Context Protocol over standard input and
//! output. With a FOLDER the graph is on disk there and can be changed, and a key for
//! everything is printed; `empty` leaves the demonstration graph out.
#![allow(clippy::print_stdout, reason = "a program")]

use std::error::Error;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use touchstone_check::Checker;
use touchstone_check::deep::{Library, Opinion, PassageJudge};
use touchstone_graph::model::NamedNode;
use touchstone_graph::{Graph, ImportOptions, ImportSource, Store};
use touchstone_llm::recorded::Recorded;
use touchstone_llm::{
    Alternative, Checkpoint, Engine, EngineInfo, Generated, Likelihood, LlmError, Message, Piece, Session,
    SessionUsage, Until,
};
use touchstone_reason::{Mode, Prompts, ReasonOptions, Reasoner};
use touchstone_server::{KeyFile, McpStdio, NewKey, Parts, Scope, Server, ServerConfig, align};
use touchstone_text::{Document, TextIndex};

/// A town of which the graph knows the names only: what is said of its mayor
/// is decided by a passage.
const TOWN: &str = r#"@prefix : <https://example.org/town/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
:mayor a owl:ObjectProperty, owl:FunctionalProperty ; rdfs:label "mayor"@en .
:tarn rdfs:label "Tarnby"@en . :ada rdfs:label "Ada Paz"@en . :jon rdfs:label "Jon Smit"@en .
"#;
const MINUTES: &str = "The mayor of Tarnby is Ada Paz, who was elected in spring.";

/// Between two words, so that a reader sees them come.
const PAUSE: Duration = Duration::from_millis(15);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let listen = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let folder = arguments.next().map(PathBuf::from);
    let store = store(folder.as_deref(), arguments.next().is_some())?;
    let mut config = ServerConfig { listen, reason: drafted(), ..ServerConfig::default() };
    if let Some(folder) = &folder {
        config.keys = Some(keys(folder)?);
    }
    let scratch = tempfile::tempdir()?;
    let index = Arc::new(index(folder.as_deref().unwrap_or(scratch.path()))?);
    align(&store, &index)?;

    if config.listen == "stdio" {
        let server = McpStdio::new(config);
        let handle = server.handle();
        let parts = parts(Arc::new(Graph::from_store(store)?), &index)?;
        handle.set_checker(parts.checker);
        if let Some(reasoner) = parts.reasoner {
            handle.set_reasoner(reasoner);
        }
        return Ok(server.run()?);
    }
    let server = Server::bind(config)?;
    let handle = server.handle();
    let parts = parts(Arc::new(Graph::from_store(store)?), &index)?;
    handle.set_checker(parts.checker);
    if let Some(reasoner) = parts.reasoner {
        handle.set_reasoner(reasoner);
    }
    handle.set_passages(Arc::clone(&index));
    if folder.is_some() {
        handle
            .set_renew(Box::new(move |graph| self::parts(graph, &index).map_err(|error| error.to_string())));
    }
    println!("listening on http://{}", server.address());
    Ok(server.run()?)
}

fn parts(graph: Arc<Graph>, index: &Arc<TextIndex>) -> Result<Parts, Box<dyn Error>> {
    let checker = Arc::new(Checker::new(graph));
    let engine: Arc<dyn Engine> = Arc::new(Rehearsed);
    let prompts = Prompts::load(None)?;
    let library = Library::new(Arc::clone(index), Some(Arc::new(Clerk)), 0.9);
    let reasoner =
        Reasoner::new(engine, Arc::clone(&checker), prompts, drafted()).with_library(Arc::new(library));
    Ok(Parts { checker, reasoner: Some(Arc::new(reasoner)) })
}

/// From the model's lines, also where the graph could answer by itself.
fn drafted() -> ReasonOptions {
    ReasonOptions { mode: Mode::Draft, ..ReasonOptions::default() }
}

fn store(folder: Option<&Path>, empty: bool) -> Result<Store, Box<dyn Error>> {
    let store = match folder {
        None => Store::in_memory()?,
        Some(folder) => Store::create_or_open(&folder.join("store"))?,
    };
    if store.epoch()? == 0 && !empty {
        let kg = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kg");
        let ontology = NamedNode::new("https://w3id.org/touchstone/world/graph/ontology")?;
        let scratch = tempfile::tempdir()?;
        let town = scratch.path().join("town.ttl");
        std::fs::write(&town, TOWN)?;
        let sources =
            [(kg.join("ontology.ttl"), Some(ontology)), (kg.join("facts.nq.zst"), None), (town, None)];
        for (file, graph) in sources {
            let options = ImportOptions { graph, ..ImportOptions::default() };
            store.import(&ImportSource::Rdf(file), &options, &mut |_| ControlFlow::Continue(()))?;
        }
    }
    Ok(store)
}

fn index(folder: &Path) -> Result<TextIndex, Box<dyn Error>> {
    let index = TextIndex::create(&folder.join("text"))?;
    if index.is_empty() {
        let text = "Quito lies high in the Andes. It has been the capital of Ecuador since 1830.";
        let minutes = Document::new("minutes", "Minutes of Tarnby", MINUTES);
        index.add("recorded", [Ok(Document::new("quito", "Quito", text)), Ok(minutes)])?;
    }
    Ok(index)
}

fn keys(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let path = folder.join("keys.toml");
    let mut file = KeyFile::load_or_new(&path)?;
    let scopes = Scope::ALL.into_iter().collect();
    let name = "recorded".to_owned();
    let key = file.add(NewKey { name, scopes, requests_per_minute: None, concurrent: None });
    file.save(&path)?;
    println!("key {key}");
    Ok(path)
}

/// Knows what the minutes say of the mayor, and nothing else.
struct Clerk;

impl PassageJudge for Clerk {
    fn judge(&self, claim: &str, passage: &str) -> Result<Opinion, LlmError> {
        let supported = if claim.contains("Ada Paz") && passage == MINUTES { 0.99 } else { 0.0 };
        Ok(Opinion { supported, refuted: 0.0, not_enough: 1.0 - supported })
    }
}

/// Answers every question as if it were about Ecuador, or a mayor.
struct Rehearsed;

impl Rehearsed {
    fn lines(chat: &[Message]) -> Recorded {
        let question = chat.last().map_or("", |message| message.text.as_str());
        if question.contains('？') {
            Recorded::new(["1. 厄瓜多尔的首都是瓜亚基尔。", "答案：基多"])
        } else if question.contains("mayor") {
            Recorded::new([
                "1. The mayor of Tarnby is Jon Smit.",
                "2. The mayor of Tarnby is Ada Paz.",
                "Answer: Ada Paz",
            ])
        } else {
            Recorded::new([
                "1. The country whose capital is Quito is Ecuador.",
                "2. Ecuador's currency is the euro.",
                "3. The continent of Ecuador is South America.",
                "Answer: Ecuador, United States dollar, South America",
            ])
        }
    }
}

impl Engine for Rehearsed {
    fn info(&self) -> EngineInfo {
        Recorded::new([""]).info()
    }

    fn open(&self, chat: &[Message]) -> Result<Box<dyn Session>, LlmError> {
        Ok(Box::new(Slow(Rehearsed::lines(chat).open(chat)?)))
    }
}

/// Gives a line word by word.
struct Slow(Box<dyn Session>);

impl Session for Slow {
    fn append(&mut self, text: &str) -> Result<(), LlmError> {
        self.0.append(text)
    }

    fn stream(
        &mut self,
        until: &Until,
        on_piece: &mut dyn FnMut(Piece<'_>) -> ControlFlow<()>,
    ) -> Result<Generated, LlmError> {
        self.0.stream(until, &mut |piece| {
            let mut words = piece.text.split_inclusive(' ').peekable();
            while let Some(text) = words.next() {
                std::thread::sleep(PAUSE);
                let tokens = if words.peek().is_none() { piece.tokens } else { &[] };
                if on_piece(Piece { text, tokens }).is_break() {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })
    }

    fn checkpoint(&self) -> Checkpoint {
        self.0.checkpoint()
    }

    fn rewind(&mut self, to: Checkpoint) -> Result<(), LlmError> {
        self.0.rewind(to)
    }

    fn fork(&mut self) -> Result<Box<dyn Session>, LlmError> {
        Ok(Box::new(Slow(self.0.fork()?)))
    }

    fn likelihoods(&mut self, alternatives: &[Alternative<'_>]) -> Result<Vec<Likelihood>, LlmError> {
        self.0.likelihoods(alternatives)
    }

    fn usage(&self) -> SessionUsage {
        self.0.usage()
    }
}
