// Command daxbench measures and checks what breaking layouts at inode eviction costs. See daxbench help.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}
