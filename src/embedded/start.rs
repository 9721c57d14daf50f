//! `start`: find the programs, make the cluster where there is none, run it, shape it.

use super::account::{Account, runs_as_root};
use super::place::Place;
use super::state::State;
use super::{Options, Running, cluster, launch, locate, lock, postmaster, shape, status, stop};
use crate::error::{Error, Result};
use crate::progress::{Progress, Unit};

/// Starts the embedded server, or finds it running.
///
/// Several processes may call this at once: one does the work, and all get the same server.
pub async fn start(options: &Options, progress: &dyn Progress) -> Result<Running> {
    let place = Place::of(options)?;
    if let Some(running) = status::reach(&place).await? {
        return Ok(running);
    }
    place.prepare(runs_as_root()?)?;
    let lock = lock::exclusive(&place.lock(), progress).await?;
    if let Some(running) = status::wait_while_alive(&place).await? {
        return Ok(running);
    }
    let account = Account::of(&place).await?;
    let mut state = match State::read(&place)? {
        Some(mut state) if state.complete => {
            let known = state.programs.bin.clone();
            state.programs = locate::programs(options, Some(&known), &account, progress).await?;
            state
        }
        unfinished => {
            refuse_unknown_cluster(&place, unfinished.as_ref())?;
            let programs = locate::programs(options, None, &account, progress).await?;
            if let Some(unfinished) = unfinished {
                stop::stop_process(&place, &unfinished.programs, &account, &lock, "immediate").await?;
            }
            let state = State::new(programs, launch::free_port()?);
            let task = progress.task("make the database cluster", Unit::Unknown, None);
            cluster::create(&place, &state, &account, &lock, options.durable).await?;
            task.finish();
            state
        }
    };
    launch::launch(&place, &mut state, &account, &lock, options.durable, progress).await?;
    if !state.complete {
        shape::apply(&state).await?;
        state.complete = true;
        state.write(&place)?;
    }
    let running = status::reach(&place).await?;
    running.ok_or_else(|| not_answering(&place))
}

/// A cluster without a state file is not ours to delete.
fn refuse_unknown_cluster(place: &Place, state: Option<&State>) -> Result<()> {
    let cluster = place.cluster();
    if state.is_none() && cluster.exists() {
        return Err(Error::precondition(format!(
            "`{}` holds a database, but its state file is gone",
            cluster.display()
        ))
        .hint("Put the state file back, or run `vecops embedded reset`, which deletes that database."));
    }
    Ok(())
}

/// The error of a server whose process lives and which cannot be used.
pub(super) fn not_answering(place: &Place) -> Error {
    let process = postmaster::living(place)
        .map_or_else(String::new, |postmaster| format!(" (process {})", postmaster.pid));
    Error::connection(format!("the embedded server{process} does not answer"))
        .hint("Run `vecops embedded logs` to read what it said, then `vecops embedded stop`.")
}
