package proc

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestHolders(t *testing.T) {
	const alone = "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n21 1 259:0 / /mnt/p rw - xfs /dev/pmem0 rw\n"
	for name, tt := range map[string]struct {
		files map[string]string
		want  string
	}{
		"nobody": {map[string]string{"proc/self/mountinfo": alone, "sys/block/loop1/size": "0\n"}, ""},
		"a loop device": {map[string]string{"proc/self/mountinfo": alone, "sys/block/loop1/loop/backing_file": "/mnt/p/img (deleted)\n",
			"sys/block/loop2/loop/backing_file": "/srv/img\n"}, "/dev/loop1 over /mnt/p/img"},
		"swap": {map[string]string{"proc/self/mountinfo": alone, "proc/swaps": "Filename\tType\n/mnt/p/a\\040b file 1 0 -2\n/swap file 1 0 -2\n/dev/sda2 partition 1 0 -2\n"},
			"swap in /mnt/p/a b"},
		"an overlay's upper": {map[string]string{"proc/self/mountinfo": alone + "30 1 0:40 / /merged rw - overlay overlay rw,lowerdir=/srv,upperdir=/mnt/p/u,workdir=/mnt/p/w\n"},
			"the overlay on /merged"},
		"an overlay's second lower": {map[string]string{"proc/self/mountinfo": alone + "30 1 0:40 / /merged ro - overlay overlay ro,lowerdir=/srv:/mnt/p/l\n"},
			"the overlay on /merged"},
		"an overlay of others": {map[string]string{"proc/self/mountinfo": alone + "30 1 0:40 / /merged ro - overlay overlay ro,lowerdir=/srv:mnt/p/l\n"}, ""},
		"a bind mount":         {map[string]string{"proc/self/mountinfo": alone + "30 1 259:0 /d /home rw - xfs /dev/pmem0 rw\n"}, "another mount of it, on /home"},
	} {
		f := tree(t, tt.files)
		m, err := f.MountOf("/mnt/p")
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Holders(m)
		if err != nil || strings.Join(got, "; ") != tt.want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, tt.want)
		}
	}
}

// TestOthers finds the mounts of other name spaces, and each once.
func TestOthers(t *testing.T) {
	const own = "21 1 259:0 / /mnt/p rw - xfs /dev/pmem0 rw\n22 1 259:0 /d /home rw - xfs /dev/pmem0 rw\n"
	const other = "51 50 259:0 / /private rw - xfs /dev/pmem0 rw\n52 50 8:1 / /x rw - ext4 /dev/sda1 rw\n"
	f := tree(t, map[string]string{
		"proc/self/mountinfo": own, "proc/self/ns/mnt": "-> mnt:[1]",
		"proc/7/mountinfo": own, "proc/7/ns/mnt": "-> mnt:[1]",
		"proc/8/mountinfo": other, "proc/8/ns/mnt": "-> mnt:[2]",
		"proc/9/mountinfo": other, "proc/9/ns/mnt": "-> mnt:[2]",
		"proc/10/comm": "gone\n",
	})
	list, unseen, err := f.Others(Mount{ID: 21, Dev: "259:0"})
	var points []string
	for _, m := range list {
		points = append(points, m.Point)
	}
	if err != nil || unseen != 0 || !slices.Equal(points, []string{"/home", "/private"}) {
		t.Errorf("%q, %d, %v", points, unseen, err)
	}
}

// TestLoopBelow finds a loop device below a map and a partition.
func TestLoopBelow(t *testing.T) {
	f := tree(t, map[string]string{
		"sys/block/loop3/size": "1", "sys/block/loop3/loop3p1/partition": "1",
		"sys/block/dm-0/size": "1", "sys/block/dm-1/size": "1", "sys/block/pmem0/size": "1",
		"sys/block/dm-0/slaves/loop3p1": "-> ../../loop3/loop3p1",
		"sys/block/dm-1/slaves/dm-0":    "-> ../../dm-0",
		"sys/block/dm-1/slaves/dm-1":    "-> ../../dm-1", // which cannot be
		"sys/dev/block/253:1":           "-> ../../block/dm-1",
		"sys/dev/block/7:3":             "-> ../../block/loop3",
		"sys/dev/block/259:0":           "-> ../../block/pmem0",
	})
	for dev, want := range map[string]string{"253:1": "loop3", "7:3": "loop3", "259:0": "", "1:1": ""} {
		if got := f.LoopBelow(dev); got != want {
			t.Errorf("below %s: %q, want %q", dev, got, want)
		}
	}
}

func TestDeviceOf(t *testing.T) {
	f := tree(t, map[string]string{"dev/file": ""})
	if got := f.DeviceOf("/dev/file"); got != "" {
		t.Errorf("a file is device %s", got)
	}
	if err := unix.Mknod(filepath.Join(f.Root, "dev/pmem0"), unix.S_IFBLK|0o600, int(unix.Mkdev(259, 4))); err != nil {
		t.Skipf("no node can be made: %v", err)
	}
	defer os.Remove(filepath.Join(f.Root, "dev/pmem0"))
	if got := f.DeviceOf("/dev/pmem0"); got != "259:4" {
		t.Errorf("%q", got)
	}
}
