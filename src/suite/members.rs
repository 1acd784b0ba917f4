//! The members of an object in a list that is kept by hand, read by their names.

use serde_json::{Map, Value as Json};

use crate::suite::faults::Severity;
use crate::suite::releases::Releases;

/// The members of an object.
pub struct Members<'a>(&'a Map<String, Json>);

impl<'a> Members<'a> {
    /// The members of an entry; nothing but those that are known may be there.
    ///
    /// # Errors
    ///
    /// If it is no object, or has another member, in words.
    pub fn of(entry: &'a Json, known: &[&str]) -> Result<Self, String> {
        let members = entry.as_object().ok_or("it is no object")?;
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(stranger) => Err(format!("there is no member {stranger:?}")),
            None => Ok(Self(members)),
        }
    }

    /// A text that may be left out.
    ///
    /// # Errors
    ///
    /// If it is something else, or blank.
    pub fn optional(&self, name: &str) -> Result<Option<String>, String> {
        let text = |value: &Json| {
            let text = value.as_str().filter(|text| !text.trim().is_empty());
            text.map(str::to_owned).ok_or_else(|| format!("{name:?} is no text"))
        };
        self.0.get(name).map(text).transpose()
    }

    /// A text.
    ///
    /// # Errors
    ///
    /// If it is not there, something else, or blank.
    pub fn text(&self, name: &str) -> Result<String, String> {
        self.optional(name)?.ok_or_else(|| format!("{name:?} is missing"))
    }

    /// Texts in an array; none if it is left out.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        let Some(values) = self.0.get(name) else { return Ok(Vec::new()) };
        let texts = values.as_array().ok_or_else(|| format!("{name:?} is no array"))?;
        let text = |it: &Json| it.as_str().map(str::to_owned);
        let texts: Option<_> = texts.iter().map(text).collect();
        texts.ok_or_else(|| format!("{name:?} has what is no text"))
    }

    /// Whether a member is true; false is left out.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn flag(&self, name: &str) -> Result<bool, String> {
        match self.0.get(name) {
            None => Ok(false),
            Some(Json::Bool(true)) => Ok(true),
            Some(_) => Err(format!("{name:?} is true or left out")),
        }
    }

    /// Releases that may be left out.
    ///
    /// # Errors
    ///
    /// If the text names none.
    pub fn optional_releases(&self, name: &str) -> Result<Option<Releases>, String> {
        let Some(text) = self.optional(name)? else { return Ok(None) };
        let releases = Releases::read(&text);
        releases.map(Some).ok_or_else(|| format!("{name:?} names no releases: {text:?}"))
    }

    /// Releases.
    ///
    /// # Errors
    ///
    /// If they are missing, or the text names none.
    pub fn releases(&self, name: &str) -> Result<Releases, String> {
        self.optional_releases(name)?.ok_or_else(|| format!("{name:?} is missing"))
    }

    /// How bad it is for users.
    ///
    /// # Errors
    ///
    /// If it is missing, or there is no such severity.
    pub fn severity(&self) -> Result<Severity, String> {
        let word = self.text("severity")?;
        Severity::named(&word).ok_or_else(|| format!("there is no severity {word:?}"))
    }
}
