package table

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// Text writes results for a terminal.
func Text(list []Result) string { return build(list).Render() }

// Markdown writes results for a document.
func Markdown(list []Result) string { return build(list).RenderMarkdown() }

func build(list []Result) table.Writer {
	w := table.NewWriter()
	w.SetStyle(table.StyleLight)
	w.Style().Format.Header = 0
	w.AppendHeader(table.Row{"cell", "subject", "against", "ns", "ns", "value [95 %]", "target", ""})
	for _, r := range list {
		w.AppendRow(table.Row{
			r.Cell, r.Subject, r.Against, nanos(r.Nanos), nanos(r.Base), r.figure(), r.Target.String(), r.verdict(),
		})
	}
	return w
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
	format := "%.3f [%.3f–%.3f]"
	suffix := ""
	switch r.Unit {
	case Ratio:
		suffix = " ×"
	case Nanos:
		format, suffix = "%.2f [%.2f–%.2f]", " ns"
	case Percent:
		format, suffix = "%.2f [%.2f–%.2f]", " %"
	case Bytes:
		format, suffix = "%.1f [%.1f–%.1f]", " B"
	}
	return fmt.Sprintf(format, r.Value, r.Lo, r.Hi) + suffix
}

// doubtful is from which share on rounds that did not count are worth a word.
const doubtful = 0.2

func (r Result) verdict() string {
	words := []string{}
	if v := r.Verdict.String(); v != "" {
		words = append(words, v)
	}
	if r.Dropped > doubtful {
		words = append(words, fmt.Sprintf("%.0f %% of the rounds dropped", 100*r.Dropped))
	}
	return strings.Join(words, "; ")
}
