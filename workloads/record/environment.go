package record

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"daxbench/workloads/clock"
	"golang.org/x/sys/unix"
)

// Environment is what a run's figures depend on and do not say.
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
}

// Look returns the environment of this process.
func Look() Environment {
	e := Environment{
		OS: runtime.GOOS, Arch: runtime.GOARCH, CPU: processor(), Cores: runtime.NumCPU(), Go: runtime.Version(),
		Kernel: kernel(), Clock: clock.Info(), Load: Load(), HugePages: make(map[string]string), Build: make(map[string]string),
	}
	for key, file := range map[string]string{"anonymous": "enabled", "shared": "shmem_enabled"} {
		if word := chosen("/sys/kernel/mm/transparent_hugepage/" + file); word != "" {
			e.HugePages[key] = word
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "-race":
				e.Race = s.Value == "true"
				fallthrough
			case strings.HasPrefix(s.Key, "-"), s.Key == "GOAMD64", s.Key == "GOARM64", s.Key == "GOEXPERIMENT":
				e.Build[s.Key] = s.Value
			}
		}
	}
	return e
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

// processor returns the name of the processor as package testing has it.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ":")
		if strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
}

// chosen returns the word in brackets of a sysfs file such as "always [madvise] never".
func chosen(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(text), "[")
	word, _, _ := strings.Cut(rest, "]")
	return word
}

// Load returns the load averages over 1, 5 and 15 minutes, nothing if the system does not say.
func Load() (load []float64) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return nil
	}
	for _, word := range strings.Fields(string(text))[:3] {
		v, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return nil
		}
		load = append(load, v)
	}
	return load
}

// Commit returns the commit that this program was built from: of the build, or, for go run and go test, of the working
// directory if that is a checkout of daxbench; else "".
func Commit() string {
	commit, dirty := "", false
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				commit = s.Value
			case "vcs.modified":
				dirty = s.Value == "true"
			}
		}
	}
	if commit == "" {
		commit, dirty = checkout()
	}
	const short = 12
	commit = commit[:min(len(commit), short)]
	if commit != "" && dirty {
		return commit + "-dirty"
	}
	return commit
}

// checkout asks git.
func checkout() (commit string, dirty bool) {
	git := func(args ...string) string {
		out, err := exec.Command("git", args...).Output()
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(out))
	}
	module, err := os.ReadFile(git("rev-parse", "--show-toplevel") + "/go.mod")
	if err != nil || !strings.HasPrefix(string(module), "module daxbench\n") {
		return "", false
	}
	return git("rev-parse", "HEAD"), git("status", "--porcelain", "--untracked-files=no") != ""
}
