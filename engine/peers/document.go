package main

import (
	"fmt"
	"os"
	"strings"

	"daxbench/engine/peers/cells"
	"daxbench/engine/peers/table"
	"github.com/google/renameio/v2"
)

// Where the table goes, from the folder of this command.
const (
	document = "../README.md"
	begins   = "<!-- peers:"
	ends     = "<!-- end of peers -->"
)

// reading explains the figures to who meets them in the document.
const reading = "A figure with a range is a ratio of times, the first to the second, unless a unit is given, with its 95 % interval: of the " +
	"median over processes, each with memory of its own. What is in parentheses is the time that the first takes, for orientation."

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

// writeDocument puts the table between the markers of the document.
func (r *Report) writeDocument(path string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text := strings.Join([]string{r.origin(), reading, table.Markdown(sections(r.Results))}, "\n\n")
	page, err := table.Insert(string(old), begins, ends, text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return renameio.WriteFile(path, []byte(page), 0o644)
}
