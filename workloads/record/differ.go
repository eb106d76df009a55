package record

import (
	"fmt"
	"reflect"
	"strings"
)

// A Difference is one fact of two environments that is not the same in both, in words: "kernel Linux 6.18".
type Difference struct{ Key, Then, Now string }

// fingerprint are the facts that make two environments different ones: what figures taken in the one say of the other is
// unknown. Load and the cost of a clock reading are not among them.
var fingerprint = []string{
	"os", "arch", "cpu", "cores", "online_cpus", "caches", "smt", "microcode", "mitigations", "governor", "frequency_driver", "boost",
	"hypervisor", "product", "numa_nodes", "clocksource", "kernel", "huge_pages", "memory_bytes", "memory_limit_bytes", "quota_cpus",
	"affinity", "go", "build", "race", "gogc", "gomemlimit", "godebug",
}

// recorded is a fact that every fingerprint has since there are fingerprints; results that lack it are older, and say
// only what firstFacts are.
const recorded = "gogc"

// firstFacts are those that all results have.
var firstFacts = []string{"os", "arch", "cpu", "cores", "go", "kernel"}

// Differences compares two environments as Environment.Map returns them, or as they were read from results.
func Differences(then, now map[string]any) (list []Difference) {
	keys := fingerprint
	if then[recorded] == nil || now[recorded] == nil {
		keys = firstFacts
	}
	for _, key := range keys {
		if !reflect.DeepEqual(then[key], now[key]) {
			list = append(list, Difference{key, told(key, then[key]), told(key, now[key])})
		}
	}
	return list
}

// told is a fact in words.
func told(key string, value any) string {
	name := strings.ReplaceAll(key, "_", " ")
	if value == nil {
		return "no " + name
	}
	return fmt.Sprintf("%s %v", name, value)
}
