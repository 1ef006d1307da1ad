//go:build chaos

package retry

import "time"

// most is the longest wait of a build that is disturbed all the time: what met many faults in
// a row is to come to rest soon after the last of them.
const most = 20 * time.Second
