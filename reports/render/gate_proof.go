package render

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/reports/gate"
	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

var (
	proofTextFormat     = GateFormat[gate.Proof]{Name: "text", About: "what was planted and found, for a terminal", Ext: ".txt", Write: ProofText}
	proofMarkdownFormat = GateFormat[gate.Proof]{Name: "markdown", About: "what was planted and found, for a README", Ext: ".md", Write: ProofMarkdown}
	proofJSONFormat     = GateFormat[gate.Proof]{Name: "json", About: "all that the gate showed of itself, for programs", Ext: ".json", Write: ProofJSON}
)

// maxFailures is how many sentences of a kind a proof is told with.
const maxFailures = 40

// proofVerdict says what a gate showed of itself, in one word.
func proofVerdict(p *gate.Proof) (mark, word string, shade text.Colors) {
	switch {
	case p.Failed():
		return "✗", "failed", bad
	case !p.Shown():
		return "?", "not shown", dear
	case !p.Certain():
		return "✓", "met", good
	}
	return "✓", "shown", good
}

// proofTitle sums up a proof: false alarms, and what is found of each effect that has a target.
func proofTitle(p *gate.Proof) string {
	var words []string
	for i := range p.Rows {
		r := &p.Rows[i]
		switch {
		case r.Cell != "" || r.Missing:
		case r.Effect == 0:
			words = append(words, fmt.Sprintf("%s in %s", unit.Plural(r.Found, "false alarm"), tries(r.Trials)))
		case r.Target > 0:
			words = append(words, fmt.Sprintf("%s found in %s", planted(r), rate(r.Rate)))
		}
	}
	if len(words) == 0 {
		return "nothing was tried"
	}
	return strings.Join(words, ", ")
}

// tries counts tries in words.
func tries(n int) string {
	if n == 1 {
		return "1 try"
	}
	return unit.Count(max(n, 0)) + " tries"
}

// planted says what was planted: "nothing", "+3 %", "−1 cell".
func planted(r *gate.ProofRow) string {
	switch {
	case r.Missing:
		return "−1 cell"
	case r.Effect == 0:
		return "nothing"
	case r.Effect < 0:
		return "−" + share(-r.Effect)
	}
	return "+" + share(r.Effect)
}

// rate is a share of tries, with a decimal where it is not whole.
func rate(v float64) string {
	if !finite(v) {
		return none
	}
	return fmt.Sprintf("%.3g %%", math.Round(v*1000)/10)
}

// smallestPlanted is the row of all cells with the smallest effect from which on at least 9 of 10 tries found what was planted.
func smallestPlanted(rows []gate.ProofRow) (found gate.ProofRow, ok bool) {
	const often = 0.9
	all := slices.DeleteFunc(slices.Clone(rows), func(r gate.ProofRow) bool { return r.Cell != "" || r.Missing || !(r.Effect > 0) })
	slices.SortFunc(all, func(a, b gate.ProofRow) int { return cmp.Compare(b.Effect, a.Effect) }) // from the largest down
	for _, r := range all {
		if !(r.Rate >= often) {
			break
		}
		found, ok = r, true
	}
	return found, ok
}

// proofSentences are what the tries showed besides.
func proofSentences(p *gate.Proof) (out []string) {
	if r, ok := smallestPlanted(p.Rows); ok {
		out = append(out, fmt.Sprintf("The smallest change that was planted and found in 9 of 10 tries: %s, in %s %s.",
			share(r.Effect), rate(r.Rate), rateInterval(&r)))
	}
	if e := p.Smallest; e.N > 0 {
		out = append(out, "The first look alone, of the trials without an effect, would have seen "+share(e.Value)+changeBounds(e)+
			" in 9 of 10; a change that looks worse there gets the second.")
	}
	if p.Seconds > 0 && finite(p.Seconds) {
		out = append(out, fmt.Sprintf("Until a cell has its verdict it takes %.3g s (median).", p.Seconds))
	}
	if slices.ContainsFunc(p.Rows, func(r gate.ProofRow) bool { return r.Cell != "" }) {
		out = append(out, "The tries of one trial share its minutes, so they are not independent, and intervals over all cells are too narrow by that.")
	}
	return out
}

// changeBounds is the interval of a change, if there is one.
func changeBounds(e stats.Estimate) string {
	if !e.Bounded() {
		return ""
	}
	lo, hi := strings.TrimSuffix(share(e.Lo), " %"), strings.TrimSuffix(share(e.Hi), " %")
	return " [" + lo + ", " + hi + "]"
}

// proofFacts is what one has to know of a proof, as short phrases.
func proofFacts(p *gate.Proof) []string {
	out := []string{unit.Plural(p.Trials, "trial")}
	for _, s := range []string{p.Suite, p.Machine} {
		if s != "" {
			out = append(out, clean(s, maxProse/2))
		}
	}
	return out
}

// complaints are sentences of one kind, those that are too many counted.
func complaints(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range first(list, maxFailures) {
		out = append(out, clean(s, maxProse))
	}
	if n := len(list) - maxFailures; n > 0 {
		out = append(out, fmt.Sprintf("and %s more", unit.Count(n)))
	}
	return out
}

// ProofText writes what a gate showed of itself for a terminal of o.Width columns.
func ProofText(w io.Writer, p *gate.Proof, o Options) error {
	if o.Width <= 0 {
		o.Width = DefaultWidth
	}
	out := &page{paint: paint(o.Colour), width: max(o.Width, minWidth)}
	mark, word, shade := proofVerdict(p)
	out.banner(mark+" "+word, proofTitle(p), shade)
	out.prose(1, "", strings.Join(proofFacts(p), " · "), faint)
	if len(p.Rows) > 0 {
		out.line("")
		cols, _ := squeeze(proofColumns(p.Rows, max(out.width/4, leastName/2)), out.width-indent)
		out.grid(cols, len(p.Rows))
		out.prose(indent, "", proofLegend(p.Rows), faint)
	}
	for _, s := range proofSentences(p) {
		out.prose(indent, "", s, neutral)
	}
	for _, kind := range []struct {
		mark  string
		list  []string
		shade text.Colors
	}{{"✗ ", p.Failures, bad}, {"? ", p.Open, dear}, {"! ", p.Warnings, dear}} {
		for i, s := range complaints(kind.list) {
			if i == 0 {
				out.line("")
			}
			out.prose(0, kind.mark, s, kind.shade)
		}
	}
	out.closing(p.Rule, p.Command)
	_, err := w.Write(out.out.Bytes())
	return err
}

// ProofMarkdown writes what a gate showed of itself as GitHub-flavoured Markdown, without a plot.
func ProofMarkdown(w io.Writer, p *gate.Proof, _ Options) error {
	var out bytes.Buffer
	mark, word, _ := proofVerdict(p)
	fmt.Fprintf(&out, "**%s %s: %s**\n", mark, word, escape(proofTitle(p)))
	facts := proofFacts(p)
	for i, s := range facts {
		facts[i] = escape(s)
	}
	markdownLine(&out, facts...)
	if len(p.Rows) > 0 {
		cols := slices.DeleteFunc(proofColumns(p.Rows, maxParam*2), func(c gridColumn) bool { return c.head == rateHead || c.empty() })
		fmt.Fprintf(&out, "\n%s\n", markdownGrid(cols, len(p.Rows)))
		markdownLine(&out, escape(proofLegend(p.Rows)))
	}
	for _, s := range proofSentences(p) {
		markdownLine(&out, escape(s))
	}
	for _, kind := range []struct {
		head string
		list []string
	}{{"Failed", p.Failures}, {"Not shown", p.Open}, {"Warnings", p.Warnings}} {
		for i, s := range complaints(kind.list) {
			if i == 0 {
				fmt.Fprintf(&out, "\n%s:\n\n", kind.head)
			}
			fmt.Fprintf(&out, "- %s\n", escape(s))
		}
	}
	if p.Rule != "" {
		markdownLine(&out, escape(clean(p.Rule, maxRule)))
	}
	if p.Command != "" {
		out.WriteString("\n" + fenced(clean(p.Command, maxCommand)))
	}
	_, err := w.Write(out.Bytes())
	return err
}

// The JSON types of a proof are those of package gate, but that a number which is none is null.
type (
	proofJSON struct {
		Schema int    `json:"schema"`
		Status string `json:"status"` // shown, met (but not beyond chance), not shown, failed
		*gate.Proof
		Rows     []proofRowJSON `json:"rows"`
		Smallest estimateJSON   `json:"smallest"`
		Seconds  number         `json:"seconds"`
	}
	proofRowJSON struct {
		*gate.ProofRow
		Effect number `json:"effect"`
		Rate   number `json:"rate"`
		Lo     number `json:"lo"`
		Hi     number `json:"hi"`
		Target number `json:"target"`
	}
)

// ProofJSON writes what a gate showed of itself as one JSON object.
func ProofJSON(w io.Writer, p *gate.Proof, _ Options) error {
	_, word, _ := proofVerdict(p)
	out := proofJSON{
		Schema: gateSchema, Status: word, Proof: p, Rows: make([]proofRowJSON, len(p.Rows)),
		Smallest: newEstimateJSON(p.Smallest), Seconds: number(p.Seconds),
	}
	for i := range p.Rows {
		r := &p.Rows[i]
		out.Rows[i] = proofRowJSON{r, number(r.Effect), number(r.Rate), number(r.Lo), number(r.Hi), number(r.Target)}
	}
	return writeJSON(w, out)
}
