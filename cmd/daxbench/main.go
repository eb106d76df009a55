// Command daxbench measures and checks what breaking layouts at inode eviction costs. See daxbench help.
package main

import (
	"context"
	"os"

	"daxbench/engine/kernelfs/child"
	"daxbench/engine/vm"
)

func main() {
	vm.Guest()
	if fd, ok := child.Asked(); ok {
		child.Main(fd)
	}
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}
