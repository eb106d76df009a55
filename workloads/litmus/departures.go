package litmus

// lostIn61 is why truncation and punching come to more on Linux 6.1.
const lostIn61 = "Linux 6.1 only: the block layer drops the page of direct I/O without the wake-up of a DAX page " +
	"(`__bio_release_pages` does not come through `__put_devmap_managed_page_refs` there, as tracing shows), so who waits for it sleeps " +
	"until a signal comes. A page in a pipe wakes him. The fault is outside what the engine models; 6.12 does not have it."

// Departures lists where the engine is known to come to something else than real kernels do, by scenario. engine/README.md
// shows it. One that does not occur any more is to be taken out.
var Departures = []Departure{
	{Scenario: "lost-wake", Preset: "6.0", Kernel: "safe", Model: "violation U", Reason: "The engine tries every order and sees the " +
		"block being freed under the pin. A kernel takes the one order in which the release comes first."},
	{Scenario: "punch-under-pin", Preset: "6.0", Kernel: "hung", Model: "blocked", Reason: lostIn61},
	{Scenario: "shrink-dax-entries", Preset: "6.0", Kernel: "hung", Model: "blocked", Reason: lostIn61},
	{Scenario: "shrink-one-entry", Preset: "6.0", Kernel: "hung", Model: "blocked", Reason: lostIn61},
}
