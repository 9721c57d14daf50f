//! Panics of a library that reads what somebody else wrote: there they mean a damaged file, not a bug in vecops.
//!
//! The hook that reports panics asks [`is_containing`] and says nothing. Work is contained where a library is known to
//! panic on damaged input, and nowhere else: a panic of our own must stay one.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static CONTAINING: Cell<bool> = const { Cell::new(false) };
}

/// Does work; where it panics, what the panic says. What the work was done on is broken then, and to be dropped.
pub fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let before = CONTAINING.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    CONTAINING.set(before);
    done.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        text.unwrap_or("no message").to_owned()
    })
}

/// Whether this thread does work whose panics are caught and understood.
pub fn is_containing() -> bool {
    CONTAINING.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_panic_says_is_handed_back_and_the_next_one_is_none_of_ours() {
        assert_eq!(contained(|| 7), Ok(7));
        assert_eq!(
            contained(|| panic!("row {}", 7)),
            Err::<(), _>("row 7".to_owned())
        );
        assert!(contained(is_containing).unwrap());
        assert!(!is_containing());
    }
}
