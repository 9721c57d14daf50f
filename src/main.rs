//! From argv to an exit code; everything else is in the library.

fn main() -> std::process::ExitCode {
    vecops::cli::main(std::env::args_os())
}
