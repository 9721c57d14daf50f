//! The stages of a dump and of a restore, which a test ends one after the other. A new one is in its list by itself.

/// A list of stages, each with its name.
macro_rules! stages {
    ($(#[$about:meta])* $name:ident { $($(#[$each:meta])* $stage:ident = $text:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$each])* $stage,)+
        }

        impl $name {
            /// All of them, in the order in which they are reached.
            pub const ALL: &'static [Self] = &[$(Self::$stage,)+];

            /// The stage's name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$stage => $text,)+
                }
            }
        }
    };
}

stages! {
    /// The stages of a dump.
    DumpStage {
        /// The repository is there.
        RepositoryOpened = "dump-repository-opened",
        /// The tables are known, and not locked.
        TablesListed = "dump-tables-listed",
        /// The tables are locked, and there is no snapshot.
        TablesLocked = "dump-tables-locked",
        /// The snapshot is taken.
        SnapshotTaken = "dump-snapshot-taken",
        /// The catalog is read, the tables are cut, their journals begun.
        TablesCut = "dump-tables-cut",
        /// A chunk's file is begun.
        ChunkBegun = "dump-chunk-begun",
        /// A chunk's file is on the disk, and has no name.
        ChunkWritten = "dump-chunk-written",
        /// A chunk has its name, and the journal does not know.
        ChunkNamed = "dump-chunk-named",
        /// The journal knows a range.
        RangeNoted = "dump-range-noted",
        /// All is read; the locks are still held.
        RowsRead = "dump-rows-read",
        /// The locks are gone; nothing of the backup's own files is there.
        SnapshotReleased = "dump-snapshot-released",
        /// The files beside the manifest are there.
        FilesWritten = "dump-files-written",
        /// The manifest's SHA-256 is there.
        SumWritten = "dump-sum-written",
        /// The manifest is on the disk, and has no name.
        ManifestWritten = "dump-manifest-written",
        /// The backup is published; the journals are still there.
        Published = "dump-published",
    }
}

stages! {
    /// The stages of a restore.
    RestoreStage {
        /// The plan is agreed to.
        Planned = "restore-planned",
        /// No other run of this restore can begin.
        LedgerLocked = "restore-ledger-locked",
        /// The tables are made, in a transaction that is open.
        TablesMade = "restore-tables-made",
        /// The tables are there, closed, and in the ledger.
        TablesEntered = "restore-tables-entered",
        /// A chunk is sent, in a transaction that is open.
        ChunkSent = "restore-chunk-sent",
        /// A chunk is loaded.
        ChunkLoaded = "restore-chunk-loaded",
        /// All rows are in.
        RowsLoaded = "restore-rows-loaded",
        /// A key is made, in a transaction that is open.
        KeyMade = "restore-key-made",
        /// All keys are made.
        KeysMade = "restore-keys-made",
        /// The rows are digested, and the ledger does not know.
        RowsDigested = "restore-rows-digested",
        /// An index is built, in a transaction that is open.
        IndexBuilt = "restore-index-built",
        /// An index is there.
        IndexEntered = "restore-index-entered",
        /// All indexes are there, and the rows counted for the planner.
        IndexesBuilt = "restore-indexes-built",
        /// The exact searches gave what they should.
        SearchesCompared = "restore-searches-compared",
        /// The tables are open, in a transaction that is open.
        TablesOpened = "restore-tables-opened",
        /// The tables are open.
        Finished = "restore-finished",
    }
}
