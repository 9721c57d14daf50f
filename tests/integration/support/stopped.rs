//! The program, stopped at a stage of its work.

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};

use super::{Sandbox, kill, wait_until};

/// The program on its way to a stage, where it stands until it is told to go on, or ended.
pub(crate) struct Stopped {
    program: Child,
    file: PathBuf,
    output: PathBuf,
}

impl Sandbox {
    /// Begins the program, which will stop at a stage; `stage:2` means when it has passed there twice.
    pub(crate) fn stop_at(&self, stage: &str, arguments: &[&str]) -> Stopped {
        let number = fs_err::read_dir(self.path()).unwrap().count();
        let file = self.path().join(format!("stopped-{number}"));
        let output = self.path().join(format!("output-{number}"));
        let written = || {
            Stdio::from(
                std::fs::File::options()
                    .create(true)
                    .append(true)
                    .open(&output)
                    .unwrap(),
            )
        };
        let mut command = self.command(arguments);
        command
            .env("VECOPS_STOP_AT", stage)
            .env("VECOPS_STOP_FILE", &file)
            .stdin(Stdio::null())
            .stdout(written())
            .stderr(written());
        let program = command.spawn().unwrap();
        Stopped {
            program,
            file,
            output,
        }
    }
}

impl Stopped {
    /// Waits until it stands there.
    pub(crate) async fn stands(&mut self) {
        let (program, file, output) = (&mut self.program, &self.file, &self.output);
        wait_until("the program stops at its stage", async || {
            let ended = program.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "it ended before: {}",
                fs_err::read_to_string(output).unwrap()
            );
            file.exists()
        })
        .await;
    }

    /// Sends a signal, and waits until it has ended: by the signal, or with an exit code.
    pub(crate) async fn end(mut self, signal: &str) -> (ExitStatus, String) {
        kill(self.program.id(), signal);
        self.ended().await
    }

    /// Lets it go on, and waits until it has ended.
    pub(crate) async fn go_on(mut self) -> (ExitStatus, String) {
        self.pass();
        self.ended().await
    }

    /// Lets it go on.
    pub(crate) fn pass(&self) {
        fs_err::remove_file(&self.file).unwrap();
    }

    /// Waits until it has ended, with what it wrote.
    pub(crate) async fn ended(&mut self) -> (ExitStatus, String) {
        let mut status = None;
        wait_until("the program ends", async || {
            status = self.program.try_wait().unwrap();
            status.is_some()
        })
        .await;
        (status.unwrap(), fs_err::read_to_string(&self.output).unwrap())
    }
}

/// Whether a program ended as a signal asks for.
pub(crate) fn ended_by(status: ExitStatus, signal: &str) -> bool {
    match signal {
        "KILL" => status.signal() == Some(9),
        "TERM" => status.code() == Some(143),
        other => panic!("{other}"),
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // Where the test has failed.
        if self.program.try_wait().is_ok_and(|ended| ended.is_none()) {
            kill(self.program.id(), "KILL");
        }
    }
}
