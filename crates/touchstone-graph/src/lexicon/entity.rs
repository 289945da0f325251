use oxigraph::model::NamedNodeRef;
use touchstone_core::Language;

use crate::ontology::ClassId;

/// An entity as the lexicon knows it.
#[derive(Clone, Copy, Debug)]
pub struct Entity<'a> {
    pub iri: NamedNodeRef<'a>,
    pub types: &'a [ClassId],
    /// Relative weight for linking, such as a population; 0 when unknown.
    pub prior: f64,
    pub(super) english: Option<&'a str>,
    pub(super) chinese: Option<&'a str>,
    pub(super) other: Option<&'a str>,
}

impl<'a> Entity<'a> {
    /// The preferred label in a language, else in any, else the IRI's end.
    pub fn label(&self, language: Language) -> &'a str {
        let (first, second) = match language {
            Language::English => (self.english, self.chinese),
            Language::Chinese => (self.chinese, self.english),
        };
        first
            .or(self.other)
            .or(second)
            .unwrap_or_else(|| self.iri.as_str().rsplit(['/', '#']).next().unwrap_or_default())
    }
}
