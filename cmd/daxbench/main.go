// Command daxbench measures and checks what breaking layouts at inode eviction costs. See daxbench help.
package main

import (
	"context"
	"os"

	"daxbench/engine/kernelfs"
	"daxbench/engine/vm"
)

func main() {
	vm.Guest()
	kernelfs.Serve()
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}
