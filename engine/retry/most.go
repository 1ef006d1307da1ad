//go:build !chaos

package retry

import "time"

// most is the longest wait before another try.
const most = 10 * time.Minute
