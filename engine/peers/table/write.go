package table

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// Text writes results for a terminal.
func Text(list []Result) string {
	w := table.NewWriter()
	w.SetStyle(table.StyleLight)
	w.Style().Format.Header = 0
	w.AppendHeader(table.Row{"cell", "subject", "against", "ns", "ns", "value [95 %]", "target", ""})
	for _, r := range list {
		w.AppendRow(table.Row{
			r.Cell, r.Subject, r.Against, nanos(r.Nanos), nanos(r.Base), r.figure(), r.Target.String(), r.verdict(),
		})
	}
	return w.Render()
}

func nanos(v float64) string {
	switch {
	case v == 0:
		return ""
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// figure writes value and interval with as many digits as say something.
func (r Result) figure() string {
	digits, unit := 3, ""
	switch r.Unit {
	case Nanos:
		digits, unit = 1, " ns"
	case Percent:
		digits, unit = 2, " %"
	case Bytes:
		digits, unit = 1, " B"
	case Count:
		digits = 2
	}
	if math.IsNaN(r.Value) {
		return "none"
	}
	s := fmt.Sprintf("%.*f", digits, r.Value)
	if r.Lo != r.Value || r.Hi != r.Value {
		s += fmt.Sprintf(" [%.*f–%.*f]", digits, r.Lo, digits, r.Hi)
	}
	return s + unit
}

// doubtful is from which share on rounds that did not count are worth a word.
const doubtful = 0.2

// doubt is that word, or nothing.
func (r Result) doubt() string {
	if r.Dropped <= doubtful {
		return ""
	}
	return fmt.Sprintf("%.0f %% of the rounds dropped", 100*r.Dropped)
}

func (r Result) verdict() string {
	words := slices.DeleteFunc([]string{r.Verdict.String(), r.doubt()}, func(s string) bool { return s == "" })
	return strings.Join(words, "; ")
}
