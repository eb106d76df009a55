package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"daxbench/engine/pmem"
	"daxbench/workloads/record"
)

// machine is what env shows.
type machine struct {
	record.Environment
	Commit    string         `json:"commit"`
	Tool      string         `json:"tool"`
	Processor pmem.Processor `json:"processor"`
	Region    pmem.Info      `json:"region"` // that a run without -pmem gets
}

func newEnv() *cobra.Command {
	format := "text"
	cmd := &cobra.Command{
		Use:   "env",
		Short: "show the machine as a run would record it",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "text" && format != "json" {
				return usagef("unknown format %q; known: text, json", format)
			}
			m := machine{Environment: record.Look(), Commit: record.Commit(), Tool: tool, Processor: pmem.Detect()}
			const sample = 4 << 20 // two huge pages
			region, err := pmem.Open(pmem.Options{Size: sample, Populate: true})
			if err != nil {
				return err
			}
			m.Region = region.Info()
			if err := region.Close(); err != nil {
				return err
			}
			if format == "json" {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(&m)
			}
			p := newPage(cmd.OutOrStdout())
			m.write(p)
			return p.print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&format, "format", format, "`text` or json")
	return cmd
}

// write writes the machine for a person.
func (m *machine) write(p *page) {
	line := func(key, format string, args ...any) {
		p.item(0, len("write-back"), key, fmt.Sprintf(format, args...))
	}
	line("tool", "%s, commit %s, %s%s", m.Tool, orUnknown(m.Commit), m.Go, map[bool]string{true: ", race detector"}[m.Race])
	line("processor", "%s, %d cores for this process", m.CPU, m.Cores)
	line("kernel", "%s, %s/%s", m.Kernel, m.OS, m.Arch)
	if len(m.Load) > 0 {
		line("load", "%.2f %.2f %.2f", m.Load[0], m.Load[1], m.Load[2])
	}
	line("write-back", "%s in use; the processor has %s; pages are copied by %s", m.Processor.Flush, m.writeBacks(), m.Processor.PageCopy)
	c := m.Clock
	line("clock", "%s, %.6g MHz, a reading costs %.2g ns, a step is %.2g ns", c.Source, c.Hz/1e6, c.CostNanos, c.StepNanos)
	if c.Reason != "" {
		line("", "%s", c.Reason)
	}
	line("huge pages", "anonymous %s, shared %s; a region: %s", orUnknown(m.HugePages["anonymous"]), orUnknown(m.HugePages["shared"]), m.Region.HugeNote)
	line("region", "%s, written back by %s, unless -pmem names a file", m.Region.Backing, m.Region.Flush)
}

// writeBacks lists what the processor has.
func (m *machine) writeBacks() string {
	var have []string
	for _, w := range []pmem.WriteBack{pmem.CLWB, pmem.CLFLUSHOPT, pmem.CLFLUSH} {
		if m.Processor.Has(w) {
			have = append(have, w.String())
		}
	}
	if len(have) == 0 {
		return "none"
	}
	return strings.Join(have, ", ")
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}
