//! The pages of one column, one row group after the other.
//!
//! A page says how much stands in it, and a few bytes can say billions: what no row can need is refused before there is
//! room made for it.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::parquet::column::page::{Page, PageMetadata, PageReader};
use ::parquet::column::reader::{ColumnReader, get_column_reader};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::ParquetMetaData;
use ::parquet::file::serialized_reader::SerializedPageReader;

/// How many elements may be read at once, which are some hundred megabytes; a single row may have so many.
const MOST_ELEMENTS: usize = 1 << 25;

/// Those of a column.
pub(super) struct Pages {
    file: Arc<File>,
    metadata: Arc<ParquetMetaData>,
    leaf: usize,
    next_group: usize,
    reader: Option<ColumnReader>,
    /// The rows of the group that were not read.
    left: usize,
    /// The elements of the pages that were begun since [`Pages::begin`].
    elements: Arc<AtomicUsize>,
}

impl Pages {
    pub(super) fn of(file: &Arc<File>, metadata: &Arc<ParquetMetaData>, leaf: usize) -> Self {
        Self {
            file: Arc::clone(file),
            metadata: Arc::clone(metadata),
            leaf,
            next_group: 0,
            reader: None,
            left: 0,
            elements: Arc::default(),
        }
    }

    /// Begins to read rows that are in memory together.
    pub(super) fn begin(&mut self) {
        self.elements.store(0, Ordering::Relaxed);
    }

    /// The reader of the group that the next row stands in, and how many rows it has left.
    pub(super) fn group(&mut self) -> Result<(&mut ColumnReader, usize), ParquetError> {
        while self.left == 0 {
            self.open_next()?;
        }
        let reader = self.reader.as_mut().ok_or_else(lacking)?;
        Ok((reader, self.left))
    }

    /// Counts rows as read; a group that has none before its end is cut off.
    pub(super) fn pass(&mut self, rows: usize) -> Result<(), ParquetError> {
        if rows == 0 {
            return Err(lacking());
        }
        self.left = self.left.saturating_sub(rows);
        Ok(())
    }

    fn open_next(&mut self) -> Result<(), ParquetError> {
        let groups = self.metadata.row_groups();
        let group = groups.get(self.next_group).ok_or_else(lacking)?;
        self.next_group += 1;
        self.left = usize::try_from(group.num_rows()).unwrap_or_default();
        let chunk = group.columns().get(self.leaf).ok_or_else(lacking)?;
        let descriptor = chunk.column_descr_ptr();
        let pages = Bounded {
            pages: SerializedPageReader::new(Arc::clone(&self.file), chunk, self.left, None)?,
            bounds: Bounds {
                is_repeated: descriptor.max_rep_level() > 0,
                elements: Arc::clone(&self.elements),
            },
        };
        self.reader = Some(get_column_reader(descriptor, Box::new(pages)));
        Ok(())
    }
}

/// Pages that do not say more than they can hold.
struct Bounded {
    pages: SerializedPageReader<File>,
    bounds: Bounds,
}

/// How much that is.
struct Bounds {
    is_repeated: bool,
    elements: Arc<AtomicUsize>,
}

impl Bounds {
    fn check(&self, page: &Page) -> Result<(), ParquetError> {
        let values = usize::try_from(page.num_values()).unwrap_or(usize::MAX);
        if page.is_dictionary_page() {
            let is_possible = values <= page.buffer().len();
            let why = "a dictionary says that it has more values than bytes";
            return is_possible.then_some(()).ok_or_else(|| refused(why));
        }
        // Where nothing is repeated, no more is read at once than rows are asked for.
        let before = self.elements.load(Ordering::Relaxed);
        let elements = before.saturating_add(if self.is_repeated { values } else { 0 });
        self.elements.store(elements, Ordering::Relaxed);
        if elements > MOST_ELEMENTS {
            return Err(refused(
                "a few rows say that they have more than 33 million elements",
            ));
        }
        Ok(())
    }
}

impl Iterator for Bounded {
    type Item = Result<Page, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Bounded {
    fn get_next_page(&mut self) -> Result<Option<Page>, ParquetError> {
        let page = self.pages.get_next_page()?;
        page.as_ref().map_or(Ok(()), |page| self.bounds.check(page))?;
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>, ParquetError> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<(), ParquetError> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool, ParquetError> {
        self.pages.at_record_boundary()
    }
}

fn lacking() -> ParquetError {
    ParquetError::EOF("a column ends before the rows".to_owned())
}

fn refused(why: &str) -> ParquetError {
    ParquetError::General(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::parquet::basic::Encoding;

    fn page(num_values: u32) -> Page {
        Page::DataPage {
            buf: vec![0; 8].into(),
            num_values,
            encoding: Encoding::PLAIN,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        }
    }

    fn bounds(is_repeated: bool) -> Bounds {
        Bounds {
            is_repeated,
            elements: Arc::default(),
        }
    }

    #[test]
    fn a_page_cannot_ask_for_room_that_no_row_needs() {
        let lists = bounds(true);
        lists.check(&page(1 << 24)).unwrap();
        lists.check(&page(1 << 24)).unwrap();
        let error = lists.check(&page(1)).unwrap_err().to_string();
        assert!(error.contains("33 million elements"), "{error}");
        lists.elements.store(0, Ordering::Relaxed);
        lists.check(&page(1)).unwrap();
        assert!(bounds(true).check(&page(u32::MAX)).is_err());
        bounds(false).check(&page(u32::MAX)).unwrap();
    }

    #[test]
    fn a_dictionary_has_no_more_values_than_bytes() {
        let dictionary = |num_values| Page::DictionaryPage {
            buf: vec![0; 8].into(),
            num_values,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        bounds(false).check(&dictionary(8)).unwrap();
        assert!(bounds(false).check(&dictionary(9)).is_err());
        assert!(bounds(true).check(&dictionary(u32::MAX)).is_err());
    }
}
