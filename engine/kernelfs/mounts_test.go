package kernelfs

import (
	"errors"
	"strings"
	"testing"

	"daxbench/engine/kernelfs/proc"
)

var rootMount = proc.Mount{Dev: "8:1", Point: "/", Type: "ext4", Options: "rw,relatime"}

func TestJudgeMount(t *testing.T) {
	pmem := proc.Mount{Dev: "259:0", Point: "/mnt/pmem", Type: "xfs", Options: "rw,relatime,dax=always", Source: "/dev/pmem0"}
	as := func(change func(*proc.Mount)) proc.Mount { m := pmem; change(&m); return m }
	for name, tt := range map[string]struct {
		m    proc.Mount
		o    Options
		want error
		says string
	}{
		"a mount of its own":         {m: pmem},
		"the root file system":       {m: rootMount, want: ErrRefused, says: "root file system"},
		"it, with leave":             {m: rootMount, o: Options{Root: true}},
		"it, under another name":     {m: as(func(m *proc.Mount) { m.Dev = rootMount.Dev }), want: ErrRefused, says: "/mnt/pmem"},
		"over the network":           {m: as(func(m *proc.Mount) { m.Type = "nfs4" }), o: Options{Root: true, Others: true}, want: ErrUnfit, says: "another machine"},
		"a daemon's":                 {m: as(func(m *proc.Mount) { m.Type = "fuse.sshfs" }), want: ErrUnfit, says: "fuse.sshfs"},
		"of no blocks":               {m: as(func(m *proc.Mount) { m.Type = "sysfs" }), want: ErrUnfit, says: "no blocks"},
		"read-only":                  {m: as(func(m *proc.Mount) { m.Options = "ro,relatime" }), want: ErrUnfit, says: "read-only"},
		"an option that begins with": {m: as(func(m *proc.Mount) { m.Options = "rw,rogue" })},
	} {
		err := judgeMount(tt.m, rootMount, tt.o)
		if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		} else if err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %q does not say %q", name, err, tt.says)
		}
	}
}

func TestJudgeUsers(t *testing.T) {
	m := proc.Mount{Point: "/mnt/pmem"}
	user := proc.User{PID: 12, Name: "postgres", Has: "an open file"}
	if err := judgeUsers(m, nil, nil, Options{}); err != nil {
		t.Error(err)
	}
	if err := judgeUsers(m, []proc.User{user}, []string{"swap in /a"}, Options{Others: true}); err != nil {
		t.Error(err)
	}
	if err := judgeUsers(m, nil, []string{"swap in /a"}, Options{}); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "swap in /a") {
		t.Errorf("%v", err)
	}
	err := judgeUsers(m, []proc.User{user, user, user, user, user}, []string{"/dev/loop1 over /a"}, Options{})
	for _, want := range []string{"/dev/loop1 over /a", "postgres", "pid 12", "an open file", "2 more"} {
		if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %s", err, want)
		}
	}
}

func TestModeOf(t *testing.T) {
	for options, want := range map[string]string{
		"rw,relatime,attr2,dax=always,noquota": "always", "rw,dax=inode": "inode", "rw,dax": "always", "rw,noquota": "", "rw,daxter": "",
	} {
		if got := modeOf(proc.Mount{Options: options}); got != want {
			t.Errorf("%s: %q, want %q", options, got, want)
		}
	}
}
