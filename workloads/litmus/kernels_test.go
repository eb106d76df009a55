package litmus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"daxbench/engine/kernelfs"
	"daxbench/engine/target"
)

// A fakeKernel makes fakes that say they are a kernel.
type fakeKernel struct {
	fakeMaker
	about  kernelfs.Kernel
	stalls []target.Stall
	log    []string
}

func (k *fakeKernel) Kernel() *kernelfs.Kernel { return &k.about }

func (k *fakeKernel) Make(s *target.Scenario, set []target.Setting) (target.Subject, error) {
	sub, err := k.fakeMaker.Make(s, set)
	f := sub.(*fake)
	f.facts.Stalls, f.facts.Log = k.stalls, k.log
	return f, err
}

var (
	elder = kernelfs.Kernel{Release: "6.1.0-50-cloud-amd64", FS: "xfs", Name: "xfs", DAX: true, Preset: "6.0", Clock: "counted instructions, 2 ns each", Machine: "tcg", Missing: []string{"no fuse"}}
	young = kernelfs.Kernel{Release: "7.3.4+deb13-cloud-amd64", FS: "ext4", Name: "ext4", DAX: true, Preset: "6.19", Final: true}
)

// kernels are three made up ones: one waits, one does not, and of the third nothing can be said.
func kernels() []Mounted {
	waits := &fakeKernel{about: young, fakeMaker: fakeMaker{blocks: map[string]string{"T2: close F": "p"}},
		stalls: []target.Stall{
			{Task: "T1", Action: "pin F 0 as p by odirect-read", For: time.Minute, State: "S", Own: true, Ended: "release p"},
			{Task: "T2", Action: "close F", Step: 8, Since: 20 * time.Millisecond, For: 5 * time.Second, State: "D", Kill: target.Ignored, Ended: "release p",
				Stack: []string{"dax_break_layout_final", "xfs_fs_evict_inode", "evict", "__x64_sys_close"}},
		}}
	frees := &fakeKernel{about: elder, log: []string{"WARNING at dax_disassociate_entry"}, fakeMaker: fakeMaker{
		finds: map[string][]target.Finding{
			"T2: create N":     {{Invariants: "U", Property: "P1r", Text: "block 7 of F went to N while p is held"}},
			"dev: dma-write p": {{Invariants: "U", Text: "bytes 0 to 4095 of page 0 of N are not its own"}},
		}}}
	gone := &fakeKernel{about: elder, fakeMaker: fakeMaker{deadly: errors.New("no child answers any more")}}
	return []Mounted{frees, waits, gone}
}

func someScenarios(t *testing.T) []Entry {
	first := scenario(t, unlink, "shows: A device writes late.")
	first.Scenario.Name = "unlink"
	second := scenario(t, "T1: create F\nT1: sync\n", "run: a lru=any", "run: b lru=shrinkable")
	second.Number, second.Scenario.Name = 12, "second-of-four"
	third := scenario(t, "T1: create F\nT1: sync\n")
	third.Number, third.Scenario.Name = 13, "third"
	fourth := scenario(t, "T1: create F\nT1: sync\n")
	fourth.Number, fourth.Scenario.Name = 0, "of-my-own"
	return []Entry{first, second, third, fourth}
}

func playKernels(t *testing.T) *Kernels {
	t.Helper()
	k, err := PlayKernels(t.Context(), kernels(), someScenarios(t), func(i int, e Entry) string { return "replay " + e.Name }, keepNothing, sayNothing)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func keepNothing(*Kernels) error    { return nil }
func sayNothing(*Kernels, int, int) {}

func TestPlayKernels(t *testing.T) {
	m := kernels()
	said := 0
	k, err := PlayKernels(t.Context(), m, someScenarios(t), func(i int, e Entry) string { return "replay " + e.Name },
		keepNothing, func(*Kernels, int, int) { said++ })
	if err != nil || said != 11 {
		t.Fatalf("%v, told of %d cells", err, said)
	}
	var labels []string
	for _, c := range k.Columns {
		labels = append(labels, c.Label)
	}
	if want := []string{"6.1 xfs", "7.3 ext4", "6.1 xfs (2)"}; !slices.Equal(labels, want) {
		t.Errorf("labels %q, want %q", labels, want)
	}
	frees, waits := &k.Columns[0].Cells[0], &k.Columns[1].Cells[0]
	if frees.Word != "foreign data" || frees.Outcome.Kind != target.Violated || frees.Outcome.Broken != "U" || len(frees.Log) != 1 {
		t.Errorf("%+v", frees)
	}
	if waits.Word != "waits D" || waits.Outcome.Kind != target.Blocked || len(waits.Stalls) != 2 || len(waits.Lines) == 0 || waits.Replay != "replay unlink" {
		t.Errorf("%+v", waits)
	}
	if made := m[0].(*fakeKernel).made; made != 4 {
		t.Errorf("%d subjects for 4 scenarios: variants that differ only in how a kernel does things are one", made)
	}
	for n, c := range k.Columns[2].Cells {
		want := "no child answers any more"
		if n == maxLost {
			want = "not played"
		}
		if !strings.Contains(c.Lost, want) || c.Judged() || c.Word != noVerdict {
			t.Errorf("cell %d: %+v, want it lost: %s", n, c, want)
		}
	}
	if made := m[2].(*fakeKernel).made; made != maxLost {
		t.Errorf("a file system that is gone was tried %d times", made)
	}
	if list := k.Lost(); len(list) != 4 {
		t.Errorf("%q", list)
	}
}

// TestPlayKernelsStopped has what was played before a signal be there.
func TestPlayKernelsStopped(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("stopped")
	k, err := PlayKernels(ctx, kernels()[:1], someScenarios(t), func(int, Entry) string { return "" }, keepNothing, func(_ *Kernels, _, n int) {
		if n == 1 {
			cancel(why)
		}
	})
	if err != why || !k.Columns[0].Cells[1].Judged() || k.Columns[0].Cells[2].Lost != "stopped" {
		t.Errorf("%v: %+v", err, k)
	}
}

// TestUnplugLast has a device be taken away when all else was played in all directories, and what there is so far be told.
func TestUnplugLast(t *testing.T) {
	list := someScenarios(t)[:2]
	list = append([]Entry{scenario(t, "T1: create F\nadmin: unplug\n")}, list...)
	list[0].Scenario.Name = "unplug"
	var order []string
	failed := errors.New("the disk is full")
	kept := -1
	keep := func(all *Kernels) error {
		if kept++; kept == 5 {
			return failed
		}
		played, while := 0, 0
		for _, c := range all.Columns {
			for n := range c.Cells {
				played += map[bool]int{true: 1}[c.Cells[n].Judged()]
				while += strings.Count(c.Cells[n].Lost, brokenWhile)
			}
		}
		if played != kept || while != 1 {
			t.Errorf("of %d cells that were played %d are there; %d are being played", kept, played, while)
		}
		return nil
	}
	k, err := PlayKernels(t.Context(), kernels()[:2], list, func(int, Entry) string { return "" }, keep, func(all *Kernels, i, n int) {
		if order = append(order, all.Columns[i].Label+" "+all.Scenarios[n].Name); kept != len(order) {
			t.Errorf("%q are told of, and %d are kept", order, kept)
		}
	})
	want := []string{"6.1 xfs unlink", "6.1 xfs second-of-four", "7.3 ext4 unlink", "7.3 ext4 second-of-four"}
	if !slices.Equal(order, want) || err != failed || k.Columns[1].Cells[0].Lost != failed.Error() || !k.Columns[0].Cells[0].Judged() {
		t.Errorf("%q, %v", order, err)
	}
}

// TestBreakOff has what was kept last say why the rest was not played: the one whose turn it was, and others, but for those
// that were lost before.
func TestBreakOff(t *testing.T) {
	dir := ""
	keep := func(all *Kernels) error {
		dir = write(t, withSchema{1, all})
		if all.Columns[1].Cells[1].Judged() {
			return errors.New("the machine dies")
		}
		return nil
	}
	m := kernels()
	PlayKernels(t.Context(), []Mounted{m[2], m[1]}, someScenarios(t), func(_ int, e Entry) string { return "replay " + e.Name }, keep, sayNothing)
	k, err := ReadKernels(dir)
	if err != nil {
		t.Fatal(err)
	}
	if n := k.BreakOff("a panic"); n != 2 || k.BreakOff("something else") != 0 {
		t.Errorf("%d cells", n)
	}
	for n, want := range []string{"", "", brokenWhile + ": a panic", brokenBefore + ": a panic"} {
		if c := k.Columns[1].Cells[n]; c.Lost != want || c.Judged() != (want == "") || c.Replay != "replay "+k.Scenarios[n].Name || want != "" && c.Outcome.Why != want {
			t.Errorf("%s: %+v, want %q", k.Scenarios[n].Name, c, want)
		}
	}
	if c := k.Columns[0].Cells[maxLost]; !strings.Contains(c.Lost, "not played") || len(k.Lost()) != 6 {
		t.Errorf("%+v, %q", c, k.Lost())
	}
}

func TestUnplugs(t *testing.T) {
	for list, want := range map[string]bool{"unplug-with-pins": true, "18": true, "all": false, "18,1": false, "./my.txt": false, "": false} {
		if Unplugs([]string{list}) != want {
			t.Errorf("%q: %v", list, !want)
		}
	}
	if !Unplugs([]string{"18", "unplug-with-pins"}) || Unplugs([]string{"18", "1"}) {
		t.Error("of two lists")
	}
}

// TestComplaint has a step that failed be no verdict, unless the pin was outlived all the same.
func TestComplaint(t *testing.T) {
	m := kernels()[0].(*fakeKernel)
	m.fails = map[string]error{"T2: create N": errFake}
	m.finds = nil
	c := playKernel(m, someScenarios(t)[0])
	if !strings.Contains(c.Lost, "no such file") || c.Word != noVerdict {
		t.Errorf("%+v", c)
	}
	m.finds = map[string][]target.Finding{"dev: dma-write p": {{Invariants: "U", Property: "P1r", Text: "so it is"}}}
	if c := playKernel(m, someScenarios(t)[0]); c.Lost != "" || c.Word != "freed while pinned" {
		t.Errorf("%+v", c)
	}
	m.finds = map[string][]target.Finding{"dev: dma-write p": {{Property: target.Crashed, Text: "the kernel has crashed"}}}
	if c := playKernel(m, someScenarios(t)[0]); c.Lost != "" || c.Word != "crashed" || c.Outcome.Kind != target.Violated {
		t.Errorf("%+v", c)
	}
}

func TestWords(t *testing.T) {
	for want, r := range map[string]Result{
		"—":               {Outcome: target.Outcome{Kind: target.NotApplicable}},
		"safe":            {Outcome: target.Outcome{Kind: target.Safe}},
		"refused":         {Outcome: target.Outcome{Kind: target.Refused}},
		"put aside":       {Outcome: target.Outcome{Kind: target.Parked}},
		"waits":           {Outcome: target.Outcome{Kind: target.Blocked}},
		"hangs S":         {Outcome: target.Outcome{Kind: target.Hung}, Stalls: []target.Stall{{State: "S"}}},
		"owner forgotten": {Outcome: target.Outcome{Kind: target.Violated, Broken: "A"}},
		"crashed":         {Outcome: target.Outcome{Kind: target.Violated, Broken: "U", Findings: []target.Finding{{Invariants: "U"}, {Property: target.Crashed}}}},
		"memory taken":    {Outcome: target.Outcome{Kind: target.Violated, Findings: []target.Finding{{Property: target.Unplugged}}}},
		"atomic sleep":    {Outcome: target.Outcome{Kind: target.Violated, Broken: "X"}},
	} {
		if got := r.word(); got != want {
			t.Errorf("%v: %q, want %q", r.Outcome, got, want)
		}
	}
}

// TestOnceForColumns has file systems that do the same stand in one sentence, which names no block of one of them.
func TestOnceForColumns(t *testing.T) {
	k := &Kernels{Scenarios: []KernelScenario{{Name: "s", Title: "a title"}}}
	const a, b = "block 7 went to N (inode 3, page 0) while p pins it as page 0 of F; page 0 of N is not its own", "block 9 went to N (inode 4, page 1) while p pins it as page 0 of F; page 1 of N is not its own"
	for _, c := range []struct{ label, why string }{{"a", a}, {"b", b}, {"c", "it sleeps"}, {"d", b}, {"e", ""}} {
		k.Columns = append(k.Columns, KernelColumn{Label: c.label, Cells: []KernelCell{{Outcome: target.Outcome{Why: c.why}}}})
	}
	say := func(c *KernelCell) string { return c.Outcome.Why }
	want := []remark{{"a, b and d", "a block went to N while p pins it as page 0 of F; a page of N is not its own"}, {"c", "it sleeps"}}
	if got := k.each(say); len(got) != 1 || !slices.Equal(got[0].remarks, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	k.Columns = k.Columns[:1]
	if got := k.each(say); got[0].remarks[0] != (remark{"a", a}) {
		t.Errorf("one column alone: %+v", got)
	}
}

// TestHead marks columns without DAX once.
func TestHead(t *testing.T) {
	for _, tt := range []struct {
		label, want string
		dax         bool
	}{{"6.1 xfs", "6.1 xfs", true}, {"6.1 xfs-nodax", "6.1 xfs-nodax", false}, {"6.18 tmp", "6.18 tmp (no DAX)", false}} {
		if got := (&KernelColumn{Label: tt.label, Kernel: kernelfs.Kernel{DAX: tt.dax}}).head(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestKernelsText(t *testing.T) {
	k := playKernels(t)
	for name, l := range map[string]Look{"kernels80.txt": {Width: 80}, "kernels50.txt": {Width: 50}, "kernels-colour.txt": {Width: 100, Colour: true}} {
		var b bytes.Buffer
		if err := k.Text(&b, l); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
	}
	var b bytes.Buffer
	if err := k.Stories(&b, Look{Width: 80}); err != nil {
		t.Fatal(err)
	}
	golden(t, "kernels-stories80.txt", b.Bytes())
}

// write leaves kernels in a folder.
func write(t *testing.T, v any) (dir string) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, KernelsName), text, 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

type withSchema struct {
	Schema int `json:"schema"`
	*Kernels
}

// TestReadKernels has what is written be read back, but for what a terminal would obey.
func TestReadKernels(t *testing.T) {
	k := playKernels(t)
	got, err := ReadKernels(write(t, withSchema{1, k}))
	if err != nil {
		t.Fatal(err)
	}
	a, b := must(json.Marshal(k)), must(json.Marshal(got))
	if !bytes.Equal(a, b) {
		t.Errorf("read back otherwise:\n%s\n%s", a, b)
	}
	k.Columns[0].Label = "\x1b[2J\u202e" + strings.Repeat("x", 1<<20)
	k.Scenarios[0].Name = "a\nb"
	if got, err = ReadKernels(write(t, withSchema{1, k})); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := errors.Join(got.Text(&out, Look{}), got.Stories(&out, Look{})); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\u202e") || strings.Contains(out.String(), "a\nb") || len(got.Columns[0].Label) > maxString+10 {
		t.Error("a string of a file is printed as it is")
	}
}

func TestReadKernelsRefuses(t *testing.T) {
	good := string(must(json.Marshal(withSchema{1, playKernels(t)})))
	for name, text := range map[string]string{
		"empty":              "",
		"no object":          "[]",
		"cut off":            good[:len(good)-10],
		"something behind":   good + "{}",
		"an unknown schema":  strings.Replace(good, `"schema":1`, `"schema":9`, 1),
		"no schema":          strings.Replace(good, `"schema":1,`, ``, 1),
		"no scenarios":       `{"schema":1,"scenarios":[],"columns":[{"label":"a"}]}`,
		"no columns":         `{"schema":1,"scenarios":[{"name":"a"}]}`,
		"too few cells":      `{"schema":1,"scenarios":[{"name":"a"}],"columns":[{"label":"a","cells":[]}]}`,
		"an unknown outcome": strings.Replace(good, `"kind":"safe"`, `"kind":"fine"`, 1),
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, KernelsName), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if k, err := ReadKernels(dir); !errors.Is(err, ErrKernels) || k != nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ReadKernels(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestJoinKernels(t *testing.T) {
	all := playKernels(t)
	one, two := &Kernels{Scenarios: all.Scenarios[2:], Columns: []KernelColumn{all.Columns[0]}}, &Kernels{Scenarios: slices.Clone(all.Scenarios[:3]), Columns: []KernelColumn{all.Columns[1]}}
	one.Columns[0].Cells, two.Columns[0].Cells = one.Columns[0].Cells[2:], two.Columns[0].Cells[:3]
	k := JoinKernels([]string{"", "mine"}, []*Kernels{one, two})
	var names []string
	for _, s := range k.Scenarios {
		names = append(names, s.Name)
	}
	if want := []string{"unlink", "second-of-four", "third", "of-my-own"}; !slices.Equal(names, want) {
		t.Errorf("rows %q, want %q", names, want)
	}
	if k.Columns[0].Label != "6.1 xfs" || k.Columns[1].Label != "mine ext4" {
		t.Errorf("%q, %q", k.Columns[0].Label, k.Columns[1].Label)
	}
	played := ""
	for _, c := range k.Columns {
		for _, cell := range c.Cells {
			played += map[bool]string{true: "x", false: "."}[cell.played()]
		}
		played += "|"
	}
	if played != "..xx|xxx.|" {
		t.Errorf("played: %s", played)
	}
	two.Scenarios[2].Steps = []string{"T1: create G"} // another text of the same name
	if k := JoinKernels(nil, []*Kernels{one, two}); len(k.Scenarios) != 5 {
		t.Errorf("%d rows, where two scenarios have one name and different steps", len(k.Scenarios))
	}
}
