package kernelfs

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"daxbench/engine/kernelfs/proc"
	"daxbench/engine/target"
)

// TestHeard has the kernel's own warnings be findings where they are about pages that are pinned, once.
func TestHeard(t *testing.T) {
	old := proc.Warning{Text: "WARNING at fs/dax.c:398 in dax_disassociate_entry", Where: "dax_disassociate_entry",
		Stack: []string{"__dax_invalidate_entry", "dax_delete_mapping_entry", "truncate_inode_pages_final", "evict", "iput"}}
	inlined := old
	inlined.Where = "__dax_invalidate_entry.isra.0"
	truncated := old
	truncated.Stack = []string{"__dax_invalidate_entry", "truncate_pagecache_range", "xfs_flush_unmap_range"}
	since := proc.Warning{Text: "WARNING at mm/truncate.c:80 in truncate_folio_batch_exceptionals", Where: "truncate_folio_batch_exceptionals"}
	other := proc.Warning{Text: "WARNING at fs/dax.c:378 in dax_associate_entry", Where: "dax_associate_entry", Stack: []string{"dax_disassociate_entry"}}
	oops := proc.Warning{Text: "BUG: unable to handle page fault for address: ffff88805400d000 in evict", Where: "evict"}
	far := proc.Warning{Text: "BUG: kernel NULL pointer dereference in nv_probe", Where: "nv_probe", Stack: []string{"really_probe"}, PID: 4, Comm: "kworker/0:0"}
	mine := far
	mine.PID = os.Getpid()
	pinned := []*hold{{name: "p", file: &file{name: "F"}, dax: true}, {name: "q", file: &file{name: "G"}, dax: true, over: true}, {name: "r", file: &file{name: "H"}}}
	over := pinned[1:]
	for name, tt := range map[string]struct {
		holds   []*hold
		list    []proc.Warning
		want    []string // letters and property of findings
		spoiled bool
	}{
		"evicted under a pin":     {pinned, []proc.Warning{old}, []string{"A P1e"}, false},
		"a function inlined":      {pinned, []proc.Warning{inlined}, []string{"A P1e"}, false},
		"truncated under a pin":   {pinned, []proc.Warning{truncated}, []string{"A "}, false},
		"since 6.15":              {pinned, []proc.Warning{since}, []string{"A "}, false},
		"twice":                   {pinned, []proc.Warning{old, since}, []string{"A P1e"}, false},
		"nobody pins a DAX page":  {over, []proc.Warning{old, since}, nil, false},
		"about something else":    {pinned, []proc.Warning{other}, nil, false},
		"a crash":                 {pinned, []proc.Warning{oops}, []string{" crash"}, true},
		"a crash, and not of pin": {nil, []proc.Warning{old, oops}, []string{" crash"}, true},
		"a crash elsewhere":       {pinned, []proc.Warning{far}, nil, false},
		"a crash of one of us":    {pinned, []proc.Warning{mine}, []string{" crash"}, true},
		"a crash of nobody known": {pinned, []proc.Warning{{Text: "Oops: 0002"}}, nil, false},
	} {
		s := newSubject(new(Maker), &target.Scenario{Name: "test"})
		s.holds = tt.holds
		var texts, got []string
		for _, w := range tt.list {
			s.heard(w)
			if isCrash(w.Text) && !tt.spoiled {
				w.Text = "elsewhere: " + w.Text
			}
			texts = append(texts, w.Text)
		}
		for _, f := range s.found {
			got = append(got, f.Invariants+" "+f.Property)
			if !strings.Contains(f.Text, tt.list[len(tt.list)-1].Text) && !strings.Contains(f.Text, tt.list[0].Text) ||
				f.Property != target.Crashed && !strings.Contains(f.Text, "p pins page 0 of F") {
				t.Errorf("%s: %q does not say who, or by which warning", name, f.Text)
			}
		}
		if !slices.Equal(got, tt.want) || !slices.Equal(s.log, texts) || (s.m.spoiled != "") != tt.spoiled {
			t.Errorf("%s: %q, log %q, spoiled: %q", name, got, s.log, s.m.spoiled)
		}
	}
}

// TestToldWhereItBelongs has a warning stand in the story where it was given, and not where it was heard, by a clock that may
// have been moved on before and after.
func TestToldWhereItBelongs(t *testing.T) {
	for name, tt := range map[string]struct {
		ago  time.Duration // before now, ten seconds after the beginning; negative: it is not known
		at   time.Duration
		told []string
	}{
		"between two lines":       {7 * time.Second, 3 * time.Second, []string{"1", "W", "5", "9"}},
		"before a skip":           {4500 * time.Millisecond, 5500 * time.Millisecond, []string{"1", "5", "W", "9"}},
		"after a skip":            {3 * time.Second, time.Hour + 7*time.Second, []string{"1", "5", "W", "9"}},
		"before the scenario":     {time.Minute, 0, []string{"W", "1", "5", "9"}},
		"when it was heard":       {-1, time.Hour + 10*time.Second, []string{"1", "5", "9", "W"}},
		"by a clock that is fast": {-time.Minute, time.Hour + 10*time.Second, []string{"1", "5", "9", "W"}},
	} {
		s := newSubject(new(Maker), &target.Scenario{Name: "test"})
		s.holds = []*hold{{name: "p", file: &file{name: "F"}, dax: true}}
		now := time.Now()
		s.began = now.Add(-10 * time.Second)
		s.skips = []skip{{s.began.Add(6 * time.Second), time.Hour}}
		for _, l := range []target.Line{{At: time.Second, Text: "1"}, {At: 5 * time.Second, Text: "5"}, {At: time.Hour + 9*time.Second, Text: "9"}} {
			s.Tell(l)
		}
		w := proc.Warning{Text: "WARNING", Where: "dax_disassociate_entry"}
		if w.When = now.Add(-tt.ago); tt.ago == -1 {
			w.When = time.Time{}
		}
		s.heard(w)
		var told []string
		var at time.Duration
		for _, l := range s.story {
			if strings.Contains(l.Text, "WARNING") {
				l.Text, at = "W", l.At
			}
			told = append(told, l.Text)
		}
		// What is told as of now is told a bit later than now.
		if late := at - tt.at; !slices.Equal(told, tt.told) || late < 0 || late > 0 && tt.ago > 0 || late > time.Minute/2 || s.found[0].At != at {
			t.Errorf("%s: %q, at %v, want %q at %v", name, told, at, tt.told, tt.at)
		}
	}
}

// TestGravity has the first finding be what the outcome says.
func TestGravity(t *testing.T) {
	list := []target.Finding{{Invariants: "A"}, {Invariants: "U", Property: "P1r"}, {Property: target.Crashed}, {Property: target.Unplugged}}
	slices.SortStableFunc(list, func(f, g target.Finding) int { return gravity(f) - gravity(g) })
	var o target.Outcome
	for i := range list {
		list[i].Text = list[i].Invariants + list[i].Property
	}
	if o.Breaks(list...); o.Why != target.Crashed || o.Broken != "UA" || list[3].Invariants != "A" {
		t.Errorf("%+v", o)
	}
}
