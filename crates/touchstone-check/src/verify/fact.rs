//! Subject, predicate, value.

use std::borrow::Cow;
use std::ops::Range;

use touchstone_core::{ReasonCode, Term, Verdict};
use touchstone_graph::model::{NamedNodeRef, Term as RdfTerm};
use touchstone_graph::{EntityId, Predicate, PredicateId, ValueKind, fold};

use super::prominence::{Namesakes, prominent, weigh};
use super::time::{self, Holds};
use super::{Case, Judged, combine, value};
use crate::grammar::words::PREPOSITIONS;
use crate::grammar::{Description, Object, Reference, Time, Value};
use crate::lookup::{self, Fact, How};

/// More names than this behind one word say nothing.
const MAX_CANDIDATES: usize = 40;
/// A name this similar to the right one may be a spelling of it.
const SIMILAR: f64 = 0.84;

/// One way to understand the claim: which side is asked about, what stands
/// on the other.
struct Reading<'a> {
    predicate: PredicateId,
    subject: EntityId,
    value: &'a Value,
}

/// What is said to hold between subject and value.
pub(super) struct Relation<'a> {
    pub(super) predicates: &'a [PredicateId],
    /// Relations of which the value is the subject.
    pub(super) reversed: &'a [PredicateId],
    pub(super) flexible: bool,
    pub(super) time: &'a Time,
}

pub(super) fn judge(case: &Case<'_>, subject: &Reference, relation: &Relation<'_>, value: &Value) -> Judged {
    let Relation { predicates, reversed, flexible, time } = *relation;
    let graph = case.graph;
    let ontology = graph.ontology();
    let mirrored =
        Value { range: subject.range.clone(), readings: vec![Object::Entity(subject.clone()), Object::Text] };
    let object = entity_reading(value);
    let mut readings = Vec::new();
    // A year names no place, whatever the word for the relation may mean.
    let numeric = value.readings.iter().any(|r| matches!(r, Object::Quantity(_) | Object::Date(_)))
        && object.is_none_or(|o| o.candidates.is_empty());
    let possible = |id: &PredicateId| !(numeric && ontology.predicate(*id).value_kind == ValueKind::Entity);
    // Of the relations that a word can name, those that take such values.
    let takes = |id: &PredicateId| {
        object.is_none_or(|o| {
            o.candidates.is_empty()
                || !fitting(case, &o.candidates, *id, Side::Object).is_empty()
                || (flexible && !fitting(case, &o.candidates, *id, Side::Subject).is_empty())
        })
    };
    // True while every relation that the words can mean clashes.
    let mut clash = predicates.iter().any(possible);
    let any_takes = predicates.iter().any(takes);
    for id in predicates.iter().filter(|id| possible(id) && (!any_takes || takes(id))) {
        let predicate = ontology.predicate(*id);
        let forward = fitting(case, &subject.candidates, *id, Side::Subject);
        clash &= !subject.candidates.is_empty()
            && subject
                .candidates
                .iter()
                .all(|s| ontology.clashes(graph.lexicon().types(*s), &predicate.domain));
        // Where the facts are asserted the other way round, ask there: the
        // value that could be put right stands on that side.
        let canonical = predicate
            .inverses
            .iter()
            .copied()
            .find(|inverse| !asserted(case, *id) && asserted(case, *inverse));
        if let (Some(inverse), Some(_), true) = (canonical, object, flexible && forward.is_empty()) {
            // "E was discovered by V" with the word of "V discovered E".
            let subjects = fitting(case, &subject.candidates, inverse, Side::Subject);
            if !subjects.is_empty() {
                readings.extend(subjects.into_iter().map(|s| Reading {
                    predicate: inverse,
                    subject: s,
                    value,
                }));
                continue;
            }
        }
        if let (Some(inverse), Some(object)) = (canonical, object) {
            for s in fitting(case, &object.candidates, inverse, Side::Subject) {
                readings.push(Reading { predicate: inverse, subject: s, value: &mirrored });
            }
            continue;
        }
        let object_fits = object.is_none_or(|o| {
            o.candidates.is_empty() || !fitting(case, &o.candidates, *id, Side::Object).is_empty()
        });
        let turned = flexible && (forward.is_empty() || !object_fits);
        if let (true, Some(object)) = (turned, object) {
            let subjects = fitting(case, &object.candidates, *id, Side::Subject);
            let values_fit = !fitting(case, &subject.candidates, *id, Side::Object).is_empty();
            if !subjects.is_empty() && values_fit {
                readings.extend(subjects.into_iter().map(|s| Reading {
                    predicate: *id,
                    subject: s,
                    value: &mirrored,
                }));
                continue;
            }
        }
        readings.extend(forward.into_iter().map(|s| Reading { predicate: *id, subject: s, value }));
    }
    for (id, object) in reversed.iter().filter_map(|id| Some((id, object?))) {
        clash = false;
        readings.extend(fitting(case, &object.candidates, *id, Side::Subject).into_iter().map(|s| Reading {
            predicate: *id,
            subject: s,
            value: &mirrored,
        }));
    }
    keep_apt(case, &mut readings);
    readings.sort_by(|a, b| {
        let prior = |reading: &Reading<'_>| graph.lexicon().prior(reading.subject);
        prior(b).total_cmp(&prior(a))
    });
    // Those that stand on one side of the relation bear one name.
    let on_side = |mirror: bool| {
        let side = readings.iter().filter(|one| std::ptr::eq(one.value, &mirrored) == mirror);
        Namesakes::new(case, side.map(|one| one.subject))
    };
    let (named, turned) = (on_side(false), on_side(true));
    let judged = readings.iter().map(|reading| {
        let namesakes = if std::ptr::eq(reading.value, &mirrored) { &turned } else { &named };
        (namesakes.shows(case, reading.subject), judge_reading(case, reading, time))
    });
    let chosen = combine(weigh(judged.collect(), case.language))
        .unwrap_or_else(|| unplaced(case, subject, object, clash));
    let named: Vec<PredicateId> = predicates.iter().chain(reversed).copied().collect();
    describe(case, chosen, subject, &named, value)
}

/// Of several relations that a phrase may mean, those that are known to take
/// such a value, where the ontology does not say what they take.
fn keep_apt(case: &Case<'_>, readings: &mut Vec<Reading<'_>>) {
    let Some(first) = readings.first().map(|reading| reading.predicate) else { return };
    if readings.iter().all(|reading| reading.predicate == first) {
        return;
    }
    let apt: Vec<bool> = readings
        .iter()
        .map(|reading| {
            let predicate = case.graph.ontology().predicate(reading.predicate);
            let candidates =
                entity_reading(reading.value).map(|o| o.candidates.as_slice()).unwrap_or_default();
            !predicate.range.is_empty()
                || candidates.iter().any(|id| lookup::is_ever_value(case.graph, predicate, *id))
        })
        .collect();
    if apt.iter().any(|apt| *apt) {
        let mut apt = apt.into_iter();
        readings.retain(|_| apt.next().unwrap_or(true));
    }
}

/// Whether the described thing is the named one; what stands in the name's
/// place is what could be put right.
pub(super) fn judge_identity(
    case: &Case<'_>,
    described: &Reference,
    description: &Description,
    name: &Reference,
) -> Judged {
    let time = Time::default();
    let relation =
        Relation { predicates: &description.predicates, reversed: &[], flexible: false, time: &time };
    let mut judged = judge(case, name, &relation, &description.value);
    judged.correction = match described.candidates.as_slice() {
        [right] if judged.verdict == Verdict::Refuted => {
            Some((name.range.clone(), lookup::entity_term(case.graph, *right, case.language).label))
        }
        _ => None,
    };
    judged
}

fn unplaced(case: &Case<'_>, subject: &Reference, object: Option<&Reference>, clash: bool) -> Judged {
    let unknown_object = object.is_some_and(|o| o.candidates.is_empty());
    let code = if subject.candidates.is_empty() {
        ReasonCode::UnknownEntity
    } else if clash && !unknown_object {
        ReasonCode::TypeClash
    } else {
        ReasonCode::NoEvidence
    };
    Judged::new(code, case.language)
}

/// Fills in what the claim is about where no reading has said it better.
fn describe(
    case: &Case<'_>,
    mut judged: Judged,
    subject: &Reference,
    predicates: &[PredicateId],
    value: &Value,
) -> Judged {
    let words = |range: &Range<usize>| Term::literal(&case.text[range.clone()]);
    let named = |reference: &Reference| match best(case, &reference.candidates) {
        Some(id) => lookup::entity_term(case.graph, id, case.language),
        None => words(&reference.range),
    };
    judged.subject.get_or_insert_with(|| named(subject));
    if let Some(predicate) = predicates.first() {
        judged.predicate.get_or_insert_with(|| lookup::predicate_term(case.graph, *predicate, case.language));
    }
    judged.object.get_or_insert_with(|| match entity_reading(value) {
        Some(reference) => named(reference),
        None => words(&value.range),
    });
    if subject.indirect {
        judged.confidence = judged.confidence.min(0.85);
    }
    judged
}

pub(super) fn entity_reading(value: &Value) -> Option<&Reference> {
    value.readings.iter().find_map(|r| if let Object::Entity(reference) = r { Some(reference) } else { None })
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Subject,
    Object,
}

/// The candidates that may stand on a side of the predicate, likeliest first.
pub(super) fn fitting(
    case: &Case<'_>,
    candidates: &[EntityId],
    predicate: PredicateId,
    side: Side,
) -> Vec<EntityId> {
    let ontology = case.graph.ontology();
    let lexicon = case.graph.lexicon();
    let p = ontology.predicate(predicate);
    let wanted = if side == Side::Subject { &p.domain } else { &p.range };
    let mut fits: Vec<EntityId> = candidates
        .iter()
        .copied()
        .filter(|id| ontology.fits(lexicon.types(*id), wanted))
        .take(MAX_CANDIDATES)
        .collect();
    fits.sort_by(|a, b| lexicon.prior(*b).total_cmp(&lexicon.prior(*a)));
    fits
}

fn best(case: &Case<'_>, candidates: &[EntityId]) -> Option<EntityId> {
    let lexicon = case.graph.lexicon();
    candidates.iter().copied().max_by(|a, b| lexicon.prior(*a).total_cmp(&lexicon.prior(*b)))
}

/// Whether the graph asserts any fact of this predicate itself.
fn asserted(case: &Case<'_>, predicate: PredicateId) -> bool {
    let p = case.graph.ontology().predicate(predicate);
    p.sub_properties.iter().any(|id| {
        let iri = case.graph.ontology().predicate(*id).iri.as_ref();
        let any = |iri: NamedNodeRef<'_>| {
            case.graph.store().inner().quads_for_pattern(None, Some(iri), None, None).next().is_some()
        };
        any(iri)
            || case.graph.ontology().predicate(*id).statement.as_ref().is_some_and(|s| any(s.node.as_ref()))
    })
}

fn judge_reading(case: &Case<'_>, reading: &Reading<'_>, time: &Time) -> Judged {
    let graph = case.graph;
    let predicate = graph.ontology().predicate(reading.predicate);
    let subject = graph.lexicon().iri(reading.subject);
    let facts = lookup::facts(graph, subject, reading.predicate);
    let hold = time::hold(case, predicate, &facts, time);
    let timed = Timed { facts: &facts, hold: &hold, time };
    let mut judged = match predicate.value_kind {
        ValueKind::Entity => judge_entity(case, reading, subject, &timed),
        _ => value::judge(case, predicate, reading.value, &timed),
    };
    judged.subject = Some(lookup::entity_term(graph, reading.subject, case.language));
    judged.predicate = Some(lookup::predicate_term(graph, reading.predicate, case.language));
    judged
}

/// Facts with what the time of the claim makes of them.
pub(super) struct Timed<'a> {
    pub(super) facts: &'a [Fact],
    pub(super) hold: &'a [Holds],
    pub(super) time: &'a Time,
}

impl Timed<'_> {
    /// Those that hold at the time of the claim.
    pub(super) fn standing(&self) -> Cow<'_, [Fact]> {
        if self.hold.iter().all(|holds| *holds == Holds::Yes) {
            return Cow::Borrowed(self.facts);
        }
        Cow::Owned(self.that_hold(Holds::Yes).cloned().collect())
    }

    pub(super) fn that_hold(&self, wanted: Holds) -> impl Iterator<Item = &Fact> {
        self.facts.iter().zip(self.hold).filter(move |(_, holds)| **holds == wanted).map(|(fact, _)| fact)
    }
}

fn judge_entity(
    case: &Case<'_>,
    reading: &Reading<'_>,
    subject: NamedNodeRef<'_>,
    timed: &Timed<'_>,
) -> Judged {
    let graph = case.graph;
    let facts = timed.standing();
    let predicate = graph.ontology().predicate(reading.predicate);
    let Some(object) = entity_reading(reading.value) else {
        return Judged::new(ReasonCode::NoEvidence, case.language);
    };
    let plausible = prominent(case, &fitting(case, &object.candidates, reading.predicate, Side::Object));
    let holds = |id: &EntityId| {
        let iri: RdfTerm = graph.lexicon().iri(*id).into();
        facts.iter().find(|fact| fact.value == iri)
    };
    if let Some((id, fact)) = object.candidates.iter().find_map(|id| holds(id).map(|fact| (*id, fact))) {
        return supported(case, predicate.functional, id, fact, (&facts, timed.time));
    }
    let other_time = |wanted: Holds| {
        object.candidates.iter().find_map(|id| {
            let iri: RdfTerm = graph.lexicon().iri(*id).into();
            timed.that_hold(wanted).find(|fact| fact.value == iri).map(|fact| (*id, fact.clone()))
        })
    };
    if let Some((id, fact)) = other_time(Holds::Unknown) {
        return of_other_time(case, ReasonCode::TimeUnknown, id, &[&fact]);
    }
    if let Some((id, fact)) = other_time(Holds::No) {
        let other = timed
            .facts
            .iter()
            .zip(timed.hold)
            .find(|(other, holds)| time::excludes_others(case, other, **holds, timed.time));
        return match other {
            _ if predicate.closed => of_other_time(case, ReasonCode::ClosedPredicate, id, &[&fact]),
            Some((other, _)) if predicate.functional => {
                of_other_time(case, ReasonCode::FunctionalOther, id, &[other, &fact])
            }
            _ => of_other_time(case, ReasonCode::OtherTime, id, &[&fact]),
        };
    }
    if predicate.transitive && (timed.time.when.is_none() || predicate.changing == Some(false)) {
        for id in &plausible {
            let target = graph.lexicon().iri(*id);
            if let Some(chain) = lookup::path(graph, subject, reading.predicate, target) {
                let evidence =
                    chain.iter().map(|f| lookup::evidence(graph, &f.quad, case.language)).collect();
                let mut judged =
                    Judged::new(ReasonCode::Transitive, case.language).with_evidence(evidence, case.language);
                judged.object = Some(lookup::entity_term(graph, *id, case.language));
                return judged;
            }
        }
    }
    let changed = time::may_have_changed(case, predicate, timed.facts, timed.time);
    let excluded = changed && predicate.functional && {
        let covering = |(fact, holds): (&Fact, &Holds)| time::excludes_others(case, fact, *holds, timed.time);
        timed.time.when.is_some() && timed.facts.iter().zip(timed.hold).any(covering)
    };
    // A closed predicate with dated values has all of them, of every time.
    let all_dated = changed && predicate.closed && time::all_dated(case, timed.facts);
    let refuted = if changed && !excluded && !all_dated {
        (!timed.facts.is_empty()).then(|| {
            let shown: Vec<&Fact> = timed.facts.iter().take(4).collect();
            let evidence = shown.iter().map(|f| lookup::evidence(graph, &f.quad, case.language)).collect();
            let mut judged = Judged::new(ReasonCode::TimeUnknown, case.language);
            judged.evidence = evidence;
            judged
        })
    } else {
        let known = if all_dated { timed.facts } else { &*facts };
        refute(case, reading, subject, known, object, &plausible)
    };
    let mut judged = refuted.unwrap_or_else(|| Judged::new(ReasonCode::NoEvidence, case.language));
    if changed {
        judged.correction = None;
    }
    if let Some(id) = best(case, &plausible) {
        judged.object = Some(lookup::entity_term(graph, id, case.language));
    }
    judged
}

fn of_other_time(case: &Case<'_>, code: ReasonCode, id: EntityId, facts: &[&Fact]) -> Judged {
    let evidence = facts.iter().map(|f| lookup::evidence(case.graph, &f.quad, case.language)).collect();
    let mut judged = Judged::new(code, case.language).with_evidence(evidence, case.language);
    judged.object = Some(lookup::entity_term(case.graph, id, case.language));
    judged
}

fn supported(
    case: &Case<'_>,
    functional: bool,
    id: EntityId,
    fact: &Fact,
    (facts, time): (&[Fact], &Time),
) -> Judged {
    // Over a stretch of time there can be one value after another.
    let at_once =
        |other: &&Fact| (!time.past && time.when.is_none()) || !time::all_dated(case, &[(*other).clone()]);
    let others: Vec<&Fact> = facts.iter().filter(|f| f.value != fact.value).filter(at_once).collect();
    let disagree = functional && !others.is_empty();
    let code = match fact.how {
        _ if disagree => ReasonCode::SourcesDisagree,
        How::Asserted => ReasonCode::Asserted,
        How::SubProperty => ReasonCode::SubProperty,
        How::Inverse => ReasonCode::Inverse,
    };
    let mut quads = vec![&fact.quad];
    if disagree {
        quads.extend(others.iter().map(|f| &f.quad));
    } else {
        quads.extend(facts.iter().filter(|f| f.value == fact.value && f.quad != fact.quad).map(|f| &f.quad));
    }
    let evidence = quads.into_iter().map(|q| lookup::evidence(case.graph, q, case.language)).collect();
    let mut judged = Judged::new(code, case.language).with_evidence(evidence, case.language);
    judged.object = Some(lookup::entity_term(case.graph, id, case.language));
    judged
}

/// A contradiction, where the ontology lets the graph contradict.
fn refute(
    case: &Case<'_>,
    reading: &Reading<'_>,
    subject: NamedNodeRef<'_>,
    facts: &[Fact],
    object: &Reference,
    plausible: &[EntityId],
) -> Option<Judged> {
    let graph = case.graph;
    let ontology = graph.ontology();
    let predicate = ontology.predicate(reading.predicate);
    if predicate.functional || predicate.closed {
        return contradiction(case, predicate, facts, object, plausible, &reading.value.range);
    }
    // A wider predicate ("located in") is contradicted where a narrower one
    // ("country") that leads to such things holds every value.
    let mut places = vec![subject.into_owned()];
    if predicate.transitive {
        places.extend(lookup::reach(graph, subject, reading.predicate, None).into_iter().filter_map(|r| {
            match r.fact.value {
                RdfTerm::NamedNode(node) => Some(node),
                _ => None,
            }
        }));
    }
    let mut contradictions = Vec::new();
    for id in plausible {
        let types = graph.lexicon().types(*id);
        if types.is_empty() {
            return None;
        }
        let found = predicate.sub_properties.iter().find_map(|narrow| {
            let narrower = ontology.predicate(*narrow);
            // What leads to the same kind of things says nothing of the rest: a
            // language need not be official to be spoken.
            let is_narrower = predicate.range.is_empty()
                || !predicate.range.iter().all(|class| {
                    narrower.range.iter().any(|wide| ontology.class(*class).ancestors.contains(wide))
                });
            let decides = (narrower.functional || narrower.closed)
                && is_narrower
                && !narrower.range.is_empty()
                && ontology.fits(types, &narrower.range);
            if !decides {
                return None;
            }
            places.iter().find_map(|place| {
                let facts = lookup::facts(graph, place.as_ref(), *narrow);
                if facts.is_empty() {
                    return None;
                }
                contradiction(case, narrower, &facts, object, &[*id], &reading.value.range)
            })
        });
        contradictions.push(found?);
    }
    contradictions.into_iter().next()
}

fn contradiction(
    case: &Case<'_>,
    predicate: &Predicate,
    facts: &[Fact],
    object: &Reference,
    plausible: &[EntityId],
    written: &Range<usize>,
) -> Option<Judged> {
    let graph = case.graph;
    let functional = predicate.functional;
    if facts.is_empty() {
        // Closed and without a value: there is none. The subject is of the
        // domain, or this reading would not have been made. A functional
        // predicate without a value says nothing.
        if functional {
            return None;
        }
        // Where the ontology does not say what the values are, only what is a
        // value of something shows that the phrase can mean this predicate.
        let may_stand = !predicate.range.is_empty()
            || plausible.iter().any(|id| lookup::is_ever_value(graph, predicate, *id));
        return may_stand.then(|| Judged::new(ReasonCode::ClosedPredicate, case.language));
    }
    let values: Vec<EntityId> = facts.iter().filter_map(|f| lookup::entity_of(graph, &f.value)).collect();
    let unknown = plausible.is_empty();
    // "Georgia borders Florida": of what a closed predicate is not about, its
    // values say nothing, unless no such thing can be one of them.
    let foreign = |id: &EntityId| !graph.ontology().clashes(graph.lexicon().types(*id), &predicate.range);
    if unknown && !functional && object.candidates.iter().any(foreign) {
        return None;
    }
    let named = is_name(&case.text[object.range.clone()]) && looks_like_a_name(case, &object.range);
    if unknown && object.candidates.is_empty() && !named {
        return None;
    }
    if unknown && may_be_spelling(case, &case.text[object.range.clone()], &values) {
        return Some(Judged::new(ReasonCode::Ambiguous, case.language));
    }
    let code = if functional { ReasonCode::FunctionalOther } else { ReasonCode::ClosedPredicate };
    let evidence = facts.iter().take(20).map(|f| lookup::evidence(graph, &f.quad, case.language)).collect();
    let mut judged = Judged::new(code, case.language).with_evidence(evidence, case.language);
    let mut distinct = values;
    distinct.sort_unstable();
    distinct.dedup();
    if let [one] = distinct.as_slice() {
        judged.correction =
            Some((written.clone(), graph.lexicon().entity(*one).label(case.language).to_owned()));
    }
    if unknown {
        judged.confidence = 0.9;
    }
    Some(judged)
}

/// Unknown words can be another value only where they are a name: "the Lyon
/// team" and "a degree from Lyon" are not.
fn is_name(words: &str) -> bool {
    let small =
        |word: &str| word.starts_with(char::is_lowercase) && !PREPOSITIONS.contains(&word) && word != "the";
    !words.split(|c: char| c.is_whitespace() || c == '-').any(small)
}

/// "Its capital is beautiful" names nothing.
fn looks_like_a_name(case: &Case<'_>, range: &Range<usize>) -> bool {
    let name = case.text[range.clone()].trim();
    match case.language {
        touchstone_core::Language::English => name.chars().any(char::is_uppercase),
        touchstone_core::Language::Chinese => {
            !name.ends_with('的') && !name.starts_with(['个', '很', '最', '非', '一', '不', '有'])
        }
    }
}

/// Whether an unknown name could be another way to write one of the values.
fn may_be_spelling(case: &Case<'_>, name: &str, values: &[EntityId]) -> bool {
    let squeeze = |text: &str| -> String { fold(text).chars().filter(|c| c.is_alphanumeric()).collect() };
    let name = squeeze(name);
    values.iter().any(|id| {
        let entity = case.graph.lexicon().entity(*id);
        touchstone_core::Language::ALL.iter().any(|language| {
            let label = squeeze(entity.label(*language));
            !label.is_empty()
                && (strsim::normalized_levenshtein(&label, &name) >= SIMILAR
                    || (name.chars().count() >= 4 && (label.contains(&name) || name.contains(&label))))
        })
    })
}
