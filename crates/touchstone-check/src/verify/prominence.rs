//! Which of the things of one name a text can mean without saying so.

use touchstone_core::{Language, ReasonCode, Verdict};
use touchstone_graph::EntityId;

use super::{Case, Judged};

/// A thing of the same kind as the best known one of its name may weigh so
/// many times less, and one of another kind this much less: no one means the
/// town when a country has its name.
const SAME_KIND: f64 = 50.0;
const OTHER_KIND: f64 = 20.0;

/// Whether a reader would think of `id` too, among the things of its name.
pub(super) fn is_prominent(case: &Case<'_>, id: EntityId, among: &[EntityId]) -> bool {
    let lexicon = case.graph.lexicon();
    let own = lexicon.entity(id);
    among.iter().all(|other| {
        let other = lexicon.entity(*other);
        let same = own.types.iter().any(|class| other.types.contains(class));
        own.prior * (if same { SAME_KIND } else { OTHER_KIND }) >= other.prior
    })
}

pub(super) fn prominent(case: &Case<'_>, candidates: &[EntityId]) -> Vec<EntityId> {
    candidates.iter().copied().filter(|id| is_prominent(case, *id, candidates)).collect()
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
