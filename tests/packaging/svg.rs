//! A terminal as an SVG that requests nothing: text that can be selected, dark and light, with words for those who do not see
//! it.

use std::fmt::Write as _;

use super::terminal::{Stretch, plain};

/// Of a sign, in pixels. Each stretch says how long it is, so that columns stay columns in every font.
const WIDTH: f64 = 8.4;
const HEIGHT: usize = 19;
/// Around the text.
const MARGIN: usize = 18;
/// Of the bar at the top.
const BAR: usize = 34;

const STYLE: &str = "
  .paper { fill: #0d1117; stroke: #30363d }
  .bar { fill: #161b22 }
  .dot { fill: #484f58 }
  text { fill: #d1d9e0; font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', \
                     monospace; white-space: pre }
  .name { fill: #9198a1; font-size: 12px; text-anchor: middle }
  .sign { fill: #7ee787 }
  .typed, .bold { font-weight: bold }
  .red { fill: #ff7b72 }
  .yellow { fill: #e3b341 }
  .blue { fill: #79c0ff }
  .faint { fill: #9198a1 }
  @media (prefers-color-scheme: light) {
    .paper { fill: #ffffff; stroke: #d1d9e0 }
    .bar { fill: #f6f8fa }
    .dot { fill: #afb8c1 }
    text { fill: #1f2328 }
    .name, .faint { fill: #59636e }
    .sign { fill: #1a7f37 }
    .red { fill: #c21c28 }
    .yellow { fill: #8a5a00 }
    .blue { fill: #0a59b8 }
  }
";

/// A terminal of so many columns, in which `typed` printed `lines`.
pub fn terminal(typed: &str, lines: &[Vec<Stretch>], columns: usize) -> String {
    let width = (columns as f64 * WIDTH).ceil() as usize + 2 * MARGIN;
    let height = BAR + MARGIN + (lines.len() + 2) * HEIGHT + MARGIN / 2;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n\
         <style>{STYLE}</style>\n<rect class=\"paper\" x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n\
         <path class=\"bar\" d=\"M1 {BAR}V9a8 8 0 0 1 8-8h{}a8 8 0 0 1 8 8v{}z\"/>\n",
        escaped(&format!("What {typed} prints")),
        escaped(&lines.iter().map(|line| plain(line) + "\n").collect::<String>()),
        width - 1,
        height - 1,
        width - 18,
        BAR - 9,
    );
    for at in 0..3 {
        let _ = writeln!(out, "<circle class=\"dot\" cx=\"{}\" cy=\"17\" r=\"6\"/>", 20 + at * 20);
    }
    let _ = writeln!(out, "<text class=\"name\" x=\"{}\" y=\"21\">kubectl regauth</text>", width / 2);
    let mut row = 0;
    let mut add = |stretches: &[(String, String)]| {
        let y = BAR + MARGIN + 4 + row * HEIGHT;
        let mut column = 0;
        for (text, class) in stretches {
            write_stretch(&mut out, text, class, column, y);
            column += text.chars().count();
        }
        row += 1;
    };
    add(&[("$ ".into(), "sign".into()), (typed.into(), "typed".into())]);
    add(&[]);
    for line in lines {
        let painted = line.iter().map(|one| (one.text.clone(), class(&one.paint)));
        add(&painted.collect::<Vec<_>>());
    }
    out + "</svg>\n"
}

/// A stretch of text that begins in a column. What stands apart in a table is written apart.
fn write_stretch(out: &mut String, text: &str, class: &str, column: usize, y: usize) {
    let (mut at, attribute) =
        (column, if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") });
    for part in text.split_inclusive("  ") {
        let word = part.trim();
        if !word.is_empty() {
            let begin = at + part.chars().take_while(|sign| *sign == ' ').count();
            let long = word.chars().count();
            let _ = writeln!(
                out,
                "<text{attribute} x=\"{:.1}\" y=\"{y}\" textLength=\"{:.1}\" lengthAdjust=\"spacingAndGlyphs\">{}</text>",
                MARGIN as f64 + begin as f64 * WIDTH,
                long as f64 * WIDTH,
                escaped(word)
            );
        }
        at += part.chars().count();
    }
}

/// The classes of what SGR parameters paint.
fn class(paint: &str) -> String {
    let named = paint.split(';').filter_map(|parameter| match parameter {
        "1" => Some("bold"),
        "2" => Some("faint"),
        "31" => Some("red"),
        "33" => Some("yellow"),
        "34" | "36" => Some("blue"),
        "" | "0" => None,
        other => panic!("the picture does not know how to paint {other}"),
    });
    named.collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
