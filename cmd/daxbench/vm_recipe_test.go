package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daxbench/engine/kernelfs"
	"daxbench/engine/target"
	"daxbench/engine/vm/vmtest"
	"daxbench/workloads/litmus"
)

// TestRecipe follows engine/vm/README.md to the letter, in a shell, but for what cannot be had here: the kernel's source is a
// Makefile whose bzImage holds a word, and QEMU plays the guest that goes with it. What is built, booted and asked is the
// text's to say, and so is what git makes of it.
func TestRecipe(t *testing.T) {
	for _, tool := range []string{"git", "make", "sh"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the recipe needs %s: %v", tool, err)
		}
	}
	text, err := os.ReadFile("../../engine/vm/README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := shellBlocks(string(text))
	for _, want := range []string{"bzImage -- litmus", "merge_config.sh", "modules_install", "git bisect run"} {
		if !slices.ContainsFunc(blocks, func(b string) bool { return strings.Contains(b, want) }) {
			t.Fatalf("no block has %q: %q", want, blocks)
		}
	}
	f := fakeVM(t, `while [ $# -gt 0 ]; do case $1 in -kernel) image=$2;; esac; shift; done
read word < $image
cat $D/$word.frames >&4`)
	for word, status := range map[string]int{"good": statusOK, "bad": statusBad} {
		kernels := map[string]string{litmus.KernelsName: recipeKernels(t, word)}
		f.File(word+".frames", vmtest.Written(t, vmtest.Guest(t, status, "", "", kernels)...))
	}
	// A QEMU that is asked about a kernel that did not boot says so by ending.
	f.File("dead.frames", nil)
	tree := kernelTree(t)
	source, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range blocks {
		c := exec.Command("sh", "-e")
		c.Stdin = strings.NewReader(block)
		c.Dir, c.Env = tree, append(os.Environ(), "D="+source, "GIT_CONFIG_GLOBAL=/dev/null")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s\n%v: %s", block, err, out)
		}
		if !strings.Contains(block, "bisect") {
			continue
		}
		bad := strings.TrimSpace(gitIn(t, tree, "rev-parse", "FIRST"))
		if !strings.Contains(string(out), bad+" is the first bad commit") {
			t.Errorf("of %s, which is bad, git says: %s", bad, out)
		}
		// The one that does not boot was tried, and is no answer.
		if dead := strings.TrimSpace(gitIn(t, tree, "rev-parse", "--short", "DEAD")); !strings.Contains(string(out), dead+": the guest did not come up") {
			t.Errorf("of %s, which does not boot, nothing is said: %s", dead, out)
		}
		good, err := os.ReadFile(filepath.Join(tree, "../good.txt"))
		if err != nil || strings.Count(string(good), "safe") < 3 {
			t.Errorf("%v: good.txt is %s", err, good)
		}
	}
	for _, want := range []string{"allnoconfig kernel.config", "bzImage", "merge .config", "modules", "modules_install", "olddefconfig"} {
		made, _ := os.ReadFile(filepath.Join(tree, "made"))
		if !strings.Contains(string(made), want+"\n") {
			t.Errorf("%s was not made: %s", want, made)
		}
	}
}

// shellBlocks are the indented blocks of a Markdown text, without the indentation.
func shellBlocks(text string) (blocks []string) {
	block := ""
	for line := range strings.Lines(text + "\n") {
		if code, ok := strings.CutPrefix(line, "    "); ok {
			block += code
		} else if block != "" {
			blocks, block = append(blocks, block), ""
		}
	}
	return blocks
}

// recipeKernels is what the scenarios of the recipe come to on the file systems of a guest.
func recipeKernels(t *testing.T, word string) string {
	kind := target.Safe
	if word == "bad" {
		kind = target.Violated
	}
	k := new(litmus.Kernels)
	for _, number := range []string{"1", "20", "35"} {
		e, err := litmus.Lookup(number)
		if err != nil {
			t.Fatal(err)
		}
		k.Scenarios = append(k.Scenarios, litmus.KernelScenario{Number: e.Number, Name: e.Name, Title: e.Title, Probes: e.Probes})
	}
	for _, fs := range []string{"xfs", "ext4"} {
		c := litmus.KernelColumn{Label: fs, Kernel: kernelfs.Kernel{Release: "7.3.4", FS: fs, Name: fs, Clock: "real"}}
		for range k.Scenarios {
			c.Cells = append(c.Cells, litmus.KernelCell{Word: kind.String(), Outcome: target.Outcome{Kind: kind}, Lines: []string{"a line"}})
		}
		k.Columns = append(k.Columns, c)
	}
	return string(vmtest.JSON(t, kernelsRecord{newMadeBy(), k}))
}

// kernelTree is a kernel's source with a history: GOOD; some that are fine; DEAD, which does not boot and is in
// the middle, so that it is tried first; FIRST, which brings the fault; and BAD. FINE is checked out. What make is asked for stands in a file that is not committed.
func kernelTree(t *testing.T) (tree string) {
	tree = filepath.Join(t.TempDir(), "linux")
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(tree, name)
		os.MkdirAll(filepath.Dir(name), 0o777)
		if err := os.WriteFile(name, []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	write("Makefile", `allnoconfig:
	test -s "$(KCONFIG_ALLCONFIG)"
	echo allnoconfig $(notdir $(KCONFIG_ALLCONFIG)) >> made
	echo CONFIG_X=y > .config
olddefconfig bzImage modules:
	test -s .config
	echo $@ >> made
	mkdir -p arch/x86/boot
	cp word arch/x86/boot/bzImage
modules_install:
	echo $@ >> made
	mkdir -p $(INSTALL_MOD_PATH)/lib/modules/7.3.4
	for m in libnvdimm nd_e820 nd_pmem xfs ext4; do echo kernel/$$m.ko; done > $(INSTALL_MOD_PATH)/lib/modules/7.3.4/modules.builtin
kernelrelease:
	@echo 7.3.4
.PHONY: allnoconfig olddefconfig bzImage modules modules_install kernelrelease
`)
	write("scripts/kconfig/merge_config.sh", "#!/bin/sh -e\ntest -s $1 -a -s $2\necho merge $1 >> made\n")
	write(".gitignore", "made\n.config\narch\n")
	gitIn(t, tree, "init", "-q", "-b", "main")
	for i, c := range []struct{ tag, word string }{{"GOOD", "good"}, {"FINE-1", "good"}, {"FINE-2", "good"}, {"DEAD", "dead"}, {"FINE", "good"}, {"FIRST", "bad"}, {"BAD", "bad"}} {
		write("word", c.word+"\n"+strings.Repeat("x", i)+"\n")
		gitIn(t, tree, "add", ".")
		gitIn(t, tree, "commit", "-q", "-m", c.tag)
		gitIn(t, tree, "tag", c.tag)
	}
	gitIn(t, tree, "checkout", "-q", "FINE")
	return tree
}

// gitIn runs git in a folder.
func gitIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.Command("git", append([]string{"-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"}, args...)...)
	c.Dir, c.Env = dir, append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return string(out)
}
