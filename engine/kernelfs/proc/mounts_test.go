package proc

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// mountinfo has a root on an initramfs, a mount with all that is escaped, two on one point, and one that is hidden.
const mountinfo = `1 1 0:2 / / rw shared:1 - rootfs rootfs rw,size=7k
20 1 0:21 / /proc rw,relatime - proc proc rw
21 1 259:0 / /mnt/xfs rw,relatime shared:7 master:2 - xfs /dev/pmem0 rw,attr2,dax=always
22 1 259:1 /sub /mnt/a\040b\011c\134d\012e\043 ro,noatime - ext4 /dev/pmem1 rw
23 21 8:1 / /mnt/xfs rw - ext4 /dev/sda1 rw
24 1 8:2 / /mnt/deep/hidden rw - ext4 /dev/sda2 rw
25 1 8:3 / /mnt/deep rw - ext4 /dev/sda3 rw
`

func TestMounts(t *testing.T) {
	f := tree(t, map[string]string{"proc/self/mountinfo": mountinfo})
	all, err := f.Mounts()
	if err != nil || len(all) != 7 {
		t.Fatalf("%d mounts, %v", len(all), err)
	}
	want := Mount{ID: 21, Parent: 1, Dev: "259:0", Root: "/", Point: "/mnt/xfs", Options: "rw,relatime,attr2,dax=always", Type: "xfs", Source: "/dev/pmem0"}
	if !reflect.DeepEqual(all[2], want) {
		t.Errorf("got %+v, want %+v", all[2], want)
	}
	if got := all[3].Point; got != "/mnt/a b\tc\\d\ne#" {
		t.Errorf("unescaped: %q", got)
	}
	for path, id := range map[string]int{
		"/":                          1,
		"/mnt":                       1,
		"/mnt/xfs":                   23, // the upper one
		"/mnt/xfs/dir/file":          23,
		"/mnt/xfsother":              1,
		"/mnt/a b\tc\\d\ne#/f":       22,
		"/mnt/deep/hidden/f":         25,
		"/proc/1/../../mnt/xfs/file": 23,
	} {
		if m, err := f.MountOf(path); err != nil || m.ID != id {
			t.Errorf("MountOf(%q) = %d, %v; want %d", path, m.ID, err, id)
		}
	}
	if m, err := f.MountOf("mnt/xfs"); err == nil {
		t.Errorf("a relative path lies on %+v", m)
	}
}

func TestMountsRefusesNonsense(t *testing.T) {
	for name, text := range map[string]string{
		"no dash":     "20 1 0:21 / /proc rw,relatime proc proc rw\n",
		"cut":         "20 1 0:21 / /proc rw,relatime - proc proc\n",
		"early dash":  "20 1 0:21 / - proc proc rw\n",
		"no number":   "x 1 0:21 / /proc rw - proc proc rw\n",
		"empty line":  mountinfo + "\n",
		"only blanks": "            \n",
	} {
		if all, err := tree(t, map[string]string{"proc/self/mountinfo": text}).Mounts(); err == nil {
			t.Errorf("%s: %+v", name, all)
		}
	}
	// A mount whose parents go round in circles has no way to it from the root.
	f := tree(t, map[string]string{"proc/self/mountinfo": "2 3 0:1 / / rw - a a rw\n3 2 0:1 / / rw - a a rw\n"})
	if m, err := f.MountOf("/x"); err == nil {
		t.Errorf("circle: %+v", m)
	}
}

func TestRealMounts(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	m, err := FS{"/"}.MountOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	var fs unix.Statfs_t
	if err := unix.Stat(dir, &st); err != nil {
		t.Fatal(err)
	}
	if err := unix.Statfs(dir, &fs); err != nil {
		t.Fatal(err)
	}
	if of := devName(st.Dev); m.Dev != of && m.Type != "btrfs" && m.Type != "overlay" {
		t.Errorf("%s is on %+v, stat says %s", dir, m, of)
	}
}

// TestUsers has a process for each way to use a mount, and some that do not.
func TestUsers(t *testing.T) {
	files := map[string]string{"proc/self/mountinfo": mountinfo}
	add := func(pid, name string, with map[string]string) {
		at := "proc/" + pid + "/"
		defaults := map[string]string{"comm": name + "\n", "cwd": "-> /", "root": "-> /", "exe": "-> /bin/x", "maps": "", "mountinfo": mountinfo,
			"fdinfo/0": "pos:\t0\nflags:\t02\nmnt_id:\t20\nino:\t5\n"}
		for k, v := range defaults {
			files[at+k] = v
		}
		for k, v := range with {
			if files[at+k] = v; v == "" {
				delete(files, at+k)
			}
		}
	}
	add("101", "idle", nil)
	add("102", "shell", map[string]string{"cwd": "-> /mnt/a b\tc\\d\ne#/x (deleted)"})
	add("103", "open", map[string]string{"fdinfo/3": "pos:\t0\nmnt_id:\t22\n"})
	add("104", "mapped", map[string]string{"maps": "7f00-7f01 r--p 00000000 00:00 0 \n7f01-7f02 rw-s 00000000 103:01 131 /mnt/a\\040b/f\n"})
	add("105", "program", map[string]string{"exe": "-> /mnt/a b\tc\\d\ne#/bin/y"})
	add("106", "chroot", map[string]string{"root": "-> /mnt/a b\tc\\d\ne#"})
	add("107", "kernel", map[string]string{"exe": ""})
	add("108", "mine", map[string]string{"fdinfo/3": "mnt_id:\t22\n"})
	// Another name space has it elsewhere, under another number, and something else where we have it.
	add("109", "elsewhere", map[string]string{"cwd": "-> /data/x", "mountinfo": "9 9 0:2 / / rw - rootfs rootfs rw\n90 9 259:1 / /data rw - ext4 /dev/pmem1 rw\n"})
	add("110", "other", map[string]string{"fdinfo/3": "mnt_id:\t22\n", "mountinfo": "9 9 0:2 / / rw - rootfs rootfs rw\n22 9 0:3 / /data rw - tmpfs tmpfs rw\n"})
	add("111", "beside", map[string]string{"cwd": "-> /mnt/xfs", "maps": "7f01-7f02 rw-s 00000000 103:00 131 /mnt/xfs/f\n"})
	f := tree(t, files)
	m, err := f.MountOf("/mnt/a b\tc\\d\ne#/f")
	if err != nil {
		t.Fatal(err)
	}
	users, unseen, err := f.Users(m, 108)
	if err != nil || unseen != 0 {
		t.Fatalf("%d unseen, %v", unseen, err)
	}
	var got []string
	for _, u := range users {
		got = append(got, u.String())
	}
	want := "shell (102): its working directory, open (103): an open file, mapped (104): a mapping of /mnt/a b/f, " +
		"program (105): its program, chroot (106): its root directory, elsewhere (109): its working directory"
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
}

// TestRealUsers has this process use a mount of its own.
func TestRealUsers(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("daxbench-test", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("mount:", err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	m, err := FS{"/"}.MountOf(filepath.Join(dir, "f"))
	if err != nil || m.Point != dir || m.Source != "daxbench-test" {
		t.Fatalf("%+v, %v", m, err)
	}
	if users, _, err := (FS{"/"}).Users(m); err != nil || len(users) > 0 {
		t.Errorf("a new mount has users: %v, %v", users, err)
	}
	file, err := os.Create(filepath.Join(dir, "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	// Users leaves out who asks, so its parts are asked.
	if has, err := (FS{"/"}).uses(os.Getpid(), m); err != nil || has != "an open file" {
		t.Errorf("with a file open: %q, %v", has, err)
	}
	if err := file.Truncate(4096); err != nil {
		t.Fatal(err)
	}
	mem, err := unix.Mmap(int(file.Fd()), 0, 4096, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(mem)
	file.Close()
	dead := exec.Command("/proc/self/exe", "-test.run=^$") // a zombie from some moment on
	if err := dead.Start(); err != nil {
		t.Fatal(err)
	}
	defer dead.Wait()
	for {
		p, err := (FS{"/"}).Process(dead.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		if p.Zombie {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if users, _, err := (FS{"/"}).Users(m); err != nil || len(users) > 0 {
		t.Errorf("with a zombie: %v, %v", users, err)
	}
	if has, err := (FS{"/"}).uses(os.Getpid(), m); err != nil || has != "a mapping of "+file.Name() {
		t.Errorf("with a mapping: %q, %v", has, err)
	}
}
