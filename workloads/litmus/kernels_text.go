package litmus

import "io"

// Text writes scenarios × kernels, and below it what was found.
func (k *Kernels) Text(w io.Writer, l Look) error { return nil }

// Stories writes what happened in each cell, step by step, with the stacks of who waited.
func (k *Kernels) Stories(w io.Writer, l Look) error { return nil }
