use std::ops::Range;

use serde::{Deserialize, Serialize};
use touchstone_core::{Evidence, Language, Span};

/// A text to be indexed; it is cut into passages on the way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Unique in the index; indexing it again replaces it.
    pub id: String,
    #[serde(default)]
    pub title: String,
    pub text: String,
    /// Found from the script where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Stretches with their own heading, in order, not overlapping; no passage
    /// crosses the border of one. Empty: the whole text is one section.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
}

impl Document {
    pub fn new(id: impl Into<String>, title: impl Into<String>, text: impl Into<String>) -> Document {
        Document {
            id: id.into(),
            title: title.into(),
            text: text.into(),
            language: None,
            sections: Vec::new(),
        }
    }
}

/// A stretch of a document with its heading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    pub title: String,
    pub span: Span,
}

/// A found stretch of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    pub document: String,
    pub title: String,
    pub text: String,
    /// Where the passage lies in its document, in Unicode characters.
    pub span: Span,
    /// BM25.
    pub score: f64,
    /// What was indexed together with it.
    pub source: String,
}

impl Passage {
    /// Of what somebody gave, not of an index.
    pub fn given(title: impl Into<String>, text: impl Into<String>) -> Passage {
        let (title, text) = (title.into(), text.into());
        let span = [0, text.chars().count()];
        Passage { document: title.clone(), title, text, span, score: 0.0, source: String::new() }
    }

    /// The stretch at these bytes of its text, as a passage of its own.
    pub fn part(&self, range: Range<usize>) -> Passage {
        let characters = |byte: usize| self.span[0] + self.text[..byte].chars().count();
        let span = [characters(range.start), characters(range.end)];
        Passage { text: self.text[range].trim().to_owned(), span, ..self.clone() }
    }
}

impl From<Passage> for Evidence {
    fn from(passage: Passage) -> Evidence {
        let Passage { document, title, text, span, score, .. } = passage;
        Evidence::Passage { document, title, text, span, score }
    }
}
