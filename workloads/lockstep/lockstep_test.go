package lockstep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/workloads"
	"daxbench/workloads/driver"
)

// TestMain makes this test program a worker too: a real one, or one with the fault that the environment names.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == workerCommand {
		if err := fake(os.Getenv("LOCKSTEP_FAULT")); err != nil {
			fmt.Fprintln(os.Stderr, "worker:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// fake is a worker with a fault: "verb kind", as in "turn die". Only the head has it, which is started through a link.
func fake(fault string) error {
	verb, kind, _ := strings.Cut(fault, " ")
	if !strings.HasSuffix(os.Args[0], "head") || verb == "" {
		return Serve(context.Background(), "test", os.Stdin, os.Stdout)
	}
	in, out := io.Pipe()
	go func() {
		requests := newLines(os.Stdin)
		for turn := 0; ; {
			var r Request
			if requests.next(&r) != nil {
				out.Close()
				return
			}
			if r.Do == Turn {
				turn++
			}
			if string(r.Do) != verb || r.Do == Turn && turn < 5 {
				send(out, &r)
				continue
			}
			switch kind {
			case "die":
				fmt.Fprintln(os.Stderr, "panic: planted\nand a stack")
				os.Exit(7)
			case "hang":
				time.Sleep(time.Hour) // not select: the runtime would see that nothing can wake it
			case "garbage":
				fmt.Println("Hello, world")
			case "unknown":
				send(os.Stdout, &Reply{Unknown: true, Error: "there is no such cell"})
			case "newer":
				send(os.Stdout, &Reply{Hi: &Hi{Protocol: Protocol + 1}})
			case "empty":
				send(os.Stdout, &Reply{})
			case "elsewhere":
				if turn == 5 {
					leave()
				}
				send(out, &r)
			}
		}
	}()
	return Serve(context.Background(), "test", in, os.Stdout)
}

// leave moves this process to a processor that it was not kept on.
func leave() {
	own := processors(os.Getpid())
	for _, cpu := range processors(os.Getppid()) {
		if !slices.Contains(own, cpu) {
			keepOn(os.Getpid(), cpu)
			return
		}
	}
}

// newMaster returns a master of two builds, both this test program; the head may have a fault.
func newMaster(t *testing.T, fault string) *Master {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	head := filepath.Join(t.TempDir(), "head")
	if err := os.Symlink(self, head); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LOCKSTEP_FAULT", fault)
	return &Master{Base: []Build{{Path: self}}, Head: []Build{{Path: head}}, Seed: 1, Slices: 12}
}

// small is a cell that is opened in milliseconds.
const small = "IgetChurn/files=64/workers=1/policy=dax-only"

func TestForks(t *testing.T) {
	m := newMaster(t, "")
	m.Base = []Build{{m.Base[0].Path, 1}, {m.Base[0].Path, 2}}
	m.Head = []Build{{m.Head[0].Path, 1}, {m.Head[0].Path, 2}}
	if base, head, err := m.Meet(t.Context()); err != nil || base.Protocol != Protocol || base.Tool != "test" || head != base {
		t.Fatalf("%+v %+v %v", base, head, err)
	}
	var cells []*Sampled
	for _, name := range []string{small, "Nop/workers=1/policy=none"} {
		c, err := m.Prepare(t.Context(), name, 50*time.Microsecond)
		if err != nil || c.BaseError+c.HeadError != "" || c.Ops < 10 || c.Workers != 1 || c.Sleeps {
			t.Fatalf("%+v %v", c, err)
		}
		cells = append(cells, &c)
	}
	var steps []Step
	m.Step = func(s Step) error { steps = append(steps, s); return nil }
	for batch, forks := range []int{3, 1} {
		if err := m.Batch(t.Context(), cells, batch+1, forks); err != nil {
			t.Fatal(err)
		}
	}
	if len(steps) != 8 || steps[5].Done != 6 || steps[5].All != 6 || steps[7].All != 2 {
		t.Errorf("%+v", steps)
	}
	seeds, firsts, places := make(map[uint64]bool), make(map[string]int), make(map[int]int)
	for _, c := range cells {
		if len(c.Forks) != 4 {
			t.Fatalf("%s: %d forks", c.Name, len(c.Forks))
		}
		for i, f := range c.Forks {
			if want := 1 + i/3; f.Number != i+1 || f.Batch != want || f.Layout != uint64(f.Number%2+1) {
				t.Errorf("%s: fork %d has number %d, batch %d, layout %d", c.Name, i, f.Number, f.Batch, f.Layout)
			}
			if n := strings.Count(f.Order, "b"); len(f.Order) != 12 || n != 6 {
				t.Errorf("%s: order %s", c.Name, f.Order)
			}
			seeds[f.Seed] = true
			firsts[f.First]++
			places[f.On]++
			for _, s := range []Side{f.Base, f.Head} {
				if s.Outcome != driver.OK || len(s.Wall) != 12 || len(s.CPU) != 12 || len(s.Controls[Spin]) != 12 || len(s.Controls[Walk]) != 12 || s.Latency == "" {
					t.Errorf("%s: %+v", c.Name, s)
				}
				for _, list := range [][]float64{s.Wall, s.CPU, s.Controls[Spin], s.Controls[Walk]} {
					if slices.Min(list) <= 0 {
						t.Errorf("%s: %v", c.Name, list)
					}
				}
			}
			// The same seed and the same operations: the same work.
			for _, name := range []string{"ops", "hits", "misses", "evictions"} {
				if f.Base.Counters[name] != f.Head.Counters[name] {
					t.Errorf("%s: %s: %d and %d", c.Name, name, f.Base.Counters[name], f.Head.Counters[name])
				}
			}
			if want := int64(12 * c.Ops * 5 / 4); f.Base.Counters["ops"] < int64(12*c.Ops) || f.Base.Counters["ops"] > want+int64(2*c.Ops)+allocOps {
				t.Errorf("%s: %d operations in 12 slices of %d", c.Name, f.Base.Counters["ops"], c.Ops)
			}
		}
	}
	if !maps.Equal(firsts, map[string]int{"b": 4, "h": 4}) {
		t.Errorf("started first: %v", firsts)
	}
	if places[0] == 0 && len(places) < min(2, len(processors(0))) { // 0: it may be forbidden to choose one
		t.Errorf("on processors, from 1: %v", places)
	}
	if len(seeds) != 4 { // one per number, whatever the cell
		t.Errorf("%d seeds", len(seeds))
	}
}

// TestApart: a side that runs on another processor than it was put on is seen, and one that does not is not.
func TestApart(t *testing.T) {
	var own unix.CPUSet
	if err := errors.Join(unix.SchedGetaffinity(0, &own), unix.SchedSetaffinity(0, &own)); err != nil || own.Count() < 2 {
		t.Skipf("needs two processors, and to be allowed to choose one: %d, %v", own.Count(), err)
	}
	for fault, want := range map[string]int{"": 0, "turn elsewhere": 12 - 4} { // from the fifth turn on
		m := newMaster(t, fault)
		if _, _, err := m.Meet(t.Context()); err != nil {
			t.Fatal(err)
		}
		c, err := m.Prepare(t.Context(), small, 50*time.Microsecond)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Batch(t.Context(), []*Sampled{&c}, 1, 2); err != nil {
			t.Fatal(err)
		}
		for _, f := range c.Forks {
			if f.Apart != want || f.Loose {
				t.Errorf("%q: fork %d: apart in %d slices, want %d; loose %v", fault, f.Number, f.Apart, want, f.Loose)
			}
		}
	}
	m := newMaster(t, "") // which has met nobody, and knows of no processor
	c, err := m.Prepare(t.Context(), small, 50*time.Microsecond)
	if err == nil {
		err = m.Batch(t.Context(), []*Sampled{&c}, 1, 1)
	}
	if err != nil || !c.Forks[0].Loose {
		t.Errorf("not pinned: %v %v", err, c.Forks)
	}
}

// TestKnownApart: what an older build does not say is not held against it, and what the other says is.
func TestKnownApart(t *testing.T) {
	for _, tt := range []struct {
		at, base, head int
		want           bool
	}{
		{1, 1, 1, false}, {1, 1, 2, true}, {1, 2, 1, true}, {1, 2, 2, true}, {1, 1, -1, true},
		{1, 0, 1, false}, {1, 0, 2, true}, {1, 2, 0, true}, {1, 0, 0, false}, {1, -1, 0, true},
		{0, 2, 2, false}, {0, 1, 2, true}, {0, 0, 2, false}, {0, 2, 0, false}, {0, 0, -1, true}, {0, -1, -1, true}, {0, 0, 0, false},
	} {
		if got := apart(tt.at, &Taken{Processor: tt.base}, &Taken{Processor: tt.head}); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

// TestPlaces: over as many forks as there are layouts and processors every layout comes to every processor once, and all
// that is counted is even long before that.
func TestPlaces(t *testing.T) {
	for layouts := 1; layouts <= 12; layouts++ {
		for n := 1; n <= 5; n++ {
			cpus := []int{2, 3, 5, 7, 11}[:n]
			met, used := make(map[[2]int]int), make(map[int]int)
			for number := 1; number <= layouts*n; number++ {
				cpu := processorOf(cpus, number, layouts)
				met[[2]int{number % layouts, cpu}]++
				used[cpu]++
				if number%n == 0 && slices.Max(slices.Collect(maps.Values(used)))-number/n > 1 {
					t.Errorf("%d layouts, %d processors: after %d forks: %v", layouts, n, number, used)
				}
			}
			if len(met) != layouts*n {
				t.Errorf("%d layouts, %d processors: %v", layouts, n, met)
			}
		}
	}
	for first := range 2 {
		if p := (&pair{first: first}); p.sides() != [2]int{first, 1 - first} {
			t.Errorf("side %d is to be started first, and not in the order %v", first, p.sides())
		}
	}
	both := make(map[int]int)
	for number := 1; number <= 400; number += 2 {
		first := firstOf(1, number)
		both[first]++
		if first+firstOf(1, number+1) != 1 {
			t.Errorf("forks %d and %d begin with one side", number, number+1)
		}
	}
	if both[0] < 70 || both[1] < 70 { // of 200, six standard deviations would be 58
		t.Errorf("drawn: %v", both)
	}
}

// TestFaults says what becomes of a head that goes wrong.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		fault, outcome, note string
		slices               int
		err                  error
	}{
		{"open die", driver.Failed, `worker ended (exit status 7): "panic: planted"`, 0, nil},
		{"turn die", driver.Failed, `turn: the worker ended (exit status 7): "panic: planted"`, 4, nil},
		{"finish die", driver.Failed, "finish: the worker ended", 12, nil},
		{"turn hang", driver.Hung, "turn: no answer in time", 4, nil},
		{"turn garbage", "", "", 4, ErrProtocol},
		{"turn empty", "", "", 4, ErrProtocol},
		{"open unknown", "", "", 0, nil},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			m := newMaster(t, tt.fault)
			m.patience = 20 * time.Second // under the race detector, and beside other tests, a cell takes a while to open
			if strings.HasSuffix(tt.fault, "hang") {
				m.patience = 2 * time.Second
			}
			c := Sampled{Name: small, Ops: 100, SliceNanos: 1000, Workers: 1}
			err := m.Batch(t.Context(), []*Sampled{&c}, 1, 1)
			switch {
			case tt.fault == "open unknown":
				if err == nil || !strings.Contains(err.Error(), "there is no such cell") {
					t.Errorf("%v", err)
				}
				return
			case tt.err != nil:
				if !errors.Is(err, tt.err) {
					t.Errorf("%v", err)
				}
				return
			case err != nil:
				t.Fatal(err)
			}
			f := c.Forks[0]
			if f.Head.Outcome != tt.outcome || len(f.Head.Notes) != 1 || !strings.Contains(f.Head.Notes[0], tt.note) {
				t.Errorf("%s %q", f.Head.Outcome, f.Head.Notes)
			}
			if len(f.Base.Wall) != tt.slices || len(f.Head.Wall) != tt.slices || len(f.Order) != tt.slices {
				t.Errorf("%d and %d slices in order %q, want %d", len(f.Base.Wall), len(f.Head.Wall), f.Order, tt.slices)
			}
			if f.Base.Outcome != driver.OK {
				t.Errorf("base: %s %q", f.Base.Outcome, f.Base.Notes)
			}
		})
	}
}

// TestMeetRefuses says which heads are told at once.
func TestMeetRefuses(t *testing.T) {
	for _, fault := range []string{"hello die", "hello garbage", "hello newer", "hello empty", "hello hang"} {
		m := newMaster(t, fault)
		m.patience = 2 * time.Second
		if _, _, err := m.Meet(t.Context()); !errors.Is(err, ErrProtocol) {
			t.Errorf("%s: %v", fault, err)
		}
	}
	m := newMaster(t, "")
	m.Head = []Build{{Path: filepath.Join(t.TempDir(), "nothing")}}
	if _, _, err := m.Meet(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// TestPrepareSays which side lacks a cell: it is for the gate to judge what is missing.
func TestPrepareSays(t *testing.T) {
	m := newMaster(t, "open unknown")
	c, err := m.Prepare(t.Context(), small, 0)
	if err != nil || c.BaseError != "" || !strings.Contains(c.HeadError, "no such cell") {
		t.Errorf("%+v %v", c, err)
	}
	for name, want := range map[string]string{
		"Nonesuch/policy=none": "no storm", "Nop/policy=never": "unknown policy", "Nop": "no policy", "Nop/policy": "key=value",
		"IgetChurn/colour=red/policy=none": "no parameter", "IgetChurn/files=0/policy=none": "whole number",
		"IgetChurn/files=64/files=65/policy=none": "each key once", "IgetChurn/files=2048/workers=1/policy=none": "it is called IgetChurn/workers=1/policy=none",
		"PinMix/workers=x/policy=none": "invalid syntax",
	} {
		m := newMaster(t, "")
		c, err := m.Prepare(t.Context(), name, 0)
		if err != nil || !strings.Contains(c.BaseError, want) || c.HeadError == "" || c.BaseLacks == strings.HasPrefix(want, "it is called") {
			t.Errorf("%s: %+v %v", name, c, err)
		}
		if err := m.Batch(t.Context(), []*Sampled{&c}, 1, 1); err != nil || len(c.Forks) != 0 {
			t.Errorf("%s was measured: %v", name, err)
		}
	}
}

// TestInterrupted wants the cause at once, and no half of a fork.
func TestInterrupted(t *testing.T) {
	m := newMaster(t, "turn hang")
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("stop")
	time.AfterFunc(300*time.Millisecond, func() { cancel(cause) })
	c := Sampled{Name: small, Ops: 100, SliceNanos: 1000, Workers: 1}
	if err := m.Batch(ctx, []*Sampled{&c}, 1, 1); !errors.Is(err, cause) || len(c.Forks) != 0 {
		t.Errorf("%v, %d forks", err, len(c.Forks))
	}
}

// TestPlanted counts the operations that a planted slowdown adds: it is real work, and its share is exact.
func TestPlanted(t *testing.T) {
	m := newMaster(t, "")
	c := Sampled{Name: small, Ops: 90, SliceNanos: 1000, Workers: 1, PlantedNow: 0.05} // 4.5 further ones a slice
	if err := m.Batch(t.Context(), []*Sampled{&c}, 1, 1); err != nil {
		t.Fatal(err)
	}
	base, head := c.Forks[0].Base.Counters["ops"], c.Forks[0].Head.Counters["ops"]
	if head-base != 12*9/2 {
		t.Errorf("%d operations against %d", head, base)
	}
}

func TestProfiles(t *testing.T) {
	m := newMaster(t, "")
	c := Sampled{Name: small, Ops: 100, SliceNanos: 1000, Workers: 1}
	dir := t.TempDir()
	files, err := m.Profiles(t.Context(), &c, 50*time.Millisecond, func(side, kind string) string { return filepath.Join(dir, side+kind) })
	if err != nil || len(files) != 4 {
		t.Fatalf("%v %v", files, err)
	}
	for _, name := range files {
		if head, err := os.ReadFile(name); err != nil || !bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
			t.Errorf("%s is no compressed profile: %v", name, err)
		}
	}
}

// TestLengths lets a storm with two workers choose.
func TestLengths(t *testing.T) {
	if testing.Short() {
		t.Skip("short: tries five lengths")
	}
	m := newMaster(t, "")
	c, err := m.Prepare(t.Context(), "PinMix/files=4/workers=2/policy=none", 0)
	if err != nil || !slices.Contains(lengths, time.Duration(c.SliceNanos)) || strings.Count(c.Why, "%") != len(lengths) {
		t.Errorf("%+v %v", c, err)
	}
	for _, d := range []time.Duration{usualSlice, time.Millisecond, time.Second} {
		m.Slices = 120
		n := m.slices(&Sampled{SliceNanos: int64(d)})
		if n%2 != 0 || n < leastSlices || n > m.Slices {
			t.Errorf("%v: %d slices", d, n)
		}
	}
}

// TestNames holds names of cells against plans: what is planned is called what was asked for.
func TestNames(t *testing.T) {
	for _, wl := range workloads.All {
		for _, kernel := range []string{"", "/kernel=6.0"} {
			name := (&driver.Group{Workload: wl}).Title()
			for _, k := range wl.Knobs {
				if len(k.Sweep) > 0 {
					name += "/" + k.Key + "=" + k.Sweep[0]
				}
			}
			name += "/workers=1" + kernel + "/policy=dax-only"
			p, err := PlanOf(name, 1)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if got := p.Groups[0].Name(p.Policies[0].Name()); len(p.Groups) != 1 || !sameParts(got, name) {
				t.Errorf("%s became %s", name, got)
			}
		}
	}
}

// sameParts leaves the order of parameters aside, and those that a kernel sets.
func sameParts(got, want string) bool {
	have := strings.Split(got, "/")
	for _, part := range strings.Split(want, "/") {
		if !slices.Contains(have, part) {
			return false
		}
	}
	return true
}

func TestLines(t *testing.T) {
	var r Request
	for _, text := range []string{"{", "\n", "[]\n", "Hello\n", `{"do":1}` + "\n", strings.Repeat(" ", maxLine+1) + "\n"} {
		if err := newLines(strings.NewReader(text)).next(&r); !errors.Is(err, ErrProtocol) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	long := strings.Repeat("x", 1<<20)
	if err := newLines(strings.NewReader(`{"do":"open","cell":"` + long + "\"}\n")).next(&r); err != nil || r.Cell != long {
		t.Errorf("a line of a megabyte: %v", err)
	}
	if err := newLines(strings.NewReader("")).next(&r); err != io.EOF {
		t.Errorf("%v", err)
	}
}

// TestOrderOfVerbs wants words for a master that has lost its way.
func TestOrderOfVerbs(t *testing.T) {
	var out bytes.Buffer
	in := `{"do":"turn","ops":1}` + "\n" + `{"do":"open","cell":"Nop/workers=1/policy=none"}` + "\n" + `{"do":"dance"}` + "\n" +
		`{"do":"turn"}` + "\n" + `{"do":"profile"}` + "\n"
	if err := Serve(t.Context(), "test", strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"no open cell", `unknown verb \"dance\"`, "a turn of 0 operations", "no turn has been taken"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s\nlacks %q", out.String(), want)
		}
	}
}

func TestControls(t *testing.T) {
	c := newControls()
	seen := make(map[uint64]bool)
	for at := uint64(0); !seen[at]; at = c.lines[at].next {
		seen[at] = true
	}
	if len(seen) != walkLines {
		t.Errorf("the walk comes back after %d of %d lines", len(seen), walkLines)
	}
	for name, v := range c.run() {
		if v <= 0 || v > 1000 {
			t.Errorf("%s: %g ns a step", name, v)
		}
	}
	if c.state == 1 || c.lines[0].next == 0 {
		t.Error("the controls did nothing")
	}
}

func TestTail(t *testing.T) {
	var tl tail
	for range 1000 {
		fmt.Fprintf(&tl, "%s\n", strings.Repeat("x", 50))
	}
	if tl.Len() != tailSize {
		t.Errorf("%d bytes are kept", tl.Len())
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	s := Samples{Schema: Schema, Cells: []Sampled{{Name: small}}}
	s.End(Interrupted)
	for range 2 { // the second time over the first
		if err := s.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("%v %v", files, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, SamplesName))
	if err != nil || !bytes.Contains(text, []byte(`"status":"interrupted"`)) || !bytes.HasSuffix(text, []byte("}\n")) {
		t.Errorf("%s %v", text, err)
	}
}
