package main

import "golang.org/x/sys/unix"

// memory returns how many bytes of memory and swap the machine has, 0 if it does not say.
func memory() int64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return int64((uint64(info.Totalram) + uint64(info.Totalswap)) * uint64(info.Unit))
}
