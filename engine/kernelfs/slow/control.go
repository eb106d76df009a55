package slow

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A control speaks to the device mapper, see include/uapi/linux/dm-ioctl.h.
type control struct{ fd int }

func openControl() (control, error) {
	fd, err := unix.Open("/dev/"+unix.DM_DIR+"/"+unix.DM_CONTROL_NODE, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return control{-1}, fmt.Errorf("/dev/mapper/control: %w (is the module dm-mod loaded?)", err)
	}
	return control{fd}, nil
}

func (c control) close() error { return unix.Close(c.fd) }

// quiet tells the rules of udev to leave a device alone: it must not be probed, as the probe would be held, too. These are
// DM_UDEV_DISABLE_{DM,SUBSYSTEM,DISK,OTHER}_RULES_FLAG of libdevmapper, where it keeps them.
const quiet = 0xf << 16

// room is what answers may take: a list of a thousand devices.
const room = 64 << 10

// ask makes one ioctl and returns head and data of the answer. Data are those of the question first.
func (c control) ask(request uint, name string, flags uint32, data []byte) (*unix.DmIoctl, []byte, error) {
	if len(name) >= unix.DM_NAME_LEN {
		return nil, nil, fmt.Errorf("%q is too long for the device mapper", name)
	}
	words := make([]uint64, room/8) // aligned as the head wants
	buf := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), room)
	head := (*unix.DmIoctl)(unsafe.Pointer(&words[0]))
	*head = unix.DmIoctl{Version: [3]uint32{4, 0, 0}, Data_size: room, Data_start: unix.SizeofDmIoctl, Flags: flags}
	copy(head.Name[:], name)
	copy(buf[unix.SizeofDmIoctl:], data)
	switch request {
	case unix.DM_TABLE_LOAD:
		head.Target_count = 1
	case unix.DM_DEV_SUSPEND, unix.DM_DEV_REMOVE:
		head.Event_nr = quiet
	}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(c.fd), uintptr(request), uintptr(unsafe.Pointer(head))); errno != 0 {
		return nil, nil, errno
	}
	if head.Flags&unix.DM_BUFFER_FULL_FLAG != 0 || head.Data_start > room {
		return nil, nil, errors.New("the answer of the device mapper is too long")
	}
	return head, buf[head.Data_start:], nil
}

// create makes a device that maps Size bytes at off of the block device on; it lets requests through. Its number is returned.
func (c control) create(name, on string, off int64) (dev uint64, err error) {
	head, _, err := c.ask(unix.DM_DEV_CREATE, name, 0, nil)
	if err != nil {
		return 0, fmt.Errorf("DM_DEV_CREATE %s: %w", name, err)
	}
	if err = c.load(name, on, off); err == nil {
		err = c.resume(name)
	}
	if err != nil {
		return 0, errors.Join(err, c.remove(name))
	}
	return head.Dev, nil
}

const sector = 512

// load gives a device its table, which goes live with the next resume.
func (c control) load(name, on string, off int64) error {
	parameters := fmt.Sprintf("%s %d\x00", on, off/sector)
	target := unix.DmTargetSpec{Length: Size / sector}
	copy(target.Target_type[:], "linear")
	var data bytes.Buffer
	for _, part := range []any{target, []byte(parameters)} {
		if err := binary.Write(&data, binary.NativeEndian, part); err != nil {
			panic(err)
		}
	}
	if _, _, err := c.ask(unix.DM_TABLE_LOAD, name, 0, data.Bytes()); err != nil {
		return fmt.Errorf("DM_TABLE_LOAD %s: %w", name, err)
	}
	return nil
}

// suspend makes a device hold what is asked of it from now on, without freezing a file system on it; resume lets go.
func (c control) suspend(name string) error {
	if _, _, err := c.ask(unix.DM_DEV_SUSPEND, name, unix.DM_SUSPEND_FLAG|unix.DM_SKIP_LOCKFS_FLAG|unix.DM_NOFLUSH_FLAG, nil); err != nil {
		return fmt.Errorf("suspend %s: %w", name, err)
	}
	return nil
}

func (c control) resume(name string) error {
	if _, _, err := c.ask(unix.DM_DEV_SUSPEND, name, 0, nil); err != nil {
		return fmt.Errorf("resume %s: %w", name, err)
	}
	return nil
}

// errLater is returned by remove for a device that is open: it goes when it is closed.
var errLater = errors.New("in use")

// remove removes a device. Error: errLater.
func (c control) remove(name string) error {
	head, _, err := c.ask(unix.DM_DEV_REMOVE, name, unix.DM_DEFERRED_REMOVE, nil)
	switch {
	case err != nil:
		return fmt.Errorf("DM_DEV_REMOVE %s: %w", name, err)
	case head.Flags&unix.DM_DEFERRED_REMOVE != 0:
		return fmt.Errorf("%s: %w", name, errLater)
	}
	return nil
}

// names lists all devices. The answer is a chain of {number uint64, offset to the next uint32, name}.
func (c control) names() (all []string, err error) {
	_, data, err := c.ask(unix.DM_LIST_DEVICES, "", 0, nil)
	if err != nil {
		return nil, fmt.Errorf("DM_LIST_DEVICES: %w", err)
	}
	for len(data) > 12 && binary.NativeEndian.Uint64(data) != 0 {
		name, _, _ := bytes.Cut(data[12:], []byte{0})
		all = append(all, string(name))
		next := binary.NativeEndian.Uint32(data[8:])
		if next == 0 || int64(next) > int64(len(data)) {
			break
		}
		data = data[next:]
	}
	return all, nil
}

// sweep lets go and removes the devices of processes that are gone.
func (c control) sweep() error {
	names, err := c.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if !stale(name) {
			continue
		}
		// A device without a table cannot be resumed, but removed.
		resumed := c.resume(name)
		if err := c.remove(name); err != nil && !errors.Is(err, errLater) {
			return errors.Join(resumed, err)
		}
	}
	return nil
}
