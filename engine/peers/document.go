package main

import (
	"fmt"
	"os"
	"strings"

	"daxbench/engine/peers/cells"
	"daxbench/engine/peers/table"
	"github.com/google/renameio/v2"
)

// Where the table goes, and what it is made of, from the folder of this command.
const (
	document = "../README.md"
	figures  = "record.json"
	begins   = "<!-- peers:"
	ends     = "<!-- end of peers -->"
)

// reading explains the figures to who meets them in the document.
const reading = "A figure with a range is a ratio of times, the first to the second, unless a unit is given, with its 95 % interval: of the " +
	"median over processes, each with memory of its own. What is in parentheses is the time that the first takes, for orientation. " +
	"It is *met*, or *missed*, if all of the interval says so, and *undecided* otherwise, or if more than half of the rounds were dropped, as two workers " +
	"did not run together. What each process found is in [peers/" + figures + "](peers/" + figures + ")."

// sections puts results into their families.
func sections(results []table.Result) (list []table.Section) {
	for _, f := range cells.Families() {
		s := table.Section{Title: f.Title, Note: f.Note}
		for _, g := range f.Groups {
			for _, row := range g.Rows {
				for _, r := range results {
					if r.Key() == row.Key() {
						s.Results = append(s.Results, r)
					}
				}
			}
		}
		list = append(list, s)
	}
	return list
}

// insert puts the table of all rows between the markers of a page. A row that was not measured is an error.
func (r *Report) insert(page string) (string, error) {
	var rows []table.Row
	for _, g := range cells.All() {
		for _, row := range g.Rows {
			if len(r.Samples[row.Key()]) == 0 {
				return "", fmt.Errorf("peers: the row %q was not measured", row.Key())
			}
			rows = append(rows, row)
		}
	}
	results, err := table.Join(rows, r.Samples)
	if err != nil {
		return "", err
	}
	text := strings.Join([]string{r.origin(), reading, table.Markdown(sections(results))}, "\n\n")
	return table.Insert(page, begins, ends, text)
}

// publish writes the table into the document, and what it is made of into a file beside it: first that, by which the table can be
// made again.
func (r *Report) publish(document, figures string) error {
	old, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	page, err := r.insert(string(old))
	if err != nil {
		return fmt.Errorf("%s: %w", document, err)
	}
	if err := r.write(figures); err != nil {
		return err
	}
	return renameio.WriteFile(document, []byte(page), 0o644)
}
