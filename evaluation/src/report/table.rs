//! Tables in Markdown, aligned so that they can be read in a terminal.

/// Columns are aligned to the right but for the first `left` ones.
pub fn table(head: &[&str], rows: &[Vec<String>], left: usize) -> String {
    let width = |text: &str| text.chars().count();
    let widths: Vec<usize> = (head.iter().enumerate())
        .map(|(column, title)| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell));
            cells.chain([width(title), 3]).max().unwrap_or(3)
        })
        .collect();
    let line = |cell: &dyn Fn(usize) -> String| {
        let cells = widths.iter().enumerate().map(|(column, wide)| {
            let (cell, room) = (cell(column), wide - width(&cell(column)).min(*wide));
            if column < left { cell + &" ".repeat(room) } else { " ".repeat(room) + &cell }
        });
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    };
    let rule = widths
        .iter()
        .enumerate()
        .map(|(column, wide)| if column < left { "-".repeat(wide + 2) } else { "-".repeat(wide + 1) + ":" });
    let mut lines =
        vec![line(&|column| head[column].to_owned()), format!("|{}|", rule.collect::<Vec<_>>().join("|"))];
    lines.extend(rows.iter().map(|row| line(&|column| row.get(column).cloned().unwrap_or_default())));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_aligned() {
        let rows = [vec!["a".to_owned(), "0.5".to_owned()], vec!["≥ longer".to_owned(), "12.25".to_owned()]];
        assert_eq!(
            table(&["what", "n"], &rows, 1),
            "| what     |     n |\n|----------|------:|\n| a        |   0.5 |\n| ≥ longer | 12.25 |"
        );
    }
}
