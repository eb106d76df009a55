package chart

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"daxbench/reports/unit"
)

// Data returns what the chart shows as a table: a row for each point and span, or, of a heat map, for each cell that
// is not empty, and after these one for each mark that has a label, which stands in the place of the series. Heads name
// the unit; values are in the base unit, without it; bounds of intervals have columns of their own, if there are any,
// and so have headings of rows and what is said of rows. Names are as they came: whoever writes the table escapes them.
func (c *Chart) Data() (head []string, rows [][]string) {
	x, y := c.X.head("X"), c.Y.head("Y")
	if c.Grid != nil {
		return []string{x + ", from", x + ", to", y + ", from", y + ", to", "count"}, c.cells()
	}
	t := dataTable{c, c.Y.Scale == Rows, c.bounded()}
	if t.byRow {
		x, y = y, x
	}
	head = []string{"series", x, y}
	if t.bounds {
		head = append(head, y+", low", y+", high")
	}
	if len(c.Y.Heads) > 0 {
		head = slices.Insert(head, 1, "group")
	}
	if len(c.Y.Said) > 0 {
		head = append(head, "said")
	}
	for _, s := range c.Series {
		for _, p := range slices.Concat(s.Pieces...) {
			rows = append(rows, t.point(s.Name, p))
		}
		for _, b := range s.Spans {
			rows = append(rows, t.line(s.Name, int(b.Row), c.Y.write(b.Row), "", c.X.write(b.From), c.X.write(b.To)))
		}
	}
	for _, m := range c.Marks {
		if m.Label != "" {
			rows = append(rows, t.mark(m))
		}
	}
	return head, rows
}

// dataTable writes the rows of Data.
type dataTable struct {
	*Chart
	byRow  bool // the Y axis has rows, which come before values
	bounds bool // there are intervals
}

// noRow is in the place of the row of what stands in none.
const noRow = -1

// point writes a point.
func (t *dataTable) point(series string, p Point) []string {
	row, key, value, of := noRow, t.X.write(p.X), t.Y.write(p.Y), &t.Y
	if t.byRow {
		row, key, value, of = int(p.Y), value, key, &t.X
	}
	lo, hi := "", ""
	if p.bounded() {
		lo, hi = of.write(p.Lo), of.write(p.Hi)
	}
	return t.line(series, row, key, value, lo, hi)
}

// mark writes a mark.
func (t *dataTable) mark(m Mark) []string {
	name := m.Label
	if m.Series != Everyone {
		name = t.Series[m.Series].Name + ": " + name
	}
	switch {
	case m.Level:
		return t.line(name, noRow, "", t.Y.write(m.At), "", "")
	case t.byRow:
		return t.line(name, noRow, "", t.X.write(m.At), "", "")
	}
	return t.line(name, noRow, t.X.write(m.At), "", "", "")
}

// line puts together what there are columns for.
func (t *dataTable) line(series string, row int, key, value, lo, hi string) []string {
	out := []string{series}
	if len(t.Y.Heads) > 0 {
		out = append(out, t.Y.headOf(row))
	}
	out = append(out, key, value)
	if t.bounds {
		out = append(out, lo, hi)
	}
	switch {
	case len(t.Y.Said) == 0:
	case row == noRow:
		out = append(out, "")
	default:
		out = append(out, t.Y.Said[row])
	}
	return out
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
