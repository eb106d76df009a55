package initramfs

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// A fakeELF is an object file that a test makes: just what is read of modules, programs and libraries.
type fakeELF struct {
	machine        elf.Machine // x86-64 if none
	modinfo        []string    // fields of a module
	interpreter    string
	needed         []string
	rpath, runpath string
}

// A section is a part of it.
type section struct {
	elf.Section64
	name string
	data []byte
}

// bytes lays it out: header, contents of sections, table of segments, table of sections.
func (e fakeELF) bytes(t testing.TB) []byte {
	const headerSize, progSize, sectionSize = 64, 56, 64
	sections := e.sections(t)
	var progs []elf.Prog64
	var body []byte
	for i := range sections {
		s := &sections[i]
		s.Off, s.Size = headerSize+uint64(len(body)), uint64(len(s.data))
		if s.name == ".interp" {
			progs = append(progs, elf.Prog64{Type: uint32(elf.PT_INTERP), Off: s.Off, Filesz: s.Size, Memsz: s.Size})
		}
		body = append(body, s.data...)
	}
	h := elf.Header64{Type: uint16(elf.ET_DYN), Machine: uint16(e.machine), Version: 1, Ehsize: headerSize,
		Phoff: headerSize + uint64(len(body)), Phentsize: progSize, Phnum: uint16(len(progs)),
		Shentsize: sectionSize, Shnum: uint16(len(sections)), Shstrndx: uint16(len(sections) - 1)}
	h.Shoff = h.Phoff + uint64(len(progs)*progSize)
	if e.machine == 0 {
		h.Machine = uint16(elf.EM_X86_64)
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1
	var b bytes.Buffer
	put(t, &b, h)
	b.Write(body)
	put(t, &b, progs)
	for _, s := range sections {
		put(t, &b, s.Section64)
	}
	return b.Bytes()
}

func (e fakeELF) sections(t testing.TB) []section {
	all := []section{{}}
	add := func(name string, kind elf.SectionType, link int, data []byte) {
		all = append(all, section{elf.Section64{Type: uint32(kind), Link: uint32(link), Addralign: 1}, name, data})
	}
	if e.modinfo != nil {
		add(".modinfo", elf.SHT_PROGBITS, 0, []byte(strings.Join(e.modinfo, "\x00")+"\x00"))
	}
	if e.interpreter != "" {
		add(".interp", elf.SHT_PROGBITS, 0, []byte(e.interpreter+"\x00"))
	}
	if e.needed != nil || e.rpath != "" || e.runpath != "" {
		texts, table := []byte{0}, new(bytes.Buffer)
		tag := func(tag elf.DynTag, value string) {
			put(t, table, elf.Dyn64{Tag: int64(tag), Val: uint64(len(texts))})
			texts = append(texts, value+"\x00"...)
		}
		for _, n := range e.needed {
			tag(elf.DT_NEEDED, n)
		}
		if e.rpath != "" {
			tag(elf.DT_RPATH, e.rpath)
		}
		if e.runpath != "" {
			tag(elf.DT_RUNPATH, e.runpath)
		}
		put(t, table, elf.Dyn64{Tag: int64(elf.DT_NULL)})
		add(".dynstr", elf.SHT_STRTAB, 0, texts)
		add(".dynamic", elf.SHT_DYNAMIC, len(all)-1, table.Bytes())
	}
	add(".shstrtab", elf.SHT_STRTAB, 0, nil)
	names := []byte{0}
	for i := range all[1:] {
		all[i+1].Name = uint32(len(names))
		names = append(names, all[i+1].name+"\x00"...)
	}
	all[len(all)-1].data = names
	return all
}

func put(t testing.TB, b *bytes.Buffer, v any) {
	if err := binary.Write(b, binary.LittleEndian, v); err != nil {
		t.Fatal(err)
	}
}

// TestFakeELF has the reader agree with the writer.
func TestFakeELF(t *testing.T) {
	e := fakeELF{interpreter: "/lib/ld.so", needed: []string{"a.so", "b.so"}, runpath: "/x", modinfo: []string{"a=b"}}
	f, err := elf.NewFile(bytes.NewReader(e.bytes(t)))
	if err != nil {
		t.Fatal(err)
	}
	needed, err := f.ImportedLibraries()
	if err != nil || !slices.Equal(needed, e.needed) {
		t.Errorf("%q, %v", needed, err)
	}
	info, err := f.Section(".modinfo").Data()
	if err != nil || string(info) != "a=b\x00" {
		t.Errorf("%q, %v", info, err)
	}
}
