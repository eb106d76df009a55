package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/gallery"
	"daxbench/reports/unit"
)

// lead says what was compared, where and when, and what it was that did the work.
func lead(src *gallery.Source) string {
	t, m := src.Table, &src.Run.Manifest
	var others []string
	for _, p := range policies(t) {
		if p != reference(t) {
			others = append(others, trim(p))
		}
	}
	workloads := make(map[string]bool)
	for i := range t.Groups {
		workloads[t.Groups[i].Workload] = true
	}
	text := unit.Plural(len(workloads), "workload")
	if len(workloads) < len(t.Groups) {
		text += " with " + unit.Plural(len(t.Groups), "set of parameters", "sets of parameters")
	}
	target, onTarget := mountedOn(m)
	switch {
	case len(t.Groups) == 0:
		text = "Nothing has been measured"
	case onTarget && len(others) == 0:
		text = target.name() + " alone, under " + text
	case len(others) == 0:
		text = "The policy " + trim(reference(t)) + " alone, under " + text
	case len(others) == 1:
		text = "The policy " + others[0] + " against " + trim(reference(t)) + ", under " + text
	default:
		text = "The policies " + unit.List(others) + " against " + trim(reference(t)) + ", under " + text
	}
	if t.Run.Done > 0 {
		text += ", " + unit.Plural(t.Run.Done, "round") + " by turns"
	}
	if where := trim(t.Run.CPU); where != "" {
		text += ", on " + where
		if t.Run.Cores != "" {
			text += " with " + plain(t.Run.Cores, "core")
		}
	}
	if when, err := time.Parse(time.RFC3339Nano, m.Started); err == nil {
		text += ", " + when.UTC().Format("2 January 2006")
	}
	return strings.TrimSpace(text + ". " + subject(src))
}

// plain is a count that stands in a file as text.
func plain(n, word string) string {
	if n == "1" {
		return "1 " + word
	}
	return trim(n) + " " + word + "s"
}

// A mount is what a run on a mounted file system says of it.
type mount struct{ release, fs, clock string }

// mountedOn returns the mount that a run was made on; false if it was made on the engine.
func mountedOn(m *folder.Manifest) (mount, bool) {
	target, ok := m.Environment["target"].(map[string]any)
	if !ok {
		return mount{}, false
	}
	kernel, _ := target["kernel"].(map[string]any)
	word := func(m map[string]any, key string) string {
		text, _ := m[key].(string)
		return trim(text)
	}
	return mount{word(kernel, "release"), word(target, "fs"), word(target, "clock")}, true
}

// name is what stands for the policy: the kernel.
func (m mount) name() string { return strings.TrimSpace("Linux " + m.release) }

// measured says what was measured, and in which time if that is not the world's.
func (m mount) measured() string {
	text := "Measured is " + m.name() + " itself, by system calls"
	if m.fs != "" {
		text += " on a mounted " + m.fs
	}
	if m.clock != "" && m.clock != "real" {
		text += ". Its time is not that of hardware: " + m.clock
	}
	return text
}

// subject says what was measured: the kernel that a file system is mounted on, if the run was made there. Else never the kernel
// that the machine ran, but the engine of daxbench, laid out and driven as the parameters of the groups have it.
func subject(src *gallery.Source) string {
	if len(src.Table.Groups) == 0 {
		return ""
	}
	text := "Measured is daxbench's own engine, in user space and not in a kernel"
	if target, ok := mountedOn(&src.Run.Manifest); ok {
		text = target.measured()
	}
	made := values(src.Table, "kernel")
	for _, p := range src.Run.Manifest.Plan.Taken {
		if p.Key == "kernel" && p.Value != "" {
			made = append(made, trim(p.Value))
		}
	}
	if len(made) > 0 {
		text += ", as Linux " + unit.List(made)
	}
	if on := memory(&src.Run.Manifest); on != "" {
		text += ", on " + on
	}
	if rates := values(src.Table, "rate"); len(rates) > 0 {
		for i, r := range rates {
			if n, err := strconv.ParseFloat(r, 64); err == nil && n >= 1 && n < 1e15 {
				rates[i] = unit.Count(int64(n))
			}
		}
		text += "; open loop: " + unit.List(rates) + " operations per second are due"
	}
	if trees := values(src.Table, "population"); len(trees) > 0 {
		text += "; files as in " + unit.List(trees)
	}
	return text + "."
}

// values are those of a parameter in any of the groups, each once.
func values(t *compare.Table, key string) (out []string) {
	for i := range t.Groups {
		for _, p := range t.Groups[i].Params {
			if v := trim(p.Value); p.Key == key && !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	return out
}

// memory says what the region is mapped from; "" if the run does not say it, or says what is not known here.
func memory(m *folder.Manifest) string {
	region, _ := m.Environment["region"].(map[string]any)
	switch region["backing"] {
	case "memfd":
		return "DRAM in place of persistent memory"
	case "file":
		return "a file that is not on DAX"
	case "dax-file":
		return "a file on DAX"
	case "devdax":
		return "a device of persistent memory"
	}
	return ""
}

// facts are what one has to know to read the numbers. The system is said to be that of the machine, since it is not measured.
func facts(f *compare.Facts) []string {
	out := trimmed(f.Phrases())
	for i, s := range out {
		if s != "" && s == trim(f.System()) {
			out[i] = "machine runs " + s
		}
	}
	return out
}

// unknown is the doubt about a run that nobody can make again, because nothing says of which commit its program was.
func unknown(commit string) []string {
	if commit != "" {
		return nil
	}
	return []string{"the commit of the program is not known: nobody can build again what was measured"}
}
