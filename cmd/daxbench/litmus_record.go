package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/layout"
	"daxbench/engine/vfs"
	"daxbench/reports/safety"
	"daxbench/workloads/litmus"
	"daxbench/workloads/record"
)

// madeBy is how a file that litmus or verify leaves in a folder begins: where it comes from.
type madeBy struct {
	Schema  int      `json:"schema"`
	Tool    string   `json:"tool"`
	Commit  string   `json:"commit"`
	Command []string `json:"command"`
	Date    string   `json:"date"` // RFC 3339; a repeated run is the same but for this
}

func newMadeBy() madeBy {
	return madeBy{Schema: safety.Schema, Tool: tool, Commit: record.Commit(), Command: os.Args[1:],
		Date: time.Now().UTC().Format(time.RFC3339)}
}

// recordLitmus plays all scenarios under these policies, named as layout.Lookup takes them, on an engine made like a kernel
// (a preset; empty: as it is by itself), and leaves litmus.json in the folder dir, in place of one that is there. It takes well
// below a second per policy.
//
// The error is a badAnswer that names the reasons if a policy breaks what it does not declare, or the other way round: then the
// engine is not what its figures are said to be of. The file is written all the same, and has the reasons in it. That a policy
// breaks what it declares is no error. Other errors: those of the file system, and the cause why ctx is done.
func recordLitmus(ctx context.Context, dir string, policies []string, kernel string) (err error) {
	f := litmusFlags{policy: policies, out: dir, kernel: kernel}
	list, err := f.policies()
	if err != nil {
		return err
	}
	m, err := f.play(ctx, list, litmus.All())
	if err != nil {
		return err
	}
	if err := f.record(m); err != nil {
		return err
	}
	if problems := m.Problems(); len(problems) > 0 {
		return &badAnswer{"the engine does not do what policies declare, as litmus shows: " + strings.Join(problems, "; ")}
	}
	return nil
}

// play runs scenarios under policies on engines of their own.
func (f *litmusFlags) play(ctx context.Context, policies []layout.Policy, scenarios []litmus.Entry) (m *litmus.Matrix, err error) {
	var kernel vfs.Preset
	if f.kernel != "" {
		if kernel, err = vfs.LookupPreset(f.kernel); err != nil {
			return nil, usageError{err}
		}
	}
	columns, closeAll := litmus.Engines(policies, kernel)
	defer func() { err = errors.Join(err, closeAll()) }()
	if m, err = litmus.Play(ctx, columns, scenarios); err != nil {
		return nil, err
	}
	m.Kernel = kernel.Name
	m.Full = len(f.set) == 0 && len(scenarios) == len(litmus.All()) &&
		!slices.ContainsFunc(scenarios, func(e litmus.Entry) bool { return e.Number == 0 })
	return m, nil
}

// differs is a badAnswer if something is not as it should be.
func differs(m *litmus.Matrix) error {
	if m.AsDeclared() {
		return nil
	}
	return &badAnswer{fmt.Sprintf("the answer is bad, for %d reasons that stand above", len(m.Problems()))}
}

// record leaves what was played in the folder that was named.
func (f *litmusFlags) record(m *litmus.Matrix) error {
	return writeRecord(f.out, safety.LitmusName, struct {
		madeBy
		*litmus.Record
	}{newMadeBy(), m.Record(f.replay)})
}

// replay is the command that tells what a scenario comes to under a policy.
func (f *litmusFlags) replay(policy string, e litmus.Entry) string {
	c := fmt.Sprintf("daxbench litmus -v -policy %s -scenario %s", policy, cmp.Or(f.files[e.Name], e.Name))
	if f.kernel != "" {
		c += " -kernel " + f.kernel
	}
	return c + f.replaySet(e)
}

// replaySet is the part of such a command that sets the parameters which were given.
func (f *litmusFlags) replaySet(e litmus.Entry) (c string) {
	for _, p := range e.Params {
		if slices.ContainsFunc(f.set, func(set string) bool { return strings.Contains(set, p.Name+"=") }) {
			c += fmt.Sprintf(" -set %s=%d", p.Name, p.N)
		}
	}
	return c
}

// recordFolder makes sure, before anything is played for long, that a file can be left in a folder, and makes the folder if
// it is not there.
func recordFolder(dir string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() || errors.Is(err, unix.ENOTDIR) {
		return usagef("%s is no folder: name one, such as that of a run", dir)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := unix.Access(dir, unix.W_OK); err != nil {
		return fmt.Errorf("%s cannot be written to: %w", dir, err)
	}
	return nil
}

// writeRecord puts v into a file of dir, whole or not at all. An older one of the same name is replaced: a folder says what is
// known last.
func writeRecord(dir, name string, v any) error {
	if err := recordFolder(dir); err != nil {
		return err
	}
	return writeWhole(filepath.Join(dir, name), func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		return enc.Encode(v)
	})
}
