//! Taking a JSON object apart by the keys of a destination, without copying its values.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Keys, Parsed};
use crate::seed::mapping::ValuePath;
use crate::seed::rest::Rest;
use crate::seed::value::Value;

/// What is wrong with the keys of a line, which value was being read last, and what no column takes.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    /// The first key that no field has.
    pub(super) unknown: Option<String>,
    /// The first field with two values.
    pub(super) twice: Option<usize>,
    /// The field whose value was read last.
    pub(super) reading: Option<usize>,
    /// What no column takes.
    pub(super) rest: Rest,
}

/// Takes an object apart without copying its values.
pub(super) struct LineSeed<'a, 'l, 'd> {
    pub(super) keys: &'a Keys<'d>,
    pub(super) parsed: &'a mut Parsed<'l>,
    pub(super) trouble: &'a mut Trouble,
}

impl<'l> DeserializeSeed<'l> for LineSeed<'_, 'l, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'l>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'l> Visitor<'l> for LineSeed<'_, 'l, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'l>>(mut self, mut map: A) -> Result<(), A::Error> {
        loop {
            self.trouble.reading = None;
            let Some(key) = map.next_key_seed(KeySeed(&self.keys.by_key))? else {
                return Ok(());
            };
            let place = match key {
                Ok(place) => place,
                Err(key) if self.keys.paths.iter().any(|path| path.root == key) => {
                    let value: &'l RawValue = map.next_value()?;
                    self.follow(value.get(), |path| path.root == key);
                    if self.keys.destination.rest_to.is_some() {
                        let below = self.keys.below(&key);
                        self.trouble.rest.add_without(&key, value.get(), &below);
                    }
                    continue;
                }
                Err(key) if self.keys.destination.rest_to.is_some() => {
                    let value: &'l RawValue = map.next_value()?;
                    self.trouble.rest.add(&key, value.get());
                    continue;
                }
                Err(unknown) => {
                    self.trouble.unknown.get_or_insert(unknown);
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            self.trouble.reading = Some(place);
            let value: &'l RawValue = map.next_value()?;
            self.set(place, value.get());
            self.follow(value.get(), |path| path.root_place == Some(place));
        }
    }
}

impl<'l> LineSeed<'_, 'l, '_> {
    fn set(&mut self, place: usize, json: &'l str) {
        let before = self.parsed.set(place, Value::Json(Cow::Borrowed(json)));
        if before.is_some() {
            self.trouble.twice.get_or_insert(place);
        }
    }

    /// Takes out of an object what paths lead to.
    fn follow(&mut self, json: &'l str, is_wanted: impl Fn(&ValuePath<'_>) -> bool) {
        let keys = self.keys;
        for path in keys.paths.iter().filter(|path| is_wanted(path)) {
            if let Some(value) = path.value(json) {
                self.set(path.place, value);
            }
        }
    }
}

/// A key as the place of its field, or the text of one that no field has.
struct KeySeed<'a, 'd>(&'a HashMap<&'d str, usize>);

impl<'l> DeserializeSeed<'l> for KeySeed<'_, '_> {
    type Value = Result<usize, String>;

    fn deserialize<D: serde::Deserializer<'l>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_, '_> {
    type Value = Result<usize, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.get(key).copied().ok_or_else(|| key.to_owned()))
    }
}
