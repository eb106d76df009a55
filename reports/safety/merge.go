package safety

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"daxbench/reports/unit"
)

// merge puts the two together; either may be nil.
func merge(l *litmusFile, v *verifyFile) *Matrix {
	m := new(Matrix)
	if l != nil {
		m.Sources = append(m.Sources, l.source("litmus"))
		m.addHazards(l.Hazards)
		for _, p := range l.Policies {
			m.addRow(p.Policy, p.ID)
		}
	}
	if v != nil {
		m.Sources = append(m.Sources, v.source("verify"))
		m.addHazards(v.Hazards)
		for _, p := range v.Policies {
			m.addRow(p.Policy, p.ID)
		}
	}
	slices.SortStableFunc(m.Hazards, func(a, b Hazard) int { return rank(a) - rank(b) })
	slices.SortStableFunc(m.Rows, func(a, b Row) int { return number(a.ID) - number(b.ID) })
	for i := range m.Rows {
		for _, h := range m.Hazards {
			m.Rows[i].Cells = append(m.Rows[i].Cells, cell(l, v, m.Rows[i].Policy, h.Letter))
		}
	}
	m.Notes = notes(l, v)
	return m
}

// rank puts hazards that lose data before others.
func rank(h Hazard) int {
	if h.Data {
		return 0
	}
	return 1
}

// source is where a file comes from.
func (f *madeBy) source(command string) Source {
	return Source{Command: command, Tool: f.Tool, Commit: f.Commit, Date: f.Date, Kernel: f.Kernel}
}

func (m *Matrix) addHazards(list []hazard) {
	for _, h := range list {
		if !slices.ContainsFunc(m.Hazards, func(o Hazard) bool { return o.Letter == h.Letter }) {
			m.Hazards = append(m.Hazards, Hazard(h))
		}
	}
}

func (m *Matrix) addRow(policy, id string) {
	if !slices.ContainsFunc(m.Rows, func(r Row) bool { return r.Policy == policy }) {
		m.Rows = append(m.Rows, Row{Policy: policy, ID: id})
	}
}

// number is the number in "P13a"; those without one come last.
func number(id string) int {
	const last = 1 << 20
	digits := strings.TrimPrefix(id, "P")
	if i := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		digits = digits[:i]
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return last
	}
	return min(n, last)
}

// A draft is a cell while it is put together.
type draft struct {
	policy, hazard string

	mark     Mark
	declared bool
	why      string // with which sentence the policy declares it
	said     []string
	stories  []Story

	// Scenarios that probe it: in which it is broken, that were played, that were not; and others in which it is broken.
	shown, probed, left, elsewhere int
	schedules                      int // of verify in which it was looked for in vain
}

func (d *draft) say(format string, args ...any) {
	d.said = append(d.said, fmt.Sprintf(format, args...))
}

// isProperty says that the hazard is something that happens, and no invariant that is kept.
func (d *draft) isProperty() bool { return len(d.hazard) > 1 }

// found adds the story of a schedule.
func (d *draft) found(kind string, s *schedule) {
	story := Story{ID: slug(d.policy, "verify", kind, s.Shape), Title: s.Text, Lines: s.Lines, Replay: s.Replay}
	if len(s.Lines) == 0 {
		story.Lines = []string{s.Text}
	}
	if s.Shape != "" {
		story.Title += ", in shape " + s.Shape
	}
	d.stories = append(d.stories, story)
}

// cell is what both files say of a policy and a hazard.
func cell(l *litmusFile, v *verifyFile, policy, hazard string) Cell {
	d := draft{policy: policy, hazard: hazard}
	if l != nil {
		for _, p := range l.Policies {
			if i := slices.IndexFunc(p.Cells, func(c litmusCell) bool { return c.Hazard == hazard }); i >= 0 && p.Policy == policy {
				p.Cells[i].into(&d)
			}
		}
	}
	if v != nil {
		v.into(&d)
	}
	if d.mark == Kept && (d.declared || d.left > 0) {
		d.mark = NotFound
	}
	switch {
	case d.mark == Broken && !d.declared:
		d.say("the policy does not declare it")
	case d.mark == Broken && d.why != "":
		d.say("as the policy declares: %s", strings.TrimSuffix(d.why, "."))
	case d.mark == Broken:
		d.say("as the policy declares")
	case d.declared:
		d.say("the policy declares it broken, and nothing here shows it")
	}
	return Cell{Mark: d.mark, Declared: d.declared, Brief: d.brief(), Text: strings.Join(d.said, "; "), Stories: unique(d.stories)}
}

// brief says in how many scenarios the mark was seen, of those that probe it.
func (d *draft) brief() string {
	of := func(n, all int) string { return unit.Count(n) + " of " + unit.Count(all) }
	switch {
	case d.mark == Broken && d.shown > 0:
		return of(d.shown, d.probed)
	case d.mark == Broken && d.elsewhere > 0:
		return unit.Plural(d.elsewhere, "other")
	case d.mark == Broken:
		return "a schedule"
	case d.mark == Kept || d.mark == NotFound && d.probed > 0:
		return of(d.probed, d.probed+d.left)
	case d.mark == NotFound:
		return unit.Plural(d.schedules, "schedule")
	}
	return ""
}

// unique leaves out stories that were told already, and makes the IDs of different ones different.
func unique(stories []Story) (out []Story) {
	for _, s := range stories {
		same := func(o Story) bool { return o.ID == s.ID }
		i := slices.IndexFunc(out, same)
		if i >= 0 && out[i].Title == s.Title && out[i].Replay == s.Replay {
			continue
		}
		for id, n := s.ID, 2; slices.ContainsFunc(out, same); n++ {
			s.ID = fmt.Sprintf("%s-%d", id, n)
		}
		out = append(out, s)
	}
	return out
}

// slug makes an ID of words: small letters and digits, all else as hyphens.
func slug(words ...string) string {
	const most = 200 // bytes: names from files may have a megabyte
	var b strings.Builder
	for _, r := range strings.ToLower(strings.Join(words, "-")) {
		switch letter := 'a' <= r && r <= 'z' || '0' <= r && r <= '9'; {
		case b.Len() == most:
			return b.String()
		case letter:
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// notes says what the matrix rests on, and what is doubtful about it.
func notes(l *litmusFile, v *verifyFile) (list []string) {
	if l != nil {
		list = append(list, l.notes()...)
	} else {
		list = append(list, "No scenario of litmus was played: daxbench litmus -o FOLDER does.")
	}
	if v != nil {
		list = append(list, v.notes()...)
	} else {
		list = append(list, "No interleavings were searched: daxbench verify -o FOLDER does.")
	}
	if l == nil || v == nil {
		return list
	}
	if l.Kernel != v.Kernel {
		list = append(list, fmt.Sprintf("litmus and verify kept to different rules: those of %s, and of %s.", rules(l.Kernel), rules(v.Kernel)))
	}
	if l.Commit != v.Commit {
		list = append(list, fmt.Sprintf("litmus and verify are of different commits: %s and %s.", unknown(l.Commit), unknown(v.Commit)))
	}
	return list
}

func rules(kernel string) string {
	if kernel == "" {
		return "the engine"
	}
	return "Linux " + kernel
}

func unknown(s string) string {
	if s == "" {
		return "one that is not known"
	}
	return s
}
