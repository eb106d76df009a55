package main

// recordFullDiskCases are what litmus and verify cannot leave beside a run. What they print stands all the same.
func recordFullDiskCases() []badCase {
	full := func(name string) func(d *desk) { return func(d *desk) { d.write("out/x", ""); d.full("out/" + name) } }
	return []badCase{
		{name: "litmus -o on a full device", make: full("litmus.json"), args: "litmus -policy none -scenario 1 -o out", status: 4,
			says: []string{"out/litmus.json", "no space left on device"}, prints: []string{"What each policy breaks"}},
		{name: "verify -o on a full device", make: full("verify.json"), args: "verify -policy none -shape self -schedules 1000 -o out", status: 4,
			says: []string{"out/verify.json", "no space left on device"}, prints: []string{"none violates P1e"}},
		{name: "litmus -o, a folder has the name", make: func(d *desk) { d.write("out/litmus.json/x", "old") }, args: "litmus -policy none -scenario 1 -o out",
			status: 2, says: []string{"out/litmus.json is a folder"}, prints: []string{"What each policy breaks"}},
		{name: "litmus -o is a file", make: func(d *desk) { d.write("out", "old") }, args: "litmus -policy none -scenario 1 -o out", status: 2,
			says: []string{"out is no folder: name one"}, silent: true},
		{name: "verify -o is below a file", make: func(d *desk) { d.write("out", "old") }, args: "verify -policy none -shape self -o out/more", status: 2,
			says: []string{"out/more is no folder: name one"}, silent: true},
	}
}
