//! The passages and questions that come with vecops. Where they are from: `seeds/README.md`.
