package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"daxbench/engine/vm"
)

// vmFlags are the flags of vm as they were given.
type vmFlags struct {
	kernel, fs       []string
	accel, out, keep string
	console          string
	memory           bytesValue
	limit            time.Duration
	jobs             int
	fetch            bool
}

func newVM() *cobra.Command {
	f := vmFlags{memory: vm.DefaultMemory << 20}
	cmd := &cobra.Command{
		Use:   "vm -kernel KERNEL,… [flags] -- command [flags]",
		Short: "run a command of daxbench under Linux kernels in a virtual machine",
		Long: "Vm boots kernels in QEMU, which must be installed, one after the other. In each\n" +
			"guest there are file systems with DAX on emulated persistent memory and nothing\n" +
			"but daxbench, which runs a command there as root. What the command leaves comes\n" +
			"back as a folder of results per kernel. Nothing is installed here, and no root\n" +
			"is needed.\n\n" +
			"A kernel is one of Debian's, taken from the archive that this machine's apt is\n" +
			"set up for: debian:6.12, debian:newest; or files: NAME.deb, several joined by +;\n" +
			"or an image, with its modules unless all that is needed is built in:\n" +
			"arch/x86/boot/bzImage+DIR/lib/modules/VERSION. LABEL=KERNEL gives it a name.\n\n" +
			"To litmus and run, vm adds -target with the file systems that were mounted\n" +
			"(" + vm.Mounts + " in the arguments stands for them) and -o " + vm.Out + ", and to litmus -umount. Of\n" +
			"several kernels, litmus prints one table. A run takes one file system, so it is\n" +
			"run in a guest for each, into LABEL-FS. Files that -expect and -scenario name\n" +
			"are put into the guest. Of a guest that dies, hangs or is stopped comes back what\n" +
			"litmus has told of, and the rest is without a verdict.\n\n" +
			"Exit status: that of the command, the worst of several: 1, 2, 4, 3, 0 in this\n" +
			"order; 2 usage; 3 a guest died; 4 a kernel or a program is not to be had, or a\n" +
			"guest did not come up. With litmus -expect it is what git bisect run takes: 0 as\n" +
			"expected, 1 not, and 125, cannot be tested, for all else. With -fetch: 0 all is\n" +
			"there; 3 QEMU, a program or a kernel of Debian is not to be had here; 4 all else.",
		Example: "  daxbench vm -kernel debian:6.1,debian:newest -- litmus\n" +
			"  daxbench vm -kernel arch/x86/boot/bzImage+mods/lib/modules/7.3.0-rc1 -- litmus -scenario 1,2\n" +
			"  daxbench vm -kernel old=linux-image-1.deb,new=linux-image-2.deb -fs xfs -- run\n" +
			"  daxbench vm -kernel bzImage -- litmus -expect good.txt",
		RunE: func(cmd *cobra.Command, args []string) error { return f.execute(cmd, args) },
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.SetInterspersed(false)
	fl.StringArrayVar(&f.kernel, "kernel", nil, "a list of `kernel,…`: debian:VERSION, debian:newest, FILE.deb+FILE.deb…, IMAGE+MODULES, each with LABEL= before it or not")
	fl.StringArrayVar(&f.fs, "fs", []string{"xfs,ext4"}, "file systems to make in the guest, a list of `name,…`: "+strings.Join(vm.FileSystemNames(), ", ")+", all, none (default xfs,ext4)")
	fl.StringVar(&f.accel, "accel", string(vm.Auto), "`how` the guest's processor is made: auto, kvm, counted (emulated, time counts instructions), tcg (emulated, in real time); auto is kvm where it works, else counted")
	fl.StringVarP(&f.out, "o", "o", "", "write the results to folders in `folder`, one for each kernel (default results/vm-<time>)")
	fl.IntVar(&f.jobs, "jobs", 1, "boot `n` guests at a time")
	fl.Var(&f.memory, "memory", "`size` of a guest's ordinary memory (default 1G)")
	fl.DurationVar(&f.limit, "limit", time.Hour, "give a guest up after `time`")
	fl.StringVar(&f.console, "console", "", "write what the kernels say to `file`")
	fl.StringVar(&f.keep, "keep", "", "leave the initramfs and QEMU's command line of each guest in a folder of `folder`, to boot it by hand")
	fl.BoolVar(&f.fetch, "fetch", false, "get what guests are made from, print which kernels those are, and boot none")
	cmd.RegisterFlagCompletionFunc("fs", cobra.FixedCompletions(append(vm.FileSystemNames(), "all", noFS), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// execute boots what was asked for.
func (f *vmFlags) execute(cmd *cobra.Command, args []string) error {
	if f.fetch {
		return f.fetchKernels(cmd, args)
	}
	in, err := newInner(args)
	if err != nil {
		return err
	}
	fs, asked, err := f.check()
	if err != nil {
		return err
	}
	if err := in.fit(fs); err != nil {
		return err
	}
	ctx, stop := withSignals(cmd.Context())
	defer stop()
	w := &guests{flags: f, inner: in, stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr()}
	kernels, err := resolveKernels(ctx, asked, w.say)
	if err != nil {
		return err
	}
	if f.out == "" {
		f.out = filepath.Join("results", "vm-"+time.Now().UTC().Format("20060102T150405Z"))
	}
	w.plan(kernels, fs)
	for _, g := range w.list {
		if err := recordFolder(g.out); err != nil {
			return err
		}
	}
	if f.console != "" {
		file, err := os.Create(f.console)
		if err != nil {
			return err
		}
		defer file.Close()
		w.console = file
	}
	return w.run(ctx)
}

// noFS is the value of -fs for none at all.
const noFS = "none"

// check refuses flags that cannot be meant, and returns the file systems and kernels that were asked for.
func (f *vmFlags) check() (fs []string, kernels []kernelSpec, err error) {
	if len(f.fs) == 1 && f.fs[0] == noFS {
		f.fs = nil
	}
	if fs, err = splitList("fs", f.fs, vm.FileSystemNames()); err != nil {
		return nil, nil, err
	}
	for _, name := range fs {
		if _, err := vm.LookupFileSystem(name); err != nil {
			return nil, nil, usagef("-fs: %w%s", err, meant(name, vm.FileSystemNames()))
		}
	}
	known := false
	var accels []string
	for _, a := range vm.Accels() {
		known = known || string(a) == f.accel
		accels = append(accels, string(a))
	}
	const least, most = 512 << 20, 1 << 40 // this program and its initramfs alone take some 200 MiB
	switch {
	case !known:
		return nil, nil, usagef("unknown -accel %q; known: %s%s", f.accel, strings.Join(accels, ", "), meant(f.accel, accels))
	case f.jobs < 1:
		return nil, nil, usagef("-jobs %d: want 1 or more", f.jobs)
	case f.limit <= 0:
		return nil, nil, usagef("-limit %v: want a time, such as 20m", f.limit)
	case f.memory < least || f.memory > most || f.memory%(128<<20) != 0:
		return nil, nil, usagef("-memory %s: want at least 512M, in steps of 128M", f.memory.String())
	}
	kernels, err = parseKernels(f.kernel)
	return fs, kernels, err
}

// guests are those that a command boots.
type guests struct {
	flags          *vmFlags
	inner          *inner
	list           []*guestRun
	console        io.Writer
	mu             sync.Mutex // guards the three writers
	stdout, stderr io.Writer
}

// A guestRun is one boot.
type guestRun struct {
	kernel vm.Kernel
	label  string // of its results: the kernel's, with the file system if each has a guest of its own
	column string // what the kernel is called in a table of several guests
	fs     []string
	out    string

	printed bytes.Buffer // by its command, until it has ended
	result  *vm.Result   // nil: nothing has come back
	err     error
	panics  bool // its command has ended by a fault of its own
}

// plan lays out which guests there are.
func (w *guests) plan(kernels []vm.Kernel, fs []string) {
	for _, k := range kernels {
		if !w.inner.oneTarget || len(fs) == 1 {
			w.add(k, k.Label, fs)
			continue
		}
		for _, name := range fs {
			w.add(k, k.Label+"-"+name, []string{name})
		}
	}
}

func (w *guests) add(k vm.Kernel, label string, fs []string) {
	column := k.Label
	k.Label = label
	w.list = append(w.list, &guestRun{kernel: k, label: label, column: column, fs: fs, out: filepath.Join(w.flags.out, label)})
}

// run boots them, so many at a time, and says what came of it.
func (w *guests) run(ctx context.Context) error {
	var running sync.WaitGroup
	slots := make(chan struct{}, w.flags.jobs)
	for _, g := range w.list {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		running.Go(func() {
			w.boot(ctx, g)
			<-slots
		})
	}
	running.Wait()
	errs := []error{w.conclude()}
	for _, g := range w.list {
		errs = append(errs, g.failed(w.inner.name))
	}
	if ctx.Err() != nil {
		errs = append(errs, context.Cause(ctx))
	}
	return worstOf(errs)
}

// boot boots one.
func (w *guests) boot(ctx context.Context, g *guestRun) {
	from := g.kernel.Name
	if g.kernel.Package != "" {
		from += " (" + g.kernel.Package + ")"
	}
	w.say(fmt.Sprintf("%s: booting %s", g.label, from))
	m := vm.Machine{
		Accel: vm.Accel(w.flags.accel), Memory: int(w.flags.memory >> 20), FS: g.fs, Limit: w.flags.limit, Files: w.inner.files,
		OnTheWay: w.inner.onTheWay,
	}
	if w.flags.keep != "" {
		m.Keep = filepath.Join(w.flags.keep, g.label)
	}
	stdout, stderr := w.outputs(g)
	if w.console != nil {
		m.Console = w.lines(w.console, g)
	}
	g.result, g.err = vm.Run(ctx, g.kernel, m, w.inner.args, stdout, stderr, g.out)
	for _, out := range []io.Writer{stderr, m.Console} {
		if l, ok := out.(*lineWriter); ok {
			l.flush()
		}
	}
	if l, ok := stderr.(*lineWriter); ok {
		g.panics = l.panics
	}
	if err := w.print(g); g.err == nil {
		g.err = err
	}
	switch r := g.result; {
	case r == nil:
	case g.err != nil:
		w.say(fmt.Sprintf("%s: %s was broken off; what it had left is in %s", g.label, w.inner.name, g.out))
	default:
		where := ""
		if left, err := os.ReadDir(g.out); err == nil && len(left) > 0 {
			where = "; results are in " + g.out
		}
		w.say(fmt.Sprintf("%s: Linux %s, %s: %s ended with status %d after %s, %s in the guest%s", g.label, r.Release, accelWords[r.Accel],
			w.inner.name, r.Status, r.Host.Round(time.Second), r.Guest.Round(time.Second), where))
	}
}

// accelWords say how a guest's processor was made.
var accelWords = map[vm.Accel]string{vm.KVM: "under KVM", vm.Counted: "emulated, time counts instructions", vm.TCG: "emulated, in real time"}

// say writes a line about what goes on.
func (w *guests) say(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(w.stderr, "daxbench: %s\n", printable(text))
}

// failed says how a guest failed; nil if it did not.
func (g *guestRun) failed(command string) error {
	var signal signalError
	var boot *vm.BootError
	switch {
	case g.err == nil && g.result == nil, errors.As(g.err, &signal):
		return nil // it was not its turn, or not its fault
	case errors.As(g.err, &boot) && boot.Came:
		return &undecided{g.err.Error()}
	case g.err != nil:
		return inputError{g.err}
	case g.panics && g.result.Status == statusUsage: // which is also that of a panic
		return &undecided{fmt.Sprintf("%s: %s has ended by a fault of its own, so there is no verdict", g.label, command)}
	case g.result.Status != 0:
		return &guestError{g.result.Status, fmt.Errorf("%s: %s ended with status %d", g.label, command, g.result.Status)}
	}
	return nil
}
