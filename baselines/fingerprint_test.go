package baselines

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/folder"
)

func environment(change func(env map[string]any)) Fingerprint {
	env := map[string]any{
		"os": "linux", "arch": "amd64", "cpu": "AMD EPYC", "cores": 2.0, "go": "go1.26.8", "kernel": "Linux 6.18.2", "gomaxprocs": 3.0,
		"build": map[string]any{"GOAMD64": "v1", "-compiler": "gc"}, "race": false, "governor": "none", "online_cpus": 2.0,
		"caches": map[string]any{"L1d": 32768.0, "L2": 1048576.0}, "mitigations": map[string]any{"retbleed": "Not affected"},
		"region": map[string]any{"backing": "memfd", "flush": "clwb"}, "clock": map[string]any{"source": "tsc", "hz": 2596145779.4},
		"memory_bytes": 25769803776.0, "numa_nodes": 1.0, "hypervisor": "kvm", "boost": "on", "gogc": "100", "smt": "on",
	}
	change(env)
	return Of(&folder.Manifest{Environment: env})
}

func TestOf(t *testing.T) {
	f := environment(func(map[string]any) {})
	if !slices.IsSortedFunc(f, func(a, b Fact) int { return strings.Compare(a.Key, b.Key) }) || !slices.IsSorted(settingFacts) {
		t.Errorf("not in order: %v", f)
	}
	for key, want := range map[string]string{
		"cpu": "AMD EPYC", "cores": "2", "backing": "memfd", "build": "-compiler=gc; GOAMD64=v1", "caches": "L1d=32768; L2=1048576",
		"memory_bytes": "25769803776", "race": "false", "quota_cpus": "none", "microcode": Unknown,
	} {
		if got := f.Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	older := environment(func(env map[string]any) { delete(env, "online_cpus") })
	if got := older.Get("quota_cpus"); got != Unknown {
		t.Errorf("a run that tells less has a quota of %q", got)
	}
	back, err := parseFingerprint(f.text())
	if err != nil || !slices.Equal(back, f) {
		t.Errorf("machine.txt reads as %v, %v", back, err)
	}
	if got := Of(&folder.Manifest{}); got.Get("cpu") != Unknown || len(got) != len(f) {
		t.Errorf("of nothing: %v", got)
	}
}

// TestHostileFacts wants one printable line of each fact.
func TestHostileFacts(t *testing.T) {
	f := environment(func(env map[string]any) {
		env["cpu"], env["kernel"] = "evil\nkernel: mine\x1b[2J\u202e", strings.Repeat("x", 1<<20)
	})
	if want := `evil\nkernel: mine\x1b[2J\u202e`; f.Get("cpu") != want {
		t.Errorf("%q, want %q", f.Get("cpu"), want)
	}
	if n := len(f.Get("kernel")); n > maxValue {
		t.Errorf("%d bytes", n)
	}
	if back, err := parseFingerprint(f.text()); err != nil || len(Diff(f, back)) > 0 {
		t.Errorf("%v, %v", Diff(f, back), err)
	}
	if name := MachineName(f); checkName(name) != nil {
		t.Errorf("it names the machine %q", name)
	}
}

func TestDiff(t *testing.T) {
	base := environment(func(map[string]any) {})
	if list := Diff(base, base); len(list) > 0 {
		t.Errorf("of itself: %v", list)
	}
	set := func(key string, v any) func(map[string]any) { return func(env map[string]any) { env[key] = v } }
	for _, c := range []struct {
		change func(map[string]any)
		want   string // "key was A and is B, forbids"
	}{
		{set("cpu", "AMD EPYC 9654"), "cpu was AMD EPYC and is AMD EPYC 9654, true"},
		{set("cores", 4.0), "cores was 2 and is 4, true"},
		{set("kernel", "Linux 6.19.0"), "kernel was Linux 6.18.2 and is Linux 6.19.0, true"},
		{set("region", map[string]any{"backing": "dax-file", "flush": "clwb"}), "backing was memfd and is dax-file, true"},
		{set("governor", "powersave"), "governor was none and is powersave, true"},
		{set("mitigations", map[string]any{"retbleed": "Mitigation: IBPB"}), "mitigations was retbleed=Not affected and is retbleed=Mitigation: IBPB, true"},
		{set("go", "go1.27.0"), "go was go1.26.8 and is go1.27.0, true"},
		{set("build", map[string]any{"GOAMD64": "v3", "-compiler": "gc"}), "build was -compiler=gc; GOAMD64=v1 and is -compiler=gc; GOAMD64=v3, true"},
		{set("quota_cpus", 1.5), "quota_cpus was none and is 1.5, true"},
		{set("race", true), "race was false and is true, true"},
		{set("memory_bytes", 1.0), "memory_bytes was 25769803776 and is 1, false"},
		{set("clock", map[string]any{"source": "monotonic"}), "clock was tsc and is monotonic, false"},
		{set("numa_nodes", 2.0), "numa_nodes was 1 and is 2, false"},
		{set("governor", nil), "governor was none and is unknown, false"},
	} {
		list := Diff(base, environment(c.change))
		if len(list) != 1 || fmt.Sprintf("%v, %v", list[0], list[0].Forbids) != c.want {
			t.Errorf("%+v, want %s", list, c.want)
		}
		if n := len(Forbidding(list)); (n > 0) != strings.HasSuffix(c.want, "true") {
			t.Errorf("%s: %d forbid", c.want, n)
		}
	}
	later := append(slices.Clone(base), Fact{"zone", "a"})
	other := append(slices.Clone(base), Fact{"zone", "b"})
	if list := Diff(later, other); len(list) != 1 || !list[0].Forbids {
		t.Errorf("a fact of a later version: %v", list)
	}
}

func TestMachineName(t *testing.T) {
	for cpu, want := range map[string]string{
		"AMD EPYC":                        "amd-epyc-2",
		"AMD EPYC 7763 64-Core Processor": "amd-epyc-7763-2",
		"Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz": "intel-xeon-platinum-8375c-2",
		"12th Gen Intel(R) Core(TM) i7-1260P":           "12th-gen-intel-core-i7-1260p-2",
		"":                                              "unknown-2",
		"../../etc":                                     "etc-2",
		"東芝":                                            "unknown-2",
		strings.Repeat("long ", 99):                     strings.Repeat("long-", 12) + "2",
	} {
		got := MachineName(Fingerprint{{"cores", "2"}, {"cpu", cpu}})
		if got != want || checkName(got) != nil {
			t.Errorf("%q: %q, want %q", cpu, got, want)
		}
	}
	if got := MachineName(nil); got != "unknown-unknown" {
		t.Errorf("of nothing: %q", got)
	}
}
