package chart

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"daxbench/reports/unit"
)

// Data returns what the chart shows as a table: a row for each point and span, or, of a heat map, for each cell that
// is not empty. Heads name the unit; values are in the base unit, without it; bounds of intervals have columns of
// their own, if there are any. Names are as they came: whoever writes the table escapes them.
func (c *Chart) Data() (head []string, rows [][]string) {
	x, y := c.X.head("X"), c.Y.head("Y")
	if c.Grid != nil {
		return []string{x + ", from", x + ", to", y + ", from", y + ", to", "count"}, c.cells()
	}
	bounds := c.bounded()
	if c.Y.Scale == Rows {
		head = []string{"series", y, x}
	} else {
		head = []string{"series", x, y}
	}
	if of := head[len(head)-1]; bounds {
		head = append(head, of+", low", of+", high")
	}
	for _, s := range c.Series {
		for _, p := range slices.Concat(s.Pieces...) {
			row := []string{s.Name, c.X.write(p.X), c.Y.write(p.Y)}
			of := &c.Y
			if c.Y.Scale == Rows {
				row[1], row[2], of = row[2], row[1], &c.X
			}
			switch {
			case bounds && p.bounded():
				row = append(row, of.write(p.Lo), of.write(p.Hi))
			case bounds:
				row = append(row, "", "")
			}
			rows = append(rows, row)
		}
		for _, b := range s.Spans {
			rows = append(rows, []string{s.Name, c.Y.write(b.Row), "", c.X.write(b.From), c.X.write(b.To)})
		}
	}
	return head, rows
}

// bounded says whether anything has a lower and an upper end.
func (c *Chart) bounded() bool {
	return slices.ContainsFunc(c.Series, func(s Series) bool {
		return len(s.Spans) > 0 || slices.ContainsFunc(slices.Concat(s.Pieces...), Point.bounded)
	})
}

// cells returns a row for each cell of the grid that is not empty.
func (c *Chart) cells() (rows [][]string) {
	g := c.Grid
	for i, column := range g.Counts {
		from, to := c.X.write(g.X[i]), c.X.write(g.X[i+1])
		for k, n := range column {
			if n > 0 {
				rows = append(rows, []string{from, to, c.Y.write(g.Y[k]), c.Y.write(g.Y[k+1]), number(n)})
			}
		}
	}
	return rows
}

// head is what stands above a column of an axis's values.
func (a *Axis) head(otherwise string) string {
	title := a.Title
	if title == "" {
		title = otherwise
	}
	switch a.Scale {
	case Percentile, Rows:
		return title
	case Date:
		return title + " (UTC)"
	}
	if first, _, _ := strings.Cut(title, ","); a.Kind == unit.Plain || unit.Of(first) == a.Kind {
		return title // says it: "ns/evict, less is better"
	}
	return title + " (" + a.Kind.Base() + ")"
}

// write writes one value of the axis.
func (a *Axis) write(v float64) string {
	switch a.Scale {
	case Date:
		return time.Unix(int64(v), 0).UTC().Format(time.RFC3339)
	case Percentile:
		return percentile(v)
	case Rows:
		if i := int(v); i >= 0 && i < len(a.Names) {
			return a.Names[i]
		}
	}
	return number(v)
}

// number writes a value with six significant digits, and with an exponent only where nobody could count the zeros.
func number(v float64) string {
	const digits, fewest, most = 6, 1e-9, 1e15
	s := strconv.FormatFloat(v, 'g', digits, 64)
	if a := max(v, -v); v != 0 && (a < fewest || a >= most) {
		return s
	}
	short, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	return strconv.FormatFloat(short, 'f', -1, 64)
}
