package vm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"daxbench/engine/vm/line"
)

// defaultLimit is that of Machine.Limit.
const defaultLimit = time.Hour

// limits are of host time.
type limits struct {
	boot    time.Duration // until the guest's first process reports
	bootKVM time.Duration // the same under KVM
	goodbye time.Duration // from the last frame to QEMU's end
}

// hostLimits: an emulated guest comes up within 20 s on a busy machine with two cores; where KVM works, within two. Tests set others.
var hostLimits = limits{boot: 10 * time.Minute, bootKVM: 10 * time.Second, goodbye: 5 * time.Second}

// noKVM says that KVM was tried by this process, and of no use.
var noKVM atomic.Bool

// run tries the processors that m allows.
func run(ctx context.Context, k Kernel, m Machine, args []string, stdout, stderr io.Writer, out string) (*Result, error) {
	p, err := newPlan(k, m, args)
	if err != nil {
		return nil, err
	}
	limit := m.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, &limitError{limit})
	defer cancel()
	accel := m.Accel
	if accel == Auto || accel == "" {
		accel = Counted
		if !noKVM.Load() && kvmUsable() {
			accel = KVM
		}
	}
	r, err := p.attempt(ctx, accel, stdout, stderr, out)
	var boot *BootError
	if accel == KVM && m.Accel != KVM && errors.As(err, &boot) && !boot.Came && ctx.Err() == nil {
		if !noKVM.Swap(true) {
			fmt.Fprintf(stderr, "KVM is of no use here (%s), so guests are emulated: time counts instructions\n", strings.TrimSpace(boot.Short()))
		}
		r, err = p.attempt(ctx, Counted, stdout, stderr, out)
	}
	return r, err
}

// A limitError says that a guest took too long.
type limitError struct{ limit time.Duration }

func (e *limitError) Error() string { return fmt.Sprintf("no end within %s of host time", e.limit) }

// kvmDevice and cpuInfo are where the host says whether it has KVM. Tests set others.
var (
	kvmDevice = "/dev/kvm"
	cpuInfo   = "/proc/cpuinfo"
)

// kvmUsable reports whether it is worth a try.
func kvmUsable() bool {
	f, err := os.OpenFile(kvmDevice, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	f.Close()
	text, err := os.ReadFile(cpuInfo)
	if err != nil {
		return false
	}
	for _, word := range strings.Fields(string(text)) {
		if word == "vmx" || word == "svm" {
			return true
		}
	}
	return false
}

// attempt boots once.
func (p *plan) attempt(ctx context.Context, accel Accel, stdout, stderr io.Writer, out string) (r *Result, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	began := time.Now()
	image, err := p.image(accel)
	if err != nil {
		return nil, err
	}
	defer image.Close()
	c := &console{to: p.machine.Console}
	if p.machine.Keep != "" {
		defer func() { err = errors.Join(err, p.keep(image, accel, c)) }()
	}
	q, err := startQEMU(p.qemu, qemuArgs(p.kernel, p.machine, accel, p.sizes(), inherited), image, c)
	if err != nil {
		return nil, err
	}
	defer q.stop()
	t := &talk{frames: line.NewReader(q.frames), stdout: stdout, stderr: stderr, out: out}
	defer func() {
		if err != nil && !t.left {
			r = nil
		}
	}()
	limit := hostLimits.boot
	if accel == KVM {
		limit = hostLimits.bootKVM
	}
	life := time.AfterFunc(limit, func() {
		if !t.came.Load() {
			q.kill()
		}
	})
	defer life.Stop()
	defer context.AfterFunc(ctx, q.kill)()
	r = &Result{Accel: accel}
	if err := t.listen(); err != nil {
		return r, err
	}
	q.end(t.last != nil)
	if t.last == nil {
		err = p.died(ctx, t.came.Load(), q.said, c, time.Since(began) >= limit, limit)
	} else {
		err = t.judge(p.kernel.Label)
		r.Status, r.Guest = t.last.Status, time.Duration(t.last.Guest)
	}
	r.Release, r.Host, r.Console = t.hello.Release, time.Since(began), c.String()
	return r, err
}

// died says how a guest ended that did not say so itself.
func (p *plan) died(ctx context.Context, came bool, said, c *console, late bool, limit time.Duration) error {
	e := &BootError{Kernel: p.kernel.Label, Came: came, Console: c.String(), QEMU: said.String()}
	e.Panic = panicLine(e.Console)
	var over *limitError
	switch cause := context.Cause(ctx); {
	case errors.As(cause, &over):
		e.What = "the guest was stopped, " + over.Error()
	case cause != nil:
		return cause
	case came:
		e.What = "the guest died before its command had ended"
	case late && e.Panic == "":
		e.What = "the guest did not come up: its first process did not report within " + limit.String()
	default:
		e.What = "the guest did not come up"
	}
	return e
}

// image makes the initramfs, in memory: nothing is left of it, however this process ends.
func (p *plan) image(accel Accel) (*os.File, error) {
	f, err := memoryFile("initramfs")
	if err != nil {
		return nil, err
	}
	if err := p.initramfs(f, accel); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
