package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"daxbench/engine/peers/table"
	"daxbench/workloads/record"
	"github.com/google/renameio/v2"
)

// peerModules are those whose versions the table names.
var peerModules = []string{
	"github.com/puzpuzpuz/xsync/v4", "github.com/phuslu/lru", "github.com/cockroachdb/pebble/v2", "github.com/maypok86/otter/v2",
	"github.com/dgraph-io/ristretto/v2", "github.com/Yiling-J/theine-go",
}

// A Report is what a table is made of, with what it was made by and on.
type Report struct {
	When        time.Time                 `json:"when"`
	Command     string                    `json:"command"`
	Blocks      int                       `json:"processes"`
	Rounds      int                       `json:"rounds"`
	Seed        uint64                    `json:"seed"`
	Commit      string                    `json:"commit,omitempty"`
	Modules     map[string]string         `json:"modules"`
	Environment record.Environment        `json:"environment"`     // before the first process
	Again       []string                  `json:"again,omitempty"` // why processes were tried once more
	Samples     map[string][]table.Sample `json:"samples"`         // by row, of each process: value, least and most, the times of both sides, the share of dropped rounds
}

// newReport looks at the machine; the results are to come.
func newReport(o options) *Report {
	r := &Report{
		When: time.Now().UTC(), Command: o.command,
		Blocks: o.blocks, Rounds: o.rounds, Seed: o.seed, Commit: record.Commit(),
		Modules: map[string]string{}, Environment: record.Look(), Samples: map[string][]table.Sample{},
	}
	if o.md {
		r.Commit = o.commit
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if slices.Contains(peerModules, m.Path) {
				r.Modules[m.Path] = m.Version
			}
		}
	}
	return r
}

// commandOf writes down what measures the same again: the flags that were set, but for where else something goes.
func commandOf(set *flag.FlagSet) string {
	command := "go run ."
	set.Visit(func(f *flag.Flag) {
		switch value := f.Value.String(); {
		case f.Name == "json", f.Name == "cpuprofile":
		case value == "true":
			command += " -" + f.Name
		default:
			command += " -" + f.Name + " '" + strings.ReplaceAll(value, "'", `'\''`) + "'"
		}
	})
	return command
}

// origin says in a few lines where the figures come from.
func (r *Report) origin() string {
	var modules []string
	for _, path := range peerModules {
		if v, ok := r.Modules[path]; ok {
			modules = append(modules, path+" "+v)
		}
	}
	e := r.Environment
	return fmt.Sprintf("Measured on %s at load %s by `%s`, %s, commit %s: %s, %d processors, %s, %s; %s.",
		r.When.Format("2006-01-02"), load(e.Load), r.Command, r.processes(), r.Commit, e.CPU, e.Cores, e.Kernel, e.Go,
		strings.Join(modules, ", "))
}

// processes says how many there were: as many as were asked for, but for rows that have more, or one. It goes by the samples.
func (r *Report) processes() string {
	least, most := r.Blocks, r.Blocks
	for _, list := range r.Samples {
		least, most = min(least, len(list)), max(most, len(list))
	}
	text := fmt.Sprintf("%d processes of %d rounds", r.Blocks, r.Rounds)
	if most > r.Blocks {
		text += fmt.Sprintf("; %d of each group that takes less than a second", most)
	}
	if least < r.Blocks {
		text += fmt.Sprintf("; %d of what takes long and comes to the same in each, ten million inodes", least)
	}
	if len(r.Again) > 0 {
		text += fmt.Sprintf("; %d tried once more (%s)", len(r.Again), strings.Join(r.Again, "; "))
	}
	return text
}

// load is the average over the last minute.
func load(list []float64) string {
	if len(list) == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.1f", list[0])
}

// write keeps the report in a file, which is whole or not there.
func (r *Report) write(path string) error {
	data, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return renameio.WriteFile(path, append(data, '\n'), 0o644)
}
