package record

import (
	"bufio"
	"slices"
	"strconv"
	"strings"
)

// processors fills in what /proc and /sys say about them.
func (e *Environment) processors(m machine) {
	cpu := m.cpuinfo()
	e.CPU, e.Microcode = cpu.model, cpu.microcode
	e.Product = m.product()
	if cpu.guest || m.read("sys/hypervisor/type") != "" {
		e.Hypervisor = m.hypervisor()
	}
	e.Caches = m.caches()
	e.Governor, e.FrequencyDriver = m.frequency()
	e.Boost = m.boost()
	e.Mitigations = m.mitigations()
	e.SMT = m.smt()
	e.OnlineCPUs = count(m.read("sys/devices/system/cpu/online"))
	e.NUMANodes = count(m.read("sys/devices/system/node/online"))
	e.ClockSource = m.word("sys/devices/system/clocksource/clocksource0/current_clocksource")
}

// cpuinfo is what the first processor of /proc/cpuinfo says.
type cpuinfo struct {
	model     string // as package testing has it
	microcode string
	guest     bool // the processor says that a hypervisor runs it
}

// cpuinfo reads the first processor only: the file of a large machine takes milliseconds.
func (m machine) cpuinfo() (c cpuinfo) {
	f, err := m.root.Open("proc/cpuinfo")
	if err != nil {
		return c
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan() && lines.Text() != ""; {
		key, value, _ := strings.Cut(lines.Text(), ":")
		switch strings.TrimSpace(key) {
		case "model name":
			c.model = tidy(value)
		case "microcode":
			c.microcode = tidy(value)
		case "flags":
			c.guest = slices.Contains(strings.Fields(value), "hypervisor")
		}
	}
	return c
}

// product is what the firmware calls the machine, "" where it says nothing or only root may ask.
func (m machine) product() string {
	const dmi = "sys/class/dmi/id/"
	return strings.TrimSpace(m.word(dmi+"sys_vendor") + " " + m.word(dmi+"product_name"))
}

// paravirtual are clock sources that only guests have, and whose.
var paravirtual = []struct{ clock, of string }{
	{"kvm-clock", "KVM"}, {"hyperv_clocksource_tsc_page", "Hyper-V"}, {"xen", "Xen"},
}

// hypervisor names the one that runs this machine, or says "unnamed".
func (m machine) hypervisor() string {
	if kind := m.word("sys/hypervisor/type"); kind != "" {
		return kind
	}
	clocks := strings.Fields(m.read("sys/devices/system/clocksource/clocksource0/available_clocksource"))
	for _, p := range paravirtual {
		if slices.Contains(clocks, p.clock) {
			return p.of
		}
	}
	return "unnamed"
}

// caches returns the bytes of the data caches of the first processor: L1d, L2, L3.
func (m machine) caches() map[string]int64 {
	sizes := make(map[string]int64)
	for _, dir := range m.glob("sys/devices/system/cpu/cpu0/cache/index*") {
		level, ok := m.number(dir + "/level")
		size := kibibytes(m.word(dir + "/size"))
		kind := m.word(dir + "/type")
		if !ok || level < 1 || level > 9 || size == 0 || kind == "Instruction" {
			continue
		}
		name := "L" + strconv.FormatInt(level, 10)
		if kind == "Data" {
			name += "d"
		}
		sizes[name] = size
	}
	if len(sizes) == 0 {
		return nil
	}
	return sizes
}

// kibibytes reads a size as sysfs writes it, "1024K", in bytes; 0 if it is none.
func kibibytes(s string) int64 {
	digits, ok := strings.CutSuffix(s, "K")
	n, err := strconv.ParseUint(digits, 10, 40)
	if !ok || err != nil {
		return 0
	}
	return int64(n) << 10
}

// noFrequency is the governor and the driver of a machine that leaves its frequency to others.
const noFrequency = "none"

// frequency returns the governors and drivers in use, several if processors differ.
func (m machine) frequency() (governor, driver string) {
	if len(m.glob("sys/devices/system/cpu/cpu*")) == 0 {
		return "", "" // not even the processors are told
	}
	collect := func(file string) string {
		var words []string
		for _, path := range m.glob("sys/devices/system/cpu/cpufreq/policy*/" + file) {
			if w := m.word(path); w != "" && !slices.Contains(words, w) {
				words = append(words, w)
			}
		}
		if len(words) == 0 {
			return noFrequency
		}
		slices.Sort(words)
		return strings.Join(words, ", ")
	}
	return collect("scaling_governor"), collect("scaling_driver")
}

// boost says whether the processor may run faster than its nominal frequency while it is cool: on, off, or "" if nobody says.
func (m machine) boost() string {
	onOff := map[int64]string{0: "off", 1: "on"}
	if n, ok := m.number("sys/devices/system/cpu/cpufreq/boost"); ok {
		return onOff[n]
	}
	if n, ok := m.number("sys/devices/system/cpu/intel_pstate/no_turbo"); ok {
		return onOff[1-n]
	}
	return ""
}

// mitigations returns what the kernel does about the weaknesses that this processor has, without those that it has not.
func (m machine) mitigations() map[string]string {
	out := make(map[string]string)
	for _, path := range m.glob("sys/devices/system/cpu/vulnerabilities/*") {
		text := strings.TrimPrefix(m.word(path), "Mitigation: ")
		if text != "" && text != "Not affected" {
			out[path[strings.LastIndexByte(path, '/')+1:]] = text
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// smt says whether processors share cores: on, off, or why it cannot be switched.
func (m machine) smt() string {
	if active, ok := m.number("sys/devices/system/cpu/smt/active"); ok && active == 1 {
		return "on"
	}
	return m.word("sys/devices/system/cpu/smt/control")
}
