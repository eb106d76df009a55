package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"daxbench/engine/layout"
	"daxbench/engine/vfs"
	"daxbench/reports/gate"
	"daxbench/workloads"
	"daxbench/workloads/driver"
	"daxbench/workloads/mounted"
)

func newList() *cobra.Command {
	verbose := false
	cmd := &cobra.Command{
		Use:     "list [flags] [NAME…]",
		Short:   "list workloads, policies, kernels and suites, or say all about some of them",
		Example: "  daxbench list\n  daxbench list evict-storm unconditional\n  daxbench list 6.19 hot-paths\n  daxbench list -v",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return listed(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, names []string) error {
			p := listPage{newPage(cmd.OutOrStdout())}
			switch {
			case verbose:
				names = append(names, listed()...)
			case len(names) == 0:
				p.all()
			}
			for i, name := range names {
				if slices.Contains(names[:i], name) {
					continue
				}
				if err := p.one(name); err != nil {
					return err
				}
			}
			return p.print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVarP(&verbose, "v", "v", false, "say all about all of them")
	return cmd
}

// listed are the names that list can say all about.
func listed() []string {
	return slices.Concat(workloads.Names(), mounted.Names(), layout.Names(), vfs.PresetNames(), suiteNames())
}

// listPage is what list prints.
type listPage struct{ *page }

// all writes one entry per workload and policy.
func (p listPage) all() {
	room := 0
	for _, name := range slices.Concat(workloads.Names(), mounted.Names(), layout.Names()) {
		room = max(room, len(name))
	}
	p.line("Workloads, with the parameters that they are run with:")
	for _, wl := range workloads.All {
		p.storm(room, wl)
	}
	p.line("\nWorkloads on a mounted file system, for -target dir:PATH:")
	for _, k := range mounted.All {
		p.storm(room, &k.Workload)
		if k.Needs != "" {
			p.item(2, room, "", "needs "+k.Needs)
		}
	}
	p.line("\nPolicies:")
	for _, l := range layout.All {
		p.item(2, room, l.Name(), l.About())
		p.item(2, room, "", safetyOf(l)+"; "+l.Origin())
	}
	p.line("\nWhat a policy can break:")
	for _, i := range layout.Invariants {
		p.item(2, 1, string(i), layout.Invariant(i).Meaning())
	}
	p.line("\nKernels, for -kernel:")
	for _, k := range vfs.Presets {
		p.item(2, room, k.Name, k.About)
	}
	p.line("\nSuites of the gate, for -suite:")
	for _, s := range gate.Suites() {
		var cells []string
		for _, c := range s.Cells {
			cells = append(cells, c.Name)
		}
		p.item(2, room, s.Name, strings.Join(cells, ", "))
	}
	p.line("\n\"daxbench list NAME\" says all about a workload, a policy, a kernel or a suite.")
}

// storm writes the entry of a workload, with the parameters that it is run with.
func (p listPage) storm(room int, wl *driver.Workload) {
	p.item(2, room, wl.Name, wl.About)
	var knobs []string
	for _, k := range wl.Knobs {
		knobs = append(knobs, k.Key+"="+strings.Join(values(k), ","))
	}
	if len(knobs) > 0 {
		p.item(2, room, "", strings.Join(knobs, " "))
	}
}

// values are those that a knob takes unless -set says otherwise.
func values(k driver.Knob) []string {
	if len(k.Sweep) > 0 {
		return k.Sweep
	}
	return []string{k.Default}
}

// safetyOf says whether other files are safe, and what a policy breaks besides.
func safetyOf(p layout.Policy) string {
	text := "no device writes into another file"
	if !p.Safe() {
		text = "UNSAFE: lets a device write into another file"
	}
	if b := p.Expect().Breaks; b != "" {
		text += "; breaks " + strings.Join(strings.Split(b, ""), " ")
	}
	return text
}

// one writes all about what has that name.
func (p listPage) one(name string) error {
	if p.out.Len() > 0 {
		p.line("")
	}
	if wl, err := workloads.Lookup(name); err == nil {
		p.workload(wl)
		return nil
	}
	if k, err := mounted.Lookup(name); err == nil {
		p.mounted(k)
		return nil
	}
	if l, err := layout.Lookup(name); err == nil {
		p.policy(l)
		return nil
	}
	if k, err := vfs.LookupPreset(name); err == nil {
		p.item(0, 0, "", "Kernel "+k.Name+": "+k.About)
		return nil
	}
	if s, ok := gate.LookupSuite(name); ok {
		p.suite(s)
		return nil
	}
	return usagef("%q is no workload (%s), policy (%s), kernel (%s) or suite (%s)", name,
		strings.Join(slices.Concat(workloads.Names(), mounted.Names()), ", "), strings.Join(layout.Names(), ", "),
		strings.Join(vfs.PresetNames(), ", "), strings.Join(suiteNames(), ", "))
}

// suite writes the cells of a suite with their limits, and the rule by which they are judged.
func (p listPage) suite(s *gate.Suite) {
	p.item(0, 0, "", s.Title()+": what daxbench gate -suite "+s.Name+" judges, a verdict for each cell")
	for i := range s.Cells {
		c := &s.Cells[i]
		p.item(2, 0, "", c.Name)
		p.item(4, 0, "", fmt.Sprintf("time: %s; %s (%s): %s", limits(c.Time), c.Tail.Name(), c.Tail.Role, limits(c.Tail.Limits)))
		if len(c.Counts) > 0 {
			p.item(4, 0, "", "must not rise: "+strings.Join(c.Counts, ", "))
		}
	}
	p.item(2, 0, "", s.Rule())
	p.item(2, 0, "", "A cell without a verdict means: "+s.Plan.Undecided)
}

// limits says which changes count: those of the floor and above are called one, those that end below the tolerance pass.
func limits(l gate.Limits) string {
	return fmt.Sprintf("floor %.3g %%, tolerance %.3g %%", 100*l.Floor, 100*l.Tolerance)
}

func (p listPage) workload(wl *driver.Workload) {
	p.item(0, 0, "", wl.Name+": "+wl.About)
	if wl.Doc != "" {
		p.item(2, 0, "", wl.Doc)
	}
	p.item(2, 0, "", "Policies are compared by "+wl.Primary+".")
	room := 0
	for _, k := range wl.Knobs {
		room = max(room, len(k.Key))
	}
	for _, k := range wl.Knobs {
		about := k.About + " (" + k.Default + ")"
		if len(k.Sweep) > 0 {
			about = k.About + " (" + k.Default + "; the default matrix has " + strings.Join(k.Sweep, ", ") + ")"
		}
		p.item(2, room, k.Key, about)
	}
}

// mounted writes all about a storm on a mounted file system.
func (p listPage) mounted(k *mounted.Kind) {
	wl := k.Workload
	wl.Knobs = k.Params()
	p.workload(&wl)
	p.item(2, 0, "", "It runs on a mounted file system: daxbench run -target dir:PATH -workload "+k.Name)
	if k.Needs != "" {
		p.item(2, 0, "", "It needs "+k.Needs+".")
	}
	if k.Warns != "" {
		p.item(2, 0, "", "It "+k.Warns)
	}
}

func (p listPage) policy(l layout.Policy) {
	p.item(0, 0, "", l.Name()+": "+l.About())
	p.item(2, 0, "", l.Origin())
	p.item(2, 0, "", safetyOf(l))
	p.item(2, 0, "", "Holds: "+l.Holds())
	p.item(2, 0, "", "Can block on: "+l.BlocksOn())
	e := l.Expect()
	var reasons []string // in the order of what they are for
	of := make(map[string]string)
	for _, name := range append(strings.Split(e.Breaks, ""), strings.Fields(e.Violates)...) {
		why := e.Why[name]
		if of[why] == "" {
			reasons = append(reasons, why)
		}
		of[why] = strings.TrimSpace(of[why] + " " + name)
	}
	p.item(2, 0, "", "Known to go wrong; \"daxbench litmus\" shows what is one letter, \"daxbench verify\" the others:")
	for _, why := range reasons {
		p.item(4, 10, of[why], why)
	}
}
