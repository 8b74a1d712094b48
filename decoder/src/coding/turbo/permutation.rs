//! The permutation between the component encoders (CCSDS 131.0-B-5 §6.3 d).

const PRIMES: [usize; 8] = [31, 37, 43, 47, 53, 59, 61, 67];
/// The standard's k1, the same for every block length; k2 is k / 8.
const K1: usize = 8;

/// For each bit that the second encoder reads, in its order, the index of that bit in the information block
/// (both from zero). `k` is one of the standard's lengths.
pub(super) fn permutation(k: usize) -> Vec<u16> {
    let k2 = k / K1;
    (0..k)
        .map(|s| {
            let m = s % 2;
            let i = s / (2 * k2);
            let j = s / 2 - i * k2;
            let t = (19 * i + 1) % (K1 / 2);
            let c = (PRIMES[t % 8] * j + 21 * m) % k2;
            (2 * (t + c * K1 / 2 + 1) - m - 1) as u16
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::LENGTHS;
    use super::*;

    #[test]
    fn every_length_gives_a_permutation() {
        for k in LENGTHS {
            let mut sorted = permutation(k);
            sorted.sort_unstable();
            assert!(sorted.iter().copied().eq(0..k as u16), "{k}");
        }
    }
    #[test]
    fn permutation_of_1784_bits_is_the_published_one() {
        let Some(root) = std::env::var_os("GROUNDLINK_DATA") else {
            eprintln!("skipped: GROUNDLINK_DATA is not set");
            return;
        };
        let path = std::path::Path::new(&root).join("vectors/ccsdsSize1784_turbo_permutation.txt");
        let text = std::fs::read_to_string(path).expect("the published permutation");
        let published: Vec<u16> = text
            .split_whitespace()
            .map(|word| word.parse::<u16>().expect("a number") - 1)
            .collect();
        assert_eq!(permutation(1784), published);
    }
}
