//! Charts as SVG, drawn here: no script, sharp at any size, and read out by their title.

use std::fmt::Write as _;

const WIDTH: u32 = 720;
const HEIGHT: u32 = 150;
const LEFT: u32 = 34;
const BOTTOM: u32 = 20;

/// Stacked bars of pairs (below, above), oldest first; `title` is what a reader of screens hears.
pub fn bars(pairs: &[(u64, u64)], title: &str, ends: (&str, &str)) -> String {
    let most = pairs.iter().map(|(good, bad)| good + bad).max().unwrap_or(0);
    let top = round_up(most);
    let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">", escaped(title));
    let floor = HEIGHT - BOTTOM;
    for (share, label) in [(0, 0), (1, top / 2), (2, top)] {
        let y = floor - (floor - 8) * share / 2;
        let _ = write!(
            svg,
            "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y}\" y2=\"{y}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{label}</text>",
            LEFT - 6,
            y + 4
        );
    }
    let step = f64::from(WIDTH - LEFT) / f64::from(u32::try_from(pairs.len().max(1)).unwrap_or(1));
    for (place, (good, bad)) in pairs.iter().enumerate() {
        let x = f64::from(LEFT) + step * f64::from(u32::try_from(place).unwrap_or(0)) + 1.0;
        let (low, high) = (height(*good, top, floor - 8), height(*bad, top, floor - 8));
        let width = step - 2.0;
        let base = f64::from(floor);
        if *good > 0 {
            let _ = write!(
                svg,
                "<rect class=\"ok\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{low:.1}\" rx=\"1.5\"/>",
                base - low
            );
        }
        if *bad > 0 {
            let _ = write!(
                svg,
                "<rect class=\"no\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{high:.1}\" rx=\"1.5\"/>",
                base - low - high
            );
        }
    }
    let _ = write!(
        svg,
        "<text x=\"{LEFT}\" y=\"{y}\">{}</text><text x=\"{WIDTH}\" y=\"{y}\" text-anchor=\"end\">{}</text></svg>",
        escaped(ends.0),
        escaped(ends.1),
        y = HEIGHT - 4
    );
    svg
}

#[expect(clippy::cast_precision_loss, reason = "a picture of at most some hundred pixels")]
fn height(count: u64, top: u64, room: u32) -> f64 {
    if top == 0 { 0.0 } else { f64::from(room) * count as f64 / top as f64 }
}

/// An even number at which an axis may end: 2, 4, 10, 20, 40, 100 …
fn round_up(most: u64) -> u64 {
    let mut ten = 1_u64;
    loop {
        for step in [2, 4, 10] {
            let end = ten.saturating_mul(step);
            if end >= most {
                return end;
            }
        }
        ten = ten.saturating_mul(10);
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stay_inside_the_picture_and_words_inside_their_quotes() {
        for most in [0, 1, 3, 59, 100, 12_345, u64::MAX / 2] {
            assert!(round_up(most) >= most && round_up(most).is_multiple_of(2));
        }
        let svg = bars(&[(0, 0), (3, 1), (10, 0)], "a \"b\" <c>", ("then", "now"));
        assert!(svg.contains("aria-label=\"a &quot;b&quot; &lt;c&gt;\""), "{svg}");
        assert_eq!(svg.matches("<rect").count(), 3);
        for y in svg.split(" y=\"").skip(1).filter_map(|rest| rest.split('"').next()?.parse::<f64>().ok()) {
            assert!((0.0..=150.0).contains(&y), "{y}");
        }
    }
}
