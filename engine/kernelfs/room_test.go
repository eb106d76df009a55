package kernelfs

import (
	"strings"
	"testing"

	"daxbench/engine/kernelfs/aide"
)

// TestUndecided: a reserve that stays, and space that was left, make a search prove nothing, but for what the map of
// blocks proves.
func TestUndecided(t *testing.T) {
	for _, tt := range []struct {
		got   aide.Answer
		unset string
		open  int64
		want  string // empty: decided
	}{
		{want: ""},
		{got: aide.Answer{Undecided: "few"}, want: "few"},
		{got: aide.Answer{Undecided: "few"}, open: 1, want: "not filled up"},
		{open: 1, want: ""},
		{unset: "kept back", want: "kept back"},
		{unset: "kept back", got: aide.Answer{Owner: aide.Someone}, want: ""},
		{unset: "kept back", got: aide.Answer{Owner: aide.Someone, Undecided: "few"}, want: "few"},
	} {
		s := &subject{m: &Maker{unset: tt.unset, room: &room{open: tt.open}}}
		if got := s.undecided(tt.got); got == "" != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%+v: %q", tt, got)
		}
	}
}

// TestOwned: no file of the scenario may have the block but the pinned one and what shares its bytes.
func TestOwned(t *testing.T) {
	m := home(t)
	s, _ := play(t, m, scenario(t, "T1: create F\nT1: write F 0\nT1: create G\nT1: write G 0\nT1: sync\n"))
	f, g := s.files["F"], s.files["G"]
	a, err := m.aides.ask(aide.Request{Do: aide.Locate, Path: f.path}, aideLimit, nil)
	if err != nil || a.Block <= 0 {
		t.Skipf("the file system does not tell where a file lies: %v, %+v", err, a)
	}
	h := &hold{name: "p", file: f, block: a.Block}
	if why, err := s.owned(h); err != nil || why != "" {
		t.Errorf("the pinned file itself: %q, %v", why, err)
	}
	h.file = g
	if why, err := s.owned(h); err != nil || why != "it is page 0 of F" {
		t.Errorf("another file: %q, %v", why, err)
	}
	g.fill = f.fill
	if why, err := s.owned(h); err != nil || why != "" {
		t.Errorf("a clone: %q, %v", why, err)
	}
}
