//! The choice of one token from its logits.

use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::data::LlamaTokenData;
use llama_cpp_2::token::data_array::LlamaTokenDataArray;
use touchstone_llm::Sampling;

/// Tokens this far (in logits) below the best are e⁻²⁰ times as likely:
/// leaving them out of sums and draws changes nothing that can be seen and
/// saves most of the work.
const NEGLIGIBLE: f32 = 20.0;

pub(super) enum Chooser {
    Likeliest,
    Drawn { sampler: LlamaSampler, reach: f32 },
}

impl Chooser {
    pub(super) fn new(sampling: &Sampling) -> Chooser {
        if sampling.temperature <= 0.0 || !sampling.temperature.is_finite() {
            return Chooser::Likeliest;
        }
        let top_p = if sampling.top_p.is_finite() { sampling.top_p.clamp(0.0, 1.0) } else { 1.0 };
        // The seed's halves are mixed, as the sampler takes 32 bits of it.
        let seed = (sampling.seed ^ (sampling.seed >> 32)) as u32;
        let sampler = LlamaSampler::chain_simple([
            LlamaSampler::top_p(top_p, 1),
            LlamaSampler::temp(sampling.temperature),
            LlamaSampler::dist(seed),
        ]);
        Chooser::Drawn { sampler, reach: NEGLIGIBLE * sampling.temperature.max(1.0) }
    }

    /// None when every token is ruled out (its logit is negative infinity).
    pub(super) fn choose(&mut self, logits: &[f32]) -> Option<LlamaToken> {
        let (best, top) = likeliest(logits)?;
        match self {
            Chooser::Likeliest => Some(best),
            Chooser::Drawn { sampler, reach } => {
                let candidates = logits
                    .iter()
                    .enumerate()
                    .filter(|(_, logit)| **logit >= top - *reach)
                    .map(|(id, logit)| LlamaTokenData::new(LlamaToken(id as i32), *logit, 0.0));
                let mut candidates = LlamaTokenDataArray::from_iter(candidates, false);
                candidates.apply_sampler(sampler);
                candidates.selected_token().or(Some(best))
            }
        }
    }
}

fn likeliest(logits: &[f32]) -> Option<(LlamaToken, f32)> {
    let mut best = None;
    let mut top = f32::NEG_INFINITY;
    for (id, &logit) in logits.iter().enumerate() {
        if logit > top {
            top = logit;
            best = Some(id);
        }
    }
    best.map(|id| (LlamaToken(id as i32), top))
}

/// The likeliest tokens with their log-probabilities, best first.
pub(super) fn top(logits: &[f32], count: usize, log_sum: f32) -> Vec<(LlamaToken, f32)> {
    let mut best: Vec<(LlamaToken, f32)> = Vec::with_capacity(count.min(logits.len()) + 1);
    for (id, &logit) in logits.iter().enumerate() {
        if best.len() == count && best.last().is_none_or(|(_, least)| logit <= *least) {
            continue;
        }
        let place = best.partition_point(|(_, better)| *better >= logit);
        best.insert(place, (LlamaToken(id as i32), logit));
        best.truncate(count);
    }
    best.into_iter().map(|(token, logit)| (token, logit - log_sum)).collect()
}

/// The natural logarithm of the sum of the exponentials: a token's
/// log-probability is its logit less this.
pub(super) fn log_sum(logits: &[f32]) -> f32 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if !top.is_finite() {
        return 0.0;
    }
    let sum: f32 =
        logits.iter().filter(|logit| **logit > top - NEGLIGIBLE).map(|logit| (logit - top).exp()).sum();
    top + sum.ln()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_likeliest_token_is_chosen_and_ruled_out_ones_never() {
        let mut greedy = Chooser::new(&Sampling::default());
        assert_eq!(greedy.choose(&[0.5, 2.0, 1.0]), Some(LlamaToken(1)));
        assert_eq!(greedy.choose(&[0.5, f32::NEG_INFINITY, 1.0]), Some(LlamaToken(2)));
        assert_eq!(greedy.choose(&[f32::NEG_INFINITY; 3]), None);
    }

    #[test]
    fn a_seed_repeats_its_draws_and_others_differ() {
        let draw = |seed| {
            let mut chooser = Chooser::new(&Sampling { temperature: 1.0, top_p: 1.0, seed });
            (0..40).map(|_| chooser.choose(&[1.0; 16]).unwrap().0).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn a_small_top_p_leaves_only_the_best() {
        let mut chooser = Chooser::new(&Sampling { temperature: 5.0, top_p: 0.05, seed: 3 });
        assert!((0..50).all(|_| chooser.choose(&[0.0, 1.0, 0.5]) == Some(LlamaToken(1))));
    }

    #[test]
    fn the_top_is_sorted() {
        let ids = |count| -> Vec<i32> {
            top(&[0.5, 2.0, -1.0, 1.0], count, 0.0).into_iter().map(|(token, _)| token.0).collect()
        };
        assert_eq!(ids(0), Vec::<i32>::new());
        assert_eq!(ids(2), [1, 3]);
        assert_eq!(ids(9), [1, 3, 0, 2]);
    }

    #[test]
    fn probabilities_sum_to_one() {
        let logits = [0.3_f32, -1.0, 2.5, 2.4];
        let total: f32 = logits.iter().map(|logit| (logit - log_sum(&logits)).exp()).sum();
        assert!((total - 1.0).abs() < 1e-5);
    }
}
