package record

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"

	"daxbench/workloads/clock"
	"golang.org/x/sys/unix"
)

// Environment is what a run's figures depend on and do not say: the fingerprint of the machine, and the settings of the
// process. What the machine does not tell is left empty.
type Environment struct {
	OS        string            `json:"os"`
	Arch      string            `json:"arch"`
	CPU       string            `json:"cpu"`
	Cores     int               `json:"cores"` // that this process may use
	Go        string            `json:"go"`
	Kernel    string            `json:"kernel"`
	Clock     clock.Properties  `json:"clock"`
	HugePages map[string]string `json:"huge_pages"` // settings of the kernel
	Load      []float64         `json:"load_before"`
	Build     map[string]string `json:"build,omitempty"` // flags of the build
	Race      bool              `json:"race"`

	Caches          map[string]int64  `json:"caches,omitempty"`           // L1d, L2, L3 → bytes
	Governor        string            `json:"governor,omitempty"`         // of the frequency; "none": the host decides, or the firmware
	FrequencyDriver string            `json:"frequency_driver,omitempty"` // likewise
	Boost           string            `json:"boost,omitempty"`            // on, off
	Mitigations     map[string]string `json:"mitigations,omitempty"`      // weakness that the processor has → what is done
	Microcode       string            `json:"microcode,omitempty"`
	SMT             string            `json:"smt,omitempty"` // on: processors share cores
	Hypervisor      string            `json:"hypervisor,omitempty"`
	Product         string            `json:"product,omitempty"` // what the firmware calls the machine
	OnlineCPUs      int               `json:"online_cpus,omitempty"`
	NUMANodes       int               `json:"numa_nodes,omitempty"`
	ClockSource     string            `json:"clocksource,omitempty"` // the kernel's

	Affinity         string  `json:"affinity,omitempty"`           // processors that this process may use: "0-3,8"
	QuotaCPUs        float64 `json:"quota_cpus,omitempty"`         // processor time that its control groups allow; 0: no limit
	MemoryBytes      int64   `json:"memory_bytes,omitempty"`       // of the machine
	MemoryLimitBytes int64   `json:"memory_limit_bytes,omitempty"` // of the control groups; 0: no limit

	MaxProcs   int    `json:"gomaxprocs_before,omitempty"` // a run sets its own
	GOGC       string `json:"gogc,omitempty"`              // percent, or off
	GOMEMLIMIT int64  `json:"gomemlimit,omitempty"`        // bytes; 0: no limit
	GODEBUG    string `json:"godebug,omitempty"`
}

// Look returns the environment of this process.
func Look() Environment { return look(thisMachine()) }

func look(m machine) Environment {
	e := Environment{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version(),
		Kernel: kernel(), Clock: clock.Info(), Load: m.load(), HugePages: make(map[string]string), Build: make(map[string]string),
	}
	for key, file := range map[string]string{"anonymous": "enabled", "shared": "shmem_enabled"} {
		if word := m.chosen("sys/kernel/mm/transparent_hugepage/" + file); word != "" {
			e.HugePages[key] = word
		}
	}
	e.build()
	e.processors(m)
	e.limits(m)
	e.runtime()
	return e
}

// runtime fills in the settings of the Go runtime that change what a program costs.
func (e *Environment) runtime() {
	e.MaxProcs, e.GODEBUG = runtime.GOMAXPROCS(0), tidy(os.Getenv("GODEBUG"))
	samples := []metrics.Sample{{Name: "/gc/gogc:percent"}, {Name: "/gc/gomemlimit:bytes"}}
	metrics.Read(samples)
	if v := samples[0].Value; v.Kind() == metrics.KindUint64 {
		e.GOGC = strconv.FormatUint(v.Uint64(), 10)
		if v.Uint64() == math.MaxUint64 {
			e.GOGC = "off"
		}
	}
	if v := samples[1].Value; v.Kind() == metrics.KindUint64 && v.Uint64() < math.MaxInt64 {
		e.GOMEMLIMIT = int64(v.Uint64())
	}
}

// ClockDoubt says that the processor's counter is not the clock, and why; empty if it is.
func (e *Environment) ClockDoubt() string {
	if e.Clock.Source == clock.Counter {
		return ""
	}
	return fmt.Sprintf("single operations are timed by the runtime's clock, not by the processor's counter (%s): a reading takes %.3g ns",
		e.Clock.Reason, e.Clock.CostNanos)
}

// Map returns the environment as run.json holds it, with room for more.
func (e Environment) Map() map[string]any {
	m := make(map[string]any)
	text, err := json.Marshal(e)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		panic("record: environment: " + err.Error()) // plain values only
	}
	return m
}

func kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
}

// Load returns the load averages over 1, 5 and 15 minutes, nothing if the system does not say.
func Load() []float64 { return thisMachine().load() }

func (m machine) load() (load []float64) {
	const averages = 3
	words := strings.Fields(m.read("proc/loadavg"))
	if len(words) < averages {
		return nil
	}
	for _, word := range words[:averages] {
		v, err := strconv.ParseFloat(word, 64)
		if err != nil || !(v >= 0) || math.IsInf(v, 0) {
			return nil
		}
		load = append(load, v)
	}
	return load
}
