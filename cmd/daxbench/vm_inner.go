package main

import (
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"daxbench/engine/vm"
	"daxbench/workloads/litmus"
)

// An inner is the command that runs in the guests.
type inner struct {
	name      string   // litmus, run, …
	args      []string // all of it
	oneTarget bool     // it takes one file system at a time
	joins     bool     // it is litmus on file systems, whose results are shown side by side
	onTheWay  bool     // the same, also where they are not: what it tells of is to come back at once
	expects   bool     // -expect
	litmus    litmusFlags
	files     map[string][]byte // that it reads, by their names in the guest
}

// hostOnly are commands that are of no use in a guest.
var hostOnly = []string{"vm", "help", "completion", "serve", "baseline", "history", "gate", "compare", "report"}

// newInner reads the command line of a command, so that what is wrong with it is said before anything is booted, and adds what it
// needs in a guest.
func newInner(args []string) (*inner, error) {
	if len(args) == 0 {
		return nil, usagef("which command is to run in the guest? Such as: daxbench vm -kernel debian:newest -- litmus")
	}
	cmd, rest, err := newRoot().Find(twoDashes(args))
	switch {
	case err != nil:
		return nil, usageError{err}
	case !cmd.HasParent():
		return nil, noArgs(cmd, args)
	}
	in := &inner{name: cmd.Name(), args: slices.Clone(args)}
	if slices.Contains(hostOnly, in.name) {
		return nil, usagef("%s is of no use in a guest; such as litmus and run are", in.name)
	}
	if err := cmd.ParseFlags(rest); errors.Is(err, pflag.ErrHelp) {
		return nil, usagef("for what %s takes: daxbench help %s", in.name, in.name)
	} else if err != nil {
		return nil, flagError(cmd, err)
	}
	fl := cmd.Flags()
	if out := fl.Lookup("o"); out != nil && out.Changed && !inOut(out.Value.String()) {
		return nil, usagef("-o %s: results of the guest are in %s there, and -o before the -- names the folder here", out.Value.String(), vm.Out)
	}
	if in.name == "litmus" {
		if err := checkLitmus(fl, cmd.ErrOrStderr()); err != nil {
			return nil, err
		}
	}
	if err := in.takeFiles(); err != nil {
		return nil, err
	}
	switch in.name {
	case "litmus":
		if err := in.addLitmus(fl); err != nil {
			return nil, err
		}
	case "run":
		in.addRun(cmd)
	}
	return in, nil
}

func inOut(dir string) bool {
	return path.Clean(dir) == vm.Out || strings.HasPrefix(path.Clean(dir), vm.Out+"/")
}

// addLitmus adds what litmus needs. A kernel from which a device is taken away may die, and what was played before with it: such a
// scenario is played in a guest of its own, for each file system.
func (in *inner) addLitmus(fl *pflag.FlagSet) error {
	given := fl.Changed
	if staysOnEngine(fl) {
		return nil
	}
	if in.oneTarget, _ = fl.GetBool("unplug"); in.oneTarget {
		names, _ := fl.GetStringArray("scenario")
		if !litmus.Unplugs(names) {
			return usagef("-unplug: the guest may die of it, with all that was played before; ask for that scenario alone: -unplug -scenario unplug-with-pins")
		}
	}
	target, _ := fl.GetString("target")
	switch {
	case !given("target"):
		in.args = append(in.args, "-target", vm.Mounts)
	case target == onEngine:
		return nil
	}
	in.onTheWay = true
	if !given("umount") {
		in.args = append(in.args, "-umount")
	}
	in.expects = given("expect")
	if !given("o") {
		in.args = append(in.args, "-o", vm.Out)
		in.joins = true
	}
	in.litmus.verbose, _ = fl.GetBool("v")
	in.litmus.format, _ = fl.GetString("format")
	return nil
}

// staysOnEngine reports whether litmus was asked for what needs no file system.
func staysOnEngine(fl *pflag.FlagSet) bool {
	return slices.ContainsFunc([]string{"list", "against", "policy", "kernel"}, fl.Changed)
}

// checkLitmus refuses what litmus would refuse in the guest. What is wrong in a file goes to stderr, a line each.
func checkLitmus(fl *pflag.FlagSet, stderr io.Writer) (err error) {
	var f litmusFlags
	f.scenario, _ = fl.GetStringArray("scenario")
	f.set, _ = fl.GetStringArray("set")
	f.policy, _ = fl.GetStringArray("policy")
	f.kernel, _ = fl.GetString("kernel")
	f.format, _ = fl.GetString("format")
	f.target, _ = fl.GetString("target")
	f.mounted.patience, _ = fl.GetDuration("patience")
	if fl.Changed("against") {
		f.against, _ = fl.GetStringArray("against")
	}
	if !fl.Changed("target") && !staysOnEngine(fl) {
		f.target = vm.Mounts
	}
	f.target = strings.ReplaceAll(f.target, vm.Mounts, "dir:"+vm.Mounts)
	if _, err = f.dirs(fl); err != nil {
		return err
	}
	if _, err = f.scenarios(stderr); err != nil {
		return err
	}
	if _, err = f.policies(); err == nil && f.kernel != "" {
		err = knownPreset(f.kernel)
	}
	return err
}

// fit refuses a command that needs file systems in a guest that makes none.
func (in *inner) fit(fs []string) error {
	if len(fs) == 0 && slices.ContainsFunc(in.args, func(a string) bool { return strings.Contains(a, vm.Mounts) }) {
		return usagef("-fs none: %s needs a file system; leave -fs out, or name one: %s", in.name, strings.Join(vm.FileSystemNames(), ", "))
	}
	return nil
}

// addRun adds what run needs.
func (in *inner) addRun(cmd *cobra.Command) {
	fl := cmd.Flags()
	if !fl.Changed("o") && !fl.Changed("resume") {
		in.args = append(in.args, "-o", vm.Out)
	}
	if fl.Lookup("target") != nil && !fl.Changed("target") {
		in.args = append(in.args, "-target", vm.Mounts)
		in.oneTarget = true
	}
}

// guestFiles is the folder in the guest that a command starts in, with the files that it reads.
const guestFiles = vm.Work

// takeFiles reads the files that -expect and -scenario name, and changes the arguments to what they are called in the guest.
func (in *inner) takeFiles() error {
	for i := 1; i < len(in.args); i++ {
		flag, value, joined := strings.Cut(in.args[i], "=")
		name := strings.TrimLeft(flag, "-")
		if name == flag || (name != "expect" && name != "scenario") {
			continue
		}
		if !joined {
			if i++; i == len(in.args) {
				return nil // said already
			}
			value = in.args[i]
		}
		var names []string
		for n := range strings.SplitSeq(value, ",") {
			if name == "scenario" && !strings.ContainsAny(n, "/.") {
				names = append(names, n)
				continue
			}
			there, err := in.takeFile(n)
			if err != nil {
				return err
			}
			names = append(names, there)
		}
		if value = strings.Join(names, ","); joined {
			value = flag + "=" + value
		}
		in.args[i] = value
	}
	return nil
}

func (in *inner) takeFile(name string) (there string, err error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	if in.files == nil {
		in.files = make(map[string][]byte)
	}
	there = filepath.Base(name)
	for n := 2; in.files[path.Join(guestFiles, there)] != nil; n++ {
		there = strconv.Itoa(n) + "-" + filepath.Base(name)
	}
	in.files[path.Join(guestFiles, there)] = text
	if !strings.Contains(there, ".") {
		there = "./" + there // else it would be the name of a scenario
	}
	return there, nil
}

// statusUntestable is what git bisect run takes for a commit that cannot be judged.
const statusUntestable = 125

// bisects reports whether args, those of daxbench, are vm's around litmus -expect: its exit status is for git bisect run, also
// when the arguments cannot be understood.
func bisects(args []string) bool {
	at := slices.Index(args, "litmus")
	return at > 0 && args[0] == "vm" && slices.ContainsFunc(args[at:], func(a string) bool {
		name, _, _ := strings.Cut(a, "=")
		return name == "-expect" || name == "--expect"
	})
}

// bisectStatus is the status for git bisect run: a commit is bad only if a kernel was not as expected. A signal's ends it.
func bisectStatus(status int) int {
	if status == statusOK || status == statusBad || status > 128 {
		return status
	}
	return statusUntestable
}
