//! Histograms of durations, as the text format writes them: cumulative buckets, a sum and a count.

use std::fmt::Write;

use super::family::{Labels, braced, header};

/// The upper bounds of the buckets, in seconds: from an image of a few layers near by to the kubelet's patience.
pub const BUCKETS: [f64; 11] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

/// Durations that were seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// How many fell into each bucket and into none before it.
    buckets: [u64; BUCKETS.len()],
    sum: f64,
    count: u64,
}

impl Histogram {
    /// Adds a duration in seconds.
    pub fn observe(&mut self, seconds: f64) {
        let fits = BUCKETS.iter().position(|bound| seconds <= *bound);
        if let Some(bucket) = fits.and_then(|at| self.buckets.get_mut(at)) {
            *bucket += 1;
        }
        self.sum += seconds;
        self.count += 1;
    }

    fn write(&self, name: &str, labels: &Labels, out: &mut String) {
        let mut below = 0;
        let with = |bound: String| {
            let mut labels = labels.clone();
            labels.push(("le", bound));
            braced(&labels)
        };
        for (bound, count) in BUCKETS.iter().zip(self.buckets) {
            below += count;
            let _ = writeln!(out, "{name}_bucket{} {below}", with(bound.to_string()));
        }
        let _ = writeln!(out, "{name}_bucket{} {}", with("+Inf".into()), self.count);
        let _ = writeln!(out, "{name}_sum{} {}", braced(labels), self.sum);
        let _ = writeln!(out, "{name}_count{} {}", braced(labels), self.count);
    }
}

/// The lines of a family of histograms; none where there is no series.
pub fn written<'h>(
    name: &str,
    help: &str,
    series: impl IntoIterator<Item = (Labels, &'h Histogram)>,
) -> String {
    let mut lines = String::new();
    series.into_iter().for_each(|(labels, histogram)| histogram.write(name, &labels, &mut lines));
    if lines.is_empty() { lines } else { header(name, help, "histogram") + &lines }
}
