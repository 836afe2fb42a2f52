//! `${NAME}` in a text -> the variable's value.
//!
//! This happens after the YAML has been parsed, so a value from the environment is always a text and never syntax.

/// Why a text cannot be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfilled {
    /// The environment does not have these variables.
    #[error("needs {} from the environment, where {} not set", .0.join(" and "), if .0.len() == 1 { "it is" } else { "they are" })]
    Unset(Vec<String>),
    /// Not a reference, though it begins like one.
    #[error(
        "has \"${{\" without a variable's name and \"}}\" after it; expected ${{NAME}}, or $${{ for the characters themselves"
    )]
    Malformed,
}

/// Replaces each `${NAME}` in `template` by what `env` knows under NAME, and each `$${` by `${`. Values are not looked
/// into again, and a `$` elsewhere is itself. Also tells whether there was any variable.
pub fn fill(template: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<(String, bool), Unfilled> {
    let mut text = String::with_capacity(template.len());
    let (mut filled, mut unset) = (false, Vec::new());
    let mut rest = template;
    while let Some(start) = rest.find("${") {
        let (before, reference) = (&rest[..start], &rest[start + 2..]);
        if let Some(literal) = before.strip_suffix('$') {
            text.push_str(literal);
            text.push_str("${");
            rest = reference;
            continue;
        }
        let (name, after) = reference
            .split_once('}')
            .filter(|(name, _)| is_name(name))
            .ok_or(Unfilled::Malformed)?;
        text.push_str(before);
        match env(name) {
            Some(value) => text.push_str(&value),
            None => unset.push(name.to_owned()),
        }
        filled = true;
        rest = after;
    }
    text.push_str(rest);
    if unset.is_empty() {
        Ok((text, filled))
    } else {
        Err(Unfilled::Unset(unset))
    }
}

fn is_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn env(name: &str) -> Option<String> {
        match name {
            "ID" => Some("111122223333".into()),
            "TRICKY" => Some("${ID}: [".into()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_filled_once_and_literally() {
        let text = |template| fill(template, &env).unwrap().0;
        assert_eq!(
            text("arn:aws:iam::${ID}:role/${EMPTY}x"),
            "arn:aws:iam::111122223333:role/x"
        );
        assert_eq!(text("${TRICKY}"), "${ID}: [");
        assert_eq!(text("$${ID} costs $5 $$"), "${ID} costs $5 $$");
        assert!(fill("${ID}", &env).unwrap().1 && !fill("$${ID}", &env).unwrap().1);
    }

    #[test]
    fn what_cannot_be_filled_says_why() {
        assert_eq!(
            fill("${A}/${ID}/${B}", &env).err(),
            Some(Unfilled::Unset(vec!["A".into(), "B".into()]))
        );
        for template in ["${}", "${ID", "${1D}", "${A-B}", "${ ID }", "x${"] {
            assert_eq!(fill(template, &env).err(), Some(Unfilled::Malformed), "{template}");
        }
        insta::assert_snapshot!(Unfilled::Unset(vec!["A".into()]), @"needs A from the environment, where it is not set");
        insta::assert_snapshot!(Unfilled::Malformed, @r#"has "${" without a variable's name and "}" after it; expected ${NAME}, or $${ for the characters themselves"#);
    }

    proptest! {
        #[test]
        fn a_value_arrives_unchanged_whatever_it_contains(before in "[^$]*", value in any::<String>(), after in "[^$]*") {
            let filled = fill(&format!("{before}${{X}}{after}"), &|_| Some(value.clone())).unwrap();
            prop_assert_eq!(filled.0, format!("{before}{value}{after}"));
        }

        #[test]
        fn an_escaped_text_arrives_unchanged(text in any::<String>()) {
            prop_assume!(!text.contains("$${"));
            prop_assert_eq!(fill(&text.replace("${", "$${"), &env).unwrap().0, text);
        }
    }
}
