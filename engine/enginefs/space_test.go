package enginefs

import (
	"strings"
	"testing"

	"daxbench/engine/layout"
	"daxbench/engine/media"
	"daxbench/engine/target"
	"daxbench/engine/vfs"
)

// TestSpace has the end of a run find space that was lost, and nothing where the
// scenario itself keeps it from coming back.
func TestSpace(t *testing.T) {
	const text = "scenario: s\ntitle: t\nprobes: L\nsteps:\nT: create F\nT: map F\nT: fault F 0\nT: pin F 0 as p by io_uring\ndev: release p\nadmin: unplug\n"
	sc, err := target.Parse("s", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	lose := func(s *subject) { must(s.e.FS().AllocBlocks(nil, 3)) }
	orphan := func(s *subject) {
		rec := media.Record{}
		if err := s.e.FS().Read(s.files["F"].ino, &rec); err != nil {
			t.Fatal(err)
		}
		rec.Nlink = 0
		if err := s.e.FS().Write(&rec); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		steps int
		harm  func(*subject)
		want  string // of one finding; empty: none
	}{
		"all is well":      {5, func(*subject) {}, ""},
		"lost blocks":      {5, lose, "belong to nobody and are not free"},
		"a lost orphan":    {5, orphan, "not in the cache"},
		"a page is pinned": {4, lose, ""},
		"no device":        {6, lose, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := New(must(layout.Lookup("none")), vfs.Preset{})
			defer m.Close()
			s := must(m.Make(sc, nil)).(*subject)
			for i := range tt.steps {
				must(s.Start(sc.Steps[i].Share(0)))
				if err := s.Settle(); err != nil {
					t.Fatal(err)
				}
			}
			tt.harm(s)
			facts := must(s.Facts())
			switch {
			case tt.want == "" && len(facts.Findings) > 0, len(facts.Findings) > 1:
				t.Errorf("found %v", facts.Findings)
			case tt.want == "":
			case len(facts.Findings) == 0:
				t.Errorf("nothing was found, want %q", tt.want)
			case facts.Findings[0].Invariants != "L" || !strings.Contains(facts.Findings[0].Text, tt.want):
				t.Errorf("found %v, want %q", facts.Findings, tt.want)
			}
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
