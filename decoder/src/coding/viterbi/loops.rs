/// Defines `step`, `best` and `rounds`: the loops around a kernel's own `Register`, `load`, `store`, `acs` (add,
/// compare, select), `subtract`, `min` and `equal`. Where these need features of the processor, the caller must have
/// found them.
macro_rules! loops {
    () => {
        loops!(@ pub(super), step, best, rounds);
    };
    ($features:literal) => {
        loops!(@ #[target_feature(enable = $features)], single, least, whole);

        pub(super) fn step(paths: &mut Paths, branch: Branch) -> u64 {
            // SAFETY: the caller has found the features.
            unsafe { single(paths, branch) }
        }

        pub(super) fn best(paths: &Paths) -> (u8, usize) {
            // SAFETY: the caller has found the features.
            unsafe { least(paths) }
        }

        pub(super) fn rounds(
            paths: &mut Paths,
            input: &[[Branch; ROUND]],
            rounds: &mut [Round],
            trace: &mut Trace<'_>,
        ) {
            // SAFETY: the caller has found the features.
            unsafe { whole(paths, input, rounds, trace) }
        }
    };
    (@ $(#[$features:meta])* $visible:vis, $step:ident, $best:ident, $rounds:ident) => {
        /// One step, which the caller counts: the decisions.
        $(#[$features])*
        $visible fn $step(paths: &mut Paths, branch: Branch) -> u64 {
            let metrics = load(&paths.at);
            let (metrics, decisions) = match paths.phase {
                0 => acs::<0>(metrics, branch),
                1 => acs::<1>(metrics, branch),
                2 => acs::<2>(metrics, branch),
                3 => acs::<3>(metrics, branch),
                4 => acs::<4>(metrics, branch),
                _ => acs::<5>(metrics, branch),
            };
            store(metrics, &mut paths.at);
            decisions
        }

        /// The least cost and the first place that has it.
        $(#[$features])*
        $visible fn $best(paths: &Paths) -> (u8, usize) {
            let metrics = load(&paths.at);
            let least = min(metrics);
            (least, equal(metrics, least).trailing_zeros() as usize)
        }

        /// Whole rounds from the beginning of one; traces back as many as it adds, or as there are.
        $(#[$features])*
        $visible fn $rounds(
            paths: &mut Paths,
            input: &[[Branch; ROUND]],
            rounds: &mut [Round],
            trace: &mut Trace<'_>,
        ) {
            let mut metrics = load(&paths.at);
            let mut tracing = trace.rounds.iter().zip(&mut *trace.places).rev();
            let mut place = trace.place;
            let (mut lead, mut count, mut subtracted) = (paths.lead, paths.round, 0);
            for (branches, round) in input.iter().zip(rounds) {
                if let Some((round, end)) = tracing.next() {
                    *end = place as u8;
                    place = round_back(round, place);
                }
                (metrics, round[0]) = acs::<0>(metrics, branches[0]);
                (metrics, round[1]) = acs::<1>(metrics, branches[1]);
                (metrics, round[2]) = acs::<2>(metrics, branches[2]);
                (metrics, round[3]) = acs::<3>(metrics, branches[3]);
                (metrics, round[4]) = acs::<4>(metrics, branches[4]);
                (metrics, round[5]) = acs::<5>(metrics, branches[5]);
                count += 1;
                if count == LEAD_ROUNDS {
                    metrics = subtract(metrics, lead);
                    subtracted += i64::from(lead);
                    (count, lead) = (0, min(metrics));
                }
            }
            (trace.left, trace.place) = (tracing.len(), place);
            store(metrics, &mut paths.at);
            (paths.lead, paths.round) = (lead, count);
            paths.subtracted += subtracted;
        }
    };
}
pub(super) use loops;
