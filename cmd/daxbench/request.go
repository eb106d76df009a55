package main

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"daxbench/engine/vfs"
	"daxbench/reports/unit"
	"daxbench/workloads/driver"
	"daxbench/workloads/record"
)

// splitList splits the values of a repeatable flag at commas, and drops repetitions. "all" stands for the known names.
func splitList(flag string, given, known []string) ([]string, error) {
	var out []string
	for _, list := range given {
		for name := range strings.SplitSeq(list, ",") {
			names := []string{strings.TrimSpace(name)}
			switch names[0] {
			case "":
				return nil, usagef("-%s %q: an empty name; known: %s", flag, list, strings.Join(known, ", "))
			case "all":
				names = known
			}
			for _, n := range names {
				if !slices.Contains(out, n) {
					out = append(out, n)
				}
			}
		}
	}
	return out, nil
}

// parseSet reads the values of -set: key=v1,v2 or key1=v1,key2=v2. A part with a = begins a new key. A value that is
// there already is dropped.
func parseSet(given []string) (map[string][]string, error) {
	set := make(map[string][]string)
	for _, text := range given {
		key := ""
		for part := range strings.SplitSeq(text, ",") {
			value := part
			if k, v, ok := strings.Cut(part, "="); ok {
				key, value = strings.TrimSpace(k), v
			}
			value = strings.TrimSpace(value)
			switch {
			case key == "":
				return nil, usagef("-set %q: want key=value,…", text)
			case value == "":
				return nil, usagef("-set %q: %s has an empty value", text, key)
			case strings.ContainsAny(value, " \t\n/"):
				return nil, usagef("-set %q: a value may hold no blank and no slash", text)
			}
			if !slices.ContainsFunc(set[key], func(v string) bool { return sameValue(v, value) }) {
				set[key] = append(set[key], value)
			}
		}
	}
	return set, nil
}

// sameValue says whether two values are the same, or spellings of one number: 50, 50.0 and 5e1.
func sameValue(a, b string) bool {
	x, err := strconv.ParseFloat(a, 64)
	if err != nil {
		return a == b
	}
	y, err := strconv.ParseFloat(b, 64)
	return err == nil && x == y
}

// newSeed draws a seed. It is short, because people copy it.
func newSeed() uint64 {
	var b [4]byte
	rand.Read(b[:])
	return uint64(binary.LittleEndian.Uint32(b[:]))
}

// newPlan looks the names of a request up and lays it out. Errors are the user's, but for a population that cannot be read.
func newPlan(r *record.Request) (*driver.Plan, error) { return planOn(nil, r) }

// planOn is newPlan with the storms of a place.
func planOn(p *place, r *record.Request) (*driver.Plan, error) {
	req := driver.Request{
		Set: r.Set, Rounds: r.Rounds, Workers: r.Workers, Rate: r.Rate, Seed: r.Seed, Pmem: r.Pmem, Size: r.Size,
	}
	for _, name := range r.Workload {
		wl, err := p.storm(name)
		if err != nil {
			return nil, err
		}
		req.Workloads = append(req.Workloads, wl)
	}
	for _, name := range r.Policy {
		policy, err := p.policy(name)
		if err != nil {
			return nil, err
		}
		req.Policies = append(req.Policies, policy)
	}
	var err error
	if r.Kernel != "" {
		if req.Kernel, err = vfs.LookupPreset(r.Kernel); err != nil {
			return nil, usageError{err}
		}
	}
	if req.Duration, err = time.ParseDuration(r.Duration); err != nil {
		return nil, usageError{err}
	}
	if req.HangLimit, err = time.ParseDuration(r.HangLimit); err != nil {
		return nil, usageError{err}
	}
	if r.Population != "" {
		if req.Population, err = driver.ReadPopulation(r.Population); err != nil {
			if isEnvironment(err) && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
				return nil, err
			}
			return nil, usageError{err} // a path that leads nowhere is a bad flag
		}
	}
	plan, err := driver.NewPlan(req)
	if err != nil {
		return nil, usageError{err}
	}
	return plan, nil
}

// reference returns the policy that the others are held against.
func reference(policies []string) string {
	const usual = "dax-only"
	if slices.Contains(policies, usual) {
		return usual
	}
	return policies[0]
}

// describe says what a plan comes to: "52 cells (13 settings of 8 storms × 4 policies) × 6 rounds, about 2 min 0 s".
func describe(p *driver.Plan) string {
	return fmt.Sprintf("%s (%s of %s × %s) × %s, %s",
		unit.Plural(len(p.Groups)*len(p.Policies), "cell"), unit.Plural(len(p.Groups), "setting"), unit.Plural(len(p.Workloads), "storm"),
		unit.Plural(len(p.Policies), "policy"), unit.Plural(p.Rounds, "round"), left(estimate(p, p.Rounds)))
}

// overhead is what building an engine, warming it up and checking it adds to the measured time of a cell: measured with
// the default matrix on two processors.
const overhead = 90 * time.Millisecond

// estimate is about how long rounds of p take.
func estimate(p *driver.Plan, rounds int) time.Duration {
	return (p.Duration + overhead) * time.Duration(len(p.Groups)*len(p.Policies)*rounds)
}

// left writes a rough time: "about 1 min 40 s".
func left(d time.Duration) string { return "about " + spell(d) }

// spell writes a time in whole seconds, at least one: "1 min 40 s".
func spell(d time.Duration) string { return unit.Elapsed(max(d, time.Second)) }
