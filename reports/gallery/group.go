package gallery

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/unit"
)

// Limits on what is made of a run that is larger than a picture, or a page, can show. What is beyond them is said in a Note.
const (
	maxGroups   = 64 // of which charts of groups are made, and which have sections of their own
	maxPolicies = 32 // curves, or pictures, of one group: the engine has 22 policies
	maxRows     = 60 // of one chart: they fill a screen and a half
)

// Longest texts from files, in characters.
const (
	maxName  = 60  // of a policy, a run
	maxTitle = 120 // of a group or a cell with all its parameters
	maxID    = 80
)

// group is a group of a run with its cells.
type group struct {
	*compare.Group
	index int
	id    string         // unique in the run; [a-z0-9.-]
	label string         // the workload and those of its parameters that it is run with several values of
	cells []*folder.Cell // by row of the group
}

// groups are those of the table, with their cells; nobody changes them. They are put together once: of a million cells it takes
// a second.
func (s *Source) groups() []group {
	if s.of != s.Table {
		s.known, s.of = s.grouped(), s.Table
	}
	return s.known
}

func (s *Source) grouped() []group {
	cells := s.Run.Index()
	differing, ids := s.Table.Differing(), make(idents)
	out := make([]group, len(s.Table.Groups))
	for i := range s.Table.Groups {
		g := &s.Table.Groups[i]
		name := folder.Key{Workload: g.Workload, Params: g.Params}.Group()
		out[i] = group{Group: g, index: i, id: ids.unique(name), label: plain(g.Workload)}
		for _, p := range differing(g) {
			out[i].label += " " + plain(p.Key+"="+p.Value)
		}
		out[i].label = cut(out[i].label, maxTitle)
		for _, r := range g.Rows {
			out[i].cells = append(out[i].cells, cells.Of(folder.Key{Workload: g.Workload, Params: g.Params, Policy: r.Policy}))
		}
	}
	return out
}

// first is the only source that a kind of a run looks at, or nil.
func first(sources []*Source) *Source {
	if len(sources) == 0 {
		return nil
	}
	return sources[0]
}

// policies are those of all groups, in the order of the run.
func policies(groups []group) (names []string) {
	seen := make(map[string]bool)
	for _, g := range groups {
		for _, r := range g.Rows {
			if !seen[r.Policy] {
				seen[r.Policy] = true
				names = append(names, r.Policy)
			}
		}
	}
	return names
}

// title is the name of the group, for the title of a chart.
func (g *group) title() string { return cut(g.Name(), maxTitle) }

// Shown are the groups that charts of groups are made of, by their indices: all, or of a run that has too many the foremost
// (compare.Table.Foremost), and those whose charts are asked for by name.
func (s *Source) Shown() []int {
	shown := s.Table.Foremost(maxGroups)
	if len(shown) == len(s.Table.Groups) || len(s.Charts) == 0 {
		return shown
	}
	for i, g := range s.groups() {
		if slices.ContainsFunc(s.Charts, func(name string) bool { return strings.Contains(name+"-", "-"+g.id+"-") }) {
			shown = append(shown, i)
		}
	}
	slices.Sort(shown)
	return slices.Compact(shown)
}

// eachGroup makes the charts of each group that is shown, and says in the last one what was left out. A group whose record
// cannot be understood has none; the others have theirs, and the error is that of the first such group.
func eachGroup(sources []*Source, of func(src *Source, g *group) ([]Picture, error)) (out []Picture, err error) {
	src := first(sources)
	if src == nil {
		return nil, nil
	}
	groups := src.groups()
	shown, broken := src.Shown(), 0
	for _, i := range shown {
		pictures, wrong := of(src, &groups[i])
		if wrong != nil {
			err = cmp.Or(err, wrong)
			broken++
		}
		out = append(out, pictures...)
	}
	if left := len(groups) - len(shown); left > 0 && len(out) > 0 {
		out[len(out)-1].Note += fmt.Sprintf(" Such charts are made of %d groups; %s are left out.", len(shown), unit.Count(left))
	}
	if broken > 1 {
		err = fmt.Errorf("%w (and %d more groups like it)", err, broken-1)
	}
	return out, err
}

// wrong is an error about one cell in one round.
func wrong(c *folder.Cell, round int, format string, args ...any) error {
	return fmt.Errorf("%s, round %d: %w", cut(c.Name, maxTitle), round, fmt.Errorf(format, args...))
}

// plain makes a name from a file printable and short.
func plain(s string) string { return cut(s, maxName) }

// cut makes a string from a file printable, and no longer than so many characters: what is no printable one is replaced by its
// Go escape, so that it is seen instead of obeyed, and of marks that combine with the letter before them two are kept.
func cut(s string, most int) string {
	var b strings.Builder
	n, marks := 0, 0
	for i, r := range s {
		if marks++; !unicode.Is(unicode.M, r) {
			marks = 0
		}
		if marks > 2 {
			continue
		}
		if n++; n > most {
			return b.String() + "…"
		}
		b.WriteString(unit.Legible(s, i, r))
	}
	return b.String()
}

// policyName is what a series of a policy is called.
func policyName(policy string) string {
	if policy == "" {
		return "(no policy)"
	}
	return plain(policy)
}

// idents hands out names that are used only once. Of each it holds the last number that was tried behind it, so that many
// alike are numbered without trying all numbers again.
type idents map[string]int

// unique makes an identifier of any string: letters and digits of ASCII in lower case, and dots; dashes for all else.
func (u idents) unique(s string) string {
	base := slug(s)
	id := base
	for u[id] > 0 {
		u[base]++
		id = fmt.Sprintf("%s-%d", base, u[base])
	}
	u[id] = 1
	return id
}

// slug is a string without what an identifier may not have.
func slug(s string) string {
	if len(s) > 4*maxID {
		s = s[:4*maxID]
	}
	s = strings.Map(func(r rune) rune {
		switch r = unicode.ToLower(r); {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '.':
			return r
		case r == 'µ' || r == 'μ': // the sign and the letter
			return 'u'
		}
		return '-'
	}, s)
	words := strings.FieldsFunc(s, func(r rune) bool { return r == '-' })
	s = strings.Join(words, "-")
	return strings.Trim(s[:min(len(s), maxID)], "-.")
}

// countOf is "1 round", "6 rounds".
func countOf(n int, word string) string { return between(n, n, word) }

// between is "6 rounds", or "4 to 6 rounds".
func between(least, most int, word string) string {
	switch {
	case least == most && most == 1:
		return "1 " + word
	case least == most:
		return fmt.Sprintf("%d %ss", most, word)
	}
	return fmt.Sprintf("%d to %d %ss", least, most, word)
}

// spread returns the least and the largest of some numbers; zeros if there are none.
func spread[T int | uint64 | float64](list []T) (least, most T) {
	if len(list) == 0 {
		return 0, 0
	}
	return slices.Min(list), slices.Max(list)
}
