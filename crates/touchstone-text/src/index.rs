use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tantivy::collector::TopDocs;
use tantivy::directory::error::LockError;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery};
use tantivy::schema::{
    Field, IndexRecordOption, STORED, STRING, Schema, TantivyDocument, TextFieldIndexing, TextOptions, Value,
};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};
use touchstone_core::Language;

use crate::document::{Document, Passage};
use crate::{TextError, analyzer, split};

/// The longest query that is searched for, in Unicode characters.
pub const MAX_QUERY_CHARS: usize = 10_000;
/// Terms beyond these are dropped from a query: the rarest say the most, but
/// a query of more words than this is a text, and its first words do.
const MAX_QUERY_TERMS: usize = 128;
/// Passages that one search returns at most.
const MAX_LIMIT: usize = 1_000;
/// How much more a word counts in a title than in the body.
const TITLE_BOOST: f32 = 2.0;
const WRITER_MEMORY_BYTES: usize = 64 << 20;
/// Raised when the schema or the analyzers change.
const LAYOUT: u32 = 1;

/// What is written with every commit.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Payload {
    layout: u32,
    epoch: u64,
}

#[derive(Clone, Copy)]
struct Fields {
    source: Field,
    document: Field,
    title: Field,
    body: Field,
    start: Field,
    end: Field,
    language: Field,
    analyzed: [(Language, Field, Field); 2],
}

/// What one addition did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AddReport {
    pub documents: usize,
    pub passages: usize,
    /// The epoch from which the additions can be found.
    pub epoch: u64,
}

/// A full-text index in a folder. Can be shared between threads; additions
/// are found by the next search of this process, and by others within moments.
pub struct TextIndex {
    dir: PathBuf,
    index: Index,
    reader: IndexReader,
    fields: Fields,
}

impl TextIndex {
    /// Opens an index that exists.
    pub fn open(dir: &Path) -> Result<TextIndex, TextError> {
        if !dir.join("meta.json").is_file() {
            return Err(TextError::Missing(dir.to_owned()));
        }
        let index = Index::open_in_dir(dir).map_err(|error| match error {
            TantivyError::IncompatibleIndex(_) | TantivyError::DataCorruption(_) => {
                TextError::OtherVersion(dir.to_owned())
            }
            other => TextError::Index(other),
        })?;
        TextIndex::over(dir, index)
    }

    /// Opens the index in a folder, and makes both where they are missing.
    pub fn create(dir: &Path) -> Result<TextIndex, TextError> {
        if dir.join("meta.json").is_file() {
            return TextIndex::open(dir);
        }
        std::fs::create_dir_all(dir).map_err(|source| TextError::Write { path: dir.to_owned(), source })?;
        let (schema, _) = schema();
        TextIndex::over(dir, Index::create_in_dir(dir, schema)?)
    }

    fn over(dir: &Path, index: Index) -> Result<TextIndex, TextError> {
        let (schema, fields) = schema();
        let payload = index.load_metas()?.payload;
        let payload: Option<Payload> = payload.as_deref().and_then(|p| serde_json::from_str(p).ok());
        if index.schema() != schema || payload.is_some_and(|p| p.layout != LAYOUT) {
            return Err(TextError::OtherVersion(dir.to_owned()));
        }
        analyzer::register(index.tokenizers());
        let reader = index.reader_builder().reload_policy(ReloadPolicy::OnCommitWithDelay).try_into()?;
        Ok(TextIndex { dir: dir.to_owned(), index, reader, fields })
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Counts the commits, unless they were given the epoch of another store.
    pub fn epoch(&self) -> Result<u64, TextError> {
        let payload = self.index.load_metas()?.payload;
        Ok(payload.as_deref().and_then(|p| serde_json::from_str::<Payload>(p).ok()).map_or(0, |p| p.epoch))
    }

    /// How many passages there are.
    pub fn len(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds documents; those whose id is there already are replaced. All of
    /// them can be found afterwards, or, after an error in one, none.
    pub fn add(
        &self,
        source: &str,
        documents: impl IntoIterator<Item = Result<Document, TextError>>,
    ) -> Result<AddReport, TextError> {
        self.write(source, documents, false, None)
    }

    /// Puts documents in the place of everything that `source` held, at once.
    /// `epoch` is that of the store that changes together with the index.
    pub fn replace(
        &self,
        source: &str,
        documents: impl IntoIterator<Item = Result<Document, TextError>>,
        epoch: Option<u64>,
    ) -> Result<AddReport, TextError> {
        self.write(source, documents, true, epoch)
    }

    /// Raises the epoch to that of the store that changes together with the
    /// index, if it is behind.
    pub fn reach_epoch(&self, epoch: u64) -> Result<(), TextError> {
        if self.epoch()? < epoch {
            self.write("", std::iter::empty(), false, Some(epoch))?;
        }
        Ok(())
    }

    fn write(
        &self,
        source: &str,
        documents: impl IntoIterator<Item = Result<Document, TextError>>,
        whole_source: bool,
        epoch: Option<u64>,
    ) -> Result<AddReport, TextError> {
        let mut writer: IndexWriter =
            self.index.writer_with_num_threads(1, WRITER_MEMORY_BYTES).map_err(|e| self.lock(e))?;
        let result = self.fill(&mut writer, source, documents, whole_source, epoch);
        if result.is_err() {
            // The error that is returned says more than one of the rollback.
            let _ = writer.rollback();
        }
        let report = result?;
        writer.wait_merging_threads()?;
        self.reader.reload()?;
        Ok(report)
    }

    fn fill(
        &self,
        writer: &mut IndexWriter,
        source: &str,
        documents: impl IntoIterator<Item = Result<Document, TextError>>,
        whole_source: bool,
        epoch: Option<u64>,
    ) -> Result<AddReport, TextError> {
        let f = self.fields;
        let mut report = AddReport { epoch: epoch.unwrap_or(self.epoch()? + 1), ..AddReport::default() };
        if whole_source {
            writer.delete_term(Term::from_field_text(f.source, source));
        }
        for document in documents {
            let document = document?;
            writer.delete_term(Term::from_field_text(f.document, &document.id));
            report.documents += 1;
            for cut in split::passages(&document) {
                let mut entry = TantivyDocument::default();
                entry.add_text(f.source, source);
                entry.add_text(f.document, &document.id);
                entry.add_u64(f.start, cut.span[0] as u64);
                entry.add_u64(f.end, cut.span[1] as u64);
                let readable = analyzer::readable_in(&cut.text);
                let languages = document.language.map_or(readable.clone(), |l| vec![l]);
                for language in languages {
                    entry.add_text(f.language, language.tag());
                }
                // Words in another script than the document's can be found too.
                for (_, title, body) in f.analyzed.iter().filter(|(l, ..)| readable.contains(l)) {
                    entry.add_text(*title, &cut.title);
                    entry.add_text(*body, &cut.text);
                }
                entry.add_text(f.title, cut.title);
                entry.add_text(f.body, cut.text);
                writer.add_document(entry)?;
                report.passages += 1;
            }
        }
        let payload = serde_json::to_string(&Payload { layout: LAYOUT, epoch: report.epoch })
            .map_err(|error| TextError::Index(TantivyError::InternalError(error.to_string())))?;
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&payload);
        commit.commit()?;
        Ok(report)
    }

    /// Finds the passages that fit the words best, best first. The words are
    /// only words: no operator or field name in them has a meaning. `language`
    /// restricts the search to passages in that language.
    pub fn search(
        &self,
        words: &str,
        language: Option<Language>,
        limit: usize,
    ) -> Result<Vec<Passage>, TextError> {
        let chars = words.chars().count();
        if chars > MAX_QUERY_CHARS {
            return Err(TextError::QueryTooLong { chars, limit: MAX_QUERY_CHARS });
        }
        let Some(query) = self.query(words, language) else { return Ok(Vec::new()) };
        let searcher = self.reader.searcher();
        let collector = TopDocs::with_limit(limit.clamp(1, MAX_LIMIT)).order_by_score();
        let mut passages = Vec::new();
        for (score, address) in searcher.search(&query, &collector)? {
            let entry: TantivyDocument = searcher.doc(address)?;
            passages.push(self.passage(&entry, f64::from(score)));
        }
        if limit == 0 {
            passages.clear();
        }
        Ok(passages)
    }

    fn query(&self, words: &str, language: Option<Language>) -> Option<BooleanQuery> {
        let readable = analyzer::readable_in(words);
        let mut any: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for (language, title, body) in self.fields.analyzed {
            if !readable.contains(&language) {
                continue;
            }
            for term in analyzer::terms(language, words).into_iter().take(MAX_QUERY_TERMS) {
                let of = |field| -> Box<dyn Query> {
                    let term = Term::from_field_text(field, &term);
                    Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
                };
                any.push((Occur::Should, of(body)));
                any.push((Occur::Should, Box::new(BoostQuery::new(of(title), TITLE_BOOST))));
            }
        }
        if any.is_empty() {
            return None;
        }
        let words = BooleanQuery::new(any);
        Some(match language {
            None => words,
            Some(language) => {
                let term = Term::from_field_text(self.fields.language, language.tag());
                let filter = TermQuery::new(term, IndexRecordOption::Basic);
                BooleanQuery::new(vec![
                    (Occur::Must, Box::new(words)),
                    (Occur::Must, Box::new(BoostQuery::new(Box::new(filter), 0.0))),
                ])
            }
        })
    }

    fn passage(&self, entry: &TantivyDocument, score: f64) -> Passage {
        let text = |field| entry.get_first(field).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
        let number = |field| {
            let value = entry.get_first(field).and_then(|v| v.as_u64()).unwrap_or_default();
            usize::try_from(value).unwrap_or(usize::MAX)
        };
        let f = self.fields;
        Passage {
            document: text(f.document),
            title: text(f.title),
            text: text(f.body),
            span: [number(f.start), number(f.end)],
            score,
            source: text(f.source),
        }
    }

    fn lock(&self, error: TantivyError) -> TextError {
        match error {
            TantivyError::LockFailure(LockError::LockBusy, _) => TextError::Locked(self.dir.clone()),
            other => TextError::Index(other),
        }
    }
}

fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let source = builder.add_text_field("source", STRING | STORED);
    let document = builder.add_text_field("document", STRING | STORED);
    let title = builder.add_text_field("title", STORED);
    let body = builder.add_text_field("body", STORED);
    let start = builder.add_u64_field("start", STORED);
    let end = builder.add_u64_field("end", STORED);
    let language = builder.add_text_field("language", STRING | STORED);
    let analyzed = Language::ALL.map(|language| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(analyzer::name(language))
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let options = TextOptions::default().set_indexing_options(indexing);
        let title = builder.add_text_field(&format!("title_{language}"), options.clone());
        let body = builder.add_text_field(&format!("body_{language}"), options);
        (language, title, body)
    });
    let fields = Fields { source, document, title, body, start, end, language, analyzed };
    (builder.build(), fields)
}
