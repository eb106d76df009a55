package litmus

import (
	"errors"

	"daxbench/engine/enginefs"
	"daxbench/engine/layout"
	"daxbench/engine/vfs"
)

// Engines returns a column per policy, on the engine in this process, and a
// function that gives their memory back.
func Engines(policies []layout.Policy, kernel vfs.Preset) (columns []Column, closeAll func() error) {
	var makers []*enginefs.Maker
	for _, p := range policies {
		m := enginefs.New(p, kernel)
		makers = append(makers, m)
		columns = append(columns, Column{Maker: m, ID: p.ID(), Declared: p.Expect().Breaks, MayHang: p.Expect().ViolatesProperty(layout.Deadlock), Why: p.Expect().Why})
	}
	return columns, func() error {
		var errs []error
		for _, m := range makers {
			errs = append(errs, m.Close())
		}
		return errors.Join(errs...)
	}
}
