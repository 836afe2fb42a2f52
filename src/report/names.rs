//! Names that somebody asks for, and that the report may not have.

/// A section or destination was asked for that report.yaml does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} {wanted:?}; the report has {}", .known.join(", "))]
pub struct UnknownName {
    what: &'static str,
    wanted: String,
    known: Vec<String>,
}

impl UnknownName {
    /// Whether all of `wanted` are among the `known` names of sections or destinations.
    ///
    /// # Errors
    /// The first one that is not.
    pub fn check<'a>(
        what: &'static str,
        wanted: &[String],
        known: impl Iterator<Item = &'a String> + Clone,
    ) -> Result<(), Self> {
        match wanted
            .iter()
            .find(|wanted| !known.clone().any(|known| known == *wanted))
        {
            None => Ok(()),
            Some(wanted) => Err(Self {
                what,
                wanted: wanted.clone(),
                known: known.map(|known| format!("{known:?}")).collect(),
            }),
        }
    }
}
