//! "Did you mean": the known name that is nearest to one that is not known.

/// The likeness below which a suggestion would be a guess.
const ENOUGH: f64 = 0.75;

/// The candidate most like `name`, where one is like it at all.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ENOUGH)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_what_is_like_the_name_is_suggested() {
        assert_eq!(nearest("documnts", ["items", "documents"]), Some("documents"));
        assert_eq!(nearest("xyz", ["items", "documents"]), None);
    }
}
