package kernelfs

import (
	"os"
	"strings"
	"testing"

	"daxbench/engine/kernelfs/proc"
)

func TestWhyNotTwice(t *testing.T) {
	pmem := proc.Mount{ID: 21, Parent: 1, Dev: "259:0", Root: "/", Point: "/mnt/p", Source: "/dev/pmem0"}
	root := proc.Mount{ID: 1, Parent: 1, Dev: "8:1", Root: "/", Point: "/"}
	part := pmem
	part.Root = "/sub"
	for name, tt := range map[string]struct {
		m           proc.Mount
		all, others []proc.Mount
		says        string
	}{
		"alone":           {pmem, []proc.Mount{root, pmem}, nil, ""},
		"a bind mount":    {part, []proc.Mount{root, part}, nil, "bind mount"},
		"mounted twice":   {pmem, []proc.Mount{root, pmem}, []proc.Mount{{ID: 30, Dev: "259:0", Point: "/home"}}, "on /home"},
		"something on it": {pmem, []proc.Mount{root, pmem, {ID: 31, Parent: 21, Dev: "8:2", Point: "/mnt/p/in"}}, nil, "/mnt/p/in is mounted on it"},
		"over another":    {pmem, []proc.Mount{root, {ID: 20, Parent: 1, Dev: "8:3", Point: "/mnt/p", Source: "/dev/sdb"}, pmem}, nil, "another mount, of /dev/sdb"},
	} {
		if got := whyNotTwice(tt.m, tt.all, tt.others); (got == "") != (tt.says == "") || !strings.Contains(got, tt.says) {
			t.Errorf("%s: %q, want %q", name, got, tt.says)
		}
	}
}

// TestNotMounted has a file system that was unmounted not come back: whoever comes next is told so, and what to type.
func TestNotMounted(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may try to mount")
	}
	m := home(t)
	was := m.mount
	m.mount = proc.Mount{Dev: "259:77", Root: "/", Point: t.TempDir(), Type: "xfs", Source: "/dev/it's gone", Options: "rw,dax=always"}
	_, err := m.Make(scenario(t, "T1: create F\n"), nil)
	m.mount = was
	if err == nil {
		t.Fatal("it goes on")
	}
	for _, want := range []string{"NOT mounted", `mount -t xfs -o rw,dax=always '/dev/it'\''s gone' `} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if _, err := m.Make(scenario(t, "T1: create F\n"), nil); err == nil {
		t.Error("it goes on")
	}
}
