package slow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// A backing is a block device that nobody else uses.
type backing struct {
	file *os.File // open, without O_EXCL: the device mapper claims it
	size int64    // bytes
	wipe bool     // it stays, so nothing is left on it
}

// An opener finds or makes one.
type opener struct {
	kind string
	open func() (backing, error)
}

// backings lists the kinds, the best first. A loop device is new and goes by itself when it is closed last, also after a
// crash; a RAM disk stays, and may be somebody's.
var backings = []opener{{"loop", openLoop}, {"brd", openRAM}}

// loopSize is the room of a loop device. It takes memory as it is written only.
const loopSize = 256 * Size

// loopTries bounds how often another process may be faster with a free loop device.
const loopTries = 16

// openLoop makes a loop device over memory.
func openLoop() (b backing, err error) {
	control, err := unix.Open("/dev/loop-control", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return b, fmt.Errorf("/dev/loop-control: %w", err)
	}
	defer unix.Close(control)
	memory, err := unix.MemfdCreate("daxbench-slow", unix.MFD_CLOEXEC)
	if err != nil {
		return b, fmt.Errorf("memfd_create: %w", err)
	}
	defer unix.Close(memory)
	if err := unix.Ftruncate(memory, loopSize); err != nil {
		return b, fmt.Errorf("memfd: %w", err)
	}
	for range loopTries {
		if b, err = takeLoop(control, memory); !errors.Is(err, unix.EBUSY) {
			break
		}
	}
	return b, err
}

// takeLoop puts memory under a loop device that is free. Error: EBUSY if it was not any more.
func takeLoop(control, memory int) (b backing, err error) {
	n, err := unix.IoctlRetInt(control, unix.LOOP_CTL_GET_FREE)
	if err != nil {
		return b, fmt.Errorf("LOOP_CTL_GET_FREE: %w", err)
	}
	file, err := os.OpenFile(fmt.Sprintf("/dev/loop%d", n), os.O_RDWR, 0)
	if err != nil {
		return b, err
	}
	config := unix.LoopConfig{Fd: uint32(memory), Info: unix.LoopInfo64{Flags: unix.LO_FLAGS_AUTOCLEAR}}
	copy(config.Info.File_name[:], "daxbench-slow")
	if err := unix.IoctlLoopConfigure(int(file.Fd()), &config); err != nil {
		file.Close()
		return b, fmt.Errorf("%s: %w", file.Name(), err)
	}
	return backing{file: file, size: loopSize}, nil
}

// openRAM takes a RAM disk that nobody has claimed and that has nothing on it.
func openRAM() (b backing, err error) {
	paths, _ := filepath.Glob("/dev/ram[0-9]*")
	slices.Sort(paths)
	err = errors.New("there is no /dev/ram0 (is the module brd loaded?)")
	for _, path := range paths {
		if b, err = takeRAM(path); err == nil {
			return b, nil
		}
	}
	return b, err
}

func takeRAM(path string) (b backing, err error) {
	claim, err := os.OpenFile(path, os.O_RDWR|unix.O_EXCL, 0)
	if err != nil {
		return b, err
	}
	defer claim.Close()
	size, err := blank(claim)
	if err != nil {
		return b, fmt.Errorf("%s: %w", path, err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	return backing{file: file, size: size, wipe: true}, err
}

// blank returns the size of a device that has only zeros on it, and at least a MiB.
func blank(file io.Reader) (size int64, err error) {
	buf, zeros := make([]byte, Size), make([]byte, Size)
	for {
		n, err := io.ReadFull(file, buf)
		size += int64(n)
		switch {
		case !bytes.Equal(buf[:n], zeros[:n]):
			return size, errors.New("there is something on it")
		case err == nil:
		case size < Size:
			return size, errors.Join(err, errors.New("it is too small"))
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return size, nil
		default:
			return size, err
		}
	}
}
