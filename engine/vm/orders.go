package vm

// ordersPath is the file in the initramfs that says what the guest is to do. Where PID 1 finds it, it is a guest of ours.
const ordersPath = "/etc/daxbench-vm.json"

// factsPath is where package kernelfs looks for what a kernel cannot say of its machine.
const factsPath = "/etc/daxbench-guest.json"

// orders are what Run tells Guest.
type orders struct {
	Args        []string     `json:"args"` // with Mounts in them
	Hostname    string       `json:"hostname"`
	FileSystems []mountOrder `json:"file_systems"`
	Facts       facts        `json:"facts"`
	Verbose     bool         `json:"verbose"`    // the console shows all that the kernel says
	OnTheWay    bool         `json:"on_the_way"` // as Machine.OnTheWay
}

// A mountOrder is a file system to make.
type mountOrder struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Device  string   `json:"device"` // pmem0
	Make    []string `json:"make"`   // command, to which the device is added
	Options string   `json:"options"`
	DAX     bool     `json:"dax"`
}

// facts go into factsPath.
type facts struct {
	Machine string            `json:"machine"`
	Clock   string            `json:"clock"`
	Kernel  string            `json:"kernel,omitempty"` // as it was asked for: debian:6.12
	Package string            `json:"package,omitempty"`
	Config  map[string]string `json:"config,omitempty"`
}
