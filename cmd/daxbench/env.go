package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"daxbench/engine/pmem"
	"daxbench/reports/unit"
	"daxbench/workloads/noise"
	"daxbench/workloads/record"
)

// machine is what env shows.
type machine struct {
	record.Environment
	Commit    string         `json:"commit"`
	Tool      string         `json:"tool"`
	Processor pmem.Processor `json:"processor"`
	Region    pmem.Info      `json:"region"`          // that a run without -pmem gets
	Noise     *noise.Report  `json:"noise,omitempty"` // nil: nobody looked
}

func newEnv() *cobra.Command {
	format, quick := "text", false
	cmd := &cobra.Command{
		Use:   "env",
		Short: "show the machine as a run would record it, and how noisy it is",
		Long: "Env shows what results record of this machine, and looks for a second at what\n" +
			"would disturb a measurement: other programs, stolen time, a frequency that is not\n" +
			"steady, late timers. It says what to do about each. Nothing is written.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "text" && format != "json" {
				return usagef("unknown format %q; known: text, json", format)
			}
			ctx, stop := withSignals(cmd.Context())
			defer stop()
			m, err := lookAround(ctx, quick)
			if err != nil {
				return err
			}
			if format == "json" {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(&m)
			}
			p := newPage(cmd.OutOrStdout())
			m.write(p)
			if m.Noise != nil {
				writeNoise(p, m.Noise)
			}
			return p.print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&format, "format", format, "`text` or json")
	cmd.Flags().BoolVar(&quick, "quick", quick, "leave out the noise check, which takes a second")
	return cmd
}

// lookAround collects what env shows.
func lookAround(ctx context.Context, quick bool) (machine, error) {
	m := machine{Environment: record.Look(), Commit: record.Commit(), Tool: tool, Processor: pmem.Detect()}
	const sample = 4 << 20 // two huge pages
	region, err := pmem.Open(pmem.Options{Size: sample, Populate: true})
	if err != nil {
		return m, err
	}
	m.Region = region.Info()
	if err := region.Close(); err != nil || quick {
		return m, err
	}
	report, err := noise.Check(ctx, noise.DefaultTime, m.Environment)
	m.Noise = &report
	return m, err
}

// write writes the machine for a person.
func (m *machine) write(p *page) {
	line := func(key, format string, args ...any) {
		p.item(0, len("mitigations"), key, fmt.Sprintf(format, args...))
	}
	line("tool", "%s, commit %s, %s%s", m.Tool, orUnknown(m.Commit), m.Go, map[bool]string{true: ", race detector"}[m.Race])
	line("machine", "%s", m.host())
	line("processor", "%s", m.processor())
	line("caches", "%s", orUnknown(m.caches()))
	line("frequency", "governor %s, driver %s%s", orUnknown(m.Governor), orUnknown(m.FrequencyDriver), after(", boost ", m.Boost))
	line("kernel", "%s, %s/%s", m.Kernel, m.OS, m.Arch)
	line("mitigations", "%s", m.mitigations())
	line("memory", "%s%s", orUnknown(bytesOrNothing(m.MemoryBytes)), after(", limited to ", bytesOrNothing(m.MemoryLimitBytes)))
	line("runtime", "GOMAXPROCS %d, GOGC %s%s%s", m.MaxProcs, orUnknown(m.GOGC), after(", GOMEMLIMIT ", bytesOrNothing(m.GOMEMLIMIT)), after(", GODEBUG ", m.GODEBUG))
	line("build", "%s", orUnknown(m.flags()))
	if len(m.Load) > 0 {
		line("load", "%.2f %.2f %.2f", m.Load[0], m.Load[1], m.Load[2])
	}
	line("write-back", "%s in use; the processor has %s; pages are copied by %s", m.Processor.Flush, m.writeBacks(), m.Processor.PageCopy)
	c := m.Clock
	line("clock", "%s, %.6g MHz, a reading costs %.2g ns, a step is %.2g ns; the kernel's is %s", c.Source, c.Hz/1e6, c.CostNanos, c.StepNanos, orUnknown(m.ClockSource))
	if c.Reason != "" {
		line("", "%s", c.Reason)
	}
	line("huge pages", "anonymous %s, shared %s; a region: %s", orUnknown(m.HugePages["anonymous"]), orUnknown(m.HugePages["shared"]), m.Region.HugeNote)
	line("region", "%s, written back by %s, unless -pmem names a file", m.Region.Backing, m.Region.Flush)
}

// host is what kind of machine it is, if it says.
func (m *machine) host() string {
	kind := "no hypervisor is seen"
	if m.Hypervisor != "" {
		kind = "virtual, under " + m.Hypervisor
		if m.Hypervisor == "unnamed" {
			kind = "virtual, under a hypervisor that gives no name"
		}
	}
	if m.Product != "" {
		return m.Product + "; " + kind
	}
	return kind
}

// processor is the processor and how much of it there is.
func (m *machine) processor() string {
	text := fmt.Sprintf("%s, %d cores for this process", orUnknown(m.CPU), m.Cores)
	if m.OnlineCPUs > 0 {
		text += fmt.Sprintf(" (%s) of %d online", orUnknown(m.Affinity), m.OnlineCPUs)
	}
	if m.QuotaCPUs > 0 {
		text += fmt.Sprintf(", quota %.3g", m.QuotaCPUs)
	}
	if m.NUMANodes > 0 {
		text += ", " + unit.Plural(m.NUMANodes, "NUMA node")
	}
	return text + after(", SMT ", m.SMT) + after(", microcode ", m.Microcode)
}

// caches lists them: "L1d 32 KiB, L2 1 MiB".
func (m *machine) caches() string {
	var parts []string
	for _, level := range slices.Sorted(maps.Keys(m.Caches)) {
		parts = append(parts, level+" "+formatBytes(m.Caches[level]))
	}
	return strings.Join(parts, ", ")
}

// mitigations lists what is done about the processor's weaknesses.
func (m *machine) mitigations() string {
	if len(m.Mitigations) == 0 {
		return "none needed, or unknown"
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m.Mitigations)) {
		parts = append(parts, name+": "+m.Mitigations[name])
	}
	return strings.Join(parts, "; ")
}

// flags lists those of the build.
func (m *machine) flags() string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(m.Build)) {
		parts = append(parts, key+"="+m.Build[key])
	}
	return strings.Join(parts, " ")
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

// writeNoise writes what the noise check found, and the advice for each finding that is out of line.
func writeNoise(p *page, r *noise.Report) {
	p.line("")
	p.item(0, 0, "", "Noise, over "+strconv.FormatFloat(r.Seconds, 'f', 1, 64)+" s: "+r.Summary+".")
	p.line("")
	room := 0
	for _, f := range r.Findings {
		room = max(room, len(f.Name))
	}
	for _, f := range r.Findings {
		name := fmt.Sprintf("%-*s  %s", room, f.Name, f.Verdict)
		p.item(2, room+2+len("poor"), name, f.Text)
		if f.Advice != "" {
			p.item(2, room+2+len("poor"), "", "→ "+f.Advice)
		}
	}
}

// after puts words before a text, if there is one.
func after(words, text string) string {
	if text == "" {
		return ""
	}
	return words + text
}

// bytesOrNothing is a size, "" if it is 0.
func bytesOrNothing(n int64) string {
	if n == 0 {
		return ""
	}
	return formatBytes(n)
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}
