package target

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// small is a scenario of each kind of line, in canonical form.
const small = `# What this is about.
scenario: small
title: all kinds of lines
origin: nobody
shows: Nothing much.
shows: Really.
probes: U A
blames: scan=mapped-only
param: n=3 as many as needed
threads: T1 T2
set: memory=64 lru=any
run: a scan=mapped-only
run: b refcount=0 recall=45s

steps:
T1: create F pages=4 dir
T1: create M*$n

# Pins.
T1: pin F 0 as p*$n by io_uring get stride=2  # three of them
T1: pin M.2 0 as q by vmsplice
E*3: close M*$n &
dev: release p*3 last-first every=1ms
reader: dma-read q
T2: truncate F 0
T2: reflink F to G
T2: rename G over F
k: alloc kernel as m
k: lease F as l answer=5s
time: wait 1m30s
time: expect T2 returned
T1: kill T2

# The end.
`

func TestRoundTrip(t *testing.T) {
	s, err := Parse("small.txt", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if got := Format(s); string(got) != small {
		t.Errorf("formatted otherwise:\n%s", got)
	}
	p := s.Steps[2]
	if p.Index.N != 0 || p.Name.N() != 3 || p.Stride.N != 2 || !p.Has(FollGet) || p.Holder != "io_uring" || p.Note[0] != "Pins." || p.Remark != "three of them" {
		t.Errorf("pin: %+v", p)
	}
	if s.Steps[5].For.String() != "1ms" || !s.Steps[4].Together || s.Settings(s.Runs[0])[2].String() != "scan=mapped-only" {
		t.Errorf("%+v", s)
	}
}

// TestFormatIsTidy feeds text as people write it.
func TestFormatIsTidy(t *testing.T) {
	untidy := strings.NewReplacer("\n", "  \r\n\n", "steps:", "\tsteps:  ", "by io_uring get stride=2", "by   io_uring stride=2 get").Replace(small)
	s, err := Parse("untidy.txt", []byte(untidy))
	if err != nil {
		t.Fatal(err)
	}
	if got := Format(s); string(got) != small {
		t.Errorf("formatted otherwise:\n%s", got)
	}
}

// bad replaces one line of small; the message must have all the words.
var bad = []struct{ old, new, want string }{
	{"scenario: small", "scenario: sm all", `2: scenario: "sm all" is no name`},
	{"scenario: small\n", "", `no line "scenario:"`},
	{"title: all kinds of lines", "title:", "3: title: nothing behind it; want TEXT"},
	{"title: all kinds of lines", "subject: x", `3: unknown key "subject"; known: scenario, title`},
	{"title: all kinds of lines", "whatever", `3: "whatever": want "key: value"`},
	{"origin: nobody", "title: again", "4: title: stands on line 3 already"},
	{"probes: U A", "probes: U Q", "7: probes: 'Q' is no invariant; they are U A L R H K X W"},
	{"set: memory=64 lru=any", "set: memory=64 memory=65", "11: set: memory is set twice"},
	{"set: memory=64 lru=any", "set: memory=lots", "memory=lots: want a number from 1"},
	{"set: memory=64 lru=any", "set: colour=red", `unknown setting "colour"; known: lru,`},
	{"set: memory=64 lru=any", "set: lru=all", "lru=all: want any or shrinkable"},
	{"recall=45s", "recall=-45s", "want a time such as 45s"},
	{"run: b ", "run: a ", `13: run: "a" is the name of another run`},
	{"param: n=3 as many as needed", "param: n=0", `9: param: "0" is no number from 1`},
	{"param: n=3 as many as needed", "param: m=3", "$n: no such parameter; the scenario has: m"},
	{"param: n=3 as many as needed", "param: n=3\nparam: m=4", "param: no step uses $m"},
	{"threads: T1 T2", "threads: T1", "10: threads: want the names of two tasks"},
	{"threads: T1 T2", "threads: T1 T7", "threads: no step has the task T7"},
	{"blames: scan=mapped-only", "blames: locked=skip", "blames: no run has the setting locked=skip"},
	{"steps:", "", "unknown key \"T1\""},
	{"steps:", "steps: T1", "steps: the steps stand on the lines below"},
	{"T1: create F pages=4 dir", "create F", `16: "create F": want "task: verb …"`},
	{"T1: create F pages=4 dir", "T1: creat F", `16: unknown verb "creat"; known: create, open`},
	{"T1: create F pages=4 dir", "T1: create", "16: a file, such as F, F.3 or F*100 is missing; want: create FILE [pages=COUNT]"},
	{"T1: create F pages=4 dir", "T1: create F pages=0", `"0" is no number from 1`},
	{"T1: create F pages=4 dir", "T1: create F pages=4 pages=5", `"pages=5" does not belong here`},
	{"T1: create F pages=4 dir", "T1: create F sideways", `"sideways" does not belong here`},
	{"T1: create F pages=4 dir", "T1: create F.2", "F.2: want a name, or a name and how many"},
	{"T1: create F pages=4 dir", "T1: create p", "p is the name of a file made on line 16"},
	{"by io_uring get stride=2", "io_uring", `"io_uring" where "by" and who holds the page: odirect-read,`},
	{"by io_uring get stride=2", "by", `nothing behind "by"`},
	{"by io_uring get stride=2", "by hand", `unknown holder "hand" (HOLDER is who holds the page: odirect-read`},
	{"by io_uring get stride=2", "by io_uring get pin", `"pin" does not belong here`},
	{"pin M.2 0 as q by", "pin M*3 0 as q by", "21: the step makes 3 of q: want q*3"},
	{"M.2 0 as q", "M.4 0 as q", "M.4: there are 3 only"},
	{"M.2 0 as q", "M 0 as q", "M is a set: want one of M.1 to M.3"},
	{"M.2 0 as q", "F.2 0 as q", "F.2: there is one F only, not a set"},
	{"M.2 0 as q", "p.2 0 as q", "p is a pin, made on line 20; a file is wanted; there is F, M"},
	{"E*3: close M*$n &", "E*2: close M*$n &", "E*2 has 2 members, where others in the step have 3"},
	{"time: expect T2 returned", "time: expect T2", "blocked or returned or failed is missing"},
	{"time: expect T2 returned", "time: expect T9 returned", "no step has the task T9"},
	{"time: expect T2 returned", "T1: wait 5s", "only the clock can wait"},
	{"time: expect T2 returned", "time: close F", "time is the clock: it can wait and expect"},
	{"time: expect T2 returned", "time: wait 0s", `"0s" is no such time (TIME is a time such as 5s`},
	{"T1: kill T2", "T1: exit\nT2: open F", "T2 has exited on line 32"},
	{"T1: kill T2", "T1: kill T2 &", "& starts the next step at the same moment"},
	{"reader: dma-read q", "reader: dma-write q", "q is held by vmsplice, whose device reads from the page"},
	{"reader: dma-read q", "reader: dma-read r", "no pin r: a step above must make it; there is p, q"},
	{"k: alloc kernel as m", "k: alloc user as m", `"user" where kernel or nofs or nowait belongs`},
	{"# The end.", "# \x01", "a character that cannot be printed"},
	{"# The end.", "# \xff", "not UTF-8"},
}

func TestErrors(t *testing.T) {
	for _, tt := range bad {
		text := strings.Replace(small, tt.old, tt.new, 1)
		if text == small {
			t.Errorf("%q does not stand in the text", tt.old)
		}
		_, err := Parse("x.txt", []byte(text))
		switch {
		case err == nil:
			t.Errorf("%q → %q: no error", tt.old, tt.new)
		case !strings.Contains(err.Error(), tt.want):
			t.Errorf("%q → %q:\n%v\nwant %s", tt.old, tt.new, err, tt.want)
		case !strings.HasPrefix(err.Error(), "x.txt:"):
			t.Errorf("no file in %q", err)
		}
	}
}

// TestLimits tests each limit with a text that is just too large.
func TestLimits(t *testing.T) {
	head := "scenario: x\ntitle: x\nprobes: U\n"
	for name, tt := range map[string]struct{ text, want string }{
		"text":    {strings.Repeat("#\n", MaxText/2+1), "1: the text has"},
		"line":    {head + "steps:\nT: create " + strings.Repeat("F", MaxLine) + "\n", "5: the line has"},
		"name":    {head + "steps:\nT: create " + strings.Repeat("F", MaxName+1) + "\n", "is no name"},
		"steps":   {head + "steps:\n" + strings.Repeat("T: sync\n", MaxSteps+1), "more than 2000 steps"},
		"headers": {head + strings.Repeat("shows: x\n", MaxHeaders) + "steps:\nT: sync\n", "more than 200 lines before the steps"},
		"remarks": {strings.Repeat("#\n", MaxHeaders+1) + head + "steps:\nT: sync\n", "more than 200 remark lines"},
		"count":   {head + "steps:\nT: create F*1048577\n", "is no number from 1 to 1048576"},
		"wait":    {head + "steps:\ntime: wait 25h\n", "is no such time"},
		"calls":   {head + "steps:\n" + strings.Repeat("T*1000000: sync\n", 5), "single actions; 100000 are allowed"},
		"errors":  {head + "steps:\n" + strings.Repeat("x\n", MaxErrors+5), "too many errors"},
		"nothing": {"", `1: no line "steps:"`},
		"params":  {head + "param: a=1\nparam: a=2\nsteps:\nT: sync\n", "a is a parameter already"},
	} {
		if _, err := Parse("x", []byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v\nwant %s", name, err, tt.want)
		}
	}
}

func TestWith(t *testing.T) {
	s, err := Parse("small.txt", []byte(strings.ReplaceAll(small, "*3", "*$n")))
	if err != nil {
		t.Fatal(err)
	}
	more, err := s.With(map[string]int{"n": 5})
	if err != nil || more.Steps[2].Name.N() != 5 || more.Steps[4].Task.N() != 5 || s.Steps[2].Name.N() != 3 {
		t.Errorf("%v, %+v", err, more)
	}
	for want, params := range map[string]map[string]int{
		"n=0: want 1 to": {"n": 0}, `no parameter "m"; it has: n`: {"m": 1}, "M.2: there are 1 only": {"n": 1},
	} {
		if _, err := s.With(params); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", params, err)
		}
	}
}

// TestEveryVerbHasAForm writes each verb with all it can have, and reads it back.
func TestEveryVerbHasAForm(t *testing.T) {
	example := map[string]string{
		"FILE": "F", "OTHER": "G", "COPY": "H", "NEW": "x", "PIN": "p", "LEASE": "l", "MEMORY": "m", "TASK": "T", "INDEX": "7",
		"COUNT": "3", "STRIDE": "2", "HOLDER": "vmsplice", "TIME": "3ms",
	}
	for _, v := range Verbs() {
		words := []string{v.String()}
		for _, p := range forms[v] {
			switch {
			case p.operand == "":
				words = append(words, p.choices()[0])
			case p.equals:
				words = append(words, p.word+"="+example[p.operand])
			case p.word != "":
				words = append(words, p.word, example[p.operand])
			default:
				words = append(words, example[p.operand])
			}
		}
		s := Step{Task: Ref{Name: "T"}, Verb: v}
		if err := s.operands(words[1:]); err != nil {
			t.Errorf("%v: %v", words, err)
		}
		if got, want := s.String(), "T: "+strings.Join(words, " "); got != want {
			t.Errorf("wrote %q, want %q", got, want)
		}
		if v.Info().About == "" {
			t.Errorf("%v: nothing is said about it", v)
		}
		if got, ok := LookupVerb(v.String()); got != v || !ok {
			t.Errorf("%v is not found", v)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	for _, b := range bad {
		f.Add([]byte(strings.Replace(small, b.old, b.new, 1)))
	}
	files, _ := filepath.Glob("../../workloads/litmus/scenarios/*.txt")
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse("f", text)
		if err != nil {
			if s != nil || err.Error() == "" || !strings.HasPrefix(err.Error(), "f:") {
				t.Fatalf("%v, %q", s, err)
			}
			return
		}
		formatted := Format(s)
		again, err := Parse("f", formatted)
		if err != nil {
			t.Fatalf("%v in\n%s", err, formatted)
		}
		if third := Format(again); !bytes.Equal(formatted, third) {
			t.Fatalf("formatted again otherwise:\n%s\n%s", formatted, third)
		}
		for _, x := range []*Scenario{s, again} {
			for i := range x.Steps {
				x.Steps[i].Line = 0
			}
		}
		if !reflect.DeepEqual(s, again) {
			t.Fatalf("read back otherwise:\n%+v\n%+v", s, again)
		}
		for i := range again.Steps {
			if n := again.Steps[i].N(); n < 100 {
				for k := range again.Steps[i].Tasks() {
					again.Steps[i].Share(k)
				}
			}
		}
	})
}

// TestDocExample parses the scenario in the package comment.
func TestDocExample(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for line := range strings.Lines(string(doc)) {
		switch code, ok := strings.CutPrefix(line, "//\t"); {
		case ok:
			text.WriteString(code)
		case text.Len() > 0:
			text.WriteString("\n")
		}
	}
	if s, err := Parse("doc.go", []byte(text.String())); err != nil || len(s.Steps) < 10 {
		t.Errorf("%v\n%s", err, text.String())
	}
}
