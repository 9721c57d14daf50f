//! From the rows of a COPY back to the lines of the source: a server's error counts rows.

/// The lines of consecutive rows, kept as runs: one, unless blank or rejected lines stand between.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RowLines {
    runs: Vec<Run>,
    rows: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    row: u64,
    line: u64,
}

impl RowLines {
    /// Adds the next row, which stands on this line.
    pub(super) fn push(&mut self, line: u64) {
        if self.line_of(self.rows) != Some(line) {
            self.runs.push(Run { row: self.rows, line });
        }
        self.rows += 1;
    }

    /// Adds the rows of another one behind these.
    pub(super) fn append(&mut self, other: &Self) {
        for run in &other.runs {
            let row = self.rows + run.row;
            if self.line_of(row) != Some(run.line) {
                self.runs.push(Run { row, line: run.line });
            }
        }
        self.rows += other.rows;
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// The line of a row, counted from 0; beyond the last row, the line that would follow.
    pub(super) fn line_of(&self, row: u64) -> Option<u64> {
        let run = self.runs.iter().rfind(|run| run.row <= row)?;
        Some(run.line + (row - run.row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_without_gaps_are_one_run() {
        let mut lines = RowLines::default();
        assert_eq!(lines.line_of(0), None);
        (3..1_000).for_each(|line| lines.push(line));
        assert_eq!((lines.runs.len(), lines.line_of(500)), (1, Some(503)));
    }

    proptest! {
        #[test]
        fn every_row_keeps_its_line(
            gaps in prop::collection::vec(1_u64..4, 1..40),
            cut in any::<prop::sample::Index>(),
        ) {
            let numbers: Vec<u64> = gaps.iter().scan(0, |line, gap| { *line += gap; Some(*line) }).collect();
            let (first, second) = numbers.split_at(cut.index(numbers.len()));
            let collect = |numbers: &[u64]| {
                let mut lines = RowLines::default();
                for line in numbers {
                    lines.push(*line);
                }
                lines
            };
            let mut lines = collect(first);
            lines.append(&collect(second));
            for (row, line) in (0_u64..).zip(&numbers) {
                prop_assert_eq!(lines.line_of(row), Some(*line));
            }
            prop_assert_eq!(lines.rows(), numbers.len() as u64);
        }
    }
}
