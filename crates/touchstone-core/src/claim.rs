use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Evidence, Language};

/// Start and end (exclusive) of a stretch of text, in Unicode characters
/// (scalar values) from the beginning of the text that was given.
pub type Span = [usize; 2];

/// What checking says of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Supported,
    Refuted,
    /// Neither shown nor contradicted by what is known. Absence of evidence
    /// is never refutation.
    Unverifiable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// Subject, predicate, object.
    Relation,
    /// Subject, predicate, number with its unit.
    Quantity,
    Date,
    /// Greater, smaller or the same: between two facts or two numbers.
    Comparison,
    /// "the largest … in …"
    Superlative,
    /// "borders ten countries"
    Count,
    /// "is a …"
    Membership,
    Existence,
    /// The denial of another claim, whose kind is in [`Claim::negated_kind`].
    Negation,
    /// An equation.
    Calculation,
    /// Follows from earlier steps.
    Conclusion,
    /// A sentence that asserts something that no reader understood: always
    /// unverifiable, never passed over.
    Statement,
}

/// Why a verdict was given; the stable part of the reason, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    // supported
    Asserted,
    Inverse,
    SubProperty,
    Transitive,
    WithinTolerance,
    ComparisonHolds,
    CountHolds,
    Exists,
    ArithmeticRight,
    FollowsFromStep,
    /// A passage says so, as the model reads it.
    PassageSupports,
    /// The denied claim is refuted.
    DenialHolds,
    // refuted
    FunctionalOther,
    ClosedPredicate,
    OutsideTolerance,
    DateDiffers,
    TypeClash,
    ComparisonFails,
    CountDiffers,
    ArithmeticWrong,
    ContradictsStep,
    /// A passage says otherwise, as the model reads it.
    PassageRefutes,
    /// A rule of the organisation forbids it.
    PolicyViolation,
    /// The denied claim is supported.
    DenialFails,
    // unverifiable
    NoEvidence,
    UnknownEntity,
    UnknownRelation,
    Ambiguous,
    SourcesDisagree,
    UnsupportedLanguage,
    NotUnderstood,
    OperandUnknown,
    LimitReached,
    /// The graph does not say when the fact holds, and the claim does.
    TimeUnknown,
    /// The graph has the fact at another time: it has ended, or is not known
    /// to have held then.
    OtherTime,
    /// It names a day that no calendar has.
    ImpossibleDate,
}

/// An entity, predicate or literal as named in a claim or in evidence.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Term {
    /// The label, or the lexical form of a literal.
    pub label: String,
    /// The IRI of an entity or predicate; absent for literals and for names
    /// that the graph does not know.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub iri: Option<String>,
}

impl Term {
    pub fn literal(label: impl Into<String>) -> Term {
        Term { label: label.into(), iri: None }
    }

    pub fn iri(label: impl Into<String>, iri: impl Into<String>) -> Term {
        Term { label: label.into(), iri: Some(iri.into()) }
    }
}

/// The one value that would make a refuted claim true, and where to put it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Correction {
    /// The wrong words, as a span of the text that was given.
    pub span: Span,
    /// The right ones, written as the claim's language writes them.
    pub replacement: String,
}

/// One checkable statement with its verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// The words that make the claim.
    pub text: String,
    pub kind: ClaimKind,
    /// For a negation: the kind of the claim that is denied.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub negated_kind: Option<ClaimKind>,
    /// The whole sentence in which the claim stands.
    pub sentence: String,
    /// Where the claim stands in the text that was given.
    pub span: Span,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<Term>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub predicate: Option<Term>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub object: Option<Term>,
    pub verdict: Verdict,
    pub reason_code: ReasonCode,
    /// One sentence for people, in the language of the claim.
    pub reason: String,
    pub evidence: Vec<Evidence>,
    /// Confidence in the verdict, 0 to 1: 1 where the claim was read and
    /// linked without alternatives.
    pub confidence: f64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub correction: Option<Correction>,
    /// The rule of a policy that decided.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<String>,
    /// The ways in which its names can be understood, likeliest first, where
    /// there are several.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub readings: Vec<Reading>,
}

/// One way to understand the names of a claim, and the verdict on it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Reading {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<Term>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub predicate: Option<Term>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub object: Option<Term>,
    pub verdict: Verdict,
    pub reason_code: ReasonCode,
}

/// How many claims got which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    pub supported: usize,
    pub refuted: usize,
    pub unverifiable: usize,
}

impl Summary {
    pub fn of<'a>(claims: impl IntoIterator<Item = &'a Claim>) -> Summary {
        let mut summary = Summary::default();
        for claim in claims {
            match claim.verdict {
                Verdict::Supported => summary.supported += 1,
                Verdict::Refuted => summary.refuted += 1,
                Verdict::Unverifiable => summary.unverifiable += 1,
            }
        }
        summary
    }
}

/// The claims of a text with their verdicts, in the order of the text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckReport {
    /// The `id` of the input line, when the texts came as JSON lines.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<serde_json::Value>,
    /// The language of most of the text; absent where none is supported.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<Language>,
    pub claims: Vec<Claim>,
    pub summary: Summary,
    /// What the rules of policies have to say besides verdicts.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub policy: Vec<PolicyNote>,
}

/// A rule that fits, or a notice that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyNote {
    pub rule: String,
    pub message: String,
    /// Where; absent for what is missing from the whole text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub span: Option<Span>,
}

impl CheckReport {
    pub fn new(language: Option<Language>, claims: Vec<Claim>) -> CheckReport {
        let summary = Summary::of(&claims);
        CheckReport { id: None, language, claims, summary, policy: Vec::new() }
    }
}
