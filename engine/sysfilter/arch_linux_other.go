//go:build linux && !amd64 && !arm64

package sysfilter

// auditArch is zero where the filter was never tried.
const auditArch = 0
