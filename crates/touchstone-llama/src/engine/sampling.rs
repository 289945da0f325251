//! The choice of one token from its logits.

use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::data::LlamaTokenData;
use llama_cpp_2::token::data_array::LlamaTokenDataArray;
use touchstone_llm::Sampling;

/// Tokens this far (in logits) below the best are e⁻²⁰ times as likely:
/// leaving them out of draws changes nothing that can be seen and saves most of
/// the work.
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
    let top = highest(logits);
    let id = logits.iter().position(|logit| *logit == top)?;
    (top > f32::NEG_INFINITY).then_some((LlamaToken(id as i32), top))
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
    let top = highest(logits);
    if !top.is_finite() {
        return 0.0;
    }
    let (chunks, rest) = logits.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for (sum, logit) in sums.iter_mut().zip(chunk) {
            *sum += exp(logit - top);
        }
    }
    let sum: f32 = sums.into_iter().chain(rest.iter().map(|logit| exp(logit - top))).sum();
    top + sum.ln()
}

/// Side by side, so that the compiler uses the processor's vectors: a
/// vocabulary has 150,000 tokens, and every token that is written looks at all
/// of them twice.
const LANES: usize = 16;

/// The highest logit; what is not a number is passed over.
fn highest(logits: &[f32]) -> f32 {
    let higher = |one: f32, other: f32| if other > one { other } else { one };
    let (chunks, rest) = logits.as_chunks::<LANES>();
    let mut highest = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (highest, logit) in highest.iter_mut().zip(chunk) {
            *highest = higher(*highest, *logit);
        }
    }
    highest.into_iter().chain(rest.iter().copied()).fold(f32::NEG_INFINITY, higher)
}

/// e to the power of `x`, which is not above 0, to seven digits. The standard
/// library's is called for one number at a time, which took a twentieth of the
/// time of a token.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Adding it rounds to a whole number, which then stands in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    // Below, the power of two would leave the exponent's bits.
    let x = if x > -80.0 { x } else { -80.0 };
    let power = x * std::f32::consts::LOG2_E;
    let rounded = power + ROUND;
    let part = power - (rounded - ROUND);
    // The power series of 2 to the power of `part`, which is at most a half.
    let series = [1.333_355_8e-3, 9.618_129e-3, 5.550_411e-2, 0.240_226_5, std::f32::consts::LN_2, 1.0];
    let value = series.into_iter().fold(0.0_f32, |sum, factor| sum * part + factor);
    f32::from_bits(value.to_bits().wrapping_add(rounded.to_bits() << 23))
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

    #[test]
    fn sums_and_maxima_are_those_of_exact_arithmetic() {
        // Numbers without order, of a generator that needs no crate.
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1 << 24)
        };
        for length in (0..70).chain([1_000, 151_936]) {
            let mut logits: Vec<f32> = (0..length).map(|_| (40.0 * next() - 25.0) as f32).collect();
            logits.extend([f32::NEG_INFINITY, 3.5, f32::NAN]);
            let exact = logits.iter().filter(|x| !x.is_nan()).map(|x| f64::from(*x).exp()).sum::<f64>().ln();
            let sum = f64::from(log_sum(&logits));
            assert!((sum - exact).abs() < 1e-5 * exact.abs().max(1.0), "{length}: {sum}, exactly {exact}");
            let mut best = (0, f32::NEG_INFINITY);
            for (at, logit) in logits.iter().enumerate() {
                if *logit > best.1 {
                    best = (at as i32, *logit);
                }
            }
            assert_eq!(likeliest(&logits), Some((LlamaToken(best.0), best.1)));
        }
        assert_eq!(log_sum(&[]), 0.0);
    }

    #[test]
    fn the_exponential_has_seven_digits() {
        for at in 0..8_000 {
            let x = at as f32 / -100.0;
            let (found, exact) = (f64::from(exp(x)), f64::from(x).exp());
            assert!(
                (found / exact - 1.0).abs() < 1e-5 * f64::from(1.0 - x / 10.0),
                "{x}: {found}, exactly {exact}"
            );
        }
        assert!(exp(f32::NEG_INFINITY) < 1e-30 && exp(f32::NAN) < 1e-30);
    }
}
