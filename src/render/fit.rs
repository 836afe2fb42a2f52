//! Making a message short enough: whole lines are left out, the least important first, and it says how many.

use super::Row;

/// The rows as lines of at most `limit` bytes in all, each written by `write`.
pub(super) fn fit(rows: &[Row], limit: usize, write: impl Fn(&Row) -> String) -> String {
    let lines: Vec<String> = rows.iter().map(&write).collect();
    let whole = lines.join("\n");
    if whole.len() <= limit {
        return whole;
    }
    let mut kept = vec![true; rows.len()];
    let mut size = whole.len();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse((rows[index].expendable(), index)));
    let mut left_out = 0;
    for index in order {
        if size + notice(left_out).len() <= limit {
            break;
        }
        kept[index] = false;
        size -= lines[index].len() + 1;
        left_out += usize::from(!lines[index].is_empty());
    }
    let shown = lines
        .iter()
        .zip(&kept)
        .filter(|(_, kept)| **kept)
        .map(|(line, _)| line.as_str());
    shown.collect::<Vec<_>>().join("\n") + &notice(left_out)
}

fn notice(left_out: usize) -> String {
    let lines = if left_out == 1 { "line" } else { "lines" };
    format!("\n\n[too long: {left_out} {lines} left out]")
}
