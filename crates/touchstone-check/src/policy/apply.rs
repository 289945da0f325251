use std::ops::Range;

use touchstone_core::{Claim, ClaimKind, Correction, Language, PolicyNote, ReasonCode, Verdict};
use touchstone_graph::{Graph, Meaning};

use super::{Action, Policies, Rule};

impl Rule {
    fn message(&self, language: Language) -> String {
        let own = usize::from(language == Language::Chinese);
        let words = self.message[own].as_ref().or(self.message[1 - own].as_ref());
        match (words, language) {
            (Some(words), Language::English) => format!("rule {}: {words}", self.id),
            (Some(words), Language::Chinese) => format!("规则 {}：{words}", self.id),
            (None, Language::English) => format!("the rule {} applies here", self.id),
            (None, Language::Chinese) => format!("此处适用规则 {}", self.id),
        }
    }

    /// Stretches of the text that the rule is about, in bytes.
    fn places(
        &self,
        graph: &Graph,
        text: &str,
        claims: &[Claim],
        bytes: &dyn Fn([usize; 2]) -> Range<usize>,
    ) -> Vec<Range<usize>> {
        let mut places: Vec<Range<usize>> = Vec::new();
        if let Some(pattern) = &self.pattern {
            places
                .extend(pattern.find_iter(text).map(|found| found.range()).filter(|range| !range.is_empty()));
        }
        if !self.classes.is_empty() {
            let (ontology, lexicon) = (graph.ontology(), graph.lexicon());
            for mention in lexicon.find(text) {
                let fits = mention.entries.iter().any(|entry| match entry.meaning {
                    Meaning::Entity(id) => {
                        let types = lexicon.types(id);
                        let name = !entry.capitalised
                            || text[mention.range.clone()].starts_with(char::is_uppercase)
                            || text[mention.range.clone()].chars().any(touchstone_graph::is_han);
                        name && !types.is_empty() && ontology.fits(types, &self.classes)
                    }
                    _ => false,
                });
                let inside = places
                    .iter()
                    .any(|known| known.start <= mention.range.start && mention.range.end <= known.end);
                if fits && !inside {
                    places.push(mention.range);
                }
            }
        }
        if !self.predicates.is_empty() {
            for claim in claims {
                let iri = claim.predicate.as_ref().and_then(|p| p.iri.as_deref());
                let of = |id: &touchstone_graph::PredicateId| {
                    iri == Some(graph.ontology().predicate(*id).iri.as_str())
                };
                if self.predicates.iter().any(of) {
                    places.push(bytes(claim.span));
                }
            }
        }
        places.sort_by_key(|range| (range.start, range.end));
        places.dedup();
        places
    }
}

impl Policies {
    /// Applies every rule to a text and its claims.
    pub(crate) fn apply(
        &self,
        graph: &Graph,
        text: &str,
        language: Language,
        claims: &mut Vec<Claim>,
    ) -> Vec<PolicyNote> {
        let mut notes = Vec::new();
        if self.is_empty() {
            return notes;
        }
        let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let byte = |character: usize| starts.get(character).copied().unwrap_or(text.len());
        let bytes = |span: [usize; 2]| byte(span[0])..byte(span[1]);
        let span = |range: &Range<usize>| {
            [starts.partition_point(|at| *at < range.start), starts.partition_point(|at| *at < range.end)]
        };
        for rule in &self.rules {
            let places = rule.places(graph, text, claims, &bytes);
            let everywhere = rule.pattern.is_none() && rule.classes.is_empty() && rule.predicates.is_empty();
            if let Some(notice) = &rule.notice {
                if (everywhere || !places.is_empty()) && !notice.is_match(text) {
                    notes.push(PolicyNote {
                        rule: rule.id.clone(),
                        message: rule.message(language),
                        span: None,
                    });
                    if rule.action == Action::Block {
                        claims.push(violation(rule, text, 0..text.len(), span(&(0..text.len())), language));
                    }
                }
                continue;
            }
            for range in places {
                let own = span(&range);
                match rule.action {
                    Action::Annotate => notes.push(PolicyNote {
                        rule: rule.id.clone(),
                        message: rule.message(language),
                        span: Some(own),
                    }),
                    Action::Block => claims.push(violation(rule, text, range, own, language)),
                    Action::Redact => {
                        let mut claim = violation(rule, text, range, own, language);
                        claim.correction =
                            Some(Correction { span: own, replacement: redacted(language).to_owned() });
                        claims.push(claim);
                    }
                    Action::RequireEvidence => {
                        let open = |claim: &&mut Claim| {
                            claim.verdict == Verdict::Unverifiable
                                && claim.span[0] < own[1]
                                && own[0] < claim.span[1]
                        };
                        for claim in claims.iter_mut().filter(|claim| open(claim)) {
                            claim.verdict = Verdict::Refuted;
                            claim.reason_code = ReasonCode::PolicyViolation;
                            claim.reason = rule.message(language);
                            claim.rule = Some(rule.id.clone());
                        }
                    }
                }
            }
        }
        notes
    }
}

fn redacted(language: Language) -> &'static str {
    match language {
        Language::English => "[redacted]",
        Language::Chinese => "［已隐去］",
    }
}

fn violation(rule: &Rule, text: &str, range: Range<usize>, span: [usize; 2], language: Language) -> Claim {
    Claim {
        text: text[range].trim().to_owned(),
        kind: ClaimKind::Statement,
        negated_kind: None,
        sentence: text.trim().to_owned(),
        span,
        subject: None,
        predicate: None,
        object: None,
        verdict: Verdict::Refuted,
        reason_code: ReasonCode::PolicyViolation,
        reason: rule.message(language),
        evidence: Vec::new(),
        confidence: 1.0,
        correction: None,
        rule: Some(rule.id.clone()),
        readings: Vec::new(),
    }
}
