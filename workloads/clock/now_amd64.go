package clock

import (
	"bytes"
	"errors"
	"os"
	"slices"
)

// Now reads the clock. It is written in assembly so that the common case is one call: test counterTrusted, RDTSC.
func Now() Ticks

// counter reads the processor's time stamp counter, trusted or not.
func counter() int64

// cpuid asks the processor about itself; sub-leaf 0.
func cpuid(leaf uint32) (eax, ebx, ecx, edx uint32)

const (
	// leafExtended and leafPower are CPUID leaves (AMD64 manual, volume 3, appendix E.4); invariantBit is a bit of EDX there.
	leafExtended = 0x80000000
	leafPower    = 0x80000007
	invariantBit = 1 << 8

	// clockSources is where Linux lists what it still believes in; it drops "tsc" when a watchdog catches it.
	clockSources = "/sys/devices/system/clocksource/clocksource0/available_clocksource"
)

// counterUsable returns an error that says why the counter is no clock, or nil.
func counterUsable() error {
	if highest, _, _, _ := cpuid(leafExtended); highest < leafPower {
		return errors.New("time stamp counter: the processor does not say whether it is invariant")
	}
	if _, _, _, edx := cpuid(leafPower); edx&invariantBit == 0 {
		return errors.New("time stamp counter: not invariant on this processor")
	}
	// A system without the file (not Linux, or no sysfs in the container) has nothing to say against the counter.
	if list, err := os.ReadFile(clockSources); err == nil && !listed(list, "tsc") {
		return errors.New("time stamp counter: the kernel does not use it as a clock source")
	}
	return nil
}

// listed reports whether name is one of the words of list.
func listed(list []byte, name string) bool {
	return slices.ContainsFunc(bytes.Fields(list), func(word []byte) bool { return string(word) == name })
}
