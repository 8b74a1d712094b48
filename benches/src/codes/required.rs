//! Error rates that the decoders have to reach.

/// A point to be reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Required {
    /// Code, by its name in the catalog.
    pub code: &'static str,
    /// Eb/N0 of an information bit, dB.
    pub eb_n0_db: f64,
    /// Rate at most.
    pub rate: f64,
}

const fn point(code: &'static str, eb_n0_db: f64, rate: f64) -> Required {
    Required { code, eb_n0_db, rate }
}

/// Published curves and what plain decoders were measured to reach.
const POINTS: [Required; 31] = [
    point("conv-1/2", 4.0, 1.8e-5),
    point("conv-2/3", 4.5, 1.8e-5),
    point("conv-3/4", 5.0, 1.8e-5),
    point("conv-5/6", 5.5, 1.8e-5),
    point("conv-7/8", 6.0, 1.2e-5),
    point("rs", 6.0, 5e-3),
    point("rs", 6.2, 8e-4),
    point("rs-conv-1/2-i4", 2.18, 6e-3),
    point("rs-conv-1/2-i4", 2.28, 1e-3),
    point("rs-conv-1/2-i4", 2.38, 1.3e-4),
    point("rs-conv-2/3-i4", 3.08, 5e-5),
    point("rs-conv-3/4-i4", 3.58, 1.3e-4),
    point("rs-conv-5/6-i4", 4.18, 4e-4),
    point("rs-conv-7/8-i4", 4.68, 3.5e-4),
    point("ar4ja-1/2-1024", 1.8, 6e-4),
    point("ar4ja-1/2-1024", 2.0, 5e-5),
    point("ar4ja-1/2-4096", 1.3, 1.5e-3),
    point("ar4ja-1/2-4096", 1.4, 5e-5),
    point("ar4ja-1/2-16384", 1.0, 1e-2),
    point("ar4ja-1/2-16384", 1.1, 3e-4),
    point("c2", 3.8, 2.5e-3),
    point("c2", 3.9, 1.5e-4),
    point("c2", 4.0, 2e-5),
    point("turbo-1/2-8920", 1.0, 8e-3),
    point("turbo-1/3-8920", 0.4, 5e-3),
    point("turbo-1/4-8920", 0.2, 1.2e-3),
    point("turbo-1/6-8920", -0.1, 4e-3),
    point("turbo-1/2-1784", 1.3, 4.5e-3),
    point("turbo-1/3-1784", 0.7, 1.7e-3),
    point("turbo-1/4-1784", 0.5, 1.7e-3),
    point("turbo-1/6-1784", 0.2, 1.6e-3),
];

/// The points of a code, lowest Eb/N0 first.
pub fn required(code: &str) -> Vec<Required> {
    let mut points: Vec<Required> = POINTS.into_iter().filter(|point| point.code == code).collect();
    points.sort_by(|a, b| a.eb_n0_db.total_cmp(&b.eb_n0_db));
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::find;

    #[test]
    fn every_point_is_of_a_code() {
        for point in POINTS {
            assert!(find(point.code).is_ok(), "{}", point.code);
        }
        assert_eq!(required("c2").len(), 3);
        assert!(required("rs-e8").is_empty());
    }
}
