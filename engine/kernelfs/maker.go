package kernelfs

import (
	"errors"

	"daxbench/engine/target"
)

// Errors of New that the user can mend, by an option or another directory.
var (
	ErrRefused = errors.New("refused")
	ErrUnfit   = errors.New("cannot be used")
)

// A Maker makes subjects in one directory, one after the other. It implements target.Maker.
type Maker struct{}

// New makes itself at home in a directory. Close must be called in the end. Errors: ErrRefused, ErrUnfit, those of files.
// Precondition: main has called Serve.
func New(dir string, o Options) (*Maker, error) { return nil, ErrUnfit }

// Serve makes this program a child or an aide if it was started as one, and does not return then. Main calls it before
// anything else; so does TestMain of tests that use New.
func Serve() {}

// Kernel says what the directory was found to be.
func (m *Maker) Kernel() *Kernel { return nil }

// Announce says in sentences what is going to be done to the mount and the machine.
func (m *Maker) Announce() []string { return nil }

// Notes says in sentences what New found, and did, that one may want to know: remains of a process that is gone.
func (m *Maker) Notes() []string { return nil }

// Policy implements target.Maker: it is the label of the kernel.
func (m *Maker) Policy() string { return "" }

// Why implements target.Maker.
func (m *Maker) Why(s *target.Step) string { return "" }

// WhySetting implements target.Maker.
func (m *Maker) WhySetting(s target.Setting) string { return "" }

// Make implements target.Maker.
func (m *Maker) Make(sc *target.Scenario, set []target.Setting) (target.Subject, error) { return nil, ErrUnfit }

// Another implements target.Maker: a kernel takes its own order.
func (m *Maker) Another() bool { return false }

// Close removes what is left in the directory and gives everything back.
func (m *Maker) Close() error { return nil }
