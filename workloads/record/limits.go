package record

import (
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// limits fills in how much of the machine this process may use.
func (e *Environment) limits(m machine) {
	e.Affinity = m.affinity()
	e.MemoryBytes = m.memory()
	groups := m.cgroups()
	e.QuotaCPUs = groups.quota(m)
	if limit := groups.memory(m); e.MemoryBytes == 0 || limit < e.MemoryBytes {
		e.MemoryLimitBytes = limit // one above what there is limits nothing
	}
}

// affinity lists the processors that the process may run on: "0-3,8".
func (m machine) affinity() string {
	for line := range strings.Lines(m.read("proc/self/status")) {
		if list, ok := strings.CutPrefix(line, "Cpus_allowed_list:"); ok && count(list) > 0 {
			return strings.TrimSpace(list)
		}
	}
	return ""
}

// Allowed returns the processors that the process may run on, nil if nobody says. root is that of the file system.
func Allowed(root fs.FS) []int { return numbers(machine{root}.affinity()) }

// Throttled returns how often the process's control groups have been stopped, as they had used up their quota.
func Throttled(root fs.FS) int64 {
	m := machine{root}
	return m.cgroups().throttled(m)
}

// memory returns the bytes of memory that the kernel has, 0 if it does not say.
func (m machine) memory() int64 {
	for line := range strings.Lines(m.read("proc/meminfo")) {
		if value, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			return kibibytes(strings.TrimSuffix(strings.TrimSpace(value), " kB") + "K")
		}
	}
	return 0
}

// cgroups are the directories of the process's control groups, from its own up to the mount: a limit of any of them
// holds. unified is of version 2, the others are of version 1.
type cgroups struct{ unified, cpu, mem []string }

// cgroups finds them in /proc/self/cgroup, which has paths within a hierarchy, and /proc/self/mountinfo, which says where
// a hierarchy, or a part of it, is mounted (cgroups(7), proc_pid_mountinfo(5)).
func (m machine) cgroups() (g cgroups) {
	within := make(map[string]string) // controller, "" for version 2 → path in the hierarchy
	for line := range strings.Lines(m.read("proc/self/cgroup")) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) == 3 {
			for controller := range strings.SplitSeq(parts[1], ",") {
				within[controller] = parts[2]
			}
		}
	}
	for line := range strings.Lines(m.read("proc/self/mountinfo")) {
		before, after, ok := strings.Cut(line, " - ")
		mount, system := strings.Fields(before), strings.Fields(after)
		if !ok || len(mount) < 5 || len(system) < 3 {
			continue
		}
		switch system[0] {
		case "cgroup2":
			g.unified = upwards(mount[4], mount[3], within[""])
		case "cgroup":
			for c := range strings.SplitSeq(system[2], ",") {
				switch c {
				case "cpu":
					g.cpu = upwards(mount[4], mount[3], within[c])
				case "memory":
					g.mem = upwards(mount[4], mount[3], within[c])
				}
			}
		}
	}
	return g
}

// upwards lists the directories from a group up to where its hierarchy is mounted. root is the group that the mount
// shows; a group outside of it cannot be seen, and then the mount itself is what there is.
func upwards(mount, root, group string) (dirs []string) {
	mount = strings.TrimPrefix(path.Clean(mount), "/")
	below, ok := strings.CutPrefix(path.Clean("/"+group), strings.TrimSuffix(path.Clean("/"+root), "/"))
	if !ok || below != "" && below[0] != '/' {
		below = ""
	}
	for dir := path.Join(mount, below); ; dir = path.Dir(dir) {
		dirs = append(dirs, dir)
		if dir == mount || len(dir) <= len(mount) {
			return dirs
		}
	}
}

// quota returns how many processors' worth of time the groups may use, 0 if as much as they get.
func (g cgroups) quota(m machine) float64 {
	least := math.Inf(1)
	take := func(quota, period string) {
		q, err := strconv.ParseInt(quota, 10, 64)
		p, err2 := strconv.ParseInt(period, 10, 64)
		if err == nil && err2 == nil && q > 0 && p > 0 { // else "max", -1, or garbage
			least = min(least, float64(q)/float64(p))
		}
	}
	for _, dir := range g.unified {
		if words := strings.Fields(m.read(dir + "/cpu.max")); len(words) == 2 {
			take(words[0], words[1])
		}
	}
	for _, dir := range g.cpu {
		take(m.word(dir+"/cpu.cfs_quota_us"), m.word(dir+"/cpu.cfs_period_us"))
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return least
}

// memory returns how many bytes the groups may use, 0 if as many as there are.
func (g cgroups) memory(m machine) int64 {
	const unlimited = 1 << 60 // version 1 writes the largest number of whole pages
	least := int64(unlimited)
	for _, dir := range g.unified {
		if n, ok := m.number(dir + "/memory.max"); ok {
			least = min(least, n)
		}
	}
	for _, dir := range g.mem {
		if n, ok := m.number(dir + "/memory.limit_in_bytes"); ok {
			least = min(least, n)
		}
	}
	if least == unlimited {
		return 0
	}
	return least
}

// throttled returns how often the groups have been stopped until their next period, as they had used up their quota.
func (g cgroups) throttled(m machine) (times int64) {
	for _, dir := range append(append([]string(nil), g.unified...), g.cpu...) {
		for line := range strings.Lines(m.read(dir + "/cpu.stat")) {
			if value, ok := strings.CutPrefix(line, "nr_throttled "); ok {
				if n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64); err == nil {
					times = max(times, n)
				}
			}
		}
	}
	return times
}
