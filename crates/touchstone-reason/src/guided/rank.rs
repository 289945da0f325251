//! How well a path through the graph fits the words of a question. Every
//! stretch of the question is laid on a place of the path, in order outwards
//! from the topic on either side of it; what stays unexplained on either side
//! costs.

use touchstone_graph::{CueRole, Graph, GraphError, Hop, PredicateId, Routes, ThingKind, ValueKind};

use super::index::{CueIndex, Sense};
use super::reading::{Reading, Unit, expected_inverse};

pub(crate) const MAX_HOPS: usize = 3;

/// What a stretch is worth that names a hop from the expected side.
const HOP: f32 = 2.0;
/// What is left of it when the words expect the other direction.
const WRONG_WAY: f32 = 0.55;
/// What is left where the words name a narrower relation than the hop's.
const WIDER: f32 = 0.8;
/// A noun of the kind that stands there.
const NODE: f32 = 1.0;
/// A noun where nothing says of what kind the things are.
const UNTOLD: f32 = 0.1;
/// A stretch that finds no place.
const UNPLACED_RELATION: f32 = -1.8;
const UNPLACED_NODE: f32 = -1.0;
const UNPLACED_OPTIONAL: f32 = -0.3;
const UNPLACED_QUESTION_WORD: f32 = -2.0;
/// A hop that no word asks for.
const SILENT_HOP: f32 = -2.2;
/// Its end is named by its kind at least ("X's films", "when").
const SILENT_HOP_TO_NAMED: f32 = -1.1;
/// It goes back the way that the one before came.
const SILENT_RETURN: f32 = -0.6;
const SILENT_RETURN_SHARING: f32 = -0.1;
/// Nothing says that it goes back, nor what to: "which topics is X about"
/// asks for no topics of other things.
const SILENT_RETURN_UNNAMED: f32 = -2.0;
/// More, where the hop that it mirrors comes after it.
const SILENT_RETURN_AHEAD: f32 = -0.4;
/// Words say the hop back, and none says to what.
const BACK_TO_UNNAMED: f32 = -2.0;
const SHARING_WITHOUT_RETURN: f32 = -0.8;
/// There, back, and there again, and nothing says that it is asked of others
/// ("also", "share"): "which screenwriter wrote the script" says one thing
/// twice.
const THERE_AGAIN: f32 = -2.5;
/// Both sides of the question ask for the same hop.
const ASKED_TWICE: f32 = -1.0;
/// Few of the things that one hop leads to have the next: by the logarithm of
/// their share, up to a limit.
const RARE: f32 = 0.3;
const RARE_SHARE: f32 = 0.2;
const RARE_LIMIT: f32 = 1.5;
const PER_HOP: f32 = -0.05;

/// Places of a path: what it begins with, its first hop, what that leads to,
/// and so on.
const PLACES: usize = 2 * MAX_HOPS + 1;
/// One bit for every place.
const MASKS: usize = 1 << PLACES;
const NONE: f32 = f32::NEG_INFINITY;

/// A path with how well it fits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ranked {
    pub(crate) hops: Vec<Hop>,
    pub(crate) score: f32,
    /// Hops that no word asks for, returns aside.
    pub(crate) silent: usize,
    pub(crate) unplaced: Unplaced,
}

/// Stretches of a question that found no place on a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unplaced {
    /// Those that ask: for a relation, or what kind of thing.
    pub(crate) asking: u8,
    /// Nouns besides, such as "films" in "the actors in their films".
    pub(crate) nouns: u8,
}

impl Unplaced {
    pub(crate) fn count(self) -> usize {
        usize::from(self.asking) + usize::from(self.nouns)
    }

    /// With this stretch left out as well.
    fn and(self, unit: &Unit) -> Unplaced {
        if unit.modifier || unit.optional {
            return self;
        }
        let asks = unit.head || unit.is_question_word() || unit.relation_weight() > 0.0;
        self.with(Unplaced { asking: u8::from(asks), nouns: u8::from(!asks) })
    }

    fn with(self, other: Unplaced) -> Unplaced {
        Unplaced {
            asking: self.asking.saturating_add(other.asking),
            nouns: self.nouns.saturating_add(other.nouns),
        }
    }
}

pub(crate) struct Ranker<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) index: &'a CueIndex,
    pub(crate) reading: &'a Reading,
    pub(crate) routes: &'a Routes,
}

impl Ranker<'_> {
    pub(crate) fn rank(&self, hops: &[Hop]) -> Result<Ranked, GraphError> {
        let before = self.side(&self.reading.before, hops);
        let after = self.side(&self.reading.after, hops);
        let mut best = (NONE, 0usize, Unplaced::default());
        for (left_mask, (left, unlaid)) in before.iter().enumerate().filter(|(_, laid)| laid.0 > NONE) {
            for (right_mask, (right, more)) in after.iter().enumerate().filter(|(_, laid)| laid.0 > NONE) {
                let mask = left_mask | right_mask;
                let twice =
                    (0..hops.len()).filter(|at| left_mask & right_mask & (2 << (2 * at)) != 0).count();
                let score = left + right + self.silence(hops, mask) + ASKED_TWICE * twice as f32;
                if score > best.0 {
                    best = (score, mask, unlaid.with(*more));
                }
            }
        }
        let (score, mask, unplaced) = best;
        let silent = (0..hops.len())
            .filter(|at| mask & (1 << (2 * at + 1)) == 0 && !self.is_meant_return(hops, *at, mask))
            .count();
        let returns = hops.windows(2).any(|pair| self.is_return(pair));
        let sharing = if self.reading.sharing && !returns { SHARING_WITHOUT_RETURN } else { 0.0 };
        let again = hops
            .windows(3)
            .any(|path| path[0] != path[1] && path[0] == path[2] && self.is_return(&path[..2]));
        let again = if again && !self.reading.is_mutual() { THERE_AGAIN } else { 0.0 };
        let score = score + sharing + again + PER_HOP * hops.len() as f32 - self.rarity(hops)?;
        Ok(Ranked { hops: hops.to_vec(), score, silent, unplaced })
    }

    fn rarity(&self, hops: &[Hop]) -> Result<f32, GraphError> {
        let mut rarity = 0.0;
        for pair in hops.windows(2) {
            let share = self.routes.after(self.graph, pair[0])?.get(&pair[1]).copied().unwrap_or(0.0);
            rarity += (RARE * (RARE_SHARE / share.max(1e-3)).ln()).clamp(0.0, RARE_LIMIT);
        }
        Ok(rarity)
    }

    /// For every set of covered places, the best way to lay one side of the
    /// question on the path: its score, and the stretches that find no place.
    fn side(&self, units: &[Unit], hops: &[Hop]) -> Vec<(f32, Unplaced)> {
        let places = 2 * hops.len() + 1;
        let nothing = (NONE, Unplaced::default());
        let mut table = vec![nothing; places * MASKS];
        table[0].0 = 0.0;
        for unit in units {
            let worth: Vec<f32> = (0..places).map(|place| self.worth(unit, place, hops)).collect();
            let skipped = skip(unit);
            let mut next = vec![nothing; places * MASKS];
            for last in 0..places {
                for mask in 0..1 << places {
                    let (so_far, unlaid) = table[last * MASKS + mask];
                    if so_far == NONE {
                        continue;
                    }
                    let mut put = |place: usize, mask: usize, score: f32, unlaid: Unplaced| {
                        let entry = &mut next[place * MASKS + mask];
                        if score > entry.0 {
                            *entry = (score, unlaid);
                        }
                    };
                    put(last, mask, so_far + skipped, unlaid.and(unit));
                    for (place, worth) in worth.iter().enumerate().skip(last) {
                        if *worth == NONE {
                            continue;
                        }
                        // "where" names nothing where nothing says what stands there.
                        let least = if unit.is_question_word() { UNTOLD } else { 0.0 };
                        let says = *worth > least;
                        let bit = if says { 1 << place } else { 0 };
                        let again = place % 2 == 1 && mask & bit != 0;
                        if !again {
                            put(place, mask | bit, so_far + worth, unlaid);
                        } else if self.may_repeat(unit, hops[place / 2]) {
                            put(place, mask, so_far, unlaid);
                        }
                    }
                }
            }
            table = next;
        }
        let mut best = vec![nothing; MASKS];
        for row in table.chunks(MASKS) {
            for (best, laid) in best.iter_mut().zip(row) {
                if laid.0 > best.0 {
                    *best = *laid;
                }
            }
        }
        best
    }

    /// "the director who directed": a verb says again what a noun said, but
    /// two nouns are two hops.
    fn may_repeat(&self, unit: &Unit, hop: Hop) -> bool {
        unit.senses.iter().any(|sense| match sense {
            Sense::Relation { predicate, role, .. } => {
                !matches!(role, CueRole::Noun | CueRole::Role) && self.same(hop, *predicate)
            }
            _ => false,
        })
    }

    /// What the stretch is worth on a place; `NONE` where it can't stand.
    fn worth(&self, unit: &Unit, place: usize, hops: &[Hop]) -> f32 {
        if unit.modifier {
            return NONE;
        }
        let hop_at = |place: usize| hops.get(place / 2).copied();
        let symmetric = |hop: Hop| self.graph.ontology().predicate(hop.predicate).symmetric;
        let returns = |place: usize, hop: Hop| {
            place > 1 && hop == self.graph.canonical(hops[place / 2 - 1].back()) && !symmetric(hop)
        };
        let mut best = NONE;
        for sense in &unit.senses {
            let worth = match sense {
                Sense::Relation { predicate, role, weight, mutual }
                    if place % 2 == 1 && hop_at(place).is_some_and(|hop| self.same(hop, *predicate)) =>
                {
                    let hop = hops[place / 2];
                    let inverse = self.is_inverse(hop, *predicate);
                    let wrong = !mutual
                        && !symmetric(hop)
                        && expected_inverse(unit, *role).is_some_and(|expected| expected != inverse);
                    // "people in X" live there; only of things with a name of
                    // their own it is said where they are.
                    let counted = self.reading.counts
                        && hops.last().is_some_and(|last| !last.inverse && self.is_number(last.predicate));
                    // "where is X used" asks where by the verb.
                    if unit.is_question_word() && *role == CueRole::Hint && self.reading.says_relation() {
                        continue;
                    }
                    // "how many live in X": where they live is X itself.
                    if counted && *role == CueRole::Hint && place + 1 != 2 * hops.len() {
                        continue;
                    }
                    if unit.text == "in" && (wrong || counted || !self.reading.names_things()) {
                        continue;
                    }
                    // "The capital of X" is what X has: a city has none.
                    // Of "has its capital in" the noun alone is no verb.
                    let noun_says = unit.owned && *role == CueRole::Verb && unit.names_relation(*predicate);
                    if noun_says || unit.owned && wrong && *role != CueRole::Reverse {
                        continue;
                    }
                    // "people" are a number only where they are counted.
                    if self.names_kind(unit) && self.is_number(*predicate) && !self.reading.counts {
                        continue;
                    }
                    // Back the way it came: only words that say so.
                    let astray = *role == CueRole::Hint || wrong && !self.reading.is_mutual();
                    if returns(place, hop) && astray {
                        continue;
                    }
                    // "which directors": the last hop leads to them.
                    let last = !inverse && place + 1 == 2 * hops.len();
                    if unit.head && *role == CueRole::Noun && !last && !symmetric(hop) {
                        continue;
                    }
                    // "which money do people use" asks for the money, not for
                    // what else has it.
                    if unit.head && *role == CueRole::Hint && place + 1 != 2 * hops.len() {
                        continue;
                    }
                    let side = if wrong { WRONG_WAY } else { 1.0 };
                    HOP * weight * side * if self.is_wider(hop, *predicate) { WIDER } else { 1.0 }
                }
                Sense::Relation { role: CueRole::Noun, .. }
                    if place.is_multiple_of(2) && unit.head && place != 2 * hops.len() =>
                {
                    continue;
                }
                // "which writers wrote": the noun names what the hop leads to.
                Sense::Relation { predicate, role: CueRole::Noun, .. } if place.is_multiple_of(2) => {
                    let arrives = place.checked_sub(2).and_then(|before| hops.get(before / 2));
                    match arrives {
                        Some(hop) if !self.is_inverse(*hop, *predicate) && self.same(*hop, *predicate) => {
                            NODE
                        }
                        _ => continue,
                    }
                }
                Sense::Relation { .. } if place % 2 == 1 && self.dates(unit, hops[place / 2]) => HOP,
                Sense::Relation { .. } => continue,
                Sense::Noun(noun) if place.is_multiple_of(2) => match self.is_called(place / 2, noun, hops) {
                    Some(true) => NODE,
                    Some(false) => NONE,
                    None => UNTOLD,
                },
                // "which country" asks for the end.
                Sense::Class(_) if unit.head && place != 2 * hops.len() => continue,
                Sense::Class(class) if place.is_multiple_of(2) => {
                    let wanted: Vec<_> = self.classes_at(place / 2, hops);
                    if wanted.is_empty() {
                        UNTOLD
                    } else {
                        let ontology = self.graph.ontology();
                        let up = &ontology.class(*class).ancestors;
                        let fits = wanted
                            .iter()
                            .any(|w| up.contains(w) || ontology.class(*w).ancestors.contains(class));
                        // "countries" names a kind as surely as the relation.
                        let named =
                            if unit.relation_weight() > 0.0 { HOP * unit.relation_weight() } else { NODE };
                        if fits { named } else { NONE }
                    }
                }
                Sense::Kind(kind) if place.is_multiple_of(2) => {
                    if (unit.is_question_word() || unit.head) && place != 2 * hops.len() {
                        continue;
                    }
                    match self.is_of_kind(place / 2, *kind, hops) {
                        Some(true) => NODE,
                        Some(false) => NONE,
                        None => UNTOLD,
                    }
                }
                _ => continue,
            };
            best = best.max(worth);
        }
        best
    }

    fn same(&self, hop: Hop, predicate: PredicateId) -> bool {
        super::follows(self.graph, hop, predicate)
    }

    /// The words ask for official languages, the hop leads to all.
    fn is_wider(&self, hop: Hop, predicate: PredicateId) -> bool {
        hop.predicate != predicate
            && self.graph.ontology().predicate(hop.predicate).sub_properties.contains(&predicate)
    }

    /// "when was X discovered" asks for the year of discovery.
    fn dates(&self, unit: &Unit, hop: Hop) -> bool {
        self.reading.asks_when() && !hop.inverse && self.index.dates(hop.predicate, &unit.text)
    }

    fn names_kind(&self, unit: &Unit) -> bool {
        unit.senses.iter().any(|sense| matches!(sense, Sense::Kind(_)))
    }

    fn is_number(&self, predicate: PredicateId) -> bool {
        self.graph.ontology().predicate(predicate).value_kind == ValueKind::Number
    }

    /// Whether the hop leads from the predicate's values to what has them.
    fn is_inverse(&self, hop: Hop, predicate: PredicateId) -> bool {
        hop.inverse != (hop.predicate != predicate && self.mirrors(hop, predicate))
    }

    fn mirrors(&self, hop: Hop, predicate: PredicateId) -> bool {
        self.graph.ontology().predicate(hop.predicate).inverses.contains(&predicate)
    }

    /// The hops that meet at a node, each with whether the node is its value.
    fn meeting(node: usize, hops: &[Hop]) -> impl Iterator<Item = (PredicateId, bool)> {
        let arriving =
            node.checked_sub(1).and_then(|at| hops.get(at)).map(|hop| (hop.predicate, !hop.inverse));
        let leaving = hops.get(node).map(|hop| (hop.predicate, hop.inverse));
        arriving.into_iter().chain(leaving)
    }

    /// Whether the noun is what the node is called; `None` where nothing says.
    fn is_called(&self, node: usize, noun: &str, hops: &[Hop]) -> Option<bool> {
        let mut known = false;
        for (predicate, is_value) in Self::meeting(node, hops) {
            let Some(wording) = self.index.wording(predicate) else { continue };
            if is_value {
                if self.index.names_value(predicate, noun) {
                    return Some(true);
                }
                known |= wording.kind.is_some();
            } else {
                if wording.subjects.iter().any(|subject| subject == noun) {
                    return Some(true);
                }
                known |= !wording.subjects.is_empty();
            }
        }
        known.then_some(false)
    }

    /// Whether the path ends at things of the kind, where that is known.
    pub(crate) fn leads_to(&self, kind: ThingKind, hops: &[Hop]) -> Option<bool> {
        self.is_of_kind(hops.len(), kind, hops)
    }

    fn is_of_kind(&self, node: usize, wanted: ThingKind, hops: &[Hop]) -> Option<bool> {
        let mut known = false;
        for (predicate, is_value) in Self::meeting(node, hops) {
            let Some(wording) = self.index.wording(predicate) else { continue };
            if is_value {
                let group = wanted == ThingKind::Place && wording.kind == Some(ThingKind::Group);
                let dated = wanted == ThingKind::Time
                    && self.graph.ontology().predicate(predicate).value_kind == ValueKind::Date;
                if wording.kind == Some(wanted) || group || dated {
                    return Some(true);
                }
                // What nothing calls a time is none: "when" asks for no place.
                known |= wording.kind.is_some() || wanted == ThingKind::Time;
            } else if !wording.subjects.is_empty() {
                if wanted == ThingKind::Person && wording.subjects.iter().any(|noun| is_person(noun)) {
                    return Some(true);
                }
                known = true;
            }
        }
        known.then_some(false)
    }

    /// The classes that the hops at a node declare for it.
    fn classes_at(&self, node: usize, hops: &[Hop]) -> Vec<touchstone_graph::ClassId> {
        let ontology = self.graph.ontology();
        Self::meeting(node, hops)
            .flat_map(|(predicate, is_value)| {
                let predicate = ontology.predicate(predicate);
                if is_value { predicate.range.clone() } else { predicate.domain.clone() }
            })
            .collect()
    }

    fn is_return(&self, pair: &[Hop]) -> bool {
        let symmetric = |hop: Hop| self.graph.ontology().predicate(hop.predicate).symmetric;
        pair[1] == self.graph.canonical(pair[0].back()) || pair[0] == pair[1] && symmetric(pair[0])
    }

    /// The hop goes back along a hop beside it that the question asks for.
    fn is_silent_return(&self, hops: &[Hop], at: usize, mask: usize) -> bool {
        let covered = |at: usize| mask & (1 << (2 * at + 1)) != 0;
        let with = |other: usize, pair: usize| {
            covered(other) && hops.get(pair..pair + 2).is_some_and(|pair| self.is_return(pair))
        };
        !covered(at) && (at > 0 && with(at - 1, at - 1) || at + 1 < hops.len() && with(at + 1, at))
    }

    /// A silent return that words speak of: by "also" and the like, or by a
    /// name for what it leads to.
    fn is_meant_return(&self, hops: &[Hop], at: usize, mask: usize) -> bool {
        // "who" alone says no more than that the answer is a person.
        let only_asked = at + 1 == hops.len() && !self.reading.names_things();
        self.is_silent_return(hops, at, mask)
            && (self.reading.is_mutual() || !only_asked && Self::is_named(at, mask))
    }

    /// A noun names what the hop leads to.
    fn is_named(at: usize, mask: usize) -> bool {
        mask & (1 << (2 * at + 2)) != 0
    }

    /// What the hops cost that no word asks for, and those back that lead to
    /// nothing that a word names: "what do they use for money" says one thing
    /// twice.
    fn silence(&self, hops: &[Hop], mask: usize) -> f32 {
        let mutual = self.reading.is_mutual();
        let covered = |at: usize| mask & (1 << (2 * at + 1)) != 0;
        let unnamed = |at: usize| {
            covered(at) && !mutual && self.goes_back(&hops[at - 1..=at]) && !Self::is_named(at, mask)
        };
        // "movies directed by": the noun says it too.
        let named_aside = self.reading.units().any(|unit| unit.modifier);
        let back = (1..hops.len()).filter(|at| !named_aside && unnamed(*at)).count();
        BACK_TO_UNNAMED * back as f32 + self.unasked(hops, mask, mutual)
    }

    fn goes_back(&self, pair: &[Hop]) -> bool {
        pair[0] != pair[1] && self.is_return(pair)
    }

    fn unasked(&self, hops: &[Hop], mask: usize, mutual: bool) -> f32 {
        (0..hops.len())
            .filter(|at| mask & (1 << (2 * at + 1)) == 0)
            .map(|at| {
                if self.is_silent_return(hops, at, mask) {
                    let behind =
                        at > 0 && self.is_return(&hops[at - 1..=at]) && mask & (1 << (2 * at - 1)) != 0;
                    let ahead = if behind { 0.0 } else { SILENT_RETURN_AHEAD };
                    let named = Self::is_named(at, mask);
                    ahead
                        + match (mutual, named) {
                            (true, _) => SILENT_RETURN_SHARING,
                            (false, true) => SILENT_RETURN,
                            (false, false) => SILENT_RETURN_UNNAMED,
                        }
                } else if Self::is_named(at, mask) {
                    SILENT_HOP_TO_NAMED
                } else {
                    SILENT_HOP
                }
            })
            .sum()
    }
}

fn is_person(noun: &str) -> bool {
    ["person", "politician", "player", "athlete", "musician"].contains(&noun)
}

/// What a stretch costs that finds no place.
fn skip(unit: &Unit) -> f32 {
    match unit.relation_weight() {
        _ if unit.modifier => 0.0,
        _ if unit.optional => UNPLACED_OPTIONAL,
        weight if weight > 0.0 => UNPLACED_RELATION * weight,
        _ if unit.is_question_word() => UNPLACED_QUESTION_WORD,
        _ => UNPLACED_NODE,
    }
}
