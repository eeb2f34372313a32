//! The unified social credit code of an organisation (统一社会信用代码, GB 32100-2015).

/// The 31 characters, in the order of their values (section 4.1): no I, O, S, V, Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// How many characters there are.
const LENGTH: usize = 18;

/// Whether the text is a code with a right check character (section 4.6: weights 3^(i−1) mod 31, 31 minus the sum mod 31).
pub fn is_uscc(text: &str) -> bool {
    let value = |byte: u8| ALPHABET.iter().position(|known| *known == byte);
    let Some(values) = text.bytes().map(value).collect::<Option<Vec<usize>>>() else { return false };
    let [front @ .., check] = values.as_slice() else { return false };
    if values.len() != LENGTH {
        return false;
    }
    // Digits 3 to 8 are the administrative division, in figures.
    if !text.bytes().skip(2).take(6).all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let (sum, _) = front.iter().fold((0, 1), |(sum, weight), value| (sum + value * weight, weight * 3 % 31));
    (31 - sum % 31) % 31 == *check
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Codes of public bodies and companies, from their own publications.
    const GOOD: [&str; 5] =
        ["91350100M000100Y43", "11100000000013338W", "11430000006122244L", "11100000000013661B", "11330105002500287C"];

    #[test]
    fn published_codes_are_right_and_their_neighbours_wrong() {
        for code in GOOD {
            assert!(is_uscc(code), "{code}");
            // Every single wrong character is found: 3 is prime to 31.
            for place in 0..LENGTH {
                for letter in ALPHABET.iter().map(|byte| char::from(*byte)) {
                    let mut letters: Vec<char> = code.chars().collect();
                    if letters[place] != letter {
                        letters[place] = letter;
                        assert!(!is_uscc(&letters.iter().collect::<String>()), "{code} at {place}: {letter}");
                    }
                }
            }
        }
        for wrong in ["", "9", "91350100m000100y43", "91350100M000100Y4", "91350100M000100Y430", "91350I00M000100Y43"] {
            assert!(!is_uscc(wrong), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,30}") {
            let _ = is_uscc(&text);
        }
    }
}
