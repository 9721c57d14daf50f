//! The statements that put a pick into place, for whoever would rather run them than `vecops index replace`.

use std::fmt::Write as _;

use super::advice::Advice;

/// What the statements are made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Apply {
    /// What is picked and for what, on a line.
    pub title: String,
    /// The extension's load statement.
    pub load: String,
    /// What the build needs as `maintenance_work_mem`, in bytes.
    pub memory: u64,
    /// The statement that builds the index; none where the one that is there stays.
    pub create: Option<String>,
    /// The statement that drops the index that it takes the place of.
    pub drop: Option<String>,
    /// The statement that drops the new one again.
    pub undo: Option<String>,
    /// A query as it must be written to use the index, where it is not the plain one.
    pub query: Option<String>,
    /// Where `ef_search` can be set.
    pub advice: Vec<Advice>,
}

impl Apply {
    /// The script.
    pub fn script(&self) -> String {
        let mut text = format!("-- {}\n", self.title);
        let mut put = |line: &str| {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{line}");
        };
        if let Some(create) = &self.create {
            put(
                "-- On a connection that keeps its session (direct, or a session pooler), outside a transaction.",
            );
            put(&format!("{};", self.load));
            put("set statement_timeout = 0;");
            let mebibytes = (self.memory + self.memory / 5).div_ceil(1 << 20).max(64);
            put(&format!(
                "set maintenance_work_mem = '{mebibytes}MB'; -- what the graph takes and a fifth"
            ));
            put("set min_parallel_table_scan_size = 0;");
            put(&format!("{create};"));
        }
        if let Some(query) = &self.query {
            put("\n-- A query uses the index only where it is written so:");
            for line in query.lines() {
                put(&format!("--   {line}"));
            }
        }
        let (ready, open): (Vec<&Advice>, Vec<&Advice>) = self.advice.iter().partition(|one| one.is_ready);
        if !ready.is_empty() {
            put("\n-- How far these functions look.");
        }
        for advice in &ready {
            put(&format!("-- {}", advice.reaches));
            for statement in &advice.statements {
                put(statement);
            }
        }
        put("\n-- How far other searches look. One of:");
        for advice in open {
            put(&format!("-- {}", advice.reaches));
            for statement in &advice.statements {
                put(&format!("--   {}", statement.trim_start_matches("-- ")));
            }
            if let Some(mind) = advice.mind {
                put(&format!("--   ({mind})"));
            }
        }
        if let Some(drop) = &self.drop {
            put(
                "\n-- Once `vecops bench run` has shown the recall of the new one (both are there until then):",
            );
            put(&format!("-- {drop};"));
        }
        if let Some(undo) = &self.undo {
            put("\n-- To undo:");
            put(&format!("-- {undo};"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(reaches: &str, statement: &str, is_ready: bool) -> Advice {
        Advice {
            reaches: reaches.to_owned(),
            statements: vec![statement.to_owned()],
            is_ready,
            mind: None,
        }
    }

    #[test]
    fn what_can_be_run_is_no_comment_and_the_rest_is() {
        let apply = Apply {
            title: "ef_search 80".to_owned(),
            load: "select '[1]'::extensions.vector".to_owned(),
            memory: 0,
            create: None,
            drop: None,
            undo: None,
            query: None,
            advice: vec![
                advice(
                    "public.f()",
                    "alter function public.f() set hnsw.ef_search = 80;",
                    true,
                ),
                advice("one transaction", "set local hnsw.ef_search = 80;", false),
            ],
        };
        let script = apply.script();
        let run: Vec<&str> = script
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with("--"))
            .collect();
        assert_eq!(run, ["alter function public.f() set hnsw.ef_search = 80;"]);
        assert!(script.contains("--   set local hnsw.ef_search = 80;"));
    }
}
