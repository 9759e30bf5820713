//! What a topic may be called.

/// Why a topic name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No characters.
    #[error("a topic name may not be empty")]
    Empty,
    /// `.` or `..`, which are folders.
    #[error("a topic name may not be . or ..")]
    Dots,
    /// Too long for a folder's name with a partition number behind it.
    #[error("a topic name has 249 characters at most")]
    TooLong,
    /// Something else than letters, digits, and `.`, `_`, `-`.
    #[error("a topic name has only ASCII letters, digits, '.', '_' and '-'")]
    BadCharacter,
}

/// Checks a name by Kafka's rules.
pub fn check_name(name: &str) -> Result<(), NameError> {
    let legal = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
    match name {
        "" => Err(NameError::Empty),
        "." | ".." => Err(NameError::Dots),
        _ if name.len() > 249 => Err(NameError::TooLong),
        _ if !name.bytes().all(legal) => Err(NameError::BadCharacter),
        _ => Ok(()),
    }
}

/// Whether two names give the same metric name, in which `.` becomes `_`: Kafka refuses the second.
pub fn names_collide(one: &str, other: &str) -> bool {
    let plain = |c: u8| if c == b'.' { b'_' } else { c };
    one.bytes().map(plain).eq(other.bytes().map(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_kafkas_rules() {
        for good in ["a", "A.b_c-9", "...", &"x".repeat(249)] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        assert_eq!(check_name(""), Err(NameError::Empty));
        assert_eq!(check_name(".."), Err(NameError::Dots));
        assert_eq!(check_name(&"x".repeat(250)), Err(NameError::TooLong));
        for bad in ["a b", "a/b", "ä", "a\0"] {
            assert_eq!(check_name(bad), Err(NameError::BadCharacter), "{bad}");
        }
    }

    #[test]
    fn dots_and_underscores_collide() {
        assert!(names_collide("a.b", "a_b"));
        assert!(names_collide("a.b", "a.b"));
        assert!(!names_collide("a.b", "a-b"));
    }
}
