package proc

import (
	"bytes"
	"compress/gzip"
	"os"
	"strings"
	"testing"
)

func TestHasSymbol(t *testing.T) {
	f := tree(t, map[string]string{"proc/kallsyms": "0000000000000000 T evict\n" +
		"0000000000000000 t dispose_list.isra.0\n" +
		"0000000000000000 D dax_variable\n" +
		"0000000000000000 t xfs_break_layouts\t[xfs]\n" +
		"0000000000000000 T dax_break_layout_final\n" +
		"\n0000\n"})
	for name, want := range map[string]bool{
		"evict": true, "dispose_list": true, "xfs_break_layouts": true, "dax_break_layout_final": true,
		"dax_variable": false, "dax_break_layout": false, "final": false, "xfs": false,
	} {
		if has, err := f.HasSymbol(name); err != nil || has != want {
			t.Errorf("HasSymbol(%q) = %v, %v", name, has, err)
		}
	}
	for name, text := range map[string]string{"empty": "", "no functions": "0 D x\n", "long line": "0 T " + strings.Repeat("x", 1<<20)} {
		if has, err := tree(t, map[string]string{"proc/kallsyms": text}).HasSymbol("x"); err == nil {
			t.Errorf("%s: %v", name, has)
		}
	}
	if has, err := (FS{"/"}).HasSymbol("do_exit"); err != nil || !has {
		t.Errorf("this kernel cannot exit: %v, %v", has, err)
	}
}

func TestConfig(t *testing.T) {
	const text = "# comment\nCONFIG_FS_DAX=y\n# CONFIG_KASAN is not set\nCONFIG_CMDLINE=\"a=b c\"\nOTHER=1\nCONFIG_HZ=250\n"
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write([]byte(text))
	w.Close()
	release := map[string]string{"proc/sys/kernel/osrelease": "6.1.0-56-amd64\n"}
	with := func(name, content string) map[string]string {
		return map[string]string{"proc/sys/kernel/osrelease": release["proc/sys/kernel/osrelease"], name: content}
	}
	for name, files := range map[string]map[string]string{
		"of the kernel": with("proc/config.gz", packed.String()),
		"in boot":       with("boot/config-6.1.0-56-amd64", text),
		"with modules":  with("lib/modules/6.1.0-56-amd64/config", text),
		"of 7.0 on":     with("usr/lib/modules/6.1.0-56-amd64/config", text),
	} {
		c, err := tree(t, files).Config()
		if err != nil || len(c) != 3 || c["CONFIG_FS_DAX"] != "y" || c["CONFIG_HZ"] != "250" || c["CONFIG_CMDLINE"] != "a=b c" {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
	for name, files := range map[string]map[string]string{
		"nowhere":        release,
		"no release":     {},
		"of another":     with("boot/config-6.1.0-57-amd64", text),
		"not packed":     with("proc/config.gz", text),
		"cut":            with("proc/config.gz", packed.String()[:packed.Len()-4]),
		"empty":          with("boot/config-6.1.0-56-amd64", ""),
		"another folder": {"proc/sys/kernel/osrelease": "../../x", "x": text},
	} {
		if c, err := tree(t, files).Config(); err == nil {
			t.Errorf("%s: %v", name, c)
		}
	}
}

func TestSysNumbers(t *testing.T) {
	f := tree(t, map[string]string{"proc/sys/fs/inode-nr": "17\t-3\n", "proc/sys/fs/text": "17 x\n", "proc/sys/fs/empty": "\n"})
	if n, err := f.SysNumbers("fs/inode-nr"); err != nil || len(n) != 2 || n[0] != 17 || n[1] != -3 {
		t.Errorf("%v, %v", n, err)
	}
	for _, name := range []string{"fs/text", "fs/empty", "fs/none"} {
		if n, err := f.SysNumbers(name); err == nil {
			t.Errorf("%s: %v", name, n)
		}
	}
	if n, err := (FS{"/"}).SysNumbers("fs/inode-nr"); err != nil || len(n) != 2 || n[0] <= 0 {
		t.Errorf("of this kernel: %v, %v", n, err)
	}
}

func TestRearm(t *testing.T) {
	f := tree(t, map[string]string{"sys/kernel/debug/clear_warn_once": ""})
	if err := f.Rearm(); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(f.path("sys/kernel/debug/clear_warn_once")); err != nil || string(text) != "1" {
		t.Errorf("%q, %v", text, err)
	}
	g := tree(t, nil)
	if err := g.Rearm(); err == nil {
		t.Error("without debugfs")
	}
	if _, err := os.Stat(g.path("sys/kernel/debug/clear_warn_once")); err == nil {
		t.Error("it has made a file")
	}
}
