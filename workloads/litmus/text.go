package litmus

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/engine/target"
)

// Look says how text is written.
type Look struct {
	Width  int // columns; 0: 80
	Colour bool
}

// widest is how wide prose gets: longer lines are hard to read.
const widest = 100

// page is text while it is being written.
type page struct {
	paint
	width int
	out   strings.Builder
}

func newPage(l Look) *page {
	if l.Width <= 0 {
		l.Width = 80
	}
	return &page{paint: paint(l.Colour), width: max(l.Width, 40)}
}

func (p *page) line(s string) { p.out.WriteString(strings.TrimRight(s, " ") + "\n") }

// hang writes s behind a lead, its further lines under the first; the lead,
// which may have colours, takes room columns.
func (p *page) hang(lead string, room int, s string, c text.Colors) {
	for _, l := range strings.Split(text.WrapSoft(s, max(20, min(p.width, widest)-room)), "\n") {
		p.line(lead + p.on(strings.TrimRight(l, " "), c))
		lead = strings.Repeat(" ", room)
	}
}

func (p *page) writeTo(w io.Writer) error {
	_, err := io.WriteString(w, p.out.String())
	return err
}

// Text writes the matrix: what each policy keeps, then each scenario under each
// policy, then what is not as declared.
func (m *Matrix) Text(w io.Writer, l Look) error {
	p := newPage(l)
	room := 0
	for _, r := range m.Rows {
		room = max(room, len(r.Policy))
	}
	m.keeps(p, room)
	p.line("")
	m.outcomes(p, room)
	p.line("")
	m.names(p)
	m.conclusions(p)
	return p.writeTo(w)
}

// keeps writes policies × invariants.
func (m *Matrix) keeps(p *page, room int) {
	p.line(p.on("What each policy breaks", bold))
	p.line(fmt.Sprintf("  %-5s %-*s  %s  see scenario", "", room, "", letters(target.Invariants)))
	for i, r := range m.Rows {
		line, see := p.policy(&r, room), ""
		for _, inv := range target.Invariants {
			mark, in := m.Mark(i, string(inv))
			s := markOf(mark, inv)
			line += " " + p.on(s.rune, s.look)
			if mark == Broken {
				see += fmt.Sprintf(" %c%s", inv, in.tag())
			}
		}
		p.line(line + " " + see)
	}
	p.flow(2, faint, "· kept", "- not probed",
		"U no block is reused under a pin", "A the inode of a pinned page is known", "L space comes back", "R reclaim sleeps on no pin",
		"H unrelated inodes do not wait", "K no wait holds a lock that the unpinner needs", "X no sleep in atomic context", "W no wake-up is lost")
}

// policy writes the head of a row.
func (p *page) policy(r *Row, room int) string {
	return fmt.Sprintf("  %s %-*s ", p.on(fmt.Sprintf("%-5s", r.ID), faint), room, r.Policy)
}

// item is a sign and what it stands for.
func (s sign) item() string { return s.rune + " " + s.about }

// flow writes items one after the other, as many in a line as fit.
func (p *page) flow(margin int, c text.Colors, items ...string) {
	line := ""
	for _, item := range items {
		if line != "" && margin+text.StringWidth(line)+2+text.StringWidth(item) > min(p.width, widest) {
			p.line(strings.Repeat(" ", margin) + p.on(line, c))
			line = ""
		}
		if line != "" {
			line += "  "
		}
		line += item
	}
	p.line(strings.Repeat(" ", margin) + p.on(line, c))
}

// tag is what tables call a scenario.
func (e Entry) tag() string {
	if e.Number == 0 {
		return ":" + e.Name
	}
	return strconv.Itoa(e.Number)
}

// outcomes writes policies × scenarios: those whose findings are charged to the
// policy first, the what-ifs behind a bar. If they do not fit, in several parts.
func (m *Matrix) outcomes(p *page, room int) {
	p.line(p.on("What became of each scenario", bold))
	order := m.order()
	per := max(1, (p.width-3-room)/2)
	for rest := order; len(rest) > 0; {
		part := rest[:min(per, len(rest))]
		rest = rest[len(part):]
		m.part(p, room, part)
		if len(rest) > 0 {
			p.line("")
		}
	}
	p.flow(2, faint, legend()...)
	if slices.Contains(order, bar) {
		p.hang("  ", 2, "| behind it: faults outside eviction, held against no policy; some mend them", faint)
	}
	if m.Kernel == "" {
		p.hang("  ", 2, ruleOfLRU, faint)
	}
}

// ruleOfLRU is what the engine does by itself, where no scenario sets lru.
const ruleOfLRU = "reclaim may take inodes with DAX entries here, as Linux before 5.16; " +
	"-kernel 6.19 shows the newer rule"

// bar is where the what-ifs begin, in order.
const bar = -1

// order returns the indices of the scenarios as the columns have them.
func (m *Matrix) order() []int {
	var charged, others []int
	for k, e := range m.Scenarios {
		if Charged(e.Scenario) {
			charged = append(charged, k)
		} else {
			others = append(others, k)
		}
	}
	if len(charged) > 0 && len(others) > 0 {
		charged = append(charged, bar)
	}
	return append(charged, others...)
}

func (m *Matrix) part(p *page, room int, columns []int) {
	tens, ones := "", ""
	for _, k := range columns {
		switch {
		case k == bar:
			tens, ones = tens+" |", ones+" |"
		case m.Scenarios[k].Number >= 10:
			tens, ones = tens+fmt.Sprintf(" %d", m.Scenarios[k].Number/10), ones+fmt.Sprintf(" %d", m.Scenarios[k].Number%10)
		default:
			tens, ones = tens+"  ", ones+fmt.Sprintf(" %d", m.Scenarios[k].Number)
		}
	}
	for _, head := range []string{tens, ones} {
		if strings.TrimSpace(head) != "" {
			p.line(fmt.Sprintf("  %-*s ", room, "") + head)
		}
	}
	for _, r := range m.Rows {
		line := fmt.Sprintf("  %-*s ", room, r.Policy)
		for _, k := range columns {
			if k == bar {
				line += " |"
				continue
			}
			s := signOf(&r.Cells[k].Outcome)
			line += " " + p.on(s.rune, s.look)
		}
		p.line(line)
	}
}

// names lists the scenarios, in as many columns as fit.
func (m *Matrix) names(p *page) {
	room := 0
	for _, e := range m.Scenarios {
		room = max(room, len(e.Name))
	}
	columns := max(1, (p.width-2)/(room+5))
	rows := (len(m.Scenarios) + columns - 1) / columns
	for i := range rows {
		line := " "
		for c := i; c < len(m.Scenarios); c += rows {
			e := m.Scenarios[c]
			line += fmt.Sprintf(" %2d %-*s ", e.Number, room, e.Name)
		}
		p.line(line)
	}
}

// Conclusions writes whether all is as declared, and if not what.
func (m *Matrix) Conclusions(w io.Writer, l Look) error {
	p := newPage(l)
	m.conclusions(p)
	return p.writeTo(w)
}

func (m *Matrix) conclusions(p *page) {
	p.line("")
	for _, problem := range m.Problems() {
		p.hang(p.on("! ", bad), 2, problem, bad)
	}
	if m.Kernel != "" {
		for _, d := range m.Differences() {
			p.hang("", 0, fmt.Sprintf("Like kernel %s, %s.", m.Kernel, d), nil)
		}
	}
	switch {
	case !m.AsDeclared() || m.Kernel != "" && len(m.Differences()) > 0:
	case m.Full && m.Kernel == "":
		p.hang("", 0, "Each policy breaks just what it declares. daxbench litmus -v -policy P7 -scenario 6 tells the story of a cell.", nil)
	default:
		p.hang("", 0, "No policy breaks more than it declares.", nil)
	}
}
