package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"daxbench/reports/gate"
)

// endless runs a gate that goes on until somebody stops it. Base and head are the same program.
const endless = "gate -base ./daxbench -head ./daxbench -suite s.toml -seed 1 -o g -junit j.xml -json r.json"

// torn is what a gate leaves that is ended in the middle of a write: under no name that anybody reads.
const torn = "g/.samples.json*"

// layEndless lays what it takes on the desk.
func layEndless(d *desk) {
	d.write("s.toml", endlessSuite)
	d.link(d.shelf.tool, "daxbench")
}

// forks waits until a gate has written so many forks, and returns what it has written.
func (d *desk) forks(n int) *gate.Samples {
	var s *gate.Samples
	d.until("forks of the gate", func() (ok bool) {
		var err error
		s, err = gate.ReadSamples(d.path("g/samples.json"))
		if err != nil && !os.IsNotExist(err) {
			d.Errorf("samples.json is not whole while the gate runs: %v", err)
		}
		return err == nil && len(s.Cells) > 0 && len(s.Cells[0].Forks) >= n
	})
	return s
}

// signalled returns an event: signals one after the other, once a gate has measured something.
func signalled(signals ...syscall.Signal) func(*desk, *program) {
	return func(d *desk, p *program) {
		d.forks(2)
		for _, s := range signals {
			syscall.Kill(p.Process.Pid, s)
		}
	}
}

// kept wants what was measured to be there, whole, of that status, and no verdict to come of it.
func kept(statuses ...string) func(*desk, string) {
	return func(d *desk, _ string) {
		s, err := gate.ReadSamples(d.path("g/samples.json"))
		if err != nil {
			d.Error(err)
			return
		}
		if !strings.Contains(strings.Join(statuses, " "), s.Status) || len(s.Cells[0].Forks) < 2 {
			d.Errorf("status %q, %d forks", s.Status, len(s.Cells[0].Forks))
		}
		again := badCase{make: func(e *desk) {
			e.write("s.toml", endlessSuite)
			e.write("g/samples.json", d.read("g/samples.json"))
		}, args: "gate -judge g -suite s.toml", status: 3, never: []string{"✓ pass"}, says: []string{"daxbench: No"}}
		// "No verdict … the rule declares 1000", or, as a control may seem to move in a handful of forks, "Nothing counts".
		for _, wrong := range again.run(d.T, d.shelf, d.shelf.tool) {
			d.Error(wrong)
		}
	}
}

// waits is an input that gives a benchmark and then nothing, until the writer is closed with the test.
func waits() io.Reader {
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, six("5"))
		time.Sleep(700 * time.Millisecond)
		w.Close()
	}()
	return r
}

// signalCases are commands that are told to stop.
func signalCases() []badCase {
	soon := func(s syscall.Signal, delay time.Duration) func(*desk, *program) {
		return func(_ *desk, p *program) {
			time.Sleep(delay)
			syscall.Kill(p.Process.Pid, s)
		}
	}
	return []badCase{
		{name: "gate, SIGINT", make: layEndless, args: endless, event: signalled(syscall.SIGINT), status: 130,
			leaves: []string{"g"}, silent: true,
			says: []string{"stopped by signal: interrupt"}, after: kept("interrupted")},
		{name: "gate, SIGTERM", make: layEndless, args: endless, event: signalled(syscall.SIGTERM), status: 143,
			leaves: []string{"g"}, silent: true,
			says: []string{"stopped by signal: terminated"}, after: kept("interrupted")},
		{name: "gate, SIGTERM twice", make: layEndless, args: endless, status: 143, leaves: []string{"g", torn},
			silent: true, long: true,
			// The kernel may make one signal of two; then it is interrupted, and not ended at once.
			event: func(d *desk, p *program) {
				d.forks(2)
				syscall.Kill(p.Process.Pid, syscall.SIGTERM)
				syscall.Kill(p.Process.Pid, syscall.SIGTERM)
			}, after: kept("interrupted", "running")},
		{name: "gate -prove, SIGINT", make: layEndless,
			args: "gate -prove -base ./daxbench -suite s.toml -trials 1 -seed 1 -o g", status: 130,
			leaves: []string{"g"}, silent: true,
			event: soon(syscall.SIGINT, time.Second), says: []string{"stopped by signal: interrupt"}},
		{name: "gate -base-ref, SIGINT while it builds", needs: "git", status: 130, leaves: []string{".git"},
			silent: true, long: true, limit: time.Minute,
			make: func(d *desk) {
				d.suite()
				d.write("go.mod", "module daxbench\n")
				d.write("cmd/daxbench/main.go", "package main\n\nimport _ \"net/http\"\n\nfunc main() {}\n")
			},
			via: ofRevision,
			event: func(d *desk, p *program) {
				d.until("the build", func() bool { return strings.Contains(p.err.String(), "building the base") })
				syscall.Kill(p.Process.Pid, syscall.SIGINT)
			},
			says: []string{"stopped by signal: interrupt"}},
		{name: "compare, SIGINT while it reads", stdin: waits,
			make: func(d *desk) { d.write("x", six("1")); d.write("out", "old") }, args: "compare x - -o out",
			event: soon(syscall.SIGINT, 300*time.Millisecond), status: 130, silent: true},
		{name: "compare, SIGTERM while it reads", stdin: waits, make: func(d *desk) { d.write("x", six("1")) },
			args:  "compare x -",
			event: soon(syscall.SIGTERM, 300*time.Millisecond), status: 143, silent: true},
		{name: "baseline record, SIGINT while it runs",
			args: "baseline record -force -- -workload nop -rounds 100 -duration 50ms", status: 130, silent: true,
			leaves: []string{"results"},
			event: func(d *desk, p *program) {
				d.until("a round", func() bool { return strings.Contains(p.err.String(), "round 1 of 100 took") })
				syscall.Kill(p.Process.Pid, syscall.SIGINT)
			}, says: []string{"interrupted after ", "continue with: daxbench run -resume results/"},
			after: func(d *desk, _ string) {
				if d.exists("baselines") {
					d.Error("something was recorded")
				}
				runs, _ := filepath.Glob(d.path("results/*"))
				if len(runs) != 1 {
					d.Fatalf("runs: %q", runs)
				}
				readRun(d.T, runs[0], "interrupted")
			}},
		{name: "census, SIGTERM", args: "census -workload all -policy all",
			event: soon(syscall.SIGTERM, 400*time.Millisecond), status: 143, silent: true,
			says: []string{"stopped by signal: terminated"}},
	}
}

// killCases are commands that are killed, and what was torn by that.
func killCases() []badCase {
	return []badCase{
		{name: "gate", make: layEndless, args: endless, event: signalled(syscall.SIGKILL), status: 137,
			leaves: []string{"g", torn}, silent: true, after: kept("running")},
		{name: "gate, its workers", make: layEndless, args: strings.Replace(endless, "-seed 1", "-seed 1 -v", 1),
			status: 130, leaves: []string{"g"}, silent: true,
			event: func(d *desk, p *program) {
				d.forks(2)
				for range 8 { // one may have been done with its work
					killWorker(d, p.Process.Pid)
					time.Sleep(20 * time.Millisecond)
				}
				d.forks(len(d.forks(2).Cells[0].Forks) + 2) // the gate goes on: a worker that died is part of what was measured
				syscall.Kill(p.Process.Pid, syscall.SIGINT)
			}, after: func(d *desk, _ string) {
				s, err := gate.ReadSamples(d.path("g/samples.json"))
				if err != nil {
					d.Fatal(err)
				}
				failed := 0
				for _, f := range s.Cells[0].Forks {
					for _, side := range []gate.Side{f.Base, f.Head} {
						if side.Outcome == "failed" {
							failed++
						}
					}
				}
				if failed == 0 {
					d.Error("no fork says that its worker died")
				}
			}},
		{name: "compare, results.txt was torn",
			make: func(d *desk) { d.runs(); d.write("b/results.txt", strings.TrimSuffix(d.read("b/results.txt"), "\n")) },
			args: "compare a b", status: 4,
			says: []string{"b/results.txt:", "the last line was cut off while it was written"}, silent: true},
		{name: "compare -force, results.txt was torn",
			make:   func(d *desk) { d.runs(); d.write("b/results.txt", strings.TrimSuffix(d.read("b/results.txt"), "\n")) },
			args:   "compare -force a b",
			status: 0, prints: []string{"the last line was cut off while it was written, and is left out"}},
		{name: "gate -within, results.txt was torn", args: "gate -within -base a -head b -suite s.toml", status: 3,
			never: []string{"✓ pass"},
			make: func(d *desk) {
				d.runs()
				d.suite()
				d.write("b/results.txt", strings.TrimSuffix(d.read("b/results.txt"), "\n"))
			}},
		{name: "baseline record, what a killed one left is swept",
			make: func(d *desk) { d.runs(); d.write("bl/box/.new-2026-01-01-abc/run.json", "{") },
			args: "baseline record -force -from a -dir bl -machine box", status: 0, leaves: []string{"bl"},
			prints: []string{"recorded bl/box/"},
			after: func(d *desk, _ string) {
				if d.exists("bl/box/.new-2026-01-01-abc") {
					d.Error("it is still there")
				}
			}},
	}
}

// killWorker kills a child of a gate.
func killWorker(d *desk, master int) {
	d.Helper()
	d.until("a worker", func() bool {
		for _, pid := range pidsInGroup(master) {
			if pid != master && syscall.Kill(pid, syscall.SIGKILL) == nil {
				return true
			}
		}
		return false
	})
}

// fullDiskCases are disks, or files, that take no more.
func fullDiskCases() []badCase {
	pair := func(d *desk) { d.write("x", six("1")); d.write("y", six("2")); d.write("old", "old") }
	list := []badCase{
		{name: "compare -o on a full device", make: func(d *desk) { pair(d); d.full("full") },
			args: "compare x y -o full", status: 4, says: []string{"full: no space left on device"}, silent: true},
		{name: "compare > a full device", make: func(d *desk) { pair(d); d.full("full") }, via: into("full"),
			args: "compare x y", status: 4, says: []string{"no space left on device"}},
		{name: "compare -o, no room", make: pair, via: limited(0), args: "compare x y -o old", status: 4,
			says: []string{"old cannot be written, and is as it was: file too large"}, silent: true},
		{name: "compare -o in no folder", make: pair, args: "compare x y -o nowhere/out", status: 4,
			says: []string{"nowhere/out cannot be written", "no such file or directory"}, silent: true},
		{name: "compare -o is a folder", make: func(d *desk) { pair(d); d.write("dir/x", "") },
			args: "compare x y -o dir", status: 2, says: []string{"dir is a folder: name a file"}, silent: true},
		{name: "gate -judge > a full device", make: func(d *desk) { d.gate(); d.full("full") }, via: into("full"),
			args: "gate -judge g -suite s.toml", status: 4, says: []string{"no space left on device"}},
		{name: "gate, no room for the samples", make: layEndless, via: limited(0), args: endless, status: 4,
			says: []string{"file too large"}, silent: true, leaves: []string{"g"}},
		{name: "history > a full device", make: func(d *desk) { d.store(); d.full("full") }, via: into("full"),
			args: "history -dir bl", status: 4, says: []string{"no space left on device"}},
		{name: "history -o, no room", make: func(d *desk) { synthetic(d.T, d.path("bl"), 2, 1, 9); d.write("old.png", "old") }, via: limited(1),
			args: "history -dir bl -o old.png", status: 4,
			says: []string{"old.png cannot be written, and is as it was"}},
		{name: "baseline list > a full device", make: func(d *desk) { d.store(); d.full("full") }, via: into("full"),
			args: "baseline list -dir bl", status: 4, says: []string{"no space left on device"}},
		{name: "baseline show > a full device", make: func(d *desk) { d.store(); d.full("full") }, via: into("full"),
			args: "baseline show -dir bl -machine box", status: 4, says: []string{"no space left on device"}},
		{name: "baseline verify > a full device", make: func(d *desk) { d.store(); d.full("full") }, via: into("full"),
			args: "baseline verify -dir bl", status: 4, says: []string{"no space left on device"}},
		{name: "baseline promote, no room",
			make: func(d *desk) { d.store(); d.write("bl/box/current", "2026-01-01-abc\n") }, status: 4, silent: true,
			via:  append(limited(0), named("baseline promote -dir bl -machine box $1")...),
			says: []string{"file too large"}},
		{name: "baseline record, no room",
			make: func(d *desk) { d.store(); d.runs(); d.change("a/run.json", `"seed": 1`, `"seed": 2`) },
			via:  limited(1),
			args: "baseline record -force -from a -dir bl -machine box", status: 4, says: []string{"file too large"},
			silent: true},
		{name: "baseline record, no room for the first", make: func(d *desk) { d.runs() }, via: limited(1),
			args: "baseline record -force -from a -dir bl -machine box", status: 4,
			says: []string{"file too large"}, silent: true, leaves: []string{"bl"}, after: func(d *desk, _ string) {
				if d.exists("bl/box") {
					d.Error("a machine without a record is left")
				}
			}},
		{name: "census > a full device", make: func(d *desk) { d.full("full") }, via: into("full"),
			args: "census -workload nop", status: 4, says: []string{"no space left on device"}},
	}
	for _, format := range []string{"junit", "json", "markdown", "github", "text"} {
		list = append(list, badCase{name: "gate -judge -" + format + ", no room",
			make: func(d *desk) { d.gate(); d.write("old", "old") }, via: limited(0),
			args: "gate -judge g -suite s.toml -" + format + " old", status: 4,
			says:  []string{"old cannot be written, and is as it was: file too large"},
			never: []string{"<testsuite"}})
	}
	return append(list, badCase{name: "gate -judge -junit, no such folder", make: (*desk).gate,
		args: "gate -judge g -suite s.toml -junit nowhere/j.xml", status: 4,
		says: []string{"nowhere/j.xml cannot be written", "no such file or directory"}})
}
