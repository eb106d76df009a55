package record

import (
	"encoding/json"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// tree makes a machine out of paths and what the files hold.
func tree(files map[string]string) machine {
	t := make(fstest.MapFS)
	for path, text := range files {
		t[path] = &fstest.MapFile{Data: []byte(text)}
	}
	return machine{t}
}

// server is a machine that tells everything.
var server = map[string]string{
	"proc/cpuinfo": "processor\t: 0\nmodel name\t: A Processor\nmicrocode\t: 0x2b\nflags\t\t: fpu hypervisor sse\n\nprocessor\t: 1\nmodel name\t: another\n",
	"proc/meminfo": "MemTotal:       16777216 kB\nMemFree: 1 kB\n",
	"proc/loadavg": "0.50 1.25 2.00 3/345 678\n",

	"proc/self/status":    "Name:\tx\nCpus_allowed:\tf\nCpus_allowed_list:\t0-2,5\n",
	"proc/self/cgroup":    "0::/pods/one\n",
	"proc/self/mountinfo": "31 22 0:28 /pods /sys/fs/cgroup rw shared:4 - cgroup2 cgroup rw,nsdelegate\n",

	"sys/fs/cgroup/cpu.max":        "400000 100000\n",
	"sys/fs/cgroup/one/cpu.max":    "150000 100000\n",
	"sys/fs/cgroup/one/memory.max": "max\n",
	"sys/fs/cgroup/memory.max":     "1073741824\n",
	"sys/fs/cgroup/one/cpu.stat":   "usage_usec 5\nnr_periods 9\nnr_throttled 4\nthrottled_usec 7\n",

	"sys/devices/system/cpu/online":                                     "0-7\n",
	"sys/devices/system/cpu/cpu0/cache/index0/level":                    "1\n",
	"sys/devices/system/cpu/cpu0/cache/index0/type":                     "Data\n",
	"sys/devices/system/cpu/cpu0/cache/index0/size":                     "32K\n",
	"sys/devices/system/cpu/cpu0/cache/index1/level":                    "1\n",
	"sys/devices/system/cpu/cpu0/cache/index1/type":                     "Instruction\n",
	"sys/devices/system/cpu/cpu0/cache/index1/size":                     "64K\n",
	"sys/devices/system/cpu/cpu0/cache/index3/level":                    "3\n",
	"sys/devices/system/cpu/cpu0/cache/index3/type":                     "Unified\n",
	"sys/devices/system/cpu/cpu0/cache/index3/size":                     "32768K\n",
	"sys/devices/system/cpu/cpufreq/policy0/scaling_governor":           "powersave\n",
	"sys/devices/system/cpu/cpufreq/policy1/scaling_governor":           "performance\n",
	"sys/devices/system/cpu/cpufreq/policy0/scaling_driver":             "intel_pstate\n",
	"sys/devices/system/cpu/cpufreq/policy1/scaling_driver":             "intel_pstate\n",
	"sys/devices/system/cpu/intel_pstate/no_turbo":                      "1\n",
	"sys/devices/system/cpu/vulnerabilities/meltdown":                   "Not affected\n",
	"sys/devices/system/cpu/vulnerabilities/spectre_v1":                 "Mitigation: usercopy barriers\n",
	"sys/devices/system/cpu/vulnerabilities/mds":                        "Vulnerable: no microcode\n",
	"sys/devices/system/cpu/smt/active":                                 "1\n",
	"sys/devices/system/node/online":                                    "0-1\n",
	"sys/devices/system/clocksource/clocksource0/current_clocksource":   "tsc\n",
	"sys/devices/system/clocksource/clocksource0/available_clocksource": "tsc hpet kvm-clock\n",
	"sys/class/dmi/id/sys_vendor":                                       "A Vendor\n",
	"sys/class/dmi/id/product_name":                                     "Model \x1b[31m1\n",
	"sys/kernel/mm/transparent_hugepage/enabled":                        "always [madvise] never\n",
}

// facts is the part of the environment that comes from files.
func facts(m machine) Environment {
	e := Environment{Load: m.load(), HugePages: map[string]string{}}
	if word := m.chosen("sys/kernel/mm/transparent_hugepage/enabled"); word != "" {
		e.HugePages["anonymous"] = word
	}
	e.processors(m)
	e.limits(m)
	return e
}

func TestFingerprint(t *testing.T) {
	want := Environment{
		CPU: "A Processor", Microcode: "0x2b", Load: []float64{0.5, 1.25, 2}, HugePages: map[string]string{"anonymous": "madvise"},
		Caches: map[string]int64{"L1d": 32 << 10, "L3": 32 << 20}, Governor: "performance, powersave", FrequencyDriver: "intel_pstate", Boost: "off",
		Mitigations: map[string]string{"spectre_v1": "usercopy barriers", "mds": "Vulnerable: no microcode"},
		SMT:         "on", Hypervisor: "KVM", Product: "A Vendor Model ?[31m1", OnlineCPUs: 8, NUMANodes: 2, ClockSource: "tsc",
		Affinity: "0-2,5", QuotaCPUs: 1.5, MemoryBytes: 16 << 30, MemoryLimitBytes: 1 << 30,
	}
	if got := facts(tree(server)); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

// TestFingerprintOfNothing: what a machine does not tell is not in the results at all, and what tells garbage tells nothing.
func TestFingerprintOfNothing(t *testing.T) {
	garbage := make(map[string]string)
	for path := range server {
		garbage[path] = "\x00\xff 9999999999999999999999 -7 : [ K\n\n"
	}
	for name, m := range map[string]machine{"empty": tree(nil), "directories": dirs(server), "empty files": blank(server), "huge": {huge{}}} {
		if got := facts(m); got.FrequencyDriver != noFrequency && got.FrequencyDriver != "" {
			t.Errorf("%s: frequency driver %q", name, got.FrequencyDriver)
		} else {
			got.FrequencyDriver, got.Governor = "", ""
			if want := (Environment{HugePages: map[string]string{}}); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %+v", name, got)
			}
		}
	}
	e := facts(tree(garbage))
	if e.Caches != nil || e.OnlineCPUs != 0 || e.NUMANodes != 0 || e.QuotaCPUs != 0 || e.MemoryBytes != 0 || e.MemoryLimitBytes != 0 ||
		e.Affinity != "" || e.Load != nil || len(e.HugePages) != 0 || e.Boost != "" {
		t.Errorf("garbage became numbers: %+v", e)
	}
	text, err := json.Marshal(e)
	if err != nil || strings.Contains(string(text), `\u0000`) || strings.Contains(string(text), `\ufffd`) {
		t.Errorf("%v: %q", err, text)
	}
	keys := slices.Collect(maps.Keys(facts(tree(nil)).Map()))
	for _, key := range []string{"caches", "governor", "mitigations", "quota_cpus", "memory_bytes", "smt", "clocksource", "hypervisor"} {
		if slices.Contains(keys, key) {
			t.Errorf("%s is there although nobody knows it", key)
		}
	}
}

// dirs is a tree with directories where files should be, and blank one whose files are empty.
func dirs(files map[string]string) machine {
	t := make(fstest.MapFS)
	for path := range files {
		t[path+"/x"] = &fstest.MapFile{}
	}
	return machine{t}
}

func blank(files map[string]string) machine {
	empty := maps.Clone(files)
	for path := range empty {
		empty[path] = ""
	}
	return tree(empty)
}

// huge has every file, each longer than any should be.
type huge struct{}

func (huge) Open(string) (fs.File, error) { return nil, fs.ErrPermission }
func (huge) ReadFile(string) ([]byte, error) {
	return []byte(strings.Repeat("7", maxFile+1)), nil
}

// TestControlGroups holds quotas and limits of both versions, in containers that see all of the hierarchy or a part.
func TestControlGroups(t *testing.T) {
	const v1 = "33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	const v2 = "31 22 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n"
	for name, tt := range map[string]struct {
		mounts, groups string
		files          map[string]string
		quota          float64
		memory         int64
	}{
		"version 1": {v1, "4:memory:/a\n1:cpu,cpuacct:/a/b\n", map[string]string{
			"cpu/a/b/cpu.cfs_quota_us": "-1", "cpu/a/b/cpu.cfs_period_us": "100000",
			"cpu/a/cpu.cfs_quota_us": "50000", "cpu/a/cpu.cfs_period_us": "100000",
			"memory/memory.limit_in_bytes": "9223372036854771712", "memory/a/memory.limit_in_bytes": "4096",
		}, 0.5, 4096},
		"version 2, a limit further up": {v2, "0::/a/b\n", map[string]string{"a/cpu.max": "300000 100000", "a/b/cpu.max": "max 100000"}, 3, 0},
		"a namespace of its own":        {"31 22 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "0::/\n", map[string]string{"cpu.max": "20000 10000"}, 2, 0},
		"a part of the hierarchy":       {"31 22 0:28 /kube/pod /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "0::/kube/pod/c\n", map[string]string{"c/cpu.max": "20000 10000"}, 2, 0},
		"a group out of sight":          {"31 22 0:28 /kube/pod /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "0::/other\n", map[string]string{"cpu.max": "20000 10000"}, 2, 0},
		"a neighbour's name":            {"31 22 0:28 /kube/pod /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "0::/kube/pod2\n", map[string]string{"cpu.max": "20000 10000", "2/cpu.max": "1 10000"}, 2, 0},
		"a way out":                     {v2, "0::/../../..\n", map[string]string{"cpu.max": "20000 10000"}, 2, 0},
		"zeros":                         {v2, "0::/\n", map[string]string{"cpu.max": "0 0", "memory.max": "0"}, 0, 0},
		"one word":                      {v2, "0::/\n", map[string]string{"cpu.max": "7"}, 0, 0},
		"not mounted":                   {"", "0::/\n", map[string]string{"cpu.max": "20000 10000"}, 0, 0},
	} {
		files := map[string]string{"proc/self/mountinfo": tt.mounts, "proc/self/cgroup": tt.groups}
		for path, text := range tt.files {
			files["sys/fs/cgroup/"+path] = text
		}
		m := tree(files)
		if q, mem := m.cgroups().quota(m), m.cgroups().memory(m); q != tt.quota || mem != tt.memory {
			t.Errorf("%s: %v processors and %d bytes, want %v and %d", name, q, mem, tt.quota, tt.memory)
		}
	}
}

func TestCount(t *testing.T) {
	for list, want := range map[string]int{"0": 1, "0-3": 4, "0-1,4,6-7\n": 5, "": 0, "3-1": 0, "a": 0, "0-": 0, "-3": 0, "0-99999999": 0, strings.Repeat("0-65535,", 1000) + "0": 0} {
		if got := count(list); got != want {
			t.Errorf("%q names %d, want %d", list, got, want)
		}
	}
}

// TestWatch changes one thing at a time, and looks for the one sentence about it.
func TestWatch(t *testing.T) {
	calm := conditions{
		affinity: "0-1", online: "0-1", quota: 2, governor: "none", maxProcs: 2,
		moment: moment{monotonic: time.Hour, boot: 2 * time.Hour, real: 1e6 * time.Hour, ticks: 5 * time.Hour},
	}
	later := calm
	later.moment = moment{calm.moment.monotonic + time.Minute, calm.moment.boot + time.Minute, calm.moment.real + time.Minute, calm.moment.ticks + time.Minute}
	for want, change := range map[string]func(*conditions){
		"":                           func(*conditions) {},
		"may use changed":            func(c *conditions) { c.affinity = "0" },
		"online changed":             func(c *conditions) { c.online = "0" },
		"2, then 0.5":                func(c *conditions) { c.quota = 0.5 },
		"throttled 7 times":          func(c *conditions) { c.throttled = 7 },
		"none, then powersave":       func(c *conditions) { c.governor = "powersave" },
		"GOMAXPROCS changed":         func(c *conditions) { c.maxProcs = 3 },
		"suspended for 5s":           func(c *conditions) { c.moment.boot += 5 * time.Second; c.moment.real += 50 * time.Millisecond },
		"wall clock was set by 1h0m": func(c *conditions) { c.moment.real += time.Hour },
		"wall clock was set by -1s":  func(c *conditions) { c.moment.real -= time.Second },
		"came apart by 1s":           func(c *conditions) { c.moment.ticks += time.Second },
		"went back by 1m":            func(c *conditions) { c.moment.monotonic -= 2 * time.Minute },
	} {
		is := later
		change(&is)
		views := []conditions{calm, is}
		w := newWatch(func() conditions { c := views[0]; views = views[1:]; return c })
		switch list := w.Changes(); {
		case want == "" && len(list) != 0:
			t.Errorf("nothing changed: %q", list)
		case want != "" && (len(list) != 1 || !strings.Contains(list[0], want)):
			t.Errorf("want one sentence with %q: %q", want, list)
		}
	}
}

// TestWatchHere watches this machine, whose clocks must at least agree with each other.
func TestWatchHere(t *testing.T) {
	w := NewWatch()
	if c := w.begin; c.moment.monotonic == 0 || c.moment.real == 0 || c.maxProcs == 0 || c.affinity == "" {
		t.Errorf("%+v", c)
	}
	for _, text := range w.Changes() {
		if strings.Contains(text, "clock") || strings.Contains(text, "GOMAXPROCS") {
			t.Error(text)
		}
	}
}

// TestDifferences: each fact of the fingerprint counts, and results that are older than it are compared by what they have.
func TestDifferences(t *testing.T) {
	full := func() map[string]any {
		e := facts(tree(server))
		e.OS, e.GOGC, e.Kernel = "linux", "100", "Linux 6.18"
		return e.Map()
	}
	if d := Differences(full(), full()); d != nil {
		t.Errorf("no difference: %v", d)
	}
	for _, key := range fingerprint {
		other := full()
		other[key] = "changed"
		if d := Differences(full(), other); len(d) != 1 || d[0].Key != key {
			t.Errorf("%s: %v", key, d)
		}
	}
	changed, old := full(), map[string]any{"os": "linux", "arch": "", "cpu": "A Processor", "cores": 0.0, "go": "", "kernel": "Linux 6.1"}
	changed["load_before"], changed["kernel"] = []any{7.0}, "Linux 6.1"
	delete(changed, "quota_cpus")
	want := []Difference{{"kernel", "kernel Linux 6.18", "kernel Linux 6.1"}, {"quota_cpus", "quota cpus 1.5", "no quota cpus"}}
	if d := Differences(full(), changed); !slices.Equal(d, want) {
		t.Errorf("%v, want %v", d, want)
	}
	if d := Differences(old, full()); len(d) != 1 || d[0].Key != "kernel" {
		t.Errorf("older results: %v", d)
	}
}
