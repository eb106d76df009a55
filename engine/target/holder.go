package target

// A Holder is a way to hold a page: which system call takes the reference, and
// what follows from it. The facts are the kernel's.
type Holder struct {
	Name  string
	About string

	// Inbound: the device writes into the page; otherwise it reads from it.
	Inbound bool
	// Get is whether the reference is taken with FOLL_GET, as every one of them
	// was in Linux 6.0, or with FOLL_PIN; Old and New are 6.0 and 6.19.
	GetOld, GetNew bool
	// Unbounded: no I/O ends it; the user keeps the page for as long as he
	// likes. The policy refuse (P11) treats these as long-term.
	Unbounded bool
	// Longterm: asks for FOLL_LONGTERM, which DAX files refuse.
	Longterm bool
	// Sync: the task that pins stays in the call until the pin is released.
	Sync bool
	// Killable: a fatal signal ends that wait, and the pin stays.
	Killable bool
	// ExitWaits: the task's exit waits for the pin before it unmaps anything.
	ExitWaits bool
}

// Holders lists the ways to hold a page, those that end by themselves first.
var Holders = []Holder{
	{Name: "odirect-read", About: "read(2) with O_DIRECT of another file into the mapping; the caller waits for it", Inbound: true, GetOld: true, Sync: true},
	{Name: "odirect-write", About: "write(2) with O_DIRECT from the mapping to another file; the caller waits for it", GetOld: true, Sync: true},
	{Name: "libaio", About: "io_submit of an O_DIRECT read into the mapping; exit waits for it", Inbound: true, GetOld: true, ExitWaits: true},
	{Name: "libaio-write", About: "io_submit of an O_DIRECT write from the mapping; exit waits for it", GetOld: true, ExitWaits: true},
	{Name: "io_uring", About: "O_DIRECT read into the mapping by io_uring; outlives the process", Inbound: true, GetOld: true},
	{Name: "io_uring-write", About: "O_DIRECT write from the mapping by io_uring; outlives the process", GetOld: true},
	{Name: "nfs-direct", About: "O_DIRECT read of a file on NFS; the caller waits, killable, and the request stays until the server answers", Inbound: true, GetOld: true, GetNew: true, Sync: true, Killable: true},
	{Name: "fuse", About: "O_DIRECT read of a file on FUSE; the caller waits until the daemon answers", Inbound: true, GetOld: true, Sync: true},
	{Name: "msg-zerocopy", About: "send(2) with MSG_ZEROCOPY from the mapping, until the peer acknowledges", GetOld: true, GetNew: true, Unbounded: true},
	{Name: "vmsplice", About: "the page lies in a pipe until somebody reads it", GetOld: true, GetNew: true, Unbounded: true},
	{Name: "longterm", About: "FOLL_LONGTERM: io_uring registered buffers, RDMA, VFIO; refused on DAX files", Inbound: true, Unbounded: true, Longterm: true},
}

// LookupHolder returns the holder with the given name, or nil.
func LookupHolder(name string) *Holder {
	for i := range Holders {
		if Holders[i].Name == name {
			return &Holders[i]
		}
	}
	return nil
}

func holderNames() []string {
	var names []string
	for _, h := range Holders {
		names = append(names, h.Name)
	}
	return names
}
