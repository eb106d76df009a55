package vm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// Limits of host time. An emulated guest comes up within 20 s on a busy machine with two cores; where KVM works, within two.
const (
	defaultLimit = time.Hour
	bootLimit    = 10 * time.Minute
	bootLimitKVM = 10 * time.Second
	goodbyeLimit = 5 * time.Second // from the last frame to QEMU's end
)

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
			fmt.Fprintf(stderr, "KVM is of no use here (%s), so guests are emulated: time counts instructions\n", strings.TrimSpace(boot.short()))
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
func (p *plan) attempt(ctx context.Context, accel Accel, stdout, stderr io.Writer, out string) (*Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	began := time.Now()
	image, err := p.image(accel)
	if err != nil {
		return nil, err
	}
	defer image.Close()
	args := qemuArgs(p.kernel, p.machine, accel, p.sizes())
	c := &console{to: p.machine.Console}
	defer func() {
		if p.machine.Keep != "" {
			p.keep(image, args, c)
		}
	}()
	q, err := startQEMU(p.qemu, args, image, c)
	if err != nil {
		return nil, err
	}
	defer q.stop()
	g := &talk{frames: newFrameReader(q.frames), stdout: stdout, stderr: stderr}
	limit := bootLimit
	if accel == KVM {
		limit = bootLimitKVM
	}
	life := time.AfterFunc(limit, func() {
		if !g.came.Load() {
			q.kill()
		}
	})
	defer life.Stop()
	stop := context.AfterFunc(ctx, q.kill)
	defer stop()
	err = g.listen()
	q.end(g.last != nil)
	res := &Result{Accel: accel, Release: g.hello.Release, Host: time.Since(began), Console: c.String()}
	if g.last == nil {
		if errors.Is(err, errOutput) {
			return nil, err
		}
		return nil, p.died(ctx, g, q, c, limit, time.Since(began))
	}
	res.Status, res.Guest = g.last.Status, time.Duration(g.last.Guest)
	if err := g.judge(p.kernel.Label); err != nil {
		return nil, err
	}
	return res, unpack(&g.packed, out)
}

// died says how a guest ended that did not say so itself.
func (p *plan) died(ctx context.Context, g *talk, q *qemu, c *console, limit, took time.Duration) error {
	e := &BootError{Kernel: p.kernel.Label, Came: g.came.Load(), Console: c.String(), QEMU: q.said.String()}
	e.Panic = panicLine(e.Console)
	var over *limitError
	switch cause := context.Cause(ctx); {
	case errors.As(cause, &over):
		e.What = "the guest was stopped, " + over.Error()
	case cause != nil:
		return cause
	case e.Came:
		e.What = "the guest died before its command had ended"
	case e.Panic == "" && took >= limit:
		e.What = "the guest did not come up: " + "its first process did not report within " + limit.String()
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

// keep leaves what a guest was made from in a folder, to be looked at or booted by hand.
func (p *plan) keep(image *os.File, args []string, c *console) error {
	if err := os.MkdirAll(p.machine.Keep, 0o777); err != nil {
		return err
	}
	name := func(n string) string { return filepath.Join(p.machine.Keep, n) }
	f, err := os.Create(name("initramfs.cpio"))
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(f, io.NewSectionReader(image, 0, 1<<40)); err != nil {
		return err
	}
	var line strings.Builder
	for _, a := range append([]string{p.qemu}, args...) {
		fmt.Fprintf(&line, "'%s' ", strings.ReplaceAll(a, "'", `'\''`))
	}
	return errors.Join(os.WriteFile(name("qemu.sh"), []byte(line.String()+"\n"), 0o777), os.WriteFile(name("console.txt"), []byte(c.String()), 0o666))
}
