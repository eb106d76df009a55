package vm

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Files of the folder Machine.Keep.
const (
	keptImage   = "initramfs.cpio"
	keptScript  = "qemu.sh"
	keptConsole = "console.txt"
)

// keep leaves what a guest was made from in a folder, to be looked at, and to be booted by hand with its console on the terminal.
func (p *plan) keep(image *os.File, accel Accel, c *console) error {
	dir := p.machine.Keep
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, keptImage))
	if err != nil {
		return err
	}
	size, err := image.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = io.Copy(f, io.NewSectionReader(image, 0, size))
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	script := "#!/bin/sh\ncd \"$(dirname \"$0\")\" && exec"
	for _, word := range append([]string{p.qemu}, qemuArgs(p.kernel, p.machine, accel, p.sizes(), byHand)...) {
		script += fmt.Sprintf(" '%s'", strings.ReplaceAll(word, "'", `'\''`))
	}
	return errors.Join(os.WriteFile(filepath.Join(dir, keptScript), []byte(script+"\n"), 0o777),
		os.WriteFile(filepath.Join(dir, keptConsole), []byte(c.String()), 0o666))
}
