package report

import (
	"slices"
	"strings"
	"testing"

	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
)

// TestLeadSaysWhatWasMeasured: the engine and not the machine's kernel, what its memory is, and what is not as usual.
func TestLeadSaysWhatWasMeasured(t *testing.T) {
	spec := reportstest.Example()
	for i := range spec.Cells {
		spec.Cells[i].Params = slices.Concat(spec.Cells[i].Params, reportstest.Params("kernel=6.0", "rate=20000", "population=dir:/srv"))
	}
	spec.Manifest.Environment["region"] = map[string]any{"backing": "memfd"}
	p := page(t, source(t, spec))
	const want = "Measured is daxbench's own engine, in user space and not in a kernel, as Linux 6.0, on DRAM in place of persistent memory; " +
		"open loop: 20,000 operations per second are due; files as in dir:/srv."
	if !strings.HasSuffix(p.Lead, " 2026. "+want) {
		t.Errorf("%q does not end in %q", p.Lead, want)
	}
	if !slices.Contains(p.Facts, "machine runs linux 6.18.2") {
		t.Errorf("facts %q", p.Facts)
	}

	plain := page(t, source(t, reportstest.Example()))
	if !strings.HasSuffix(plain.Lead, "and not in a kernel.") {
		t.Errorf("of a usual run: %q", plain.Lead)
	}
	for backing, words := range map[string]string{"file": "a file that is not on DAX", "dax-file": "a file on DAX", "devdax": "a device of persistent memory"} {
		m := folder.Manifest{Environment: map[string]any{"region": map[string]any{"backing": backing}}}
		if got := memory(&m); got != words {
			t.Errorf("%s: %q", backing, got)
		}
	}
	if p := held(t, "", reportstest.Example(), spec); strings.Contains(p.Lead, "engine") || len(p.Facts) != 4 || !strings.HasPrefix(p.Facts[3], "new: daxbench's own engine, ") {
		t.Errorf("of two runs that differ: %q, %q", p.Lead, p.Facts)
	}
	if p := held(t, "", spec, spec); !strings.HasSuffix(p.Lead, want) || len(p.Facts) != 2 {
		t.Errorf("of two runs alike: %q, %q", p.Lead, p.Facts)
	}
	empty := reportstest.Example()
	empty.Cells = nil
	if p := page(t, source(t, empty)); strings.Contains(p.Lead, "engine") {
		t.Errorf("of nothing: %q", p.Lead)
	}
}

// TestCommitUnknown: a program of no known commit is a doubt, in the page of its run and in a comparison.
// TestLeadOfMount: a run on a mounted file system measured a kernel, whose name may be of any length.
func TestLeadOfMount(t *testing.T) {
	spec := reportstest.Example()
	spec.Cells = slices.DeleteFunc(spec.Cells, func(c reportstest.Cell) bool { return c.Policy != "dax-only" })
	spec.Manifest.Environment["target"] = map[string]any{
		"fs": "xfs", "clock": "counted instructions, 2 ns each", "kernel": map[string]any{"release": "6.12.9" + strings.Repeat("x", 1<<20)},
	}
	p := page(t, source(t, spec))
	for _, want := range []string{
		"alone, under ", "itself, by system calls on a mounted xfs. Its time is not that of hardware: counted instructions, 2 ns each.",
	} {
		if !strings.HasPrefix(p.Lead, "Linux 6.12") || !strings.Contains(p.Lead, want) || len(p.Lead) > 2000 {
			t.Errorf("%.3000q lacks %q", p.Lead, want)
		}
	}
	if !strings.Contains(p.Title, ": Linux 6.12") {
		t.Errorf("title %q", p.Title)
	}
	if about := p.Overview[0].About; !strings.Contains(about, "Nothing was run beside it") {
		t.Errorf("of one policy the overview says %q", about)
	}
	spec.Manifest.Environment["target"] = "xfs"
	if p := page(t, source(t, spec)); !strings.Contains(p.Lead, "own engine") {
		t.Errorf("a target that is no object: %q", p.Lead)
	}
}

func TestCommitUnknown(t *testing.T) {
	doubts := func(p *Page) (n int) {
		for _, w := range p.Warnings {
			if strings.Contains(w, "commit of the program is not known") {
				n++
			}
		}
		return n
	}
	nameless := reportstest.Example()
	nameless.Manifest.Commit = ""
	if n := doubts(page(t, source(t, nameless))); n != 1 {
		t.Errorf("said %d times", n)
	}
	if n := doubts(page(t, source(t, reportstest.Example()))); n != 0 {
		t.Errorf("said %d times of a commit that is known", n)
	}
	if p := held(t, "", reportstest.Example(), nameless); doubts(p) != 1 || !strings.HasPrefix(p.Warnings[len(p.Warnings)-1], "new: ") {
		t.Errorf("warnings %q", p.Warnings)
	}
}
