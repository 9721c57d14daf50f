//! `vecops index tune`: answers that hold when they are measured again, and a database that nobody was in.

mod existing;
mod fixture;
mod rebuild;
