// Package kernels reads what litmus scenarios came to on real kernels (kernels.json, which daxbench litmus -target and
// daxbench vm leave) from result folders, and puts the columns of several folders side by side. It draws nothing.
package kernels
