//! Why fewer rows came than were asked for.

use serde::Serialize;
use sqlx::{PgConnection, Row as _};

use super::{Request, statement};
use crate::catalog::Target;
use crate::error::{Context as _, Result};

/// How many candidate rows are counted before the count stops, so that asking why stays cheap.
const MOST_COUNTED: i64 = 10_000;

/// The reason for a short answer, with the numbers behind it.
#[derive(Debug, Serialize)]
pub struct Shortfall {
    /// The rows asked for.
    pub asked: u32,
    /// The rows that came.
    pub returned: usize,
    /// The rows that this role can see and the filter keeps, counted up to 10,000.
    pub matching: i64,
    /// How many of those have no embedding.
    pub without_embedding: i64,
    /// The reason, as a sentence fragment.
    pub reason: String,
    /// What to try; empty where all there is was returned.
    pub advice: Option<String>,
}

/// Finds the reason, where there is a shortfall.
pub(super) async fn explain(
    connection: &mut PgConnection,
    on: &Target,
    request: &Request,
    returned: usize,
) -> Result<Option<Shortfall>> {
    if usize::try_from(request.limit).is_ok_and(|limit| returned >= limit) {
        return Ok(None);
    }
    let bound = MOST_COUNTED.max(i64::from(request.limit));
    let row = statement::matching(on, request)
        .count(on, request, bound)
        .fetch_one(&mut *connection)
        .await;
    let row = row.context("count the rows that could have been found")?;
    let (matching, without_embedding): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);

    let findable = matching - without_embedding;
    let missed = findable - i64::try_from(returned).unwrap_or(i64::MAX);
    let kept = if request.filter.is_some() {
        "match the filter"
    } else {
        "are there for this role to see"
    };
    let rows = |n: i64| {
        if n == 1 {
            "1 row".to_owned()
        } else {
            format!("{n} rows")
        }
    };
    let (reason, advice) = if missed > 0 && !request.exact {
        (
            format!(
                "{} {kept}, but the index scan ended before it had found them",
                rows(findable)
            ),
            Some(
                "compare with every row by `--exact`, or look farther with a larger `--ef-search`".to_owned(),
            ),
        )
    } else if without_embedding > 0 {
        (
            format!(
                "{} {kept}, {without_embedding} of them without an embedding",
                rows(matching)
            ),
            None,
        )
    } else {
        (format!("only {} {kept}", rows(matching)), None)
    };
    Ok(Some(Shortfall {
        asked: request.limit,
        returned,
        matching,
        without_embedding,
        reason,
        advice,
    }))
}
