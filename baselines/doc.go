// Package baselines keeps recorded results and finds them again.
//
//	<machine>/machine.txt            what the machine is, as its newest record found it
//	<machine>/current                one line: the record that counts
//	<machine>/<date>-<commit>/       one record, never changed
//	    <workload>.txt               Go benchmark format: the lines of results.txt of one workload
//	    run.json                     all about the run, byte for byte
//	    counts.txt                   exact counts of a census, in the Go benchmark format; may be absent
//	    SHA256SUMS                   of all others, as sha256sum writes it
//	kernels/<date>-<commit>/         scenarios on real kernels: <label>/kernels.json, and SHA256SUMS of all
//
// A record is a copy of a run folder that was found worth keeping. It says what was seen on that machine on that day.
// What a gate takes from here is the commit, to measure it anew, and exact counts; times drift by tens of per cent within
// the hour on a shared machine, so those of a record are a trend and no judge.
//
// The package measures nothing, and it does not say whether anything got worse. All files are reached through os.Root: a
// name or a symbolic link that leads out of the store is refused. Writers hold a flock on the store's folder, and what
// they write is there as a whole or not at all. Checksums show that a file is not what was recorded; who changes a file
// and its checksum can be found out only by the history of the repository.
//
// A store is not safe for concurrent use within a process; processes may share one.
package baselines
