mod baseline;
mod blocks;
mod document;
mod lines;
mod ordered;
mod pieces;
mod report;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use touchstone_check::Checker;
use touchstone_check::deep::Library;
use touchstone_check::deep::phrases::Learner;
use touchstone_core::{Claim, Correction, ReasonCode, Summary};

use crate::progress::Spinner;
use crate::settings::{ConfigFile, IndexFlags, Layers, ModelFlags, Settings, StoreFlags, shown};
use crate::{input, interrupt, parts};
use baseline::Baseline;
use document::{InputFormat, Places, Prose};
use pieces::{Piece, Reading, Step};
use report::{Document, Format, Located};

/// The documented exit code when something is refuted.
const REFUTED: u8 = 1;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Files, folders or patterns to check (UTF-8); `-` is standard input.
    files: Vec<PathBuf>,
    /// How the documents are written; by default their extension tells.
    #[arg(long, value_enum, value_name = "FORMAT")]
    input_format: Option<InputFormat>,
    /// The input is JSON lines {"id", "text"}; one report per line comes out, in the same order.
    #[arg(long, conflicts_with_all = ["format", "input_format"])]
    jsonl: bool,
    /// The report.
    #[arg(long, value_enum, default_value = "terminal")]
    format: Format,
    /// The report as JSON (`touchstone schema check` describes it).
    #[arg(long, conflicts_with_all = ["jsonl", "format"])]
    json: bool,
    /// Write the report to FILE instead of standard output.
    #[arg(long, short, value_name = "FILE", conflicts_with = "jsonl")]
    output: Option<PathBuf>,
    /// Which claims make the exit code 1.
    #[arg(long, value_enum, default_value_t)]
    fail_on: FailOn,
    /// Claims recorded in FILE do not fail the check.
    #[arg(long, value_name = "FILE", conflicts_with = "jsonl")]
    baseline: Option<PathBuf>,
    /// Record what is not supported now in FILE, for --baseline.
    #[arg(long, value_name = "FILE", conflicts_with = "jsonl")]
    write_baseline: Option<PathBuf>,
    /// Let the model judge the passages found for claims that the graph cannot decide,
    /// and resolve phrases that the lexicon does not know (see `touchstone kg lexicon`).
    #[arg(long, conflicts_with = "jsonl")]
    deep: bool,
    /// The calibrated probability that a verdict or a reading of the model needs [default: 0.9 for
    /// passages, 0.8 for phrases].
    #[arg(long, value_name = "P", value_parser = probability)]
    min_confidence: Option<f64>,
    /// Bytes of one text; longer ones are refused where a report has to hold all of it.
    #[arg(long, value_name = "BYTES")]
    max_text_bytes: Option<usize>,
    #[command(flatten)]
    store: StoreFlags,
    #[command(flatten)]
    index: IndexFlags,
    #[command(flatten)]
    model: ModelFlags,
}

fn probability(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("it is a probability between 0 and 1".to_owned()),
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    #[default]
    Refuted,
    /// Refuted claims too.
    Unverifiable,
    Never,
}

#[derive(serde::Serialize)]
struct Limit {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_text_bytes: Option<usize>,
}

pub(crate) fn run(arguments: Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let settings = Layers::new(config)?
        .flags(&arguments.store)
        .flags(&arguments.index)
        .flags(&arguments.model)
        .flags(&Limit { max_text_bytes: arguments.max_text_bytes })
        .settings()?;
    if arguments.files.is_empty() && io::stdin().is_terminal() {
        bail!("there is nothing to check: give a file, or - for standard input");
    }
    let named = if arguments.files.is_empty() { vec![PathBuf::from("-")] } else { arguments.files.clone() };
    if arguments.jsonl || arguments.input_format == Some(InputFormat::Jsonl) {
        return json_lines(&named, &arguments, &settings);
    }
    let inputs = document::expand(&named)?;
    let baseline = arguments.baseline.as_deref().map(Baseline::read).transpose()?;
    // A single wrong name is told before the graph is loaded.
    if let [only] = inputs.files.as_slice() {
        input::open(only)?;
    }
    let phrases = parts::phrases(&settings, arguments.min_confidence)?;
    let checker = parts::checker_with(&settings, phrases.clone())?;
    let reader = if arguments.deep { Some(parts::Reader::load(&settings, 2)?) } else { None };
    let library = parts::library(&settings, reader.as_ref(), arguments.min_confidence)?;
    let learner = reader.as_ref().map(|reader| reader.learner(phrases)).transpose()?;
    if arguments.deep && library.is_none() {
        anstream::eprintln!(
            "there is no text index in {}: no passages are judged",
            shown(&settings.text_index())
        );
    }
    let format = if arguments.json { Format::Json } else { arguments.format };
    if inputs.passed_over > 0 {
        anstream::eprintln!(
            "{} other files in the folders are no documents by their names",
            inputs.passed_over
        );
    }
    interrupt::watch()?;
    let mut run = Run {
        examiner: Examiner {
            checker: &checker,
            library: library.as_ref(),
            learner: learner.as_ref(),
            baseline: baseline.as_ref(),
        },
        reading: Reading {
            limit: settings.max_text_bytes,
            forced: arguments.input_format,
            streams: format.streams(),
        },
        format,
        many: inputs.files.len() > 1,
        deep: reader.is_some(),
        found: arguments.write_baseline.as_ref().map(|_| Baseline::empty()),
        outcome: Outcome::default(),
    };
    let refuted = match &arguments.output {
        Some(path) => {
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let file = tempfile::NamedTempFile::new_in(folder)
                .with_context(|| format!("cannot write in {}", folder.display()))?;
            let code =
                run.all(&inputs.files, &mut anstream::StripStream::new(file.as_file().try_clone()?))?;
            file.persist(path).with_context(|| format!("cannot write {}", path.display()))?;
            code
        }
        None => run.all(&inputs.files, &mut anstream::stdout().lock())?,
    };
    if let (Some(path), Some(found)) = (&arguments.write_baseline, &run.found) {
        found.write(path)?;
    }
    let failing = match arguments.fail_on {
        FailOn::Never => 0,
        FailOn::Refuted => refuted.refuted,
        FailOn::Unverifiable => refuted.refuted + refuted.unverifiable,
    };
    Ok(match (run.outcome.unread, failing) {
        (1.., _) => ExitCode::from(crate::FAILED),
        (0, 1..) => ExitCode::from(REFUTED),
        (0, 0) => ExitCode::SUCCESS,
    })
}

fn json_lines(named: &[PathBuf], arguments: &Arguments, settings: &Settings) -> anyhow::Result<ExitCode> {
    let [file] = named else { bail!("--jsonl reads one file: join them, or call once for each") };
    // Opened first: a wrong name is told before the graph is loaded.
    let opened = input::open(file)?;
    let checker = parts::checker(settings)?;
    let outcome =
        lines::run(opened, &input::name(file), &checker, settings.max_text_bytes, &mut io::stdout().lock())?;
    Ok(match (outcome, arguments.fail_on) {
        (lines::Outcome { broken: 1.., .. }, _) => ExitCode::from(crate::FAILED),
        (_, FailOn::Never) => ExitCode::SUCCESS,
        (lines::Outcome { refuted: 1.., .. }, _) => ExitCode::from(REFUTED),
        (lines::Outcome { unverifiable: 1.., .. }, FailOn::Unverifiable) => ExitCode::from(REFUTED),
        _ => ExitCode::SUCCESS,
    })
}

#[derive(Default)]
struct Outcome {
    /// All claims, and those that are not in the baseline.
    summary: Summary,
    new: Summary,
    unread: usize,
}

struct Run<'a> {
    examiner: Examiner<'a>,
    reading: Reading,
    format: Format,
    many: bool,
    deep: bool,
    found: Option<Baseline>,
    outcome: Outcome,
}

impl Run<'_> {
    /// Checks every file; a file that cannot be read is told, counted and
    /// does not stop the rest. The claims that count towards the exit code.
    fn all(&mut self, files: &[PathBuf], out: &mut dyn Write) -> anyhow::Result<Summary> {
        let spinner = Spinner::new(self.many);
        let mut documents = Vec::new();
        let mut begun = 0;
        let (examiner, reading, deep) = (self.examiner, self.reading, self.deep);
        let mut take = |step: Step| {
            if interrupt::asked() {
                bail!("stopped in file {begun} of {}", files.len());
            }
            match step {
                Step::Begins(at) => {
                    begun = at + 1;
                    spinner.say(&format!("{begun} of {}: {}", files.len(), files[at].display()));
                }
                Step::Checked(document) => self.checked(document, out, &mut documents)?,
                Step::Failed(error) if self.many => {
                    self.outcome.unread += 1;
                    spinner.aside(|| anstream::eprintln!("touchstone: {error:#}"));
                }
                Step::Failed(error) => return Err(error),
            }
            Ok(())
        };
        // A model is asked about one document after another.
        if deep {
            pieces::run_alone(files, reading, &mut |piece| examiner.check(piece), &mut take)?;
        } else {
            pieces::run(files, reading, &|piece| examiner.check(piece), &mut take)?;
        }
        drop(spinner);
        report::finish(self.format, &documents, &self.outcome.summary, out)?;
        if self.outcome.unread > 0 {
            anstream::eprintln!("{} of {} files could not be checked", self.outcome.unread, files.len());
        }
        out.flush()?;
        Ok(self.outcome.new)
    }

    fn checked(
        &mut self,
        document: Document,
        out: &mut dyn Write,
        documents: &mut Vec<Document>,
    ) -> anyhow::Result<()> {
        if let Some(found) = &mut self.found {
            found.add(&document);
        }
        let new = Summary::of(document.claims.iter().filter(|l| !l.known).map(|located| &located.claim));
        add(&mut self.outcome.summary, &document.summary);
        add(&mut self.outcome.new, &new);
        if self.format.streams() {
            report::stream(self.format, &document, out)?;
        } else {
            documents.push(document);
        }
        Ok(())
    }
}

/// What a document is checked with.
#[derive(Clone, Copy)]
struct Examiner<'a> {
    checker: &'a Checker,
    library: Option<&'a Library>,
    learner: Option<&'a Learner>,
    baseline: Option<&'a Baseline>,
}

impl Examiner<'_> {
    /// The claims of a piece, with their places in its source.
    fn check(&self, piece: Piece) -> anyhow::Result<Document> {
        let Piece { file, text: source, format, line, characters } = piece;
        let source = source.as_str();
        let prose = Prose::of(source, format);
        let mut report = self.checker.check(&prose.text);
        if let Some(learner) = self.learner
            && report.claims.iter().any(|claim| claim.reason_code == ReasonCode::NotUnderstood)
            && learner.learn(self.checker, &prose.text)? > 0
        {
            report = self.checker.check(&prose.text);
        }
        if let Some(library) = self.library {
            let beyond = library.consult(&mut report)?;
            if beyond > 0 {
                anstream::eprintln!("{beyond} claims more were not looked up in the passages");
            }
        }
        let places = Places::new(source, line);
        let index = Characters::new(&prose.text);
        let claims = report
            .claims
            .into_iter()
            .map(|claim| locate(claim, &prose, &places, &index, characters))
            .collect();
        let mut document = Document {
            file,
            language: report.language,
            claims,
            summary: report.summary,
            policy: report.policy,
        };
        if let Some(baseline) = self.baseline {
            baseline.mark(&mut document);
        }
        Ok(document)
    }
}

fn add(sum: &mut Summary, more: &Summary) {
    sum.supported += more.supported;
    sum.refuted += more.refuted;
    sum.unverifiable += more.unverifiable;
}

/// Bytes of characters, in steps.
struct Characters<'a> {
    text: &'a str,
    steps: Vec<usize>,
}

const STEP: usize = 256;

impl<'a> Characters<'a> {
    fn new(text: &'a str) -> Characters<'a> {
        Characters { text, steps: text.char_indices().step_by(STEP).map(|(at, _)| at).collect() }
    }

    fn byte(&self, character: usize) -> usize {
        let from = self.steps.get(character / STEP).copied().unwrap_or(self.text.len());
        self.text[from..].char_indices().nth(character % STEP).map_or(self.text.len(), |(at, _)| from + at)
    }
}

/// Spans of the prose become spans of the source.
fn locate(
    mut claim: Claim,
    prose: &Prose,
    places: &Places<'_>,
    index: &Characters<'_>,
    before: usize,
) -> Located {
    let bytes = |span: [usize; 2]| {
        let (start, end) = (index.byte(span[0]), index.byte(span[1]));
        // The last character's own piece: an entity is longer in its source.
        let last = prose.text[..end].char_indices().next_back().map_or(start, |(at, _)| at);
        prose.source(start)..(prose.source(last) + (end - last)).max(prose.source(start))
    };
    let range = bytes(claim.span);
    let place = places.of(range.clone());
    let characters = |range: &std::ops::Range<usize>| {
        [before + places.characters(range.start), before + places.characters(range.end)]
    };
    claim.span = characters(&range);
    if let Some(Correction { span, .. }) = &mut claim.correction {
        *span = characters(&bytes(*span));
    }
    Located { claim, place, known: false }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use touchstone_core::{ClaimKind, Evidence, Language, ReasonCode, Term, Verdict};

    use super::*;

    fn document() -> Document {
        let claim = Claim {
            text: "Gold has atomic number 78".into(),
            kind: ClaimKind::Quantity,
            negated_kind: None,
            sentence: "Gold has atomic number 78.".into(),
            span: [0, 25],
            subject: None,
            predicate: None,
            object: None,
            verdict: Verdict::Refuted,
            reason_code: ReasonCode::OutsideTolerance,
            reason: "The graph says <79>.".into(),
            evidence: vec![Evidence::Triple {
                subject: Term::iri("gold", "https://example.org/79"),
                predicate: Term::iri("atomic number", "https://example.org/number"),
                object: Term::literal("79"),
                graph: "https://example.org/graph".into(),
                source: Some("elements 1.0".into()),
                qualifiers: Vec::new(),
            }],
            confidence: 1.0,
            correction: None,
            rule: None,
            readings: Vec::new(),
        };
        let place = document::Place { line: 3, column: 1, end_line: 3, end_column: 26 };
        let summary = Summary { refuted: 1, ..Summary::default() };
        let claims = vec![Located { claim, place, known: false }];
        let language = Some(Language::English);
        Document { file: Some("a b.txt".into()), language, claims, summary, policy: Vec::new() }
    }

    fn written(format: Format) -> String {
        let mut bytes = Vec::new();
        let document = document();
        if format.streams() {
            report::stream(format, &document, &mut bytes).unwrap();
        }
        let summary = document.summary;
        report::finish(format, &[document], &summary, &mut bytes).unwrap();
        String::from_utf8(anstream::adapter::strip_bytes(&bytes).into_vec()).unwrap()
    }

    #[test]
    fn people_see_a_refuted_claim_with_its_place_and_the_fact_against_it() {
        insta::assert_snapshot!(written(Format::Terminal), @r"
        ✗ refuted      Gold has atomic number 78
          a b.txt:3:1
          The graph says <79>.
          gold | atomic number | 79  (elements 1.0)
        0 supported, 1 refuted, 0 unverifiable
        ");
        insta::assert_snapshot!(written(Format::Markdown), @r"
        # Fact check

        0 supported, 1 refuted, 0 unverifiable

        ## a b.txt

        - ✗ **refuted** (line 3): Gold has atomic number 78
          - The graph says \<79\>.
          - gold \| atomic number \| 79  (elements 1.0)
        ");
        let page = written(Format::Html);
        assert!(page.contains("The graph says &lt;79&gt;.") && page.contains("class=\"refuted\""), "{page}");
    }

    #[test]
    fn sarif_names_the_place_and_the_rule() {
        let log: serde_json::Value = serde_json::from_str(&written(Format::Sarif)).unwrap();
        let result = &log["runs"][0]["results"][0];
        assert_eq!(result["ruleId"], "refuted/outside_tolerance");
        assert_eq!(result["level"], "error");
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "a%20b.txt");
        assert_eq!(location["region"]["startLine"], 3);
        assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][0]["id"], "refuted/outside_tolerance");
    }
}
