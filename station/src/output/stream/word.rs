//! Texts as parts of names that other programs read.

/// The text with `_` for each character that is not plain, and for nothing.
pub fn word(text: &str, plain: impl Fn(char) -> bool) -> String {
    if text.is_empty() {
        return "_".to_owned();
    }
    text.chars().map(|c| if plain(c) { c } else { '_' }).collect()
}
