//! Which of the things of one name a text can mean without saying so.

use touchstone_core::{Language, ReasonCode, Verdict};
use touchstone_graph::{ClassId, EntityId};

use super::{Case, Judged};

/// A thing of the same kind as the best known one of its name may weigh so
/// many times less, and one of another kind this much less: no one means the
/// town when a country has its name.
const SAME_KIND: f64 = 50.0;
const OTHER_KIND: f64 = 20.0;

/// The things of one name, as a reader weighs them against each other.
#[derive(Default)]
pub(super) struct Namesakes<'a> {
    /// The weight of the best known thing of each set of classes: a name may
    /// have thousands of bearers, but they are of few kinds.
    kinds: Vec<(&'a [ClassId], f64)>,
}

impl<'a> Namesakes<'a> {
    pub(super) fn new(case: &Case<'a>, bearers: impl IntoIterator<Item = EntityId>) -> Namesakes<'a> {
        let mut namesakes = Namesakes::default();
        bearers.into_iter().for_each(|id| namesakes.add(case, id));
        namesakes
    }

    pub(super) fn add(&mut self, case: &Case<'a>, id: EntityId) {
        let lexicon = case.graph.lexicon();
        let (types, prior) = (lexicon.types(id), lexicon.prior(id));
        match self.kinds.iter_mut().find(|(known, _)| *known == types) {
            Some((_, best)) => *best = best.max(prior),
            None => self.kinds.push((types, prior)),
        }
    }

    /// Whether a reader would think of `id` too, among the things of its name.
    pub(super) fn shows(&self, case: &Case<'_>, id: EntityId) -> bool {
        let lexicon = case.graph.lexicon();
        let (own, prior) = (lexicon.types(id), lexicon.prior(id));
        self.kinds.iter().all(|(types, best)| {
            let same = own.iter().any(|class| types.contains(class));
            prior * (if same { SAME_KIND } else { OTHER_KIND }) >= *best
        })
    }
}

pub(super) fn prominent(case: &Case<'_>, candidates: &[EntityId]) -> Vec<EntityId> {
    let namesakes = Namesakes::new(case, candidates.iter().copied());
    candidates.iter().copied().filter(|id| namesakes.shows(case, *id)).collect()
}

/// Readings of things that no one would think of neither refute nor leave a
/// claim open. Where only they support it, it is ambiguous.
pub(super) fn weigh(readings: Vec<(bool, Judged)>, language: Language) -> Vec<Judged> {
    let supported = |judged: &Judged| judged.verdict == Verdict::Supported;
    let known = readings.iter().any(|(prominent, judged)| *prominent && supported(judged));
    readings
        .into_iter()
        .filter_map(|(prominent, judged)| match (prominent, supported(&judged)) {
            (true, _) => Some(judged),
            (false, true) if !known => {
                let evidence = judged.evidence;
                let mut ambiguous = Judged::new(ReasonCode::Ambiguous, language);
                (ambiguous.subject, ambiguous.object) = (judged.subject, judged.object);
                ambiguous.evidence = evidence;
                Some(ambiguous)
            }
            (false, _) => None,
        })
        .collect()
}
