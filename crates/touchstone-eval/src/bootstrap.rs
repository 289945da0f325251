//! Intervals by resampling.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

const MOST_RESAMPLES: usize = 10_000;
const LEAST_RESAMPLES: usize = 1_000;
/// Draws of one interval, as a rule.
const DRAWS: usize = 20_000_000;
/// Of a two-sided 95% interval.
const TAIL: f64 = 0.025;
const Z: f64 = 1.959_963_984_540_054;

/// What one question adds above and below the line.
pub(crate) type Part = (f64, f64);

/// Sum above over sum below; none where nothing is below.
pub(crate) fn ratio(parts: impl IntoIterator<Item = Part>) -> Option<f64> {
    let (above, below) = parts.into_iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    (below > 0.0).then(|| above / below)
}

/// The 95% percentile bootstrap interval over questions.
pub(crate) fn interval(parts: &[Part], seed: u64) -> Option<(f64, f64)> {
    percentiles(resampled(parts, seed, |draw| ratio(draw.iter().copied())))
}

/// The statistic of each resample of the units, drawn with replacement.
pub(crate) fn resampled<T: Copy>(
    units: &[T],
    seed: u64,
    mut statistic: impl FnMut(&[T]) -> Option<f64>,
) -> Vec<f64> {
    if units.is_empty() {
        return Vec::new();
    }
    let resamples = (DRAWS / units.len()).clamp(LEAST_RESAMPLES, MOST_RESAMPLES);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = Vec::with_capacity(units.len());
    (0..resamples)
        .filter_map(|_| {
            draw.clear();
            draw.extend((0..units.len()).map(|_| units[random.random_range(0..units.len())]));
            statistic(&draw)
        })
        .collect()
}

pub(crate) fn percentiles(mut values: Vec<f64>) -> Option<(f64, f64)> {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = (share * values.len().saturating_sub(1) as f64).round() as usize;
        values.get(index).copied()
    };
    Some((at(TAIL)?, at(1.0 - TAIL)?))
}

/// The 95% Wilson score interval of a share, for the shares 0 and 1 where
/// every resample is the same and the bootstrap knows no doubt.
pub(crate) fn wilson(share: f64, n: f64) -> (f64, f64) {
    let z2 = Z * Z;
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    ((centre - half).clamp(0.0, share), (centre + half).clamp(share, 1.0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_interval_is_that_of_the_binomial() {
        let parts: Vec<Part> = (0..200).map(|i| (f64::from(i % 5 == 0), 1.0)).collect();
        let (low, high) = interval(&parts, 1).unwrap();
        // 0.2 ± 1.96 · sqrt(0.2 · 0.8 / 200)
        assert!((low - 0.1446).abs() < 0.011 && (high - 0.2554).abs() < 0.011, "{low} {high}");
        assert_eq!(interval(&parts, 1), interval(&parts, 1));
        assert_ne!(interval(&parts[..7], 1), interval(&parts, 1));
    }

    #[test]
    fn nothing_below_the_line_is_no_ratio() {
        assert_eq!(ratio([(1.0, 0.0)]), None);
        assert_eq!(interval(&[(1.0, 0.0)], 1), None);
        assert_eq!(interval(&[], 1), None);
    }

    #[test]
    fn the_rule_of_three_holds_at_the_ends() {
        let (low, high) = wilson(0.0, 100.0);
        assert!(low == 0.0 && (0.03..0.04).contains(&high), "{high}");
        let (low, high) = wilson(1.0, 100.0);
        assert!(high == 1.0 && (0.96..0.97).contains(&low), "{low}");
    }
}
