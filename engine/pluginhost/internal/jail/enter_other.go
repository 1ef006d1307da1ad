//go:build !linux

package jail

import "errors"

// Measure is not known here.
func Measure(int) (Usage, error) { return Usage{}, errors.ErrUnsupported }
