package render

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"daxbench/reports/versus"
)

var versusCSV = VersusFormat{Name: "csv", About: "one line per benchmark, unit and file, with raw numbers", Ext: ".csv", Write: VersusCSV}

// csvHead names the columns. Numbers are raw: not scaled, not rounded, a ratio and no percentage; delta is the ratio of
// the centres less 1. What there is not is empty.
var csvHead = []string{
	"config", "unit", "name", "column", "n", "centre", "lo", "hi", "range",
	"base", "delta", "vs base", "p", "paired p", "adjusted p", "n base", "method", "ratio", "ratio lo", "ratio hi", "verdict", "margin",
	"reference", "within", "within lo", "within hi", "within verdict",
	"within change", "within change lo", "within change hi", "within change p", "within change verdict", "warnings",
}

// geomeanName is the name of the last row of a table.
const geomeanName = "geomean"

// VersusCSV writes every table as lines of one shape.
func VersusCSV(w io.Writer, r *versus.Report, _ VersusOptions) error {
	out := csv.NewWriter(w)
	out.Write(csvHead)
	for i := range r.Tables {
		t := &r.Tables[i]
		config := make([]string, len(t.Config))
		for k, p := range t.Config {
			config[k] = p.Key + "=" + p.Value
		}
		c := csvTable{out: out, table: t, config: strings.Join(config, "; ")}
		for j := range t.Rows {
			for col := range t.Columns {
				if t.Rows[j].Cells[col].N > 0 {
					c.cell(&t.Rows[j], col)
				}
			}
		}
		for col := range t.Columns {
			c.summary(col)
		}
	}
	out.Flush()
	return out.Error()
}

// csvTable writes the lines of a table.
type csvTable struct {
	out    *csv.Writer
	table  *versus.Table
	config string
}

// line begins a line.
func (c *csvTable) line(name string, col int) map[string]string {
	return map[string]string{"config": plain(c.config), "unit": plain(c.table.Unit), "name": plain(name), "column": plain(c.table.Columns[col])}
}

func (c *csvTable) write(line map[string]string) {
	row := make([]string, len(csvHead))
	for i, key := range csvHead {
		row[i] = line[key]
	}
	c.out.Write(row) // an error stays with the writer, and is reported at the end
}

func (c *csvTable) cell(row *versus.Row, col int) {
	cell := &row.Cells[col]
	line := c.line(row.Name, col)
	line["n"] = strconv.Itoa(cell.N)
	line["centre"], line["lo"], line["hi"] = raw(cell.Centre), raw(cell.Lo), raw(cell.Hi)
	line["range"] = cell.Range
	warnings := cell.Warnings
	if ch := cell.Change; ch != nil {
		line["base"] = raw(row.Cells[0].Centre)
		if ch.Delta != nil {
			line["delta"] = raw(versus.Number(*ch.Delta))
		}
		line["vs base"], line["p"], line["paired p"], line["adjusted p"] = ch.Text, raw(ch.P), raw(ch.PairedP), raw(ch.Adjusted)
		line["n base"], line["method"], line["verdict"] = strconv.Itoa(ch.N1), string(ch.Method), string(ch.Verdict)
		line["ratio"], line["ratio lo"], line["ratio hi"] = raw(ch.Ratio.Value), raw(ch.Ratio.Lo), raw(ch.Ratio.Hi)
		if ch.Verdict == versus.Same {
			line["margin"] = raw(versus.Number(ch.Margin))
		}
		warnings = append(warnings[:len(warnings):len(warnings)], ch.Warnings...)
	}
	if w := cell.Within; w != nil {
		line["reference"] = plain(w.Reference)
		line["within"], line["within lo"], line["within hi"] = raw(w.Ratio.Ratio.Value), raw(w.Ratio.Ratio.Lo), raw(w.Ratio.Ratio.Hi)
		line["within verdict"] = string(w.Ratio.Verdict)
		warnings = append(warnings[:len(warnings):len(warnings)], w.Ratio.Warnings...)
		if ch := w.Change; ch != nil {
			line["within change"], line["within change lo"], line["within change hi"] = raw(ch.Ratio.Value), raw(ch.Ratio.Lo), raw(ch.Ratio.Hi)
			line["within change p"], line["within change verdict"] = raw(ch.P), string(ch.Verdict)
		}
	}
	line["warnings"] = plain(warningTexts(warnings))
	c.write(line)
}

func (c *csvTable) summary(col int) {
	s := &c.table.Summary[col]
	line := c.line(geomeanName, col)
	line["centre"] = raw(s.Centre)
	if col > 0 {
		line["n"] = strconv.Itoa(s.N)
		line["base"] = raw(c.table.Summary[0].Centre)
		line["ratio"], line["ratio lo"], line["ratio hi"] = raw(s.Ratio), raw(s.Lo), raw(s.Hi)
		if s.Ratio.Finite() {
			line["delta"] = raw(s.Ratio - 1)
		}
	}
	line["warnings"] = plain(warningTexts(s.Warnings))
	c.write(line)
}

// raw is a number with all its digits, or nothing.
func raw(n versus.Number) string {
	if !n.Finite() {
		return ""
	}
	return strconv.FormatFloat(float64(n), 'g', -1, 64)
}

// maxCSV is where strings are cut: longer than any name, shorter than what hangs a spreadsheet.
const maxCSV = 4096

// plain makes a string from a file one that a spreadsheet does not run: a cell that begins with = + - @ is a formula.
func plain(s string) string {
	s = clean(s, maxCSV)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

// warningTexts are warnings in one line.
func warningTexts(warnings []versus.Warning) string {
	texts := make([]string, len(warnings))
	for i, w := range warnings {
		texts[i] = w.Text
	}
	return strings.Join(texts, "; ")
}
