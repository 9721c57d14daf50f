//! Words beside points, where they cover nothing.

/// How wide a character of the small text is, about.
pub(super) const CHARACTER: f64 = 6.3;

const HEIGHT: f64 = 13.0;

/// A part of the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

/// What is taken already.
#[derive(Debug)]
pub(super) struct Room {
    whole: Area,
    taken: Vec<Area>,
}

/// Where a word stands: its baseline's start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
}

impl Room {
    pub(super) fn new(whole: Area) -> Self {
        Self {
            whole,
            taken: Vec::new(),
        }
    }

    /// Keeps words away from what stands here.
    pub(super) fn take(&mut self, area: Area) {
        self.taken.push(area);
    }

    /// Finds a place for a word near a point: right above, right below, left above, left below.
    pub(super) fn find(&mut self, x: f64, y: f64, word: &str) -> Option<Place> {
        let width = width(word);
        let corners = [
            (x + 7.0, y - HEIGHT - 1.0),
            (x + 7.0, y + 3.0),
            (x - 7.0 - width, y - HEIGHT - 1.0),
            (x - 7.0 - width, y + 3.0),
        ];
        let area = corners
            .into_iter()
            .map(|(left, top)| Area {
                left,
                top,
                right: left + width,
                bottom: top + HEIGHT,
            })
            .find(|area| area.is_within(&self.whole) && !self.taken.iter().any(|taken| taken.meets(area)))?;
        self.taken.push(area);
        Some(Place {
            x: area.left,
            y: area.bottom - 3.0,
        })
    }
}

impl Area {
    fn is_within(&self, other: &Self) -> bool {
        self.left >= other.left
            && self.right <= other.right
            && self.top >= other.top
            && self.bottom <= other.bottom
    }

    fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

/// How wide a text is, about.
pub(super) fn width(text: &str) -> f64 {
    f64::from(u32::try_from(text.chars().count()).unwrap_or(u32::MAX)) * CHARACTER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_step_aside_and_stay_away_where_there_is_no_room() {
        let mut room = Room::new(Area {
            left: 0.0,
            top: 0.0,
            right: 200.0,
            bottom: 100.0,
        });
        let first = room.find(100.0, 50.0, "ef 40").unwrap();
        let second = room.find(100.0, 50.0, "ef 80").unwrap();
        assert!(first.y < 50.0 && second.y > 50.0);
        room.find(100.0, 50.0, "ef 90").unwrap();
        room.find(100.0, 50.0, "ef 95").unwrap();
        assert_eq!(room.find(100.0, 50.0, "ef 99"), None);
        assert!(room.find(195.0, 85.0, "at the edge").unwrap().x < 195.0);
    }
}
