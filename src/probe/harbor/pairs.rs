//! Which cores verify whose tokens.

use std::collections::BTreeSet;

use crate::plan::harbor::FULL_MATRIX;

/// In a ring, each core's tokens go to so many cores behind it.
const RING: usize = 3;
/// So many of those that have a key of their own are asked by all, in the order of their first cores.
const REPRESENTATIVES: usize = 4;

/// The verifiers of each issuer. Up to [`FULL_MATRIX`] cores: all. Of more: itself, the next ones in a ring, and one
/// core of each key; linear in the number of cores, and each core verifies for some.
pub(super) fn verifiers(kids: &[Option<&str>]) -> Vec<Vec<usize>> {
    let count = kids.len();
    if count <= FULL_MATRIX {
        return (0..count).map(|_| (0..count).collect()).collect();
    }
    let mut known = BTreeSet::new();
    let first = |(index, kid): (usize, &Option<&str>)| {
        let kid = (*kid)?;
        known.insert(kid.to_string()).then_some(index)
    };
    let representatives: Vec<usize> =
        kids.iter().enumerate().filter_map(first).take(REPRESENTATIVES).collect();
    let of = |issuer: usize| {
        let ring = (0..=RING).map(|step| (issuer + step) % count);
        ring.chain(representatives.iter().copied()).collect::<BTreeSet<usize>>().into_iter().collect()
    };
    (0..count).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_cores_verify_for_all_and_many_for_some() {
        let kids = [Some("A"), Some("B"), None];
        assert_eq!(verifiers(&kids), [[0, 1, 2], [0, 1, 2], [0, 1, 2]]);
        assert_eq!(verifiers(&[]), Vec::<Vec<usize>>::new());

        let mut kids = vec![Some("A"); 100];
        (kids[17], kids[50]) = (Some("B"), None);
        let of = verifiers(&kids);
        assert_eq!(of.len(), 100);
        assert_eq!(of[40], [0, 17, 40, 41, 42, 43]);
        assert_eq!(of[99], [0, 1, 2, 17, 99]);
        assert!(of.iter().all(|verifiers| verifiers.contains(&0) && verifiers.contains(&17)));
    }

    #[test]
    fn a_key_for_each_core_leaves_the_matrix_linear() {
        let names: Vec<String> = (0..200).map(|number| format!("kid {number}")).collect();
        let kids: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
        let cells: usize = verifiers(&kids).iter().map(Vec::len).sum();
        assert!(cells <= 200 * (RING + 1 + REPRESENTATIVES), "{cells}");
    }
}
