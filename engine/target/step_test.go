package target

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func step(t *testing.T, line string) Step {
	t.Helper()
	task, rest, _ := strings.Cut(line, ": ")
	words := strings.Fields(rest)
	ref, err := parseRef(task)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := LookupVerb(words[0])
	s := Step{Task: ref, Verb: v}
	if err := s.operands(words[1:]); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestShare(t *testing.T) {
	for _, tt := range []struct {
		line  string
		share int
		want  string
	}{
		{"T: close F", 0, "T: close F"},
		{"T: close F*3", 0, "T: close F.1; T: close F.2; T: close F.3"},
		{"T*3: close F*3", 1, "T.2: close F.2"},
		{"T*3: open F", 2, "T.3: open F"},
		{"dev: release p*3 last-first", 0, "dev: release p.3 last-first; dev: release p.2 last-first; dev: release p.1 last-first"},
		{"T: pin F 4 as p*3 by vmsplice stride=2", 0, "T: pin F 4 as p.1 by vmsplice stride=2; T: pin F 6 as p.2 by vmsplice stride=2; T: pin F 8 as p.3 by vmsplice stride=2"},
		{"T: pin F*2 4 as p*2 by vmsplice", 0, "T: pin F.1 4 as p.1 by vmsplice; T: pin F.2 4 as p.2 by vmsplice"},
		{"T*2: pin F 4 as p*2 by vmsplice", 1, "T.2: pin F 4 as p.2 by vmsplice"},
		{"k: kill T*2", 0, "k: kill T.1; k: kill T.2"},
	} {
		s := step(t, tt.line)
		var got []string
		for _, one := range s.Share(tt.share) {
			got = append(got, one.String())
		}
		if strings.Join(got, "; ") != tt.want {
			t.Errorf("share %d of %s: %q", tt.share, tt.line, got)
		}
	}
}

func TestProcessAndDevice(t *testing.T) {
	s, err := Parse("x", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	for task, want := range map[string]string{"T1": "T1", "T2": "T1", "k": "k"} {
		if got := s.Process(Ref{Name: task}); got != want {
			t.Errorf("%s is of %s, want %s", task, got, want)
		}
	}
	if got := s.Process(Ref{Name: "E"}.At(0)); got != "E" {
		t.Errorf("%s", got)
	}
	if !s.IsDevice("dev") || !s.IsDevice("reader") || s.IsDevice("T1") || s.IsDevice("nobody") {
		t.Error("devices are told wrongly")
	}
}

func TestWorst(t *testing.T) {
	safe := Outcome{Kind: Safe}
	short, long := Outcome{Kind: Blocked, For: time.Second, Broken: "H"}, Outcome{Kind: Blocked, For: time.Minute}
	long.Breaks(Finding{Invariants: "R", Text: "reclaim slept"})
	if long.Kind != Blocked || long.Broken != "R" {
		t.Errorf("a wait is no violation: %+v", long)
	}
	bad := safe
	bad.Breaks(Finding{Invariants: "AU", Text: "foreign bytes"}, Finding{Invariants: "L", Text: "kept"})
	if bad.Kind != Violated || bad.Broken != "UAL" || bad.Why != "foreign bytes" {
		t.Errorf("%+v", bad)
	}
	for _, list := range [][]Outcome{{safe, short, long, bad}, {bad, long, short, safe}, {long, bad, safe, short}} {
		var worst Outcome
		for _, o := range list {
			worst = worst.Worst(o)
		}
		if worst.Kind != Violated || worst.Broken != "UALRH" || len(worst.Findings) != 3 {
			t.Errorf("%+v", worst)
		}
	}
	if w := short.Worst(long); w.For != time.Minute {
		t.Errorf("%+v", w)
	}
}

func TestKindText(t *testing.T) {
	for k := NotApplicable; k <= Violated; k++ {
		text, _ := k.MarshalText()
		var back Kind
		if err := back.UnmarshalText(text); err != nil || back != k {
			t.Errorf("%s: %v, %v", text, back, err)
		}
	}
	var k Kind
	if err := k.UnmarshalText([]byte("splendid")); err == nil || !strings.Contains(err.Error(), "blocked") {
		t.Errorf("%v", err)
	}
}

func TestHolders(t *testing.T) {
	if !slices.ContainsFunc(Holders, func(h Holder) bool { return h.Sync && h.Killable }) {
		t.Error("no holder can be killed out of its call")
	}
	for _, h := range Holders {
		if LookupHolder(h.Name).About != h.About || h.About == "" {
			t.Errorf("%s is not found", h.Name)
		}
		if h.Killable && !h.Sync || h.GetNew && !h.GetOld {
			t.Errorf("%s: %+v", h.Name, h)
		}
	}
}
