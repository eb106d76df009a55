package spin

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// constants are the numbers that model.pml has for the words of README.md and
// sets.txt.
type constants map[string]int

func readConstants(t *testing.T, path string) constants {
	t.Helper()
	cs := constants{"no": 0, "yes": 1, "0": 0, "1": 1}
	for _, m := range regexp.MustCompile(`(?m)^#define (\w+)\s+(\d+)`).FindAllStringSubmatch(read(t, path), -1) {
		cs[m[1]], _ = strconv.Atoi(m[2])
	}
	return cs
}

// of returns the number of a word, and fails the test if there is none.
func (cs constants) of(t *testing.T, word string) int {
	t.Helper()
	n, ok := cs[word]
	if !ok {
		t.Fatalf("model.pml has no number for %q", word)
	}
	return n
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A policy is a row of the README's table: its parameters by the names there.
type policy struct {
	name   string
	values map[string]string
}

// parameters are those of a policy, in the order in which model.pml reads them.
var parameters = []string{"Final", "Dropped", "Reclaim", "Unplug", "Hold", "Check", "Lock", "Leases", "DMAOnly", "Refuse",
	"Intr", "Deadline", "PerEntry", "Notify", "Drain", "Room", "Aside"}

// readPolicies reads the README's table of policies: four columns with a
// parameter each, and a last one with the rest, "Name" or "Name=Value".
func readPolicies(t *testing.T, path string) (ps []policy) {
	t.Helper()
	var columns []string
	for line := range strings.Lines(read(t, path)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case cells[0] == "policy":
			columns = cells
		case !strings.HasPrefix(line, "|"):
			columns = nil
		case columns == nil || strings.HasPrefix(cells[0], "--"):
		case len(cells) != len(columns):
			t.Fatalf("%s: %d cells under %d columns: %s", path, len(cells), len(columns), line)
		default:
			p := policy{strings.Trim(cells[0], "()"), map[string]string{}}
			for i, c := range columns[2 : len(columns)-1] {
				p.values[c] = cells[i+2]
			}
			rest, _, _ := strings.Cut(cells[len(cells)-1], ";")
			for _, word := range strings.FieldsFunc(rest, func(r rune) bool { return r == ',' || r == ' ' }) {
				name, value, ok := strings.Cut(word, "=")
				if !ok {
					value = "yes"
				}
				if !slices.Contains(parameters, name) {
					t.Fatalf("%s: policy %s: there is no parameter %q", path, p.name, name)
				}
				p.values[name] = value
			}
			ps = append(ps, p)
		}
	}
	return ps
}

// numbers returns the parameters as model.pml reads them.
func (p *policy) numbers(t *testing.T, cs constants) (out []int) {
	t.Helper()
	for _, name := range parameters {
		word := p.values[name]
		switch {
		case word == "":
			word = "0"
		case name == "Hold": // "Inode"
			word = name + word
		}
		out = append(out, cs.of(t, word))
	}
	return out
}

// A set is a task set of sets.txt, with a task for each pinner.
type set struct {
	name                   string
	inodes, pages, pinners int
	dontcache, shrinkable  bool
	tasks                  []task
}

// A task is one line of a set, or one of the copies of such a line.
type task struct {
	name   string
	first  []string   // "ref A", "pin A 0 1"
	script [][]string // the words of each operation
}

// readSets reads sets.txt. If pinners is not 0, sets with tasks that can be there
// several times have that many of them.
func readSets(t *testing.T, path string, pinners int) (sets []set) {
	t.Helper()
	for line := range strings.Lines(read(t, path)) {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		if words[0] == "set" {
			sets = append(sets, set{name: words[1]})
			continue
		}
		s := &sets[len(sets)-1]
		switch words[0] {
		case "inodes":
			s.inodes = atoi(t, words[1])
		case "pages":
			s.pages = atoi(t, words[1])
		case "pinners":
			if s.pinners = atoi(t, words[1]); pinners != 0 {
				s.pinners = pinners
			}
		case "dontcache":
			s.dontcache = true
		case "shrinkable":
			s.shrinkable = true
		case "whatif":
		case "task":
			s.add(line)
		default:
			t.Fatalf("%s: what is %q?", path, line)
		}
	}
	return sets
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// add reads the line of a task.
func (s *set) add(line string) {
	n := 1
	if strings.Contains(line, "#") {
		n = s.pinners
	}
	for i := range n {
		copied := strings.ReplaceAll(line, "#", strconv.Itoa(i+1))
		_, copied, _ = strings.Cut(strings.TrimSpace(copied), " ")
		name, rest, _ := strings.Cut(copied, " ")
		tk := task{name: name}
		for op := range strings.SplitSeq(rest, ";") {
			op = strings.TrimSpace(op)
			if strings.HasPrefix(op, "ref ") || strings.HasPrefix(op, "pin ") {
				tk.first = append(tk.first, op)
			} else {
				tk.script = append(tk.script, strings.Fields(op))
			}
		}
		tk.script = append(tk.script, []string{"End"})
		s.tasks = append(s.tasks, tk)
	}
}

func (s *set) number(t *testing.T, name string) int {
	t.Helper()
	i := slices.IndexFunc(s.tasks, func(tk task) bool { return tk.name == name })
	if i < 0 {
		t.Fatalf("set %s has no task %q", s.name, name)
	}
	return i
}

// numbers returns the set as model.pml reads it.
func (s *set) numbers(t *testing.T, cs constants) []int {
	t.Helper()
	out := []int{s.inodes, s.pages, len(s.tasks), bit(s.dontcache), bit(s.shrinkable)}
	for i := range s.tasks {
		out = append(out, s.first(t, i)...)
		inode, kind := s.pins(t, i)
		out = append(out, inode, cs.of(t, kind), len(s.tasks[i].script))
		for _, op := range s.tasks[i].script {
			out = append(out, cs.of(t, op[0]))
			out = append(out, s.operands(t, op)...)
		}
	}
	return out
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// first returns what a task has at first: the inode that it has a reference
// to, plus 1, and the set of pages that it has pinned.
func (s *set) first(t *testing.T, i int) []int {
	out := []int{0, 0}
	for _, f := range s.tasks[i].first {
		words := strings.Fields(f)
		if words[0] == "ref" {
			out[0] = 1 + inodeOf(t, words[1])
		} else {
			out[1], _ = pages(t, words[2:])
		}
	}
	return out
}

// pins returns inode and kind of the pins that a task can have: those of its own
// Pin, of the Pin of whoever submits to it, or those that it has at first.
func (s *set) pins(t *testing.T, i int) (inode int, kind string) {
	t.Helper()
	kind = "FollPin"
	n := 0
	for _, f := range s.tasks[i].first {
		if words := strings.Fields(f); words[0] == "pin" {
			inode = inodeOf(t, words[1])
			n++
		}
	}
	for _, tk := range s.tasks {
		submits := slices.ContainsFunc(tk.script, func(op []string) bool {
			return op[0] == "Submit" && op[1] == s.tasks[i].name
		})
		if tk.name != s.tasks[i].name && !submits {
			continue
		}
		for _, op := range tk.script {
			if op[0] == "Pin" {
				inode = inodeOf(t, op[1])
				_, kind = pages(t, op[2:])
				n++
			}
		}
	}
	if n > 1 {
		t.Fatalf("set %s: model.pml can keep one kind of pin for a task, and %s has %d", s.name, s.tasks[i].name, n)
	}
	return inode, kind
}

// operands returns the inode of an operation, and its pages or its other task.
func (s *set) operands(t *testing.T, op []string) []int {
	t.Helper()
	switch {
	case len(op) == 1:
		return []int{0, 0}
	case op[0] == "Submit" || op[0] == "Signal":
		return []int{0, s.number(t, op[1])}
	}
	set, _ := pages(t, op[2:])
	return []int{inodeOf(t, op[1]), set}
}

func inodeOf(t *testing.T, word string) int {
	t.Helper()
	i := strings.Index("AB", word)
	if i < 0 {
		t.Fatalf("%q is no inode", word)
	}
	return i
}

// pages reads "0 1 get": a set of pages, and the kind of the pins.
func pages(t *testing.T, words []string) (set int, kind string) {
	t.Helper()
	kind = "FollPin"
	for _, w := range words {
		switch w {
		case "get":
			kind = "FollGet"
		case "unb":
			kind = "Unbounded"
		default:
			set |= 1 << atoi(t, w)
		}
	}
	return set, kind
}

// params is the file that model.pml reads.
func params(t *testing.T, cs constants, p *policy, s *set) string {
	var b strings.Builder
	for _, n := range append(p.numbers(t, cs), s.numbers(t, cs)...) {
		fmt.Fprintln(&b, n)
	}
	return b.String()
}
