// Package mounted holds the storms that run on a mounted file system, by system calls. They are driven and measured as those
// on the engine are; what stands for the policy is the kernel.
package mounted
