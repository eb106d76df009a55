package vm

import (
	"context"
	"errors"
	"io"
)

func run(ctx context.Context, k Kernel, m Machine, args []string, stdout, stderr io.Writer, out string) (*Result, error) {
	return nil, errors.New("not built yet")
}

func guest() {}
